package handlers

import (
	"errors"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/facegate/facegate/handlers/internal/page"
)

// asError finds the [*Error] in err, or makes one with the given code.
func asError(err error, code Code) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: code, Err: err}
}

// fail is the one way out of every request that fails.
func (k *Kit) fail(w http.ResponseWriter, r *http.Request, endpoint string, err error) {
	e := k.explained(r, endpoint, err)
	said := Event{Name: EventRefused, Endpoint: endpoint, Code: e.Code, Reason: e.Reason}
	if e.Reason == ReasonTrailingBytes {
		said.Name = EventTampered
	}
	k.emit(r.Context(), said)
	k.opts.OnError(w, r, e)
}

// explained makes the error that OnError hears: a copy, with what only the kit
// knows of the answer.
func (k *Kit) explained(r *http.Request, endpoint string, err error) *Error {
	e := *asError(err, CodeInternal)
	e.Endpoint = endpoint
	e.language = k.language(r)
	if endpoint == endpointStart {
		// A start has no page to reload. What the form named is not repeated.
		e.back = k.opts.ReturnTo
	}
	return &e
}

// longestCount is how long a wait a page still counts in minutes.
const longestCount = time.Hour

// DefaultOnError answers a failed request: with problem details (RFC 9457) where
// a program asked, with a small page for people. It never repeats what came in.
func DefaultOnError(w http.ResponseWriter, r *http.Request, e *Error) {
	status := e.Status()
	wait := e.wait()
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
	}
	language := e.language
	if language == "" {
		language = page.Language(r, "")
	}
	if e.Endpoint == endpointNotify || e.Endpoint == endpointStatus || wantsJSON(r) {
		writeJSON(w, status, problemType, problem{
			Type: "about:blank", Title: http.StatusText(status), Status: status, Code: e.Code,
			Detail: e.Public(language),
		})
		return
	}
	if wait > longestCount {
		wait = 0 // the sentence must do
	}
	var shown page.Page = page.Problem{Sentence: e.Public(language), RetryAfter: wait, RetryTo: e.back}
	if e.Endpoint == endpointReturn || e.Endpoint == endpointFinish {
		if status < http.StatusInternalServerError {
			// Whoever forges a return, or opens another's, learns nothing from the answer.
			shown = page.Neutral{}
		}
	}
	_ = page.Write(w, status, language, shown)
}

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

// problem is the JSON form of an error.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   Code   `json:"code"`
	Detail string `json:"detail"`
}

// writeJSON is the one writer of JSON answers.
func writeJSON(w http.ResponseWriter, status int, contentType string, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// wantsJSON reports whether the client names JSON and no HTML in Accept.
func wantsJSON(r *http.Request) bool {
	wants := false
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		switch kind, _, _ := mime.ParseMediaType(part); kind {
		case "application/json", problemType:
			wants = true
		case "text/html", "application/xhtml+xml":
			return false
		}
	}
	return wants
}

// bodyError says what a failed read of a request's body means.
func bodyError(err error) *Error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &Error{Code: CodeTooLarge}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Error{Code: CodeSlowBody}
	}
	return &Error{Code: CodeMalformed}
}

// refusalCode is the code for a status that a middleware refuses with.
func refusalCode(status int) Code {
	switch status {
	case http.StatusMethodNotAllowed:
		return CodeMethodNotAllowed
	case http.StatusRequestEntityTooLarge:
		return CodeTooLarge
	case http.StatusUnsupportedMediaType:
		return CodeUnsupportedMedia
	default:
		return CodeInternal
	}
}
