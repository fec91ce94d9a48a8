package megvii

import (
	"context"
	"errors"
	"net/http"

	"github.com/facegate/facegate/handlers"
)

// nobody is the biz_id of no session: it is well formed, but the vendor's begin with
// the second of their get_token and hold a random UUID.
const nobody = "0,00000000-0000-0000-0000-000000000000"

// Ready is always nil: the account has no access token, its key and secret go along
// with every call.
func (v *Vendor) Ready(context.Context) (handlers.Readiness, error) {
	return handlers.Readiness{}, nil
}

// Probe asks for the result of a session that cannot exist, so no real one's budget
// is spent. That there is none the vendor says only to whom it knows.
func (v *Vendor) Probe(ctx context.Context) (handlers.Probe, error) {
	request := GetResultRequest{BizID: handlers.Hide(nobody)}
	answer, err := v.client.askResult(ctx, request)
	if err != nil {
		return handlers.Probe{}, queryError(err)
	}
	_, err = readResult(answer, request)
	taken, err := credentialsTaken(err)
	if err != nil {
		return handlers.Probe{}, err
	}
	return handlers.Probe{Date: answer.Date(), CredentialsTaken: taken}, nil
}

// credentialsTaken says what the vendor's answer to such a question tells about the
// account. A complaint about the made-up biz_id, or a word that this version does not
// know, tells nothing: it may have come before the secret was looked at.
func credentialsTaken(err error) (bool, error) {
	refusal, refused := errors.AsType[*APIError](err)
	switch {
	case err == nil:
		return true, nil
	case !refused:
		return false, queryError(err)
	}
	switch refusal.Code {
	case ErrorResultNotFound, ErrorDataDestroyed:
		return true, nil
	case ErrorAuthentication, ErrorAuthorization, ErrorConcurrencyLimit, ErrorAPINotFound, ErrorInternal, ErrorMissingArguments, ErrorUnknown:
		return false, queryError(err)
	case ErrorBadArguments:
		if refusal.Param != "" && refusal.Param != paramBizID {
			return false, queryError(err)
		}
	}
	if refusal.HTTPStatus >= http.StatusInternalServerError || refusal.HTTPStatus == http.StatusTooManyRequests {
		return false, queryError(err)
	}
	return false, nil
}
