package baidu

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/facegate/facegate/handlers"
)

// CertificateType is the kind of ID document. All but MainlandIDCard need the
// plan's switch for sources outside the mainland.
type CertificateType int

// The kinds of ID document.
const (
	// MainlandIDCard is the resident ID card of the second generation, 居民二代身份证.
	MainlandIDCard CertificateType = 0
	// HKMacaoTaiwanTravelPermit is 港澳台居民来往内地通行证.
	HKMacaoTaiwanTravelPermit CertificateType = 1
	// ForeignerPermanentResidence is 外国人永久居留证.
	ForeignerPermanentResidence CertificateType = 2
	// OverseasCitizenPassport is 定居国外的中国公民护照.
	OverseasCitizenPassport CertificateType = 3
	// HKMacaoTaiwanResidencePermit is 港澳台居民居住证.
	HKMacaoTaiwanResidencePermit CertificateType = 4
	// HKMacaoNonChinesePermit is 港澳居民来往内地通行证(非中国籍).
	HKMacaoNonChinesePermit CertificateType = 5
)

// Control is how strictly the vendor looks at an uploaded photo. Empty: the
// vendor's default, NONE.
type Control string

// The levels.
const (
	ControlNone   Control = "NONE"   // takes every photo; the vendor's default
	ControlLow    Control = "LOW"    // refuses the worst
	ControlNormal Control = "NORMAL" // what most need
	ControlHigh   Control = "HIGH"   // refuses photos that people would take
)

// Redirect is where the hosted page sends the person, told to the vendor's server
// instead of the page's URL. The vendor documents it for newer plans only; give
// [Client.PageURL] the same addresses.
type Redirect struct {
	// SuccessURL is opened after a passed check. Required.
	SuccessURL string `json:"success_url"`
	// FailedURL is opened after a failed check. Required.
	FailedURL string `json:"failed_url"`
}

// GenerateRequest opens a check.
type GenerateRequest struct {
	// PlanID is the plan in the vendor's console. Empty: [Config.PlanID].
	PlanID string

	// Redirect is optional.
	Redirect *Redirect
}

// VerifyToken is an opened check.
type VerifyToken struct {
	// Token is the verify_token. A person may be checked with it for two hours, and
	// its results are there for three days. Whoever holds it can fetch the person's
	// picture.
	Token handlers.Private

	// Generation names the access token that made it, for the calls that follow; see
	// [Query.Generation]. It is no secret.
	Generation string

	// LogID names the call in the vendor's console.
	LogID string
}

// generateAnswer is the answer of verifyToken/generate.
type generateAnswer struct {
	envelope
	Result object[struct {
		VerifyToken text `json:"verify_token"`
	}] `json:"result"`
}

// GenerateVerifyToken opens a check. It is not repeated by itself after a failure
// that may have reached the vendor.
func (c *Client) GenerateVerifyToken(ctx context.Context, req GenerateRequest) (VerifyToken, error) {
	plan := req.PlanID
	if plan == "" {
		plan = c.planID
	}
	if !plainToken(plan, maxPlanID) {
		return VerifyToken{}, invalid(handlers.CodeInvalidInput, "PlanID must be 1 to 64 printable ASCII characters")
	}
	if req.Redirect != nil && (!webURL(req.Redirect.SuccessURL) || !webURL(req.Redirect.FailedURL)) {
		return VerifyToken{}, invalid(handlers.CodeInvalidInput, "Redirect needs two absolute http or https URLs")
	}
	call, err := newCall(endpointGenerate, 1, struct {
		PlanID   jsontext.Value `json:"plan_id"`
		Redirect *Redirect      `json:"redirect_config,omitzero"`
	}{planValue(plan), req.Redirect})
	if err != nil {
		return VerifyToken{}, err
	}
	var answer generateAnswer
	used, err := c.send(ctx, call, into(&answer))
	if err != nil {
		return VerifyToken{}, err
	}
	if refused := answer.scheme(call.endpoint); refused != nil {
		return VerifyToken{}, wrap(refused)
	}
	if answer.Result.value == nil || !plainToken(string(answer.Result.value.VerifyToken), maxVerifyToken) {
		return VerifyToken{}, unexpected(call.endpoint, errors.New("no verify_token"))
	}
	return VerifyToken{
		Token:      handlers.Hide(string(answer.Result.value.VerifyToken)),
		Generation: used.generation, LogID: identifier(string(answer.LogID)),
	}, nil
}

// maxPlanID bounds a plan's id, which is a small number so far.
const maxPlanID = 64

