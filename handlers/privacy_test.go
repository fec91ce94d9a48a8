package handlers_test

import (
	"bytes"
	"context"
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/store/storetest"
)

const canary = "canary110101199003070003"

// wallet holds private values in every way that a struct can.
type wallet struct {
	Text    handlers.Private
	Bytes   handlers.PrivateBytes
	TextP   *handlers.Private
	BytesP  *handlers.PrivateBytes
	Any     any
	List    []handlers.Private
	Map     map[string]handlers.PrivateBytes
	Session handlers.Session
	Image   handlers.Image
	text    handlers.Private
	bytes   handlers.PrivateBytes
	textP   *handlers.Private
	any     any
	list    []handlers.PrivateBytes
	inner   struct{ deep handlers.PrivateBytes }
}

func newWallet() wallet {
	text, data := handlers.Hide(canary), handlers.HideBytes([]byte(canary))
	w := wallet{
		Text: text, Bytes: data, TextP: &text, BytesP: &data, Any: data, List: []handlers.Private{text},
		Map: map[string]handlers.PrivateBytes{"x": data}, Session: handlers.Session{Ref: text}, Image: handlers.Image{Data: data},
		text: text, bytes: data, textP: &text, any: text, list: []handlers.PrivateBytes{data},
	}
	w.inner.deep = data
	return w
}

// shown looks for a canary as text, hex, decimal bytes or base64.
func shown(out string) bool {
	lower := strings.ToLower(out)
	for _, form := range []string{
		canary, fmt.Sprintf("%x", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]"), fmt.Sprintf("% x", canary),
		"Y2FuYXJ5MTEw", "0x63, 0x61, 0x6e", strings.Trim(fmt.Sprintf("%o", []byte(canary)), "[]"), strings.Trim(fmt.Sprintf("%b", []byte(canary)), "[]"),
	} {
		if strings.Contains(lower, strings.ToLower(form)) {
			return true
		}
	}
	return false
}

func TestPrivate(t *testing.T) {
	w := newWallet()
	values := map[string]any{
		"a text": w.Text, "bytes": w.Bytes, "a pointer": w.TextP, "a pointer to bytes": w.BytesP, "a struct": w, "a struct's pointer": &w,
		"a list": []any{w, &w, w.Text}, "a map": map[string]any{"w": w}, "a session": w.Session, "an image": w.Image,
		"a start": handlers.Started{URL: w.Text}, "what was begun": handlers.Begun{Ref: w.Text, PageURL: w.Text},
		"a notice": handlers.Notice{Ref: w.Text, Detail: w, Images: []handlers.Image{w.Image}},
		"a result": handlers.Result{Images: []handlers.Image{w.Image}},
	}

	t.Run("case 132: no verb of fmt shows it, inside whatever it lies", func(t *testing.T) {
		for name, v := range values {
			for _, verb := range "vTtbcdoOqxXUeEfFgGspw!" {
				for _, flag := range []string{"", "+", "#", " ", "0", "-", "3", ".200", "+#"} {
					format := "%" + flag + string(verb)
					assert.False(t, shown(fmt.Sprintf(format, v)), "%s by %s", name, format)
				}
			}
			assert.False(t, shown(fmt.Sprint(v)), name)
			assert.False(t, shown(fmt.Sprintln(v, v)), name)
		}
	})

	t.Run("case 132: no encoder and no logger shows it, at any level", func(t *testing.T) {
		for name, v := range values {
			one, _ := jsonv1.Marshal(v)
			two, _ := json.Marshal(v, json.Deterministic(true))
			assert.False(t, shown(string(one)), name)
			assert.False(t, shown(string(two)), name)
			var out bytes.Buffer
			for _, h := range []slog.Handler{
				slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}),
				slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}),
			} {
				slog.New(h).With("with", v).WithGroup("g").Debug("x", "v", v, slog.Group("n", "v", v))
			}
			assert.False(t, shown(out.String()), name)
			require.NotEmpty(t, out.String())
		}
	})

	t.Run("case 132: no error and no panic shows it", func(t *testing.T) {
		err := errors.Join(fmt.Errorf("x: %v", w), &handlers.Error{Code: handlers.CodeInternal, Err: fmt.Errorf("%#v", &w)})
		assert.False(t, shown(fmt.Sprintf("%v %+v %#v", err, err, err)))
		func() {
			defer func() { assert.False(t, shown(fmt.Sprintf("%v %#v", recover(), w))) }()
			panic(w)
		}()
	})

	t.Run("it gives its value to whoever asks, and compares", func(t *testing.T) {
		assert.Equal(t, canary, w.Text.Reveal())
		assert.Equal(t, canary, string(w.Bytes.Reveal()))
		assert.Equal(t, len(canary), w.Bytes.Len())
		assert.True(t, w.Text.Equal(handlers.Hide(canary)))
		assert.False(t, w.Text.Equal(handlers.Hide(canary+"x")))
		assert.True(t, handlers.Private{}.IsZero() && handlers.PrivateBytes{}.IsZero() && handlers.Hide("").IsZero() && handlers.HideBytes(nil).IsZero())
		assert.Empty(t, handlers.Private{}.Reveal())
		assert.Nil(t, handlers.PrivateBytes{}.Reveal())
		var read struct{ Token handlers.Private }
		require.NoError(t, json.Unmarshal([]byte(`{"Token":"`+canary+`"}`), &read))
		assert.Equal(t, canary, read.Token.Reveal())
	})
}

