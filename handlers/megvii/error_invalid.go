package megvii

import (
	"strings"

	"github.com/facegate/facegate/handlers/internal/check"
)

// InvalidError is a Config or a request that was refused before any call, with
// everything that is wrong with it. It holds no value, only what the fields must
// be.
type InvalidError struct {
	// What names the refused struct: Config, ClientConfig, GetTokenRequest,
	// GetResultRequest or Params.
	What string
	// Fields are the bad fields; one may occur twice.
	Fields []InvalidField
}

// InvalidField is one bad field.
type InvalidField struct {
	// Field is its Go path, such as "WebTitle" or "Defaults.WebTitle".
	Field string
	// Rule says what it must be, such as "must be at most 32 bytes long".
	Rule string
}

// Error names every bad field.
func (e *InvalidError) Error() string {
	text := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		text[i] = f.Field + " " + f.Rule
	}
	return "megvii: " + e.What + ": " + strings.Join(text, "; ")
}

// invalid returns the error for problems, nil for none.
func invalid(what string, problems []check.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	e := &InvalidError{What: what}
	for _, p := range problems {
		e.Fields = append(e.Fields, InvalidField(p))
	}
	return e
}
