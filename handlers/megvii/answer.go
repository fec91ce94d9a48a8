package megvii

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/facegate/facegate/handlers/internal/vendorhttp"
)

// CallError is a call without a usable answer: refused, reset, timed out, larger
// than allowed. Its field Sent says whether the request may have reached the
// vendor. Its text never holds the URL, which carries the secret in get_result.
type CallError = vendorhttp.CallError

// AnswerError is an answer with status 200 that does not make sense: HTML, cut
// short, without what it must hold, or about another session. It never holds what
// the vendor sent.
type AnswerError struct {
	// Problem says what is wrong.
	Problem string
	// Err is the cause, may be nil.
	Err error
}

// Error says what is wrong with the answer.
func (e *AnswerError) Error() string {
	if e.Err == nil {
		return "megvii: unusable answer: " + e.Problem
	}
	return fmt.Sprintf("megvii: unusable answer: %s: %v", e.Problem, e.Err)
}

// Unwrap returns the cause.
func (e *AnswerError) Unwrap() error { return e.Err }

// accepted returns the body of an answer that reports success.
func accepted(answer vendorhttp.Response) ([]byte, error) {
	if refusal := failure(answer.Status, answer.Body); refusal != nil {
		return nil, refusal
	}
	if len(answer.Body) == 0 {
		return nil, &AnswerError{Problem: "it is empty"}
	}
	if !answer.MayBeJSON() {
		return nil, &AnswerError{Problem: "its Content-Type is not that of JSON"}
	}
	return answer.Body, nil
}

// looseText reads a JSON string; anything else is empty.
func looseText(value jsontext.Value) string {
	var text string
	if value.Kind() != '"' || json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// looseInt reads a whole number, also one in quotes; anything else is 0.
func looseInt(value jsontext.Value) int64 {
	text := string(value)
	if value.Kind() == '"' {
		text = looseText(value)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// requestID keeps an id of the vendor's kind, "<unix seconds>,<uuid>", and nothing
// else, which might be anything.
func requestID(value jsontext.Value) string {
	id := looseText(value)
	second, uuid, found := strings.Cut(id, ",")
	if !found || len(id) > maxID || strings.Trim(second, "0123456789") != "" || strings.Trim(strings.ToLower(uuid), "0123456789abcdef-") != "" {
		return ""
	}
	return id
}
