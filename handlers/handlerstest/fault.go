package handlerstest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// defaultDelay is long for an answer, and short of what callers wait.
const defaultDelay = 3 * time.Second

// Kind is how a call goes wrong.
type Kind string

// The kinds. With the first three nothing reaches the other side. With the others it
// has done its work, and only its answer suffers.
const (
	Refused     Kind = "refused"     // nobody listens; the request is not sent
	Unavailable Kind = "unavailable" // a gateway in front answers 503 with an HTML page
	Page        Kind = "page"        // somebody in between answers 200 with an HTML page

	Lost     Kind = "lost"      // the connection breaks before the answer
	Cut      Kind = "cut"       // the answer breaks off in the middle of its body
	Hung     Kind = "hung"      // no answer comes until the request's context ends
	TimedOut Kind = "timed_out" // a gateway in front answers 504 with an HTML page
	Late     Kind = "late"      // the answer comes whole, but only after the fault's Delay
)

// Kinds returns all of them.
func Kinds() []Kind { return []Kind{Refused, Unavailable, Page, Lost, Cut, Hung, TimedOut, Late} }

// Fault says which calls are spoilt, and how.
type Fault struct {
	// Kind is how they go wrong. Required.
	Kind Kind

	// Nth is the first one, counted from 1 since [Transport.Break]. Default 1.
	Nth int

	// Calls is how many in a row; [math.MaxInt] for all. Default 1.
	Calls int

	// Delay is how long the answer to a Late call stays away; other kinds do not heed
	// it. Default 3 s. One that is longer than the caller waits makes it as good as
	// Hung.
	Delay time.Duration

	// Path narrows the fault to requests whose URL has it in its path; only those are
	// counted. Default: all.
	Path string
}

// concerns reports whether the request is one that the fault counts.
func (f Fault) concerns(r *http.Request) bool { return strings.Contains(r.URL.Path, f.Path) }

// hits reports whether the n-th request that it counts is spoilt.
func (f Fault) hits(n int) bool {
	first := max(f.Nth, 1)
	return f.Kind != "" && n >= first && n-first < max(f.Calls, 1)
}

// delay is Delay or its default.
func (f Fault) delay() time.Duration {
	if f.Delay <= 0 {
		return defaultDelay
	}
	return f.Delay
}

// refuse fails as a dial does to which nobody answers.
func refuse(r *http.Request) error {
	// Who watches the connection must see that there never was one.
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// reset is how a connection breaks that somebody still reads from.
func reset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}

// page is an HTML page in place of an answer.
func page(r *http.Request, status int) *http.Response {
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	body := "<html><head><title>" + text + "</title></head><body><h1>" + text + "</h1></body></html>\n"
	return &http.Response{
		Status: text, StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}

// cut leaves an answer the first half of its body.
func cut(answer *http.Response) error {
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return err
	}
	answer.Body = brokenOff(body[:len(body)/2])
	return nil
}

// brokenOff is a body that ends too early, as a client finds it.
func brokenOff(body []byte) io.ReadCloser {
	return io.NopCloser(io.MultiReader(bytes.NewReader(body), torn{}))
}

// torn is the end of a connection in the middle of an answer.
type torn struct{}

// Read always fails.
func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
