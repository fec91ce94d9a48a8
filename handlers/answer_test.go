package handlers_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// statuses is the contract of design and docs: each code and its status.
var statuses = map[handlers.Code]int{
	handlers.CodeMalformed: 400, handlers.CodeBadSignature: 401, handlers.CodeMismatch: 400, handlers.CodeNotSignedIn: 401,
	handlers.CodeCrossSite: 403, handlers.CodeNotFound: 404, handlers.CodeMethodNotAllowed: 405, handlers.CodeSlowBody: 408,
	handlers.CodeTooLarge: 413, handlers.CodeUnsupportedMedia: 415, handlers.CodeConsentRequired: 422, handlers.CodeTooManyAttempts: 429,
	handlers.CodeInvalidInput: 422, handlers.CodeInvalidName: 422, handlers.CodeInvalidIDNumber: 422,
	handlers.CodeInvalidCertificateType: 422, handlers.CodeInvalidImage: 422,
	handlers.CodeVendorNotSent: 502, handlers.CodeVendorUnavailable: 502, handlers.CodeVendorThrottled: 503,
	handlers.CodeVendorRefused: 502, handlers.CodeVendorMisconfigured: 502, handlers.CodeResultGone: 410,
	handlers.CodeStoreUnavailable: 503, handlers.CodeInternal: 500,
}

// declaredCodes are the codes that codes.go declares, whatever a test knows.
func declaredCodes(t *testing.T) []handlers.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	require.NoError(t, err)
	var codes []handlers.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		require.NoError(t, err)
		codes = append(codes, handlers.Code(text))
		return true
	})
	require.NotEmpty(t, codes)
	return codes
}

func TestErrors(t *testing.T) {
	general := &handlers.Error{Code: handlers.CodeInternal}
	for _, code := range declaredCodes(t) {
		t.Run("the code "+string(code)+" has its status, its sentences and an answer of every kind", func(t *testing.T) {
			e := &handlers.Error{Code: code, Reason: "some_reason", Err: errors.New("canary-cause")}
			status, listed := statuses[code]
			require.True(t, listed, "it is in the contract")
			assert.Equal(t, status, e.Status())
			for _, language := range []string{"zh", "en"} {
				assert.NotEmpty(t, e.Public(language))
				if code != handlers.CodeInternal {
					assert.NotEqual(t, general.Public(language), e.Public(language), "it has a row of its own in the table")
				}
			}
			assert.NotContains(t, e.Public("zh"), ",", "Chinese has its own comma")
			assert.Regexp(t, `^\p{Han}[\p{Han}，、]*。$`, e.Public("zh"))
			assert.Regexp(t, `^[A-Z][\x20-\x7e]*\.$`, e.Public("en"))
			assert.Equal(t, e.Public("en"), e.Public("fr"))

			for _, endpoint := range []string{"", "start", "return", "finish", "notify", "status"} {
				for _, accept := range []string{"text/html", "application/json"} {
					for language, want := range map[string]string{"zh-CN": "zh", "en": "en"} {
						r := httptest.NewRequest(http.MethodPost, "/face/x?canary=1", strings.NewReader("canary=2"))
						r.Header.Set("Accept", accept)
						r.Header.Set("Accept-Language", language)
						w := httptest.NewRecorder()
						given := *e
						given.Endpoint = endpoint
						handlers.DefaultOnError(w, r, &given)
						assert.Equal(t, status, w.Code)
						assert.NotContains(t, w.Body.String(), "canary")
						assert.NotContains(t, w.Body.String(), "some_reason")
						if status == 429 || status == 503 {
							assert.Equal(t, "30", w.Header().Get("Retry-After"))
						} else {
							assert.Empty(t, w.Header().Get("Retry-After"))
						}
						program := accept == "application/json" || endpoint == "notify" || endpoint == "status"
						if !program {
							assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
							if endpoint != "return" && endpoint != "finish" || status >= 500 {
								assert.Contains(t, w.Body.String(), html.EscapeString(e.Public(want)))
							}
							continue
						}
						assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
						var told struct {
							Type, Title, Detail string
							Status              int
							Code                handlers.Code
						}
						require.NoError(t, json.Unmarshal(w.Body.Bytes(), &told, json.MatchCaseInsensitiveNames(true)))
						assert.Equal(t, code, told.Code)
						assert.Equal(t, status, told.Status)
						assert.Equal(t, http.StatusText(status), told.Title)
						assert.Equal(t, "about:blank", told.Type)
						assert.Equal(t, e.Public(want), told.Detail)
					}
				}
			}
		})
	}
	assert.Equal(t, len(declaredCodes(t)), len(statuses))

	t.Run("an error's text names code and reason and never its cause, however it is wrapped or printed", func(t *testing.T) {
		e := &handlers.Error{Code: handlers.CodeVendorRefused, Endpoint: "start", Reason: "no_page", Err: errors.New("canary-cause")}
		wrapped := errors.Join(io.EOF, e)
		assert.Equal(t, "facegate: start: vendor_refused (no_page)", e.Error())
		assert.NotContains(t, wrapped.Error(), "canary")
		assert.Equal(t, handlers.CodeVendorRefused, handlers.CodeOf(wrapped))
		assert.Equal(t, handlers.CodeInternal, handlers.CodeOf(io.EOF))
		assert.Equal(t, handlers.Code(""), handlers.CodeOf(nil))
		assert.ErrorContains(t, errors.Unwrap(e), "canary", "an operator can look")
	})

	t.Run("a wait that the error knows is what is said", func(t *testing.T) {
		w := httptest.NewRecorder()
		handlers.DefaultOnError(w, httptest.NewRequest(http.MethodPost, "/", nil),
			&handlers.Error{Code: handlers.CodeTooManyAttempts, RetryAfter: 90*time.Second + time.Millisecond})
		assert.Equal(t, "91", w.Header().Get("Retry-After"))
		assert.Contains(t, w.Body.String(), "91 seconds")
	})
}

