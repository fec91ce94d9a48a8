package baidu_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/baidu"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/handlers/sandbox"
)

// ear hears all that an app with the kit prints, shows and is told.
type ear struct {
	mu       sync.Mutex
	heard    bytes.Buffer
	events   []handlers.Event
	canaries []string // what it must never hear
}

// newEar listens for the person, the account, and a part of each access token.
func newEar() *ear {
	return &ear{canaries: []string{
		"测试甲", "000000190001010009", sandbox.BaiduAPIKey, sandbox.BaiduSecretKey, ".2592000.",
	}}
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
	o.OnEvent = func(_ context.Context, event handlers.Event) {
		fmt.Fprintf(e, "%+v %#v\n", event, event)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.events = append(e.events, event)
	}
	o.OnError = func(w http.ResponseWriter, r *http.Request, err *handlers.Error) {
		e.fails(err)
		handlers.DefaultOnError(w, r, err)
	}
	record := o.OnResult
	o.OnResult = func(ctx context.Context, r handlers.Result) error {
		fmt.Fprintf(e, "%+v %#v\n", r, r)
		return record(ctx, r)
	}
	o.MaxAttempts = 1000
}

// fails hears an error with all its causes.
func (e *ear) fails(err error) {
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(e, "%v %+v %#v\n", err, err, err)
	}
}

// sees is what the browser got. The vendor's page is where its token belongs, and
// nowhere else.
func (e *ear) sees(w *httptest.ResponseRecorder) {
	fmt.Fprintln(e, w.Code, w.Body)
	_, token, found := strings.Cut(w.Header().Get("Location"), "?token=")
	if !found {
		fmt.Fprintln(e, w.Header())
		return
	}
	token, _, _ = strings.Cut(token, "&")
	e.mu.Lock()
	defer e.mu.Unlock()
	e.canaries = append(e.canaries, token)
}

// told are the events of a name.
func (e *ear) told(name handlers.EventName) []handlers.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []handlers.Event
	for _, event := range e.events {
		if event.Name == name {
			found = append(found, event)
		}
	}
	return found
}

// nothingPrivate looks for the canaries in all that was heard.
func (e *ear) nothingPrivate(t *testing.T) {
	t.Helper()
	text := e.String()
	require.NotEmpty(t, text)
	for _, canary := range e.canaries {
		if i := strings.Index(text, canary); i >= 0 {
			t.Errorf("%q is seen in: %s", canary, text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

func TestCase132NothingPrivateLeavesThroughTheKit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard := newEar()
		heard.canaries = append(heard.canaries, "000000190001010000", "CANARYmessage")
		s := openShop(t, sandbox.BaiduConfig{AllowAnyHost: true, PlanIDs: []string{"1"}}, heard.options)
		s.seen = heard.sees
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
		s.line.Break(handlerstest.Fault{Kind: handlerstest.Unavailable, Calls: math.MaxInt})
		refused(baidu.ReasonHTTPStatus)
		s.line.Mend()
		s.params.IDNumber = handlers.Hide("000000190001010000")
		require.Equal(t, http.StatusUnprocessableEntity, s.visit(http.MethodPost, "https://shop.example/face/start").Code)
		s.params.IDNumber = handlers.Hide("000000190001010009")

		s.fault(sandbox.BaiduFault{Endpoint: sandbox.BaiduDetail, Code: 216100, Message: "CANARYmessage"})
		s.check("pass", time.Minute)
		s.fake.RevokeAll()
		time.Sleep(80 * time.Hour)
		synctest.Wait()

		require.Greater(t, len(heard.String()), 10_000)
		heard.nothingPrivate(t)
		assert.Len(t, heard.canaries, 7+10, "the verify_token of each check was looked for")
	})
}

// fault spoils the vendor's next answer of an endpoint.
func (s *shop) fault(f sandbox.BaiduFault) {
	require.NoError(s.t, s.fake.Next(sandbox.BaiduSwitches{Faults: []sandbox.BaiduFault{f}}))
}
