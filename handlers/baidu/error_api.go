package baidu

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/facegate/facegate/handlers"
)

// errUnexpected means that an answer is not what the vendor documents: HTML, a
// broken or overlong document, a code that is no number. Nothing in it counts.
var errUnexpected = errors.New("baidu: the answer is not of the documented form")

// errRefusedAgain means that the vendor refuses every access token that it just
// gave.
var errRefusedAgain = errors.New("baidu: fresh access tokens are refused again and again")

// APIError is a refusal of the vendor: in the gateway's envelope (error_code), in
// the scheme's (success false with a code), from OAuth, or a bare HTTP status.
// Every method of [Client] that fails with one wraps it in a [*handlers.Error].
type APIError struct {
	// Endpoint is the last part of the API's path, such as "result/detail".
	Endpoint string

	// Code is the vendor's number; 0 when the refusal carried none, as OAuth's and
	// some of the scheme's do.
	Code int

	// Word is OAuth's error word, such as "invalid_client"; else empty.
	Word string

	// Status is the HTTP status. The vendor's refusals come with 200, OAuth's with
	// 401.
	Status int

	// LogID names the call in the vendor's console for three days. ASCII letters,
	// digits, dashes and underscores, or empty.
	LogID string

	// Message is the vendor's text. It may be of any language and content: never show
	// it to people, never log it.
	Message handlers.Private

	// Class says who can do something about it.
	Class Class

	reason    handlers.Reason
	code      handlers.Code
	retryable bool
}

// Error names endpoint, code, reason and log id, never the vendor's text.
func (e *APIError) Error() string {
	text := "baidu: " + e.Endpoint + ": " + string(e.reason)
	switch {
	case e.Code != 0:
		text += " (code " + strconv.Itoa(e.Code) + ")"
	case e.Word != "":
		text += " (" + e.Word + ")"
	case e.Status != http.StatusOK:
		text += " (HTTP " + strconv.Itoa(e.Status) + ")"
	}
	if e.LogID != "" {
		text += ", log id " + e.LogID
	}
	return text
}

// Retryable reports whether the same call may succeed a little later without
// anybody doing anything. A person's check is never repeated by itself: each may
// be billed.
func (e *APIError) Retryable() bool { return e.retryable }

// Reason is the machine-readable name of the refusal.
func (e *APIError) Reason() handlers.Reason { return e.reason }

// refusal builds the error for a code, a message or a status.
func refusal(endpoint string, status int, code int, message string, logID text) *APIError {
	row := describe(code)
	if isTokenInvalid(message) && row.class != ClassUser && row.class != ClassReview {
		// Its number is not documented: it may be one that means much, such as 216100.
		row = codeInfo{ClassVerifyToken, false, ReasonTokenInvalid, handlers.CodeVendorRefused}
	}
	return &APIError{
		Endpoint: endpoint, Code: code, Status: status, LogID: identifier(string(logID)), Message: handlers.Hide(message),
		Class: row.class, reason: row.reason, code: row.code, retryable: row.retry,
	}
}

// httpRefusal builds the error for an answer without an envelope.
func httpRefusal(endpoint string, status int) *APIError {
	e := &APIError{Endpoint: endpoint, Status: status, Class: ClassConfig, reason: ReasonHTTPStatus, code: handlers.CodeVendorMisconfigured}
	switch {
	case status >= 500 || status == http.StatusRequestTimeout:
		e.Class, e.code, e.retryable = ClassTransient, handlers.CodeVendorUnavailable, true
	case status == http.StatusTooManyRequests:
		e.Class, e.code, e.retryable = ClassRate, handlers.CodeVendorThrottled, true
	}
	return e
}

// oauthRefusal builds the error for OAuth's own envelope.
func oauthRefusal(status int, word, description string) *APIError {
	e := &APIError{
		Endpoint: endpointOAuth, Status: status, Word: identifier(word), Message: handlers.Hide(description),
		Class: ClassConfig, reason: ReasonCredentials, code: handlers.CodeVendorMisconfigured,
	}
	if status >= 500 || status == http.StatusTooManyRequests {
		e.Class, e.reason, e.code, e.retryable = ClassTransient, ReasonVendorBusy, handlers.CodeVendorUnavailable, true
	}
	return e
}

// wrap gives an APIError the kit's code and reason.
func wrap(e *APIError) error {
	return &handlers.Error{Code: e.code, Reason: e.reason, Err: e}
}

// refusedBy returns the vendor's refusal in err's chain, or nil.
func refusedBy(err error) *APIError {
	refused, _ := errors.AsType[*APIError](err)
	return refused
}

// invalid is the error for a parameter that we refuse ourselves, before any call.
func invalid(code handlers.Code, rule string) error {
	return &handlers.Error{Code: code, Err: fmt.Errorf("baidu: %s", rule)}
}

// unexpected is the error for an answer that makes no sense.
func unexpected(endpoint string, cause error) error {
	return &handlers.Error{
		Code: handlers.CodeVendorUnavailable, Reason: ReasonUnexpectedAnswer,
		Err: fmt.Errorf("%w: %s: %w", errUnexpected, endpoint, cause),
	}
}
