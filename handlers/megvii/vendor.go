package megvii

import (
	"context"
	"net/http"
	"slices"

	"github.com/facegate/facegate/handlers"
)

// Vendor is one Megvii account for the kit. It is safe for concurrent use.
type Vendor struct {
	config  Config
	client  *Client
	secrets []handlers.Private // current first
}

var _ handlers.Vendor = (*Vendor)(nil)

// New returns a Vendor, or an [*InvalidError] that names every bad field.
func New(config Config) (*Vendor, error) {
	config = config.withDefaults()
	checker := newChecker()
	if err := invalid("Config", config.problems(checker)); err != nil {
		return nil, err
	}
	secrets := []handlers.Private{config.APISecret}
	if !config.PreviousAPISecret.IsZero() {
		secrets = append(secrets, config.PreviousAPISecret)
	}
	return &Vendor{config: config, client: config.clientConfig().client(checker), secrets: secrets}, nil
}

// Name returns Config.Name.
func (v *Vendor) Name() string { return v.config.Name }

// Client returns the client of the account, for calls beside the kit's. Results
// that it fetches count against the vendor's three.
func (v *Vendor) Client() *Client { return v.client }

// Limits returns the account's limits.
func (v *Vendor) Limits() handlers.Limits {
	return handlers.Limits{
		SessionLife:     v.config.SessionLife,
		Retention:       v.config.Retention,
		Queries:         v.config.Queries,
		ReservedQueries: 1,
		QueryRate:       v.config.QueryRate,
		QueryAfter:      slices.Clone(v.config.QueryAfter),
		NotifyPorts:     callablePorts(),
		PageOrigins:     []string{v.client.origin()},
		Images:          v.config.ReturnImage.wanted(),
	}
}

// Check reads req.Params, a Params, *Params or nil, and remembers what was asked
// for, so that a notice is judged by it even if get_token's answer never came.
func (v *Vendor) Check(req handlers.BeginRequest) ([]byte, error) {
	request, params, err := v.request(req)
	if err == nil {
		err = v.client.check(request)
	}
	if err != nil {
		return nil, beginError(err)
	}
	remembered, err := remember(v.config.APISecret, &request, params)
	if err != nil {
		return nil, &handlers.Error{Code: handlers.CodeInternal, Err: err}
	}
	return remembered, nil
}

// Begin opens a session with the kit's id as biz_no. Begun.ExpiresAt stays zero:
// the vendor counts the scene's time, which is SessionLife, from get_token, and
// the token's own end is no earlier.
func (v *Vendor) Begin(ctx context.Context, req handlers.BeginRequest) (handlers.Begun, error) {
	request, _, err := v.request(req)
	if err != nil {
		return handlers.Begun{}, beginError(err)
	}
	opened, err := v.client.GetToken(ctx, request)
	if err != nil {
		return handlers.Begun{}, beginError(err)
	}
	return handlers.Begun{Ref: opened.BizID, PageURL: v.client.PageURL(opened.Token)}, nil
}

// request makes the request of one start.
func (v *Vendor) request(req handlers.BeginRequest) (GetTokenRequest, Params, error) {
	params, err := paramsOf(req.Params)
	if err != nil {
		return GetTokenRequest{}, Params{}, err
	}
	if params, err = params.normal(); err != nil {
		return GetTokenRequest{}, Params{}, err
	}
	request := v.config.Defaults
	request.BizNo, request.ReturnURL, request.NotifyURL = req.Session, req.ReturnURL, req.NotifyURL
	if request.Language == "" && v.config.BaseURL == "" && v.config.Region.international() {
		request.Language = English
		if req.Language == "zh" {
			request.Language = Chinese
		}
	}
	params.apply(&request)
	return request, params, nil
}

// Parse reads a POST, which is signed, or the query of a GET return, which is only
// a hint.
func (v *Vendor) Parse(cb handlers.Callback) (handlers.Notice, error) {
	if cb.Method == http.MethodGet && cb.Carrier == handlers.CarrierReturn {
		return parseHint(cb.RawQuery)
	}
	if cb.Method != http.MethodPost {
		return handlers.Notice{}, &handlers.Error{Code: handlers.CodeMalformed}
	}
	// The kit has capped the body already, as its options say.
	options := ParseOptions{AcceptMultipart: v.config.AcceptMultipart, MaxBody: len(cb.Body) + 1}
	result, err := Parse(cb.Body, cb.ContentType, v.secrets, options)
	if err != nil {
		return handlers.Notice{}, err
	}
	notice := noticeOf(result)
	notice.PreviousSecret = result.SignedBy > 0
	notice.MoreImages = result.Status == StatusOK && v.config.ReturnImage.wanted()
	return notice, nil
}

// Query fetches the result, with pictures if the account is set to.
func (v *Vendor) Query(ctx context.Context, s handlers.Session) (handlers.Notice, error) {
	result, err := v.client.GetResult(ctx, GetResultRequest{
		BizID:            s.Ref,
		ReturnImage:      v.config.ReturnImage,
		ReturnVerifyTime: v.config.Defaults.ReturnVerifyTime,
	})
	if err != nil {
		return handlers.Notice{}, queryError(err)
	}
	notice := noticeOf(result)
	notice.Images = result.Images.pictures()
	// The notice stays in memory for as long as its session is being recorded; the
	// encoded pictures need not be there twice.
	result.Images = nil
	return notice, nil
}

// noticeOf is what an authentic result says.
func noticeOf(result *Result) handlers.Notice {
	return handlers.Notice{
		Authentic: true,
		Session:   result.BizInfo.BizNo,
		Ref:       result.BizInfo.BizID,
		Status:    string(result.Status),
		Detail:    result,
	}
}

// Judge applies the policy. A session that named the person passes only if that is
// who came back: another one fails, and one that cannot be compared is for review. So
// is a pass of a session whose memory is unreadable.
func (v *Vendor) Judge(n handlers.Notice, s handlers.Session) handlers.Judgement {
	result, ok := n.Detail.(*Result)
	if !ok || result == nil {
		return handlers.Judgement{Verdict: handlers.Review, Reasons: []handlers.Reason{handlers.ReasonUnknownStatus}}
	}
	m, known := recall(s.Memory)
	if !known {
		// Nothing can be missed if nobody knows what was asked for, and nobody passes.
		return unchecked(v.config.Policy.Judge(result, Asked{LivenessOnly: true}))
	}
	secret, known := m.secret(v.secrets)
	if !known {
		m.Name, m.IDNumber = "", ""
		return unchecked(v.config.Policy.Judge(result, m.asked(secret, s.ID)))
	}
	if m.expectsIdentity() && result.IDCard == nil && m.IDCardMode != IDCardGiven {
		// Nothing was sent for the vendor to compare, so silence is no agreement.
		silent := *result
		silent.IDCard = &IDCardInfo{}
		result = &silent
	}
	return v.config.Policy.Judge(result, m.asked(secret, s.ID))
}

// unchecked turns a pass into a review.
func unchecked(j handlers.Judgement) handlers.Judgement {
	if j.Verdict == handlers.Passed {
		j.Verdict = handlers.Review
		j.Reasons = append(j.Reasons, ReasonIdentityUnchecked)
	}
	return j
}
