// Package vendorhttp makes the calls to the vendors. It follows no redirect, which
// would resend a form with its secret to another host, sends nothing twice, bounds
// time and memory, and fails with errors that hold neither the URL nor anything that
// was sent: vendors want secrets and tokens there.
package vendorhttp

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// Config is what a [Caller] needs. The zero value is usable.
type Config struct {
	// Client carries the calls: its transport, proxy, tracing and cookie jar are
	// kept. It is copied; its redirect policy is replaced. Nil means a client with
	// the standard transport.
	Client *http.Client

	// MaxBody is the largest answer in bytes, after decompression. 0 means
	// 1 MiB.
	MaxBody int64

	// Timeout bounds a whole call, from the dial to the last byte of the answer.
	// 0 means 15 s. An earlier deadline of the call's context wins.
	Timeout time.Duration
}

// Caller makes calls. It is safe for concurrent use.
type Caller struct {
	client  http.Client
	maxBody int64
	timeout time.Duration
}

// Response is a whole answer of whatever status.
type Response struct {
	// Status is the HTTP status, such as 200. A redirect comes back as it is.
	Status int
	// Header is the answer's header.
	Header http.Header
	// Body is the whole body, decompressed.
	Body []byte
}

// MayBeJSON reports whether the answer's Content-Type leaves that open. It refuses
// what surely is something else, such as a proxy's error page. The vendors do not
// document theirs, so plain text and none at all pass.
func (r Response) MayBeJSON() bool {
	contentType := r.Header.Get("Content-Type")
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "text/json", "text/plain", "text/javascript", "application/javascript":
		return true
	}
	return strings.HasSuffix(kind, "+json")
}

// Date is the clock of whoever made the answer, to the second. It is zero if the
// answer does not say, or comes out of a cache and says when it went in.
func (r Response) Date() time.Time {
	if age := r.Header.Get("Age"); age != "" && age != "0" {
		return time.Time{}
	}
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// New returns a Caller. Values of config below zero count as zero.
func New(config Config) *Caller {
	c := &Caller{maxBody: config.MaxBody, timeout: config.Timeout}
	if config.Client != nil {
		c.client = *config.Client
	}
	if c.maxBody <= 0 {
		c.maxBody = 1 << 20
	}
	if c.timeout <= 0 {
		c.timeout = 15 * time.Second
	}
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// Do sends request, whose own context is replaced by ctx, and reads the whole
// answer. Every failure is a [*CallError]; an answer with an error status is not
// a failure here.
func (c *Caller) Do(ctx context.Context, request *http.Request) (Response, error) {
	if err := ctx.Err(); err != nil {
		return Response{}, &CallError{Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	var progress progress
	request = request.WithContext(progress.watch(ctx))
	if request.Body == nil {
		request.Body = once{}
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return Response{}, &CallError{Sent: progress.mayHaveSent(), Err: quiet(ctx, err)}
	}
	defer func() { _ = answer.Body.Close() }()

	body, err := c.read(answer)
	if err != nil {
		return Response{}, &CallError{Sent: true, Err: quiet(ctx, err)}
	}
	return Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// once is an empty body that cannot be had again. Without it net/http sends a GET a
// second time when a kept connection ends before the answer begins, and vendors
// count how often they are asked.
type once struct{}

// Read is at the end at once.
func (once) Read([]byte) (int, error) { return 0, io.EOF }

// Close does nothing.
func (once) Close() error { return nil }

// read reads a body within the cap. A declared length above it is refused without
// reading; a declared length below it is not believed.
func (c *Caller) read(answer *http.Response) ([]byte, error) {
	if answer.ContentLength > c.maxBody {
		return nil, ErrTooLarge
	}
	var body bytes.Buffer
	if answer.ContentLength > 0 {
		body.Grow(int(answer.ContentLength) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(answer.Body, c.maxBody+1))
	switch {
	case err != nil:
		return nil, err
	case n > c.maxBody:
		return nil, ErrTooLarge
	}
	return body.Bytes(), nil
}
