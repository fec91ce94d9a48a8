package megvii

import (
	"errors"
	"net/http"
	"strings"

	"github.com/facegate/facegate/handlers"
)

// kitError is what the kit hears about a failed call.
func kitError(err error) *handlers.Error {
	kit := &handlers.Error{Code: handlers.CodeVendorUnavailable, Err: err}
	if errors.Is(err, errWrongParams) {
		kit.Code = handlers.CodeInternal
	} else if bad, ok := errors.AsType[*InvalidError](err); ok {
		kit.Code = bad.kitCode()
	} else if refusal, ok := errors.AsType[*APIError](err); ok {
		kit.Code, kit.Reason = refusal.kitCode(), handlers.Reason(strings.ToLower(string(refusal.Code)))
	} else if call, ok := errors.AsType[*CallError](err); ok && !call.Sent {
		kit.Code = handlers.CodeVendorNotSent
	}
	return kit
}

// beginError is kitError for a start, which asks for no result that could be gone.
func beginError(err error) *handlers.Error {
	kit := kitError(err)
	if kit.Code == handlers.CodeResultGone {
		kit.Code = handlers.CodeVendorRefused
	}
	return kit
}

// queryError is kitError for a query, behind which nobody waits to mend what he
// typed. A refusal that this version does not know is asked about again later,
// until the vendor's retention ends.
func queryError(err error) *handlers.Error {
	kit := kitError(err)
	switch kit.Code {
	case handlers.CodeVendorNotSent, handlers.CodeVendorThrottled, handlers.CodeVendorMisconfigured, handlers.CodeResultGone:
	default:
		kit.Code = handlers.CodeVendorUnavailable
	}
	return kit
}

// kitCode is the kit's code for the refusal.
func (e *APIError) kitCode() handlers.Code {
	switch e.Code {
	case ErrorAuthentication, ErrorAuthorization, ErrorMissingArguments, ErrorAPINotFound:
		return handlers.CodeVendorMisconfigured
	case ErrorBadArguments:
		return e.badArgument()
	case ErrorConcurrencyLimit:
		return handlers.CodeVendorThrottled
	case ErrorInternal:
		return handlers.CodeVendorUnavailable
	case ErrorResultNotFound, ErrorDataDestroyed:
		return handlers.CodeResultGone
	case ErrorNoFaceFound, ErrorMultipleFaces, ErrorImageFormat, ErrorImageSize, ErrorEntityTooLarge:
		return handlers.CodeInvalidImage
	case ErrorNameFormat:
		return handlers.CodeInvalidName
	case ErrorIDCardNumber:
		return handlers.CodeInvalidIDNumber
	case ErrorInvalidToken:
		return handlers.CodeVendorRefused
	default:
		return e.byStatus()
	}
}

// badArgument tells what the person typed from what the app configured.
func (e *APIError) badArgument() handlers.Code {
	switch e.Param {
	case "idcard_name":
		return handlers.CodeInvalidName
	case "idcard_number":
		return handlers.CodeInvalidIDNumber
	case imageRefName(0), imageRefName(1), imageRefName(2):
		return handlers.CodeInvalidImage
	default:
		return handlers.CodeVendorMisconfigured
	}
}

// byStatus judges a code that this version does not know.
func (e *APIError) byStatus() handlers.Code {
	switch {
	case e.HTTPStatus >= 500:
		return handlers.CodeVendorUnavailable
	case e.HTTPStatus == http.StatusTooManyRequests:
		return handlers.CodeVendorThrottled
	case e.HTTPStatus == http.StatusUnauthorized, e.HTTPStatus == http.StatusForbidden, e.HTTPStatus == http.StatusNotFound,
		e.HTTPStatus >= 300 && e.HTTPStatus < 400:
		return handlers.CodeVendorMisconfigured
	default:
		return handlers.CodeVendorRefused
	}
}

// kitCode is the kit's code: what the person can mend if it is that, else
// [handlers.CodeVendorMisconfigured], because somebody has to look.
func (e *InvalidError) kitCode() handlers.Code {
	for _, f := range e.Fields {
		switch name, _, _ := strings.Cut(f.Field, "["); name {
		case "IDCardName", "Name":
			return handlers.CodeInvalidName
		case "IDCardNumber", "IDNumber":
			return handlers.CodeInvalidIDNumber
		case "ImageRefs":
			return handlers.CodeInvalidImage
		}
	}
	return handlers.CodeVendorMisconfigured
}