func TestCanaries(t *testing.T) {
	t.Run("cases 151, 162: whatever happens, nothing personal is logged, told, answered or stored in the clear", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			var log bytes.Buffer
			var answers, events strings.Builder
			var door http.Handler
			a, faults := onFaultyStore(t, func(o *handlers.Options) {
				o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				told := o.OnEvent
				var telling sync.Mutex
				o.OnEvent = func(ctx context.Context, e handlers.Event) {
					telling.Lock()
					defer telling.Unlock()
					fmt.Fprintf(&events, "%+v %#v\n", e, e)
					told(ctx, e)
				}
				o.Vendor.(*paper).limits.Images = true
				o.MaxDeliveries, o.HTTPClient = 3, &http.Client{
					Transport: handlerstest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { door.ServeHTTP(w, r) })),
				}
				o.Prepare = func(r *http.Request) (handlers.StartParams, error) {
					p, err := handlers.PrepareForm(r)
					p.Params = handlers.Hide(r.PostForm.Get("id_number"))
					return p, err
				}
			})
			door = a.kit.Handler()
			a.vendor.begin = func(req handlers.BeginRequest) (handlers.Begun, error) {
				if len(a.vendor.begun) == 1 {
					return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorRefused, Err: errors.New(canary)}
				}
				return handlers.Begun{Ref: handlers.Hide(refOf(req.Session)), PageURL: handlers.Hide("https://paper.example/do?token=t-" + req.Session)}, nil
			}
			a.vendor.query = func(handlers.Session) (handlers.Notice, error) {
				return handlers.Notice{Detail: "passed", Images: []handlers.Image{{Name: "x", Data: handlers.HideBytes([]byte(canary))}}}, nil
			}
			a.hook = func(_ context.Context, r handlers.Result) error {
				switch {
				case r.Attempt == 1 || r.Subject == "bob":
					return errors.New(canary)
				case r.Attempt == 2:
					panic(canary)
				}
				return nil
			}
			keep := func(w *httptest.ResponseRecorder) {
				for name, values := range w.Header() {
					if name != "Location" { // the vendor's page has its token
						fmt.Fprintln(&answers, name, values)
					}
				}
				answers.WriteString(w.Body.String())
			}
			operator := func(h http.Handler) {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
				keep(w)
			}
			stop := a.run()
			form := url.Values{"name": {"张" + canary}, "id_number": {canary}, "return_to": {"//" + canary}, "vendor": {"paper"}}
			for range 3 {
				keep(a.do(post("/face/start", form)))
			}
			id := a.vendor.begun[1].Session
			forged := says(id, "passed")
			forged.Set("sign", canary)
			evil := says(canary, canary)
			evil.Set("images", "yes")
			for _, target := range []string{"notify", "return", "start", canary} {
				keep(a.do(post("/face/"+target+"?vendor="+canary, forged)))
				keep(a.do(post("/face/"+target, forged)))
				keep(a.do(post("/face/"+target, evil)))
				keep(a.do(with(post("/face/"+target, forged), "Sec-Fetch-Site", canary)))
			}
			for _, target := range []string{"finish", "status", "return"} {
				keep(a.get("/face/" + target + "?session=" + canary + "&wait=" + canary + "&since=" + canary))
				keep(a.get("/face/" + target + "?" + canary + ";"))
				keep(a.do(with(httptest.NewRequest(http.MethodGet, "/face/"+target, nil), "Accept-Language", canary)))
			}
			good := says(id, "passed")
			good.Set("images", "yes")
			keep(a.notify(good))
			keep(a.notify(says(strings.Repeat("C", 26), "passed")))
			time.Sleep(time.Minute)
			faults.Break(storetest.Fault{Kind: storetest.Refused, Calls: 3, Err: errFault})
			keep(a.get("/face/finish?session=" + id))
			operator(a.kit.HealthHandler())
			faults.Mend()
			a.subject = "bob" // for whom the hook always fails
			a.notify(says(a.start(), "passed"))
			time.Sleep(time.Hour)
			letters, err := a.kit.DeadLetters(t.Context(), 10)
			require.NoError(t, err)
			require.Len(t, letters, 1)
			fmt.Fprintf(&events, "%+v %#v\n", letters, letters)
			for _, h := range []http.Handler{a.kit.HealthHandler(), a.kit.DoctorHandler()} {
				operator(h)
			}
			fmt.Fprintf(&events, "%+v %+v\n", a.kit.Health(t.Context()), a.kit.Doctor(t.Context()))
			stop()
			require.NoError(t, a.kit.Shutdown(t.Context()))
			require.Equal(t, handlers.StateDelivered, a.state(id).State)
			for name, out := range map[string]string{"log": log.String(), "events": events.String(), "answers": answers.String()} {
				require.NotEmpty(t, out)
				assert.False(t, shown(out), name)
				assert.NotContains(t, out, "canary", name)
				assert.NotContains(t, out, "t-"+id, name)
			}
			assert.NotContains(t, log.String(), id, "a log names no session by its id")
			for _, prefix := range []string{"s:" + id, "o:" + strings.Repeat("C", 26)} {
				rec, err := faults.Base.Get(t.Context(), prefix)
				require.NoError(t, err)
				assert.NotContains(t, string(rec.Value), "canary")
				assert.NotContains(t, string(rec.Value), "t-"+id, "no token after the start")
			}
		})
	})

	t.Run("the page's token is stored only while a double click may need it", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t)
			id := a.start()
			stored := func() string {
				rec, err := a.store.Get(t.Context(), "s:"+id)
				require.NoError(t, err)
				return string(rec.Value)
			}
			assert.Contains(t, stored(), "token=")
			a.notify(says(id, "pending"))
			assert.NotContains(t, stored(), "token=")
		})
	})

	t.Run("the mark of a click cannot be found again from the form alone", func(t *testing.T) {
		form := url.Values{"id_number": {"110101199003070003"}}
		marks := map[string]bool{}
		for _, cookie := range []string{"login=one", "login=two"} {
			a := newApp(t)
			a.cookies = []*http.Cookie{{Name: "login", Value: strings.TrimPrefix(cookie, "login=")}}
			a.do(post("/face/start", form))
			keys, err := a.store.Get(t.Context(), handlers.SubjectKey("", "alice"))
			require.NoError(t, err)
			_, rest, found := strings.Cut(string(keys.Value), `"once":"`)
			require.True(t, found)
			marks[rest[:32]] = true
		}
		assert.Len(t, marks, 2)
	})
}

