package baidu

import (
	"context"
	"errors"
	"time"

	"github.com/facegate/facegate/handlers"
)

// Params are the parameters of one start. Nil means the zero value: for plans
// where the page itself reads the card or asks for the name, and for liveness-only
// plans.
type Params struct {
	// Name and IDNumber name the person, for plans with the identity entry "specified
	// user". Both or neither. A passed check is only passed if the vendor confirms
	// the same.
	Name, IDNumber handlers.Private

	// CertificateType is the kind of document of IDNumber. Default MainlandIDCard.
	CertificateType CertificateType

	// Image is the photo to compare with, for plans with the comparison source
	// "uploaded photo". See [MatchImageRequest.Image].
	Image handlers.PrivateBytes

	// QualityControl and LivenessControl are as in [MatchImageRequest].
	QualityControl, LivenessControl Control
}

// Check reads req.Params, a Params, *Params or nil. What there is to remember,
// Begin tells: until it has answered there is nothing to ask about.
func (v *Vendor) Check(req handlers.BeginRequest) ([]byte, error) {
	_, err := v.params(req.Params)
	return nil, err
}

// Begin opens a check: verify_token, then the ID card or photo if given, then the
// page. Whatever fails after the verify_token was made fails the start: nobody is
// sent to a page that is half prepared.
func (v *Vendor) Begin(ctx context.Context, req handlers.BeginRequest) (handlers.Begun, error) {
	params, err := v.params(req.Params)
	if err != nil {
		return handlers.Begun{}, err
	}
	page, err := returns(req.ReturnURL)
	if err != nil {
		return handlers.Begun{}, err
	}
	generate := GenerateRequest{}
	if v.config.RedirectConfig {
		generate.Redirect = &Redirect{SuccessURL: page.SuccessURL, FailedURL: page.FailedURL}
	}
	started := time.Now()
	made, err := v.client.GenerateVerifyToken(ctx, generate)
	if err != nil {
		return handlers.Begun{}, err
	}
	person, err := v.prepare(ctx, made, params)
	if err != nil {
		return handlers.Begun{}, err
	}
	page.VerifyToken = made.Token
	pageURL, err := v.client.PageURL(page)
	if err != nil {
		return handlers.Begun{}, err
	}
	remembered, err := v.remember(req.Session, made.Generation, person)
	if err != nil {
		return handlers.Begun{}, &handlers.Error{Code: handlers.CodeInternal, Err: errMemory}
	}
	return handlers.Begun{Ref: made.Token, PageURL: pageURL, ExpiresAt: started.Add(v.config.SessionLife), Memory: remembered}, nil
}

// params returns the start's parameters, normalised, or the first error that a
// person can mend.
func (v *Vendor) params(given any) (Params, error) {
	var params Params
	switch p := given.(type) {
	case nil:
	case Params:
		params = p
	case *Params:
		if p != nil {
			params = *p
		}
	default:
		return Params{}, &handlers.Error{Code: handlers.CodeInternal, Err: errors.New("baidu: the start's Params must be a baidu.Params")}
	}
	if v.config.RequireImage && params.Image.IsZero() {
		return Params{}, invalid(handlers.CodeInvalidImage, "Params.Image is required by Config.RequireImage")
	}
	if !params.Image.IsZero() {
		if err := checkImage(params.Image, params.QualityControl, params.LivenessControl); err != nil {
			return Params{}, err
		}
	}
	if !v.config.RequireIDCard && params.Name.IsZero() && params.IDNumber.IsZero() {
		return params, nil
	}
	name, number, err := normalIdentity(params.Name, params.IDNumber, params.CertificateType)
	params.Name, params.IDNumber = name, number
	return params, err
}

// prepare tells the vendor what the plan needs before the person comes. It returns
// whom the person must be, if anybody.
func (v *Vendor) prepare(ctx context.Context, made VerifyToken, params Params) (*Identity, error) {
	if !params.Image.IsZero() {
		_, err := v.client.UploadMatchImage(ctx, MatchImageRequest{
			VerifyToken: made.Token, Generation: made.Generation, Image: params.Image,
			QualityControl: params.QualityControl, LivenessControl: params.LivenessControl,
		})
		if err != nil {
			return nil, err
		}
	}
	if params.Name.IsZero() {
		return nil, nil
	}
	_, err := v.client.SubmitIDCard(ctx, IDCardRequest{
		VerifyToken: made.Token, Generation: made.Generation,
		Name: params.Name, Number: params.IDNumber, CertificateType: params.CertificateType,
	})
	if err != nil {
		return nil, err
	}
	return &Identity{Name: params.Name, Number: params.IDNumber}, nil
}
