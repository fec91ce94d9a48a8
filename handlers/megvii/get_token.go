package megvii

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// GetTokenResponse is an opened session.
type GetTokenResponse struct {
	// Token opens the vendor's page once; see [Client.PageURL].
	Token handlers.Private
	// BizID is the vendor's id of the session, which GetResult takes.
	BizID handlers.Private
	// ExpiresAt is when the token ends, as a rule an hour after the call. Zero if the
	// vendor said nothing usable.
	ExpiresAt time.Time
	// RequestID is the vendor's id of the call, for its support.
	RequestID string
	// TimeUsed is how long the vendor worked on it.
	TimeUsed time.Duration
}

// GetToken opens a session. A bad request costs no call: it fails with an
// [*InvalidError] that names every bad field. The other errors are [*APIError]
// (the vendor refused), [*CallError] and [*AnswerError].
//
// After a CallError whose Sent is true, and after an AnswerError, the session may
// exist at the vendor and be billed. Do not send the same BizNo again; open a new
// session, and let a late result find the old one by its BizNo.
func (c *Client) GetToken(ctx context.Context, request GetTokenRequest) (GetTokenResponse, error) {
	if err := c.check(request); err != nil {
		return GetTokenResponse{}, err
	}
	body, contentType, err := request.encode(c.key, c.secret)
	if err != nil {
		return GetTokenResponse{}, err
	}
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/faceid/lite/get_token", bytes.NewReader(body))
	if err != nil {
		return GetTokenResponse{}, &CallError{Err: errBadAddress}
	}
	call.Header.Set("Content-Type", contentType)
	call.Header.Set("Accept", "application/json")
	answer, err := c.tokens.Do(ctx, call)
	if err != nil {
		return GetTokenResponse{}, err
	}
	said, err := accepted(answer)
	if err != nil {
		return GetTokenResponse{}, err
	}
	return decodeToken(said, request.BizNo)
}

// check reports every bad field of a request.
func (c *Client) check(request GetTokenRequest) error {
	return invalid("GetTokenRequest", request.problems(c.checker, c.insecure))
}

// decodeToken reads the answer to get_token and refuses one without its
// essentials, so that nobody is sent to a page that cannot open.
func decodeToken(body []byte, bizNo string) (GetTokenResponse, error) {
	var said struct {
		Token       jsontext.Value `json:"token"`
		BizID       jsontext.Value `json:"biz_id"`
		BizNo       jsontext.Value `json:"biz_no"`
		ExpiredTime jsontext.Value `json:"expired_time"`
		RequestID   jsontext.Value `json:"request_id"`
		TimeUsed    jsontext.Value `json:"time_used"`
	}
	if err := strictjson.Unmarshal(body, &said); err != nil {
		return GetTokenResponse{}, &AnswerError{Problem: "it cannot be decoded", Err: err}
	}
	token, bizID := looseText(said.Token), looseText(said.BizID)
	switch {
	case !tokenLike(token):
		return GetTokenResponse{}, &AnswerError{Problem: "it has no usable token"}
	case len(bizID) > maxID || !tokenLike(bizID):
		return GetTokenResponse{}, &AnswerError{Problem: "it has no usable biz_id"}
	case looseText(said.BizNo) != "" && looseText(said.BizNo) != bizNo:
		return GetTokenResponse{}, &AnswerError{Problem: "its biz_no is another session's"}
	}
	return GetTokenResponse{
		Token:     handlers.Hide(token),
		BizID:     handlers.Hide(bizID),
		ExpiresAt: unixTime(looseInt(said.ExpiredTime)),
		RequestID: requestID(said.RequestID),
		TimeUsed:  time.Duration(looseInt(said.TimeUsed)) * time.Millisecond,
	}, nil
}

// tokenLike accepts more than the 32 hex digits that tokens have today, and the
// seconds, comma and uuid of a biz_id, but nothing that is surely neither.
func tokenLike(s string) bool {
	return s != "" && len(s) <= 512 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// unixTime is the time of a Unix second of this century, zero for anything else.
func unixTime(second int64) time.Time {
	const begin, end = 946684800, 4102444800
	if second < begin || second >= end {
		return time.Time{}
	}
	return time.Unix(second, 0)
}
