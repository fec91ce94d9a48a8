package check

import (
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"
)

// sentence says what the broken rule wants. It never holds the value.
func sentence(b validator.FieldError) string {
	switch tag := b.ActualTag(); tag {
	case "required":
		return "is required"
	case "oneof":
		return "must be one of " + strings.Join(strings.Fields(b.Param()), ", ")
	case "min":
		return "must be at least " + b.Param() + unit(b)
	case "max":
		return "must be at most " + b.Param() + unit(b)
	case "gt":
		return "must be more than " + b.Param() + unit(b)
	case "ne":
		return "must not be " + b.Param()
	case "number":
		return "must be a number"
	case "alphanum":
		return "must be ASCII letters and digits only"
	case "printascii":
		return "must be printable ASCII only"
	case "unique":
		return "must not hold anything twice"
	default:
		return own(tag, b.Param())
	}
}

// own says what this package's own rules want.
func own(tag, parameter string) string {
	switch tag {
	case "minbytes":
		return "must be at least " + parameter + " bytes long"
	case "maxbytes":
		return "must be at most " + parameter + " bytes long"
	case "trimmed":
		return "must not begin or end with white space"
	case "not_placeholder":
		return "must be a real secret, not a placeholder"
	case "utf8":
		return "must be valid UTF-8 without NUL"
	case "printable":
		return "must be UTF-8 text of visible characters and spaces"
	case "account_name":
		return "must be 1 to 32 lower-case letters, digits and dashes"
	case "web_url":
		return "must be an absolute http or https URL without a user name"
	case "base_url":
		return "must be an absolute http or https URL without user name, query and fragment"
	default:
		return strings.TrimSpace("breaks the rule " + tag + " " + parameter)
	}
}

// unit names what a limit counts.
func unit(b validator.FieldError) string {
	switch b.Kind() {
	case reflect.String:
		return " characters long"
	case reflect.Slice, reflect.Map, reflect.Array:
		return " elements long"
	default:
		return ""
	}
}
