package vendorhttp_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/internal/vendorhttp"
)

const canary = "canary-secret-31337"

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/faceid/lite/get_result?api_secret="+canary, nil)
	require.NoError(t, err)
	return r
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestAnAnswerOfAnyStatusComesBackWhole(t *testing.T) {
	for _, status := range []int{200, 400, 403, 413, 500, 503} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Mark", "seen")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "body")
		})
		answer, err := vendorhttp.New(vendorhttp.Config{}).Do(t.Context(), get(t, s.URL))
		require.NoError(t, err)
		assert.Equal(t, status, answer.Status)
		assert.Equal(t, "seen", answer.Header.Get("X-Mark"))
		assert.Equal(t, "body", string(answer.Body))
	}
}

func TestARedirectIsNotFollowedSoTheSecretGoesNowhereElse(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		mine := &http.Client{}
		answer, err := vendorhttp.New(vendorhttp.Config{Client: mine}).Do(t.Context(), get(t, s.URL))
		require.NoError(t, err)
		assert.Equal(t, status, answer.Status)
		assert.Nil(t, mine.CheckRedirect, "the app's own client is untouched")
	}
}

func TestCase136ABodyIsReadUpToTheCapAndNoFurther(t *testing.T) {
	const limit = 1000
	body := func(n int, declared, zipped bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			text := strings.Repeat("a", n)
			switch {
			case zipped:
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				_, _ = io.WriteString(z, text)
				_ = z.Close()
			case declared:
				w.Header().Set("Content-Length", fmt.Sprint(n))
				_, _ = io.WriteString(w, text)
			default:
				w.(http.Flusher).Flush()
				_, _ = io.WriteString(w, text)
			}
		}
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		fits    bool
	}{
		"a declared body at the cap is read":           {body(limit, true, false), true},
		"a declared body over the cap is refused":      {body(limit+1, true, false), false},
		"an undeclared body at the cap is read":        {body(limit, false, false), true},
		"an undeclared body over the cap is refused":   {body(limit+1, false, false), false},
		"a zipped body counts decompressed":            {body(limit, false, true), true},
		"a small zipped body with a huge inside fails": {body(50<<20, false, true), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tc.handler)
			answer, err := vendorhttp.New(vendorhttp.Config{MaxBody: limit}).Do(t.Context(), get(t, s.URL))
			if tc.fits {
				require.NoError(t, err)
				assert.Len(t, answer.Body, limit)
				return
			}
			require.ErrorIs(t, err, vendorhttp.ErrTooLarge)
			assertSent(t, err, true)
		})
	}
}

func TestCase137ASlowAnswerEndsAtTheDeadlineOfTheWholeCall(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"slow headers": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"slow body": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "{")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, handler)
			_, err := vendorhttp.New(vendorhttp.Config{Timeout: 50 * time.Millisecond}).Do(t.Context(), get(t, s.URL))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assertSent(t, err, true)
			assert.NotContains(t, err.Error(), canary)
		})
	}
}

func TestCase135OnlyACallThatCertainlyNeverLeftCountsAsNotSent(t *testing.T) {
	unused := freeAddress(t)
	reset := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	})
	half := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	})
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(untrusted.Close)
	untrusted.Config.ErrorLog = nil

	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tc := range map[string]struct {
		ctx    context.Context
		url    string
		client *http.Client
		sent   bool
	}{
		"a refused connection was not sent":            {t.Context(), "http://" + unused, nil, false},
		"an unknown host was not sent":                 {t.Context(), "http://nowhere.invalid", unknownHost(), false},
		"a failed TLS handshake was not sent":          {t.Context(), untrusted.URL, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{}}}, false},
		"a context that is over was not sent":          {over, reset.URL, nil, false},
		"a reset after the request may have been sent": {t.Context(), reset.URL, nil, true},
		"a body that breaks off was sent":              {t.Context(), half.URL, nil, true},
		"a transport that tells nothing may have sent": {t.Context(), reset.URL, &http.Client{Transport: failing{errors.New("no idea")}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := vendorhttp.New(vendorhttp.Config{Client: tc.client}).Do(tc.ctx, get(t, tc.url))
			assertSent(t, err, tc.sent)
			for e := err; e != nil; e = errors.Unwrap(e) {
				assert.NotContains(t, e.Error(), canary)
				assert.NotContains(t, fmt.Sprintf("%#v", e), canary)
			}
		})
	}
}

