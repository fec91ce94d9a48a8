package baidu_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/baidu"
	"github.com/facegate/facegate/handlers/sandbox"
)

// ear hears all that an app with the kit prints, shows and is told.
type ear struct {
	mu    sync.Mutex
	heard bytes.Buffer
}

func (e *ear) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard.Write(p)
}

func (e *ear) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard.String()
}

// options let the ear hear: every log line, event, error and result, in all forms.
func (e *ear) options(o *handlers.Options) {
	o.Logger = slog.New(slog.NewJSONHandler(e, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))
	o.OnEvent = func(_ context.Context, event handlers.Event) { fmt.Fprintf(e, "%+v %#v\n", event, event) }
	o.OnError = func(w http.ResponseWriter, r *http.Request, err *handlers.Error) {
		for cause := error(err); cause != nil; cause = errors.Unwrap(cause) {
			fmt.Fprintf(e, "%v %+v %#v\n", cause, cause, cause)
		}
		handlers.DefaultOnError(w, r, err)
	}
	record := o.OnResult
	o.OnResult = func(ctx context.Context, r handlers.Result) error {
		fmt.Fprintf(e, "%+v %#v\n", r, r)
		return record(ctx, r)
	}
	o.MaxAttempts = 1000
}

func TestCase132NothingPrivateLeavesThroughTheKit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard ear
		s := openShop(t, sandbox.BaiduConfig{AllowAnyHost: true, PlanIDs: []string{"1"}}, heard.options)
		canaries := []string{
			"测试甲", "000000190001010009", "000000190001010000", // the person
			sandbox.BaiduAPIKey, sandbox.BaiduSecretKey, ".2592000.", // the account, and a part of each access token
			"CANARYmessage",
		}
		s.seen = func(w *httptest.ResponseRecorder) {
			fmt.Fprintln(&heard, w.Code, w.Body)
			page, err := url.Parse(w.Header().Get("Location"))
			require.NoError(t, err)
			if token := page.Query().Get("token"); token != "" {
				canaries = append(canaries, token) // the vendor's page is where it belongs
				return
			}
			fmt.Fprintln(&heard, w.Header())
		}
		refused := func(reason handlers.Reason) {
			require.Equal(t, http.StatusBadGateway, s.visit(http.MethodPost, "https://shop.example/face/start").Code)
			assert.Contains(t, heard.String(), `"start_failed", Session:`)
			assert.Contains(t, heard.String(), string(reason))
		}
		for _, outcome := range []string{"pass", "mismatch", "liveness_fail", "no_face", "occlusion", "spoof", "risk", "demoted", "fail_then_pass"} {
			s.subject += "+"
			back := s.check(outcome, time.Minute)
			s.visit(http.MethodGet, back)
			s.visit(http.MethodGet, finish(t, back))
			s.visit(http.MethodGet, "https://shop.example/face/status?session="+sessionOf(t, back))
		}
		s.subject += "+"
		s.fault(sandbox.BaiduFault{Endpoint: sandbox.BaiduSubmit, Code: 283513, Message: "CANARYmessage"})
		refused("vendor_code_283513")
		for _, damage := range []sandbox.BaiduDamage{sandbox.BaiduDamageHTML, sandbox.BaiduDamageTruncated, sandbox.BaiduDamageDuplicate} {
			s.fault(sandbox.BaiduFault{Endpoint: sandbox.BaiduGenerate, Damage: damage})
			refused(baidu.ReasonUnexpectedAnswer)
		}
		s.line.down.Store(true)
		refused(baidu.ReasonHTTPStatus)
		s.line.down.Store(false)
		s.params.IDNumber = handlers.Hide("000000190001010000")
		require.Equal(t, http.StatusUnprocessableEntity, s.visit(http.MethodPost, "https://shop.example/face/start").Code)
		s.params.IDNumber = handlers.Hide("000000190001010009")

		s.fault(sandbox.BaiduFault{Endpoint: sandbox.BaiduDetail, Code: 216100, Message: "CANARYmessage"})
		s.check("pass", time.Minute)
		s.fake.RevokeAll()
		time.Sleep(80 * time.Hour)
		synctest.Wait()

		text := heard.String()
		require.Greater(t, len(text), 10_000)
		for _, canary := range canaries {
			if i := strings.Index(text, canary); i >= 0 {
				t.Errorf("%q is seen in: %s", canary, text[max(0, i-200):min(len(text), i+100)])
			}
		}
		assert.Len(t, canaries, 7+10, "the verify_token of each check was looked for")
	})
}

// fault spoils the vendor's next answer of an endpoint.
func (s *shop) fault(f sandbox.BaiduFault) {
	require.NoError(s.t, s.fake.Next(sandbox.BaiduSwitches{Faults: []sandbox.BaiduFault{f}}))
}
