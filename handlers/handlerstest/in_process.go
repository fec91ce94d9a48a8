package handlerstest

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
)

// InProcess returns a transport that has handler answer every request, whatever its
// host, in this process and on the caller's goroutine. A handler that aborts by
// [http.ErrAbortHandler] breaks the connection, as in a server, and so does one that
// writes less than its Content-Length; any other panic goes through to the caller.
func InProcess(handler http.Handler) http.RoundTripper { return inProcess{handler} }

type inProcess struct{ handler http.Handler }

// RoundTrip hands the request over as a server would see it.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	defer discard(r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	if !p.serve(recorder, received(r)) {
		return nil, reset()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := recorder.Result()
	answer.Request = r
	if written := int64(recorder.Body.Len()); r.Method != http.MethodHead && answer.ContentLength > written {
		answer.Body = brokenOff(recorder.Body.Bytes())
	}
	return answer, nil
}

// serve reports whether the handler answered, and did not abort.
func (p inProcess) serve(w http.ResponseWriter, r *http.Request) (answered bool) {
	defer func() {
		switch value := recover(); value {
		case nil, http.ErrAbortHandler:
		default:
			panic(value)
		}
	}()
	p.handler.ServeHTTP(w, r)
	return true
}

// received is a client's request as a server sees it.
func received(r *http.Request) *http.Request {
	server := r.Clone(r.Context())
	server.RequestURI = r.URL.RequestURI()
	server.RemoteAddr = "192.0.2.1:1234"
	if server.Host == "" {
		server.Host = r.URL.Host
	}
	if r.URL.Scheme == "https" {
		server.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: r.URL.Hostname()}
	}
	server.URL.Scheme, server.URL.Host = "", ""
	if server.Body == nil {
		server.Body = http.NoBody
	}
	return server
}
