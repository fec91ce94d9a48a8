package megvii

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// ErrorCode is the vendor's word for what went wrong: error_message up to its
// first colon.
type ErrorCode string

// The codes that the vendor documents, for Lite or for its siblings.
const (
	// ErrorMissingArguments: a required parameter is absent; Param names it.
	ErrorMissingArguments ErrorCode = "MISSING_ARGUMENTS"
	// ErrorBadArguments: a value is not allowed, too long, or needs "lite2.0"; Param
	// names the parameter.
	ErrorBadArguments ErrorCode = "BAD_ARGUMENTS"
	// ErrorAuthentication: api_key and api_secret do not belong together.
	ErrorAuthentication ErrorCode = "AUTHENTICATION_ERROR"
	// ErrorAuthorization: the key is disabled, out of quota or lacks a permission;
	// Param is the vendor's reason, such as "Denied".
	ErrorAuthorization ErrorCode = "AUTHORIZATION_ERROR"
	// ErrorConcurrencyLimit: too many calls at once.
	ErrorConcurrencyLimit ErrorCode = "CONCURRENCY_LIMIT_EXCEEDED"
	// ErrorAPINotFound: wrong path, so as a rule a wrong BaseURL.
	ErrorAPINotFound ErrorCode = "API_NOT_FOUND"
	// ErrorEntityTooLarge stands for HTTP 413, whose body is no JSON.
	ErrorEntityTooLarge ErrorCode = "REQUEST_ENTITY_TOO_LARGE"
	// ErrorInternal: the vendor failed.
	ErrorInternal ErrorCode = "INTERNAL_ERROR"
	// ErrorResultNotFound: get_result knows no such biz_id, or no longer.
	ErrorResultNotFound ErrorCode = "RESULT_NOT_FOUND"
	// ErrorDataDestroyed: get_result was called too often or too late. Seen at the
	// vendor's successor product.
	ErrorDataDestroyed ErrorCode = "DATA_DESTROYED"
	// ErrorNoFaceFound: a reference photo shows no face; Param names it.
	ErrorNoFaceFound ErrorCode = "NO_FACE_FOUND"
	// ErrorMultipleFaces: a reference photo shows several faces; Param names it.
	ErrorMultipleFaces ErrorCode = "MULTIPLE_FACES"
	// ErrorImageFormat: a reference photo is none that the vendor reads.
	ErrorImageFormat ErrorCode = "IMAGE_ERROR_UNSUPPORTED_FORMAT"
	// ErrorImageSize: a reference photo has too many or too few pixels.
	ErrorImageSize ErrorCode = "INVALID_IMAGE_SIZE"
	// ErrorNameFormat: idcard_name is no name.
	ErrorNameFormat ErrorCode = "INVALID_NAME_FORMAT"
	// ErrorIDCardNumber: idcard_number is no ID number.
	ErrorIDCardNumber ErrorCode = "INVALID_IDCARD_NUMBER"
	// ErrorInvalidToken: the token is used up, expired or another account's.
	ErrorInvalidToken ErrorCode = "INVALID_TOKEN"
	// ErrorUnknown stands for a failure that named no code.
	ErrorUnknown ErrorCode = "UNKNOWN"
)

// APIError is a refusal by the vendor.
type APIError struct {
	// HTTPStatus is the answer's status; 200 when only the body spoke of an error.
	HTTPStatus int
	// Code is the vendor's word, also one that this version does not know;
	// [ErrorUnknown] for none, and for what is not a plain upper-case word.
	Code ErrorCode
	// Param is what stands behind the colon, where that is a parameter's name or one
	// plain word: nothing else is kept, because it might repeat what was sent.
	Param string
	// RequestID is the vendor's id of the call, for its support. May be empty.
	RequestID string
}

// Error names status, code, parameter and request.
func (e *APIError) Error() string {
	text := fmt.Sprintf("megvii: HTTP %d: %s", e.HTTPStatus, e.Code)
	if e.Param != "" {
		text += " (" + e.Param + ")"
	}
	if e.RequestID != "" {
		text += ", request " + e.RequestID
	}
	return text
}

// failure returns the refusal that an answer is, nil if it is none. Siblings of
// the API and old clients know other spellings of error_message.
func failure(status int, body []byte) *APIError {
	var said struct {
		Message   jsontext.Value `json:"error_message"`
		Error     jsontext.Value `json:"error"`
		OldError  jsontext.Value `json:"ERROR"`
		RequestID jsontext.Value `json:"request_id"`
	}
	e := &APIError{HTTPStatus: status, Code: ErrorUnknown}
	// A body that is no JSON has no code; the status then says enough.
	_ = strictjson.UnmarshalWith(body, &said, answerLimits)
	for _, member := range []jsontext.Value{said.Message, said.Error, said.OldError} {
		if message := looseText(member); message != "" {
			e.Code, e.Param = splitMessage(message)
			e.RequestID = requestID(said.RequestID)
			return e
		}
	}
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusRequestEntityTooLarge:
		e.Code = ErrorEntityTooLarge
	}
	e.RequestID = requestID(said.RequestID)
	return e
}

// splitMessage takes "CODE: param" apart and keeps what is harmless.
func splitMessage(message string) (ErrorCode, string) {
	word, rest, _ := strings.Cut(message, ":")
	word, rest = strings.TrimSpace(word), strings.TrimSpace(rest)
	if !plainWord(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") {
		return ErrorUnknown, ""
	}
	code := ErrorCode(word)
	if code == ErrorAuthorization && plainWord(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_ ") {
		return code, rest
	}
	// image_ref1 is the only kind of name with a digit, and one digit betrays nothing.
	if plainWord(strings.TrimRight(rest, "123"), "abcdefghijklmnopqrstuvwxyz_") && len(rest)-len(strings.TrimRight(rest, "123")) <= 1 {
		return code, rest
	}
	return code, ""
}

// plainWord reports whether s is a short text of the alphabet.
func plainWord(s, alphabet string) bool {
	return s != "" && len(s) <= 48 && strings.Trim(s, alphabet) == ""
}
