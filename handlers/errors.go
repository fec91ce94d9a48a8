package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Error is what fails in this package and in the vendors' packages. It has three
// readers: a program reads Code, a person reads Public, an operator reads Err.
type Error struct {
	// Code says what went wrong.
	Code Code

	// Endpoint is where: "start", "return", "finish", "notify", "status"; empty
	// outside HTTP.
	Endpoint string

	// Reason narrows the code down, such as the vendor's own error word mapped to
	// lower case. May be empty.
	Reason Reason

	// Err is the cause, for operators. It holds no secret, token, name, ID number or
	// payload.
	Err error

	// RetryAfter is when trying again makes sense. Zero: 30 s where the status is
	// 429 or 503, and nothing is said for others.
	RetryAfter time.Duration

	language string // of the answer; empty: as the request says
	back     string // where a page may lead; empty: nowhere
}

// Error names code, endpoint and reason, never the cause's text, which may be
// long or foreign; unwrap for that.
func (e *Error) Error() string {
	text := "facegate: " + string(e.Code)
	if e.Endpoint != "" {
		text = fmt.Sprintf("facegate: %s: %s", e.Endpoint, e.Code)
	}
	if e.Reason != "" {
		text += " (" + string(e.Reason) + ")"
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Status is the HTTP status that belongs to the code.
func (e *Error) Status() int { return describe(e.Code).status }

// retryAfter is what a 429 or 503 asks for.
const retryAfter = 30 * time.Second

// wait is what the answer says in Retry-After, in whole seconds; zero for nothing.
func (e *Error) wait() time.Duration {
	switch e.Status() {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if e.RetryAfter <= 0 {
			return retryAfter
		}
		return (e.RetryAfter + time.Second - 1).Truncate(time.Second)
	default:
		return 0
	}
}

// Public is a sentence for people in "zh", or in English for anything else.
func (e *Error) Public(language string) string {
	say := describe(e.Code).say
	if language == "zh" {
		return say.zh
	}
	return say.en
}

// CodeOf returns the code of the first [*Error] in err's chain, CodeInternal for
// any other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