func TestStartErrorsLeadBack(t *testing.T) {
	t.Run("a start that fails leads to the app's own page, not to what the form said", func(t *testing.T) {
		a := newApp(t, func(o *handlers.Options) { o.ReturnTo = "/account"; o.Language = "zh" })
		a.vendor.begin = func(handlers.BeginRequest) (handlers.Begun, error) {
			return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorUnavailable}
		}
		w := a.do(post("/face/start", url.Values{"return_to": {"/canary"}}))
		assert.Equal(t, http.StatusBadGateway, w.Code)
		assert.Contains(t, w.Body.String(), `href="/account"`)
		assert.NotContains(t, w.Body.String(), "canary")
		assert.Contains(t, w.Body.String(), `lang="zh-CN"`, "the app's language, where the browser wants none")
		w = a.get("/face/start")
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
		assert.Contains(t, w.Body.String(), `href="/account"`)
	})

	t.Run("a cap that is reached says when it is free again", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			a := newApp(t, func(o *handlers.Options) { o.MaxAttempts = 2; o.AttemptWindow = time.Hour })
			a.start("one")
			time.Sleep(20 * time.Minute)
			a.start("two")
			time.Sleep(10 * time.Minute)
			w := a.do(post("/face/start", nil))
			assert.Equal(t, http.StatusTooManyRequests, w.Code)
			assert.Equal(t, "1800", w.Header().Get("Retry-After"))
		})
	})

	t.Run("a wrapped OnError hears everything, answers as it likes, and can fall back", func(t *testing.T) {
		var heard []handlers.Code
		a := newApp(t, func(o *handlers.Options) {
			o.OnError = func(w http.ResponseWriter, r *http.Request, e *handlers.Error) {
				heard = append(heard, e.Code)
				if e.Code == handlers.CodeNotSignedIn {
					http.Redirect(w, r, "/login", http.StatusSeeOther)
					return
				}
				handlers.DefaultOnError(w, r, e)
			}
		})
		a.subject = ""
		w := a.do(post("/face/start", nil))
		assert.Equal(t, "/login", w.Header().Get("Location"))
		assert.Equal(t, http.StatusMethodNotAllowed, a.get("/face/start").Code)
		assert.Equal(t, http.StatusNotFound, a.get("/face/nothing").Code)
		assert.Equal(t, []handlers.Code{handlers.CodeNotSignedIn, handlers.CodeMethodNotAllowed, handlers.CodeNotFound}, heard)
	})
}

func TestHooksThatPanic(t *testing.T) {
	private := func(t *testing.T, h http.Header) {
		assert.Equal(t, "no-store", h.Get("Cache-Control"))
		assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	}
	for name, change := range map[string]func(*handlers.Options){
		"Identify": func(o *handlers.Options) {
			o.Identify = func(*http.Request) (string, error) { panic("canary") }
		},
		"Prepare": func(o *handlers.Options) {
			o.Prepare = func(*http.Request) (handlers.StartParams, error) { panic("canary") }
		},
		"OnError": func(o *handlers.Options) {
			o.Identify = func(*http.Request) (string, error) { return "", nil }
			o.OnError = func(http.ResponseWriter, *http.Request, *handlers.Error) { panic("canary") }
		},
		"Middleware": func(o *handlers.Options) {
			o.Middleware = []func(http.Handler) http.Handler{func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("X-Half", "done")
					panic("canary")
				})
			}}
		},
	} {
		t.Run("a panic of "+name+" is a private page that says nothing, and the process lives", func(t *testing.T) {
			a := newApp(t, change)
			w := a.do(post("/face/start", nil))
			assert.Equal(t, http.StatusInternalServerError, w.Code)
			assert.NotContains(t, w.Body.String(), "canary")
			assert.Empty(t, w.Header().Get("X-Half"))
			private(t, w.Header())
			assert.Equal(t, 1, a.saw(handlers.EventPanic))
			assert.Empty(t, a.vendor.begun)
		})
	}

	t.Run("a panic of OnError for a path that is none stays inside too", func(t *testing.T) {
		a := newApp(t, func(o *handlers.Options) {
			o.OnError = func(http.ResponseWriter, *http.Request, *handlers.Error) { panic("canary") }
		})
		w := a.get("/face/nothing")
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		private(t, w.Header())
	})

	t.Run("a panic of OnReturn is a private page, and the verdict stays", func(t *testing.T) {
		a := newApp(t, func(o *handlers.Options) {
			o.OnReturn = func(http.ResponseWriter, *http.Request, handlers.Session) { panic("canary") }
		})
		id := a.start()
		a.notify(says(id, "passed"))
		w := a.get("/face/finish?session=" + id)
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		private(t, w.Header())
		assert.Equal(t, handlers.Passed, a.state(id).Verdict)
	})
}