func TestCase132NothingThatWasSentOrAnsweredIsQuoted(t *testing.T) {
	raw := func(answer string) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}
		}).URL
	}
	proxy := func(r *http.Request) (*url.URL, error) {
		return nil, errors.New("invalid proxy address http://user:" + canary + "@proxy")
	}
	for name, tc := range map[string]struct {
		url       string
		transport http.RoundTripper
	}{
		"a transport that repeats the query":   {"http://vendor.invalid", failing{errors.New("GET ?api_secret=" + canary)}},
		"a dial that repeats what it was told": {"http://vendor.invalid", failing{&net.OpError{Op: "dial", Net: "tcp", Err: errors.New(canary)}}},
		"a proxy with a password":              {"http://vendor.invalid", &http.Transport{Proxy: proxy}},
		"a redirect to no address":             {raw("HTTP/1.1 302 Found\r\nLocation: http://[" + canary + "\r\nContent-Length: 0\r\n\r\n"), nil},
		"an answer that is not HTTP":           {raw(canary + "\r\n\r\n"), nil},
		"a status that is none":                {raw("HTTP/1.1 " + canary + "\r\n\r\n"), nil},
		"a header that is none":                {raw("HTTP/1.1 200 OK\r\n" + canary + "\r\n\r\n"), nil},
		"a length that is none":                {raw("HTTP/1.1 200 OK\r\nContent-Length: " + canary + "\r\n\r\n"), nil},
		"an unknown transfer coding":           {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + canary + "\r\n\r\n"), nil},
		"a chunk that is none":                 {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + canary + "\r\n"), nil},
		"gzip that is none":                    {raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + canary), nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := vendorhttp.New(vendorhttp.Config{Client: &http.Client{Transport: tc.transport}}).Do(t.Context(), get(t, tc.url))
			require.Error(t, err)
			for e := err; e != nil; e = errors.Unwrap(e) {
				assert.NotContains(t, fmt.Sprintf("%s %+v %#v", e, e, e), canary)
				assert.NotContains(t, e.Error(), "api_secret")
			}
		})
	}
}

func TestWhatAnOperatorNeedsIsStillSaid(t *testing.T) {
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(untrusted.Close)
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	for url, want := range map[string]string{
		"http://" + freeAddress(t): "connection refused",
		untrusted.URL:              "certificate",
		"https" + strings.TrimPrefix(plain.URL, "http"): "HTTP response to HTTPS client",
	} {
		_, err := vendorhttp.New(vendorhttp.Config{}).Do(t.Context(), get(t, url))
		assert.ErrorContains(t, err, want)
	}
	_, err := vendorhttp.New(vendorhttp.Config{Client: unknownHost()}).Do(t.Context(), get(t, "http://nowhere.invalid"))
	assert.ErrorContains(t, err, "no such host")

	hanging := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err = vendorhttp.New(vendorhttp.Config{Client: &http.Client{Timeout: 20 * time.Millisecond}}).Do(t.Context(), get(t, hanging.URL))
	require.ErrorIs(t, err, context.DeadlineExceeded, "the app's own client has a shorter timeout")
}

func TestNoCallIsSentTwice(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		var calls atomic.Int32
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if calls.Add(1) == 1 {
				return // and the connection is kept
			}
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		})
		caller := vendorhttp.New(vendorhttp.Config{Client: &http.Client{Transport: &http.Transport{}}})
		call := func() error {
			var body io.Reader
			if method == http.MethodPost {
				body = strings.NewReader("api_secret=" + canary)
			}
			r, err := http.NewRequestWithContext(t.Context(), method, s.URL, body)
			require.NoError(t, err)
			_, err = caller.Do(t.Context(), r)
			return err
		}
		require.NoError(t, call())
		assertSent(t, call(), true)
		assert.EqualValues(t, 2, calls.Load(), "%s was sent again over a new connection", method)
	}
}

func TestAGetHasNoBodyOnTheWire(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.ContentLength, r.TransferEncoding)
	})
	answer, err := vendorhttp.New(vendorhttp.Config{}).Do(t.Context(), get(t, s.URL))
	require.NoError(t, err)
	assert.Equal(t, "0 []", string(answer.Body))
}

func TestTheCallersContextEndsTheCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := vendorhttp.New(vendorhttp.Config{}).Do(ctx, get(t, s.URL))
	require.ErrorIs(t, err, context.Canceled)
	assertSent(t, err, true)
}

func assertSent(t *testing.T, err error, want bool) {
	t.Helper()
	call, ok := errors.AsType[*vendorhttp.CallError](err)
	require.True(t, ok, "every failure is a CallError: %v", err)
	assert.Equal(t, want, call.Sent)
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// unknownHost has a resolver that knows nobody, so the test asks no name server.
func unknownHost() *http.Client {
	dial := func(_ context.Context, _, address string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(address)
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func BenchmarkDo(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"token":""}`) }))
	defer s.Close()
	c := vendorhttp.New(vendorhttp.Config{})
	b.ReportAllocs()
	for b.Loop() {
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL, nil)
		if _, err := c.Do(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}
