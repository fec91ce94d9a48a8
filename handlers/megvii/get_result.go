package megvii

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/vendorhttp"
)

// paramBizID is the vendor's id of a session, in a query and in the return's.
const paramBizID = "biz_id"

// errBadAddress stands in for an error that would quote the URL.
var errBadAddress = errors.New("the address cannot be called")

// ReturnImage says which pictures get_result hands out. The Chinese premium
// edition knows 0 to 4, the basic one all, the international one 0 and 1.
type ReturnImage string

// The choices.
const (
	ReturnImageNone        ReturnImage = "0" // no picture; the default
	ReturnImageBest        ReturnImage = "1" // the best face, image_best
	ReturnImageIDCardFront ReturnImage = "2" // the card's front
	ReturnImageIDCardBack  ReturnImage = "3" // the card's back
	ReturnImageAll         ReturnImage = "4" // every picture there is
	ReturnImageFaceFront   ReturnImage = "5" // the selfie from the front
	ReturnImageFaceSide    ReturnImage = "6" // the selfie from the side
)

// wanted reports whether any picture is asked for.
func (r ReturnImage) wanted() bool { return r != "" && r != ReturnImageNone }

// GetResultRequest says which result to fetch.
type GetResultRequest struct {
	// BizID is the vendor's id of the session. Required.
	BizID handlers.Private `validate:"required,maxbytes=128,printable"`
	// ReturnImage is return_image. Default [ReturnImageNone].
	ReturnImage ReturnImage `validate:"omitempty,oneof=0 1 2 3 4 5 6"`
	// ReturnVerifyTime is return_verify_time: verify_result says when the faces were
	// compared. Default false.
	ReturnVerifyTime bool
}

// GetResult fetches a result. The vendor answers for one day and three times; it
// is unknown whether asking early counts, so do not poll. Fetched results are
// authentic: they come over your own TLS connection. RequestID, TimeUsed and
// Images of the result are filled. The errors are those of [Client.GetToken]; a
// CallError whose Sent is true may have spent one of the three times.
func (c *Client) GetResult(ctx context.Context, request GetResultRequest) (*Result, error) {
	answer, err := c.askResult(ctx, request)
	if err != nil {
		return nil, err
	}
	return readResult(answer, request)
}

// askResult makes the call and returns the answer of whatever status.
func (c *Client) askResult(ctx context.Context, request GetResultRequest) (vendorhttp.Response, error) {
	if err := invalid("GetResultRequest", c.checker.Struct(request)); err != nil {
		return vendorhttp.Response{}, err
	}
	call, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/faceid/lite/get_result?"+c.resultQuery(request), nil)
	if err != nil {
		return vendorhttp.Response{}, &CallError{Err: errBadAddress}
	}
	call.Header.Set("Accept", "application/json")
	return c.results.Do(ctx, call)
}

// readResult reads the answer to a request.
func readResult(answer vendorhttp.Response, request GetResultRequest) (*Result, error) {
	body, err := accepted(answer)
	if err != nil {
		return nil, err
	}
	result, err := DecodeResult(body)
	if err != nil {
		return nil, &AnswerError{Problem: "it is no result", Err: err}
	}
	if !result.BizInfo.BizID.Equal(request.BizID) {
		return nil, &AnswerError{Problem: "its biz_id is another session's"}
	}
	return result, nil
}

// resultQuery is the query of get_result. The vendor wants the secret in it.
func (c *Client) resultQuery(request GetResultRequest) string {
	query := url.Values{
		paramAPIKey:    {c.key.Reveal()},
		paramAPISecret: {c.secret.Reveal()},
		paramBizID:     {request.BizID.Reveal()},
	}
	if request.ReturnImage.wanted() {
		query.Set("return_image", string(request.ReturnImage))
	}
	if request.ReturnVerifyTime {
		query.Set("return_verify_time", "1")
	}
	return query.Encode()
}
