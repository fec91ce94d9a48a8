package megvii

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/justinas/alice"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/middleware"
)

// RequireSignatureOptions are the options of RequireSignature. Only Secrets are
// required.
type RequireSignatureOptions struct {
	// Secrets are the API_SECRETs that may have signed: one, or two during a
	// rotation. Required. Each has at least 16 bytes, no white space around it, and
	// is no placeholder of a sample configuration.
	Secrets []handlers.Private `validate:"required,min=1,max=2,dive,secret"`

	// MaxBody is the largest body, in bytes. Default [DefaultMaxBody]; a longer one
	// is answered 413.
	MaxBody int `validate:"min=0"`

	// ReadTimeout is how long the whole body may take, also where the app's server
	// has no timeout. Default 10 s; a slower one is answered 408.
	ReadTimeout time.Duration `validate:"min=0"`

	// AcceptMultipart also reads multipart/form-data, see
	// [ParseOptions.AcceptMultipart]. Default false: answered 415.
	AcceptMultipart bool

	// OnError answers a refused request. Default: the error's status and its public
	// sentence. Log and count here; an error with ReasonTrailingBytes deserves an
	// alarm. It must not call the wrapped handler.
	OnError func(w http.ResponseWriter, r *http.Request, err *handlers.Error)
}

// RequireSignature returns a middleware for apps that keep their own handler for
// notify_url, or for return_url by POST. What reaches the wrapped handler was
// signed by Megvii and read as [Parse] reads; the result is in its context, see
// [ResultFrom], and its body can be read again. Everything else is answered here:
// 405 with Allow, 415, 413, 408, 400, 401.
//
// Put it in front of whatever reads the body. It returns an [*InvalidError]
// that names every bad option.
func RequireSignature(opts RequireSignatureOptions) (func(http.Handler) http.Handler, error) {
	if err := invalid("RequireSignatureOptions", newChecker().Struct(opts)); err != nil {
		return nil, err
	}
	gate := &signatureGate{
		secrets: slices.Clone(opts.Secrets),
		parse:   ParseOptions{AcceptMultipart: opts.AcceptMultipart, MaxBody: opts.MaxBody},
		onError: opts.OnError,
	}
	if gate.onError == nil {
		gate.onError = refuse
	}
	guard := middleware.Guard{Refuse: gate.turnAway}
	bounded := alice.New(
		middleware.ReadDeadline(cmp.Or(opts.ReadTimeout, 10*time.Second)),
		guard.Methods(http.MethodPost),
		guard.PlainBody,
		guard.MaxBody(int64(gate.parse.maxBody())),
	)
	return func(next http.Handler) http.Handler {
		return bounded.ThenFunc(func(w http.ResponseWriter, r *http.Request) { gate.serve(w, r, next) })
	}, nil
}

// resultKey is the context key of the result.
type resultKey struct{}

// ResultFrom returns the result that RequireSignature verified for this request.
func ResultFrom(ctx context.Context) (*Result, bool) {
	result, ok := ctx.Value(resultKey{}).(*Result)
	return result, ok
}

// signatureGate is a configured RequireSignature.
type signatureGate struct {
	secrets []handlers.Private
	parse   ParseOptions
	onError func(http.ResponseWriter, *http.Request, *handlers.Error)
}

func (g *signatureGate) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	body, refusal := g.read(r)
	if refusal != nil {
		g.onError(w, r, refusal)
		return
	}
	result, refusal := parse(body, r.Header.Get("Content-Type"), g.secrets, g.parse)
	if refusal != nil {
		g.onError(w, r, refusal)
		return
	}
	verified := r.WithContext(context.WithValue(r.Context(), resultKey{}, result))
	verified.Body = io.NopCloser(bytes.NewReader(body))
	verified.ContentLength = int64(len(body))
	verified.Form, verified.PostForm, verified.MultipartForm = nil, nil, nil
	next.ServeHTTP(w, verified)
}

// read returns the body. The Content-Type is judged before a byte of it is read.
func (g *signatureGate) read(r *http.Request) ([]byte, *handlers.Error) {
	kind, _, ok := formType(r.Header.Get("Content-Type"))
	if !ok || len(r.Header.Values("Content-Type")) != 1 || (kind == multiparts && !g.parse.AcceptMultipart) {
		return nil, &handlers.Error{Code: handlers.CodeUnsupportedMedia}
	}
	body, err := io.ReadAll(r.Body) // within Guard.MaxBody
	if err != nil {
		return nil, readRefusal(err)
	}
	return body, nil
}

// turnAway tells OnError what the middleware in front refused.
func (g *signatureGate) turnAway(w http.ResponseWriter, r *http.Request, status int) {
	code := handlers.CodeUnsupportedMedia
	switch status {
	case http.StatusMethodNotAllowed:
		code = handlers.CodeMethodNotAllowed
	case http.StatusRequestEntityTooLarge:
		code = handlers.CodeTooLarge
	}
	g.onError(w, r, &handlers.Error{Code: code})
}

func readRefusal(err error) *handlers.Error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return &handlers.Error{Code: handlers.CodeTooLarge}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &handlers.Error{Code: handlers.CodeSlowBody}
	}
	return malformed(ReasonBadForm, nil)
}

// refuse is the default OnError. It echoes nothing of the request.
func refuse(w http.ResponseWriter, _ *http.Request, err *handlers.Error) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, err.Public("en"), err.Status())
}
