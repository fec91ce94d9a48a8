package megvii_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// signatureGate is RequireSignature around a handler that notes what came through.
type signatureGate struct {
	http.Handler
	passed []*megvii.Result
	bodies []string
}

func newSignatureGate(t *testing.T, opts megvii.RequireSignatureOptions) *signatureGate {
	t.Helper()
	if opts.Secrets == nil {
		opts.Secrets = fakeSecrets()
	}
	gate, err := megvii.RequireSignature(opts)
	require.NoError(t, err)
	g := &signatureGate{}
	g.Handler = gate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, ok := megvii.ResultFrom(r.Context())
		assert.True(t, ok)
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.EqualValues(t, len(body), r.ContentLength)
		g.passed, g.bodies = append(g.passed, result), append(g.bodies, string(body))
		w.WriteHeader(http.StatusAccepted)
	}))
	return g
}

func (g *signatureGate) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

// formPost is a POST of a form.
func formPost(target string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", formContentType)
	return r
}

func TestASignedCallbackComesThroughWithItsResult(t *testing.T) {
	g := newSignatureGate(t, megvii.RequireSignatureOptions{})
	body := signedCallback(minimalData)
	assert.Equal(t, http.StatusAccepted, g.serve(formPost("/notify", body)).Code)
	require.Len(t, g.passed, 1)
	assert.Equal(t, "order-0001", g.passed[0].BizInfo.BizNo)
	assert.Equal(t, string(body), g.bodies[0], "the body can be read again")
}

func TestWhatIsNoCallbackIsAnsweredAtTheGate(t *testing.T) {
	right := string(signedCallback(minimalData))
	set := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	method := func(method string) func(*http.Request) { return func(r *http.Request) { r.Method = method } }
	same := func(*http.Request) {}
	tests := map[string]struct {
		target string
		body   string
		change func(*http.Request)
		want   int
	}{
		"case 18: GET":                          {"/notify", right, method("GET"), 405},
		"case 18: HEAD":                         {"/notify", right, method("HEAD"), 405},
		"case 18: PUT":                          {"/notify", right, method("PUT"), 405},
		"case 18: OPTIONS":                      {"/notify", right, method("OPTIONS"), 405},
		"case 19: no content type":              {"/notify", right, set("Content-Type"), 415},
		"case 19: two content types":            {"/notify", right, set("Content-Type", formContentType, formContentType), 415},
		"case 19: JSON":                         {"/notify", right, set("Content-Type", "application/json"), 415},
		"case 20: multipart":                    {"/notify", right, set("Content-Type", "multipart/form-data; boundary=x"), 415},
		"case 25: gzip":                         {"/notify", right, set("Content-Encoding", "gzip"), 415},
		"case 21: ten times the cap":            {"/notify", strings.Repeat("x", 10*megvii.DefaultMaxBody), same, 413},
		"case 28: data and sign in the query":   {"/notify?" + right, "", same, 400},
		"case 28: sign in the query":            {"/notify?sign=" + right[len(right)-40:], right[:len(right)-46], same, 400},
		"case 27: sign twice":                   {"/notify", right + "&sign=x", same, 400},
		"case 30: a bad escape":                 {"/notify", right + "&x=%zz", same, 400},
		"case 36: a wrong sign":                 {"/notify", right[:len(right)-1] + "x", same, 401},
		"case 47: a signed null":                {"/notify", string(signedCallback("null")), same, 400},
		"case 52: signed bytes behind the data": {"/notify", string(signedCallback(minimalData + "canary")), same, 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newSignatureGate(t, megvii.RequireSignatureOptions{})
			r := formPost(tt.target, []byte(tt.body))
			tt.change(r)
			w := g.serve(r)
			assert.Equal(t, tt.want, w.Code)
			assert.Empty(t, g.passed)
			assert.Equal(t, tt.want == 405, w.Header().Get("Allow") == "POST")
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			assert.Less(t, w.Body.Len(), 100)
			for _, echoed := range []string{"order-0001", "canary", "zz"} {
				assert.NotContains(t, w.Body.String(), echoed)
			}
		})
	}
}

