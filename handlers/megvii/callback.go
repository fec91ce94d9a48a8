package megvii

import (
	"bytes"

	"github.com/facegate/facegate/handlers"
)

// DefaultMaxBody is the largest body of a callback, in bytes. A real one has a few
// kilobytes: callbacks carry no images.
const DefaultMaxBody = 256 << 10

// ParseOptions change how a callback's form is read. No option makes a signature
// optional.
type ParseOptions struct {
	// AcceptMultipart also reads multipart/form-data, at most 64 parts, in memory.
	// Default false: the vendor is known to send urlencoded forms. Set it if your
	// deployment sees CodeUnsupportedMedia for real callbacks.
	AcceptMultipart bool
	// MaxBody is the largest body, in bytes. Default [DefaultMaxBody].
	MaxBody int
}

// maxBody is MaxBody or its default.
func (o ParseOptions) maxBody() int {
	if o.MaxBody <= 0 {
		return DefaultMaxBody
	}
	return o.MaxBody
}

// Parse reads the body of a POST that came to notify_url or return_url. It is pure:
// bytes in, result out. In this order it reads the form, checks that the signature
// covers the very bytes of data, and only then decodes them. Give both API_SECRETs
// during a rotation; [Result.SignedBy] tells which one signed.
//
// Parse fails with a [*handlers.Error]: CodeTooLarge over opts.MaxBody,
// CodeUnsupportedMedia for a content type other than the form's, CodeMalformed for a
// form or data that breaks a rule (the Reason constants say which), CodeBadSignature
// for all that Megvii did not sign. ReasonTrailingBytes deserves an alarm.
//
// An authentic result may be a replay. Tie its biz_id and biz_no to a check that you
// began, and expect it more than once.
func Parse(body []byte, contentType string, secrets []handlers.Private, opts ParseOptions) (*Result, error) {
	result, err := parse(body, contentType, secrets, opts)
	if err != nil {
		return nil, err // a nil *handlers.Error must not become a non-nil error
	}
	return result, nil
}

func parse(body []byte, contentType string, secrets []handlers.Private, opts ParseOptions) (*Result, *handlers.Error) {
	if len(body) > opts.maxBody() {
		return nil, &handlers.Error{Code: handlers.CodeTooLarge}
	}
	form, refusal := readBody(body, contentType, opts)
	if refusal != nil {
		return nil, refusal
	}
	matched, ok := Verify(form.data, form.sign, secrets...)
	if !ok {
		return nil, unsigned(form.data)
	}
	result, refusal := decodeResult(form.data, callbackLimits)
	if refusal != nil {
		return nil, refusal
	}
	result.SignedBy = matched
	return result, nil
}

// unsigned refuses data that no secret signed.
func unsigned(data []byte) *handlers.Error {
	if bytes.IndexByte(data, 0) >= 0 {
		return malformed(ReasonBadForm, nil)
	}
	return &handlers.Error{Code: handlers.CodeBadSignature}
}

// readBody reads the form by its content type.
func readBody(body []byte, contentType string, opts ParseOptions) (signed, *handlers.Error) {
	kind, boundary, ok := formType(contentType)
	switch {
	case ok && kind == urlencoded:
		return readForm(body)
	case ok && opts.AcceptMultipart:
		return readMultipart(body, boundary)
	default:
		return signed{}, &handlers.Error{Code: handlers.CodeUnsupportedMedia}
	}
}
