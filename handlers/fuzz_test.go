package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// FuzzStoredRecord reads records of every kind that anything may have written: no
// panic, and what is readable stays the same when it is written again.
func FuzzStoredRecord(f *testing.F) {
	for _, seed := range []string{
		`{"v":1,"id":"AAAAAAAAAAAAAAAAAAAAAAAAAA","subject":"alice","vendor":"paper","state":"started","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T01:00:00Z","ask_until":"2026-01-02T00:00:00Z","keep_until":"2026-02-01T00:00:00Z"}`,
		`{"v":1,"id":"A","state":"recorded","verdicts":[{"verdict":"passed","reasons":["x"],"via":"notify","at":"2026-01-01T00:00:00Z"}],"heard":["passed"],"delivery":{"done":2,"attempt":-1},"query":{"spent":99},"images":{"wanted":true}}`,
		`{"v":2,"id":"A"}`, `{}`, `null`, `[]`, `{"v":1,"id":"A","verdicts":null,"bindings":["x"],"memory":"////"}`, `{"v":1,"id":"A","V":2}`, "\xff", "",
	} {
		f.Add([]byte(seed))
	}
	for kind := range handlers.Reencode {
		golden, err := os.ReadFile("testdata/" + kind + ".v1.json")
		require.NoError(f, err)
		f.Add(golden)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for kind, reencode := range handlers.Reencode {
			once, err := reencode(data)
			if err != nil {
				continue
			}
			twice, err := reencode(once)
			require.NoError(t, err, kind)
			require.Equal(t, string(once), string(twice), kind)
		}
	})
}

// FuzzQueries sends any query to what a browser may ask for: nobody but the bound
// browser with the very id sees anything, and nothing is asked or written.
func FuzzQueries(f *testing.F) {
	id := strings.Repeat("A", 26)
	for _, seed := range []string{
		"", "session=" + id, "session=" + id + "&session=" + id, "session=%00", "session[]=" + id, "session=" + id + ";", "%zz",
		"vendor=paper&session=" + id, "vendor=x", "vendor=paper&vendor=paper", "session=" + id + "&wait=-1s", "session=" + id + "&wait=9999999h", "wait=1e9s",
		"session=" + id + "&since=-1", "session=" + id + "&since=99999999999999999999", "session=" + strings.ToLower(id), "session=" + id + "%0a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		a := newApp(t)
		for _, endpoint := range []string{"return", "finish", "status"} {
			r := httptest.NewRequest(http.MethodGet, "/face/"+endpoint, nil)
			r.URL.RawQuery = query
			w := httptest.NewRecorder()
			a.kit.Handler().ServeHTTP(w, r)
			require.Contains(t, []int{200, 400, 404}, w.Code)
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			require.Empty(t, w.Header().Get("Location"))
		}
		require.Zero(t, a.vendor.queries())
		require.Zero(t, a.saw(handlers.EventPanic))
		due, err := a.store.Due(t.Context(), time.Now().Add(time.Hour), 10)
		require.NoError(t, err)
		require.Empty(t, due)
	})
}

// FuzzWait reads the wait of a status request: between nothing and 25 s.
func FuzzWait(f *testing.F) {
	for _, seed := range []string{"", "10s", "-1s", "1h", "1e9h", "0", "ns", "9223372036854775807ns", "2562047h47m16.854775808s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		wait, err := handlers.WaitParam(text)
		if err == nil {
			require.GreaterOrEqual(t, wait, time.Duration(0))
			require.LessOrEqual(t, wait, 25*time.Second)
			return
		}
		require.Equal(t, handlers.CodeMalformed, handlers.CodeOf(err))
	})
}

// asBrowser resolves a reference as the WHATWG URL standard says for a special
// scheme: white space around it and tabs and newlines inside are dropped,
// backslashes are slashes, and dots may be written %2e.
func asBrowser(base, raw string) (host string, ok bool) {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	raw = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(raw)
	before, _, _ := strings.Cut(raw, "?")
	before = strings.ReplaceAll(before, `\`, "/")
	if strings.HasPrefix(before, "//") {
		host, _, _ := strings.Cut(strings.TrimLeft(before, "/"), "/")
		return host, true
	}
	if scheme, _, colon := strings.Cut(before, ":"); colon && !strings.Contains(scheme, "/") && !strings.Contains(scheme, "#") {
		return scheme, true
	}
	u, err := url.Parse(base)
	if err != nil {
		return "", false
	}
	return u.Host, true
}

// FuzzLocalPath holds what a start may name as its return page against what
// package net/url and a browser make of it.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{
		"/", "/orders?id=7#x", "//evil.example", `/\evil.example`, "/\t/evil.example", "/%09/evil", "/%2f/evil", "/.//evil.example", "/..//evil.example",
		"/%2e%2e//evil", "/x/..//evil.example", "https:evil.example", "/a:b@c", "/@evil.example", "/?//evil", "/#//evil", "/;//evil", "/%5cevil", "javascript:alert(1)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if !handlers.LocalPath(raw) {
			return
		}
		base, err := url.Parse("https://shop.example/face/finish?session=x")
		require.NoError(t, err)
		reference, err := url.Parse(raw)
		require.NoError(t, err)
		resolved := base.ResolveReference(reference)
		require.Equal(t, "https://shop.example", resolved.Scheme+"://"+resolved.Host)
		require.Nil(t, resolved.User)
		host, ok := asBrowser(base.String(), raw)
		require.True(t, ok)
		require.Equal(t, "shop.example", host)
		// The redirect itself, which cleans the path, must be local too.
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest(http.MethodGet, base.String(), nil), raw, http.StatusSeeOther)
		location := w.Header().Get("Location")
		require.True(t, strings.HasPrefix(location, "/"), location)
		host, ok = asBrowser(base.String(), location)
		require.True(t, ok)
		require.Equal(t, "shop.example", host)
	})
}