func TestCase28TheQueryIsNeverRead(t *testing.T) {
	g := newSignatureGate(t, megvii.RequireSignatureOptions{})
	w := g.serve(formPost("/notify?data=x&sign=y&data=z&%zz;", signedCallback(minimalData)))
	assert.Equal(t, http.StatusAccepted, w.Code)
}

func TestABodyThatIsExpresslyPlainPasses(t *testing.T) {
	g := newSignatureGate(t, megvii.RequireSignatureOptions{})
	r := formPost("/notify", signedCallback(minimalData))
	r.Header.Set("Content-Encoding", "identity")
	assert.Equal(t, http.StatusAccepted, g.serve(r).Code)
}

func TestTheGatesOptions(t *testing.T) {
	t.Run("both secrets of a rotation", func(t *testing.T) {
		g := newSignatureGate(t, megvii.RequireSignatureOptions{Secrets: []handlers.Private{handlers.Hide("FAKE-api-secret-for-tests-0002"), fakeSecret()}})
		assert.Equal(t, http.StatusAccepted, g.serve(formPost("/", signedCallback(minimalData))).Code)
		assert.Equal(t, 1, g.passed[0].SignedBy)
	})
	t.Run("another cap", func(t *testing.T) {
		body := signedCallback(minimalData)
		g := newSignatureGate(t, megvii.RequireSignatureOptions{MaxBody: len(body)})
		assert.Equal(t, http.StatusAccepted, g.serve(formPost("/", body)).Code)
		assert.Equal(t, http.StatusRequestEntityTooLarge, g.serve(formPost("/", append(body, '&'))).Code)
	})
	t.Run("case 20: multipart, if asked for", func(t *testing.T) {
		body, contentType := multipartForm(t, [2]string{"data", minimalData}, [2]string{"sign", megvii.Sign(fakeSecret(), []byte(minimalData))})
		g := newSignatureGate(t, megvii.RequireSignatureOptions{AcceptMultipart: true})
		r := formPost("/", body)
		r.Header.Set("Content-Type", contentType)
		assert.Equal(t, http.StatusAccepted, g.serve(r).Code)
	})
	t.Run("an answer of one's own", func(t *testing.T) {
		var heard *handlers.Error
		g := newSignatureGate(t, megvii.RequireSignatureOptions{OnError: func(w http.ResponseWriter, _ *http.Request, err *handlers.Error) {
			heard = err
			w.WriteHeader(http.StatusTeapot)
		}})
		assert.Equal(t, http.StatusTeapot, g.serve(formPost("/", signedCallback(minimalData+"}"))).Code)
		assert.Equal(t, megvii.ReasonTrailingBytes, heard.Reason)
	})
	t.Run("later changes of the secrets do nothing", func(t *testing.T) {
		secrets := fakeSecrets()
		g := newSignatureGate(t, megvii.RequireSignatureOptions{Secrets: secrets})
		secrets[0] = handlers.Hide("another-secret-of-an-attacker")
		assert.Equal(t, http.StatusAccepted, g.serve(formPost("/", signedCallback(minimalData))).Code)
	})
}

func TestCase39BadOptionsAreRefused(t *testing.T) {
	for name, opts := range map[string]megvii.RequireSignatureOptions{
		"no secrets":              {},
		"an empty secret":         {Secrets: []handlers.Private{{}}},
		"an empty second secret":  {Secrets: []handlers.Private{fakeSecret(), {}}},
		"white space":             {Secrets: []handlers.Private{handlers.Hide(strings.Repeat(" ", 20))}},
		"15 bytes":                {Secrets: []handlers.Private{handlers.Hide("k7Hq2mWz9TfLx4R")}},
		"a line break at the end": {Secrets: []handlers.Private{handlers.Hide("k7Hq2mWz9TfLx4Rb\n")}},
		"a placeholder":           {Secrets: []handlers.Private{handlers.Hide("changeme-changeme")}},
		"a negative cap":          {Secrets: fakeSecrets(), MaxBody: -1},
		"a negative timeout":      {Secrets: fakeSecrets(), ReadTimeout: -1},
	} {
		gate, err := megvii.RequireSignature(opts)
		assert.Nil(t, gate, name)
		var invalid *megvii.InvalidError
		require.ErrorAs(t, err, &invalid, name)
		assert.NotContains(t, err.Error(), "k7Hq2", name)
	}
}

