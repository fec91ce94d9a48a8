package handlers_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/patrickmn/go-cache"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/store"
)

const benchSecret = "fake-secret-for-benchmarks"

// opening is a Megvii that opens every session.
type opening struct{}

func (opening) RoundTrip(*http.Request) (*http.Response, error) {
	body := `{"request_id":"r","time_used":1,"token":"t","biz_id":"1462259748,52b13fb5-8dfb-4537-a62b-a641d5e929f1","expired_time":4102444800}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body))}, nil
}

// bench is a kit with the real vendor, as production has it, and nothing behind
// the hook.
type bench struct {
	b      *testing.B
	kit    *handlers.Kit
	vendor *megvii.Vendor
	data   string
}

func newBench(b *testing.B) *bench {
	b.Helper()
	vendor, err := megvii.New(megvii.Config{
		APIKey: handlers.Hide("fake-key-for-benchmarks"), APISecret: handlers.Hide(benchSecret),
		HTTPClient: &http.Client{Transport: opening{}},
		Defaults:   megvii.GetTokenRequest{ComparisonType: megvii.CompareNothing},
		Region:     megvii.Singapore,
	})
	require.NoError(b, err)
	kit, err := handlers.New(handlers.Options{
		Vendor: vendor, Store: store.NewMemory(), PublicURL: "https://shop.example/face",
		Identify:    func(*http.Request) (string, error) { return "alice", nil },
		OnResult:    func(context.Context, handlers.Result) error { return nil },
		MaxAttempts: 1 << 30, ReuseWindow: -1, AttemptWindow: time.Nanosecond,
	})
	require.NoError(b, err)
	b.Cleanup(func() { _ = kit.Shutdown(context.Background()) })
	sample, err := os.ReadFile("megvii/testdata/callback.data.intl-still.ok.json")
	require.NoError(b, err)
	var compact bytes.Buffer
	require.NoError(b, json.Compact(&compact, sample))
	return &bench{b, kit, vendor, compact.String()}
}

// begin opens a session and returns the vendor's signed callback about it.
func (x *bench) begin() (id, body string) {
	started, err := x.kit.Begin(context.Background(), handlers.BeginParams{Subject: "alice"})
	require.NoError(x.b, err)
	return started.Session, x.signed(started.Session)
}

func (x *bench) signed(id string) string {
	data := strings.Replace(x.data, "cc47190f-502-44a2-ab74-ea4f0f649f61", id, 1)
	return url.Values{"data": {data}, "sign": {megvii.Sign(handlers.Hide(benchSecret), []byte(data))}}.Encode()
}

func notification(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/face/notify?vendor=megvii", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// byHand is the handler that a careful user writes without this module. It keeps
// no session, so it cannot tell whose result it is, and delivers nothing.
func byHand(seen *cache.Cache) http.Handler {
	secret := []byte(benchSecret)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 256<<10)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		data := r.PostForm.Get("data")
		sum := sha1.Sum(append(secret[:len(secret):len(secret)], data...))
		if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(r.PostForm.Get("sign"))) != 1 {
			http.Error(w, "bad signature", http.StatusUnauthorized)
			return
		}
		var result megvii.Result
		if err := json.Unmarshal([]byte(data), &result); err != nil {
			http.Error(w, "bad data", http.StatusBadRequest)
			return
		}
		_ = seen.Add(result.BizInfo.BizNo, &result, time.Hour) // an error means: had it before
		_, _ = w.Write([]byte("success"))
	})
}

// BenchmarkNotify is the vendor's call end to end, new ones with the delivery.
func BenchmarkNotify(b *testing.B) {
	forged := func(body string) string { return body[:len(body)-4] + "0000" }
	atCap := url.Values{"data": {strings.Repeat("x", 256<<10-64)}, "sign": {strings.Repeat("0", 40)}}.Encode()
	for _, who := range []string{"facegate", "by hand"} {
		var x *bench
		setup := func(b *testing.B) http.Handler {
			x = newBench(b)
			b.ReportAllocs()
			if who == "facegate" {
				return x.kit.Notify()
			}
			return byHand(cache.New(time.Hour, 0))
		}
		serve := func(b *testing.B, h http.Handler, body string, want int) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, notification(body))
			if w.Code != want {
				b.Fatal(w.Code, w.Body.String())
			}
		}
		b.Run("new/"+who, func(b *testing.B) {
			h := setup(b)
			for b.Loop() {
				b.StopTimer()
				_, body := x.begin()
				b.StartTimer()
				serve(b, h, body, http.StatusOK)
			}
		})
		b.Run("duplicate/"+who, func(b *testing.B) {
			h := setup(b)
			_, body := x.begin()
			serve(b, h, body, http.StatusOK)
			for b.Loop() {
				serve(b, h, body, http.StatusOK)
			}
		})
		b.Run("forged/"+who, func(b *testing.B) {
			h := setup(b)
			_, body := x.begin()
			for b.Loop() {
				serve(b, h, forged(body), http.StatusUnauthorized)
			}
		})
		b.Run("forged at the cap/"+who, func(b *testing.B) {
			h := setup(b)
			b.SetBytes(int64(len(atCap)))
			for b.Loop() {
				serve(b, h, atCap, http.StatusUnauthorized)
			}
		})
	}
}

func BenchmarkStart(b *testing.B) {
	x := newBench(b)
	h := x.kit.Start()
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, post("/face/start", url.Values{"vendor": {"megvii"}}))
		if w.Code != http.StatusSeeOther {
			b.Fatal(w.Code, w.Body.String())
		}
	}
}

// BenchmarkPerson is what a browser asks after its return.
func BenchmarkPerson(b *testing.B) {
	for name, want := range map[string]int{"status": http.StatusOK, "finish": http.StatusSeeOther} {
		b.Run(name, func(b *testing.B) {
			x := newBench(b)
			w := httptest.NewRecorder()
			x.kit.Start().ServeHTTP(w, post("/face/start", nil))
			require.Equal(b, http.StatusSeeOther, w.Code, w.Body.String())
			cookies := w.Result().Cookies()
			r := post("/face/start", nil)
			r.Header.Set("Accept", "application/json")
			r.AddCookie(cookies[0])
			w = httptest.NewRecorder()
			x.kit.Start().ServeHTTP(w, r)
			var begun struct{ Session string }
			require.NoError(b, json.Unmarshal(w.Body.Bytes(), &begun))
			w = httptest.NewRecorder()
			x.kit.Notify().ServeHTTP(w, notification(x.signed(begun.Session)))
			require.Equal(b, http.StatusOK, w.Code)
			h := x.kit.Handler()
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, "/face/"+name+"?session="+begun.Session, nil)
				r.AddCookie(cookies[0])
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != want {
					b.Fatal(w.Code, w.Body.String())
				}
			}
		})
	}
}