func TestInjection(t *testing.T) {
	t.Run("case 90: reasons, status words and consent texts cannot break out of JSON or HTML", func(t *testing.T) {
		nasty := "\"}</script><script>alert(1)</script>\r\nX-Evil: 1\x1b[31m"
		a := newApp(t, func(o *handlers.Options) {
			o.Consent = goodConsent()
			o.Consent.English = handlers.ConsentText{Purpose: nasty, Who: nasty, Data: nasty, Vendor: nasty, Retention: nasty, CrossBorder: nasty, Withdraw: nasty}
			o.Consent.Version = `v"><img src=x>`
		})
		w := a.do(post("/face/start", nil))
		assert.Equal(t, http.StatusUnprocessableEntity, w.Code)
		assert.NotContains(t, w.Body.String(), "<script>alert")
		assert.NotContains(t, w.Body.String(), "<img")
		assert.Empty(t, w.Header().Get("X-Evil"))

		b := newApp(t)
		b.opts.Vendor = &nastyVendor{b.vendor, nasty}
		b.restart()
		id := b.start()
		b.notify(says(id, "failed"))
		w = b.get("/face/status?session=" + id)
		var told struct {
			Reasons []string `json:"reasons"`
		}
		require.NoError(t, jsonv1.Unmarshal(w.Body.Bytes(), &told))
		assert.Equal(t, []string{nasty}, told.Reasons)
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	})
}

// nastyVendor gives reasons that no vendor should.
type nastyVendor struct {
	*paper
	reason string
}

func (n *nastyVendor) Judge(handlers.Notice, handlers.Session) handlers.Judgement {
	return handlers.Judgement{Verdict: handlers.Failed, Reasons: []handlers.Reason{handlers.Reason(n.reason)}}
}