func TestResultFromIsEmptyWithoutTheGate(t *testing.T) {
	result, ok := megvii.ResultFrom(t.Context())
	assert.Nil(t, result)
	assert.False(t, ok)
}

// pipeListener hands out the server's ends of in-memory connections.
type pipeListener struct{ conns chan net.Conn }

func (l pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l pipeListener) Close() error   { return nil }
func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{} }

// overPipe serves h without any timeout of the server, writes request to it byte by
// byte with a pause before each, and returns the answer's head.
func overPipe(t *testing.T, h http.Handler, request string, pause time.Duration) string {
	t.Helper()
	listener := pipeListener{make(chan net.Conn)}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(listener) }()
	client, theirs := net.Pipe()
	listener.conns <- theirs

	written := make(chan struct{})
	go func() {
		defer close(written)
		for _, b := range []byte(request) {
			time.Sleep(pause) // the bubble's clock
			if _, err := client.Write([]byte{b}); err != nil {
				return
			}
		}
	}()
	answer := make([]byte, 512)
	n, err := client.Read(answer)
	require.NoError(t, err)
	require.NoError(t, client.Close())
	<-written
	close(listener.conns)
	require.NoError(t, server.Shutdown(context.Background()))
	return string(answer[:n])
}

func TestCase23ASlowBodyIsCutOff(t *testing.T) {
	body := string(signedCallback(minimalData))
	head := "POST /notify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + formContentType + "\r\nContent-Length: "
	synctest.Test(t, func(t *testing.T) {
		g := newSignatureGate(t, megvii.RequireSignatureOptions{})
		began := time.Now()
		answer := overPipe(t, g, head+"100000\r\n\r\n"+body, time.Second)
		assert.Contains(t, answer, "408 Request Timeout")
		assert.Empty(t, g.passed)
		assert.Less(t, time.Since(began), time.Duration(len(head)+30)*time.Second)
	})
	synctest.Test(t, func(t *testing.T) {
		g := newSignatureGate(t, megvii.RequireSignatureOptions{ReadTimeout: time.Hour})
		answer := overPipe(t, g, head+strconv.Itoa(len(body))+"\r\n\r\n"+body, time.Second)
		assert.Contains(t, answer, "202 Accepted")
		assert.Len(t, g.passed, 1)
	})
}

func TestCase23TheRestOfARefusedBodyMayNotBeSlowEither(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newSignatureGate(t, megvii.RequireSignatureOptions{})
		head := "POST /notify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n"
		began := time.Now()
		assert.Contains(t, overPipe(t, g, head+strings.Repeat("x", 1000), time.Second), "415 Unsupported Media Type")
		assert.Less(t, time.Since(began), time.Duration(len(head)+30)*time.Second)
	})
}

func TestTheDeadlineDoesNotReachTheWrappedHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, err := megvii.RequireSignature(megvii.RequireSignatureOptions{Secrets: fakeSecrets()})
		require.NoError(t, err)
		slow := gate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Hour) // the bubble's clock
			assert.NoError(t, r.Context().Err())
			w.WriteHeader(http.StatusAccepted)
		}))
		body := string(signedCallback(minimalData))
		answer := overPipe(t, slow, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: "+formContentType+"\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body, 0)
		assert.Contains(t, answer, "202 Accepted")
	})
}

func TestCase22ALyingContentLengthIsMalformed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newSignatureGate(t, megvii.RequireSignatureOptions{})
		body := string(signedCallback(minimalData))
		request := "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + formContentType + "\r\nContent-Length: " + strconv.Itoa(len(body)-1) + "\r\n\r\n" + body
		assert.Contains(t, overPipe(t, g, request, 0), "401 Unauthorized", "cut by a byte, sign is wrong")
		assert.Empty(t, g.passed)
	})
}