// planValue writes a plan's id as the vendor's own examples do, as a number if it
// is one; its table says string, and both work.
func planValue(plan string) jsontext.Value {
	if n, err := strconv.ParseInt(plan, 10, 53); err == nil && strconv.FormatInt(n, 10) == plan {
		return jsontext.Value(plan)
	}
	quoted, _ := jsontext.AppendQuote(nil, plan) // plain ASCII always can be
	return quoted
}

// IDCardRequest names the person for plans with the identity entry "specified
// user". It must come before the person opens the page.
type IDCardRequest struct {
	// VerifyToken comes from GenerateVerifyToken. Required.
	VerifyToken handlers.Private

	// Name is the person's name, 1 to 32 characters. Required. Width, spaces and the
	// middle dot are normalised.
	Name handlers.Private

	// Number is the ID number. Required. Width, spaces and a small x are normalised;
	// a mainland number's check character and birth date are verified.
	Number handlers.Private

	// CertificateType is the kind of document. Default MainlandIDCard.
	CertificateType CertificateType

	// Generation is as in [Query].
	Generation string
}

// Receipt acknowledges a call that brings no data back.
type Receipt struct {
	// LogID names the call in the vendor's console.
	LogID string
}

// receiptAnswer is an answer whose result, 1 or null, says nothing.
type receiptAnswer struct{ envelope }

// SubmitIDCard tells the vendor whom the person must be. Bad input fails with
// CodeInvalidName, CodeInvalidIDNumber or CodeInvalidCertificateType and costs no
// call.
func (c *Client) SubmitIDCard(ctx context.Context, req IDCardRequest) (Receipt, error) {
	if err := checkVerifyToken(req.VerifyToken); err != nil {
		return Receipt{}, err
	}
	name, number, err := normalIdentity(req.Name, req.Number, req.CertificateType)
	if err != nil {
		return Receipt{}, err
	}
	return c.acknowledge(ctx, endpointSubmit, req.Generation, struct {
		VerifyToken     string          `json:"verify_token"`
		Name            string          `json:"id_name"`
		Number          string          `json:"id_no"`
		CertificateType CertificateType `json:"certificate_type"`
	}{req.VerifyToken.Reveal(), name.Reveal(), number.Reveal(), req.CertificateType})
}

// MatchImageRequest brings the photo to compare with, for plans with the
// comparison source "uploaded photo". It must come before the person opens the
// page.
type MatchImageRequest struct {
	// VerifyToken comes from GenerateVerifyToken. Required.
	VerifyToken handlers.Private

	// Image is a JPEG, PNG or BMP. Required. Below 1920x1080 either way up, and at
	// most 10 MB in base64, which is made of it here.
	Image handlers.PrivateBytes

	// QualityControl refuses photos of poor quality. Default NONE.
	QualityControl Control

	// LivenessControl refuses photos of photos. Default NONE.
	LivenessControl Control

	// Generation is as in [Query].
	Generation string
}

// UploadMatchImage uploads the photo to compare with. A bad image fails with
// CodeInvalidImage and costs no call.
func (c *Client) UploadMatchImage(ctx context.Context, req MatchImageRequest) (Receipt, error) {
	if err := checkVerifyToken(req.VerifyToken); err != nil {
		return Receipt{}, err
	}
	if err := checkImage(req.Image, req.QualityControl, req.LivenessControl); err != nil {
		return Receipt{}, err
	}
	return c.acknowledge(ctx, endpointUpload, req.Generation, struct {
		VerifyToken     string  `json:"verify_token"`
		Image           string  `json:"image"`
		QualityControl  Control `json:"quality_control,omitzero"`
		LivenessControl Control `json:"liveness_control,omitzero"`
	}{req.VerifyToken.Reveal(), base64.StdEncoding.EncodeToString(req.Image.Reveal()), req.QualityControl, req.LivenessControl})
}

// acknowledge makes a call that is answered by success alone.
func (c *Client) acknowledge(ctx context.Context, endpoint, generation string, body any) (Receipt, error) {
	call, err := newCall(endpoint, 1, body)
	if err != nil {
		return Receipt{}, err
	}
	var answer receiptAnswer
	if _, err := c.sendAs(ctx, call, generation, into(&answer)); err != nil {
		return Receipt{}, err
	}
	if refused := answer.scheme(endpoint); refused != nil {
		return Receipt{}, wrap(refused)
	}
	return Receipt{LogID: identifier(string(answer.LogID))}, nil
}
