package baidu

import (
	"net/http"

	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// maxString is the longest text in an answer: a base64 image of 10 MB whose slashes
// may be escaped.
const maxString = 16 << 20

// envelope is what every answer begins with: the gateway's fields and the
// scheme's. The gateway's come first; both arrive with HTTP 200.
type envelope struct {
	ErrorCode integer `json:"error_code"`
	ErrorMsg  text    `json:"error_msg"`

	Success flag    `json:"success"`
	Code    integer `json:"code"`
	Message text    `json:"message"`
	LogID   text    `json:"log_id"`
}

// head returns the envelope of an answer that embeds it.
func (e envelope) head() envelope { return e }

// gateway returns the gateway's refusal, or nil.
func (e envelope) gateway(endpoint string) *APIError {
	if e.ErrorCode.value == 0 {
		return nil
	}
	return refusal(endpoint, http.StatusOK, e.ErrorCode.int(), string(e.ErrorMsg), e.LogID)
}

// scheme returns the scheme's refusal, or nil: success must be there and true, and
// no code may contradict it.
func (e envelope) scheme(endpoint string) *APIError {
	if e.Success.isTrue() && e.Code.value == 0 {
		return nil
	}
	return refusal(endpoint, http.StatusOK, e.Code.int(), string(e.Message), e.LogID)
}

// unmarshal reads one answer strictly, with room for images.
func unmarshal(body []byte, v any) error {
	return strictjson.UnmarshalWith(body, v, strictjson.Limits{String: maxString})
}

// into returns a decoder that fills *answer, each time afresh, so that nothing of
// a refused first try remains in a second.
func into[A interface{ head() envelope }](answer *A) decoder {
	return func(body []byte) (envelope, error) {
		var fresh A
		err := unmarshal(body, &fresh)
		*answer = fresh
		return fresh.head(), err
	}
}

// decoder reads a body and returns its envelope.
type decoder func(body []byte) (envelope, error)
