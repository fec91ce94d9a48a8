package baidu

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/facegate/facegate/handlers"
)

// Detail is the outcome of a check.
type Detail struct {
	// Passed is the vendor's success: the person passed. Rules of your own come on
	// top; see [Policy].
	Passed bool

	// Failure says why not; nil when Passed. When both are set the answer
	// contradicts itself: not passed.
	Failure *APIError

	// HasResult says that a result came, with the verify_result that the vendor puts
	// into each. Without one the fields below mean nothing.
	HasResult bool

	// Score is the likeness of the faces, 0 to 100; 0 for plans that only check for
	// a living person. nil: not given.
	Score *float64

	// LivenessScore is 0 to 1; 0 when the check for a living person failed, and
	// always for dazzle-colour plans. nil: not given.
	LivenessScore *float64

	// Spoofing is how much the face looks synthetic; 0 also when not checked. nil:
	// not given.
	Spoofing *float64

	// VerifyLogID names the backend's call in the vendor's console.
	VerifyLogID string

	// RiskLevel is "1" or "2" for a risky device or situation, "3" or "4" for none;
	// empty when the plan does not check, "undocumented" when it is no plain word.
	RiskLevel string

	// RiskTag is the vendor's name of the risk.
	RiskTag handlers.Private

	// Demoted says that the browser could not do the real-time check and the plan
	// fell back to a recorded video. nil: not given.
	Demoted *bool

	// Confirmed is the name and number that the person confirmed, or that were
	// submitted. nil: not given, as for plans that only compare photos.
	Confirmed *Identity

	// Card is what was read off the ID card; nil without OCR.
	Card *Card

	// Front and Back are pictures of the ID card, of OCR plans, if asked for with
	// [Query.Images].
	Front, Back handlers.PrivateBytes

	// OwnToken is false when the access token that made the verify_token could not
	// be used any more. A verify_token that is refused then may be good.
	OwnToken bool

	// LogID names the call in the vendor's console.
	LogID string

	odd bool // a score or flag is there that cannot be read
}

// Identity is a person's name and number.
type Identity struct {
	// Name is the name.
	Name handlers.Private
	// Number is the ID number.
	Number handlers.Private
	// Type is the kind of document, "0" for the mainland card; from getall only.
	Type string
}

// Card is what OCR read off an ID card. Dates are as the vendor spells them:
// YYYYMMDD in detail, YYYY-MM-DD hh:mm:ss in getall, or a word for cards that do
// not expire.
type Card struct {
	// Name is the name on the card.
	Name handlers.Private
	// Number is the ID number on the card.
	Number handlers.Private
	// Type is the kind of document, "0" for the mainland card; from getall only.
	Type string
	// Gender is 男 or 女.
	Gender handlers.Private
	// Nation is the ethnic group.
	Nation handlers.Private
	// Birthday is the date of birth.
	Birthday handlers.Private
	// Address is the registered address.
	Address handlers.Private
	// IssueAuthority is who issued the card.
	IssueAuthority handlers.Private
	// IssueTime is when the card was issued.
	IssueTime handlers.Private
	// ExpireTime is when the card ends.
	ExpireTime handlers.Private
}

type detailAnswer struct {
	envelope
	IsDemote flag `json:"is_demote"` // as the vendor's table prints it
	Result   object[struct {
		IsDemote     flag `json:"is_demote"` // as a client reads it
		VerifyResult object[struct {
			Score         decimal `json:"score"`
			LivenessScore decimal `json:"liveness_score"`
			Spoofing      decimal `json:"spoofing"`
			VerifyLogID   text    `json:"verify_log_id"`
			RiskLevel     text    `json:"risk_level"`
			RiskTag       text    `json:"risk_tag"`
			IsDemote      flag    `json:"is_demote"`
		}] `json:"verify_result"`
		Confirm object[identityFields] `json:"idcard_confirm"`
		OCR     object[cardFields]     `json:"idcard_ocr_result"`
	}] `json:"result"`
}

type identityFields struct {
	Name   text `json:"name"`
	Number text `json:"idcard_number"`
	Type   text `json:"idcard_type"`
}

// confirmed returns what the fields say, or nil when there are none.
func confirmed(fields *identityFields) *Identity {
	if fields == nil {
		return nil
	}
	return &Identity{Name: hide(fields.Name), Number: hide(fields.Number), Type: identifier(string(fields.Type))}
}

type cardFields struct {
	Name           text `json:"name"`
	NumberDetail   text `json:"id_card_number"` // in detail
	NumberAll      text `json:"idcard_number"`  // in getall
	Type           text `json:"idcard_type"`
	Gender         text `json:"gender"`
	Nation         text `json:"nation"`
	Birthday       text `json:"birthday"`
	Address        text `json:"address"`
	IssueAuthority text `json:"issue_authority"`
	IssueTime      text `json:"issue_time"`
	ExpireTime     text `json:"expire_time"`
}

// card returns what the fields say, or nil when there are none.
func card(fields *cardFields) *Card {
	if fields == nil {
		return nil
	}
	number := fields.NumberDetail
	if number == "" {
		number = fields.NumberAll
	}
	return &Card{
		Name: hide(fields.Name), Number: hide(number), Type: identifier(string(fields.Type)),
		Gender: hide(fields.Gender), Nation: hide(fields.Nation), Birthday: hide(fields.Birthday),
		Address: hide(fields.Address), IssueAuthority: hide(fields.IssueAuthority),
		IssueTime: hide(fields.IssueTime), ExpireTime: hide(fields.ExpireTime),
	}
}

// riskLevel returns a level as a plain word. One that is none must not read as no
// risk.
func riskLevel(t text) string {
	level := strings.TrimSpace(string(t))
	if word := identifier(level); word != "" || level == "" {
		return word
	}
	return "undocumented"
}

// hide wraps a text.
func hide(t text) handlers.Private { return handlers.Hide(string(t)) }

// detailImages is the part of the answer that is read only when asked for.
type detailImages struct {
	Result object[struct {
		Images object[struct {
			Front base64Image `json:"front_base64"`
			Back  base64Image `json:"back_base64"`
		}] `json:"idcard_images"`
	}] `json:"result"`
}

// base64Image decodes base64 text without keeping the text. What is none is
// missing.
type base64Image []byte

// UnmarshalJSONFrom reads the text straight out of the decoder's buffer.
func (b *base64Image) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*b = nil
	value, err := dec.ReadValue()
	if err != nil || value.Kind() != jsontext.KindString {
		return err
	}
	encoded := value[1 : len(value)-1]
	for _, c := range encoded {
		if c == '\\' {
			if encoded, err = jsontext.AppendUnquote(nil, value); err != nil {
				return err
			}
			break
		}
	}
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	if n, err := base64.StdEncoding.Decode(decoded, encoded); err == nil {
		*b = decoded[:n]
	}
	return nil
}

// ResultDetail asks how the check ended. It is kept for three days. A person who
// failed is no error: see [Detail.Failure].
func (c *Client) ResultDetail(ctx context.Context, q Query) (Detail, error) {
	var answer detailAnswer
	var images detailImages
	decode := into(&answer)
	own, err := c.query(ctx, endpointDetail, q, func(body []byte) (envelope, error) {
		head, err := decode(body)
		images = detailImages{}
		if err == nil && q.Images {
			err = unmarshal(body, &images)
		}
		return head, err
	})
	if err != nil {
		return Detail{}, err
	}
	detail := answer.detail()
	detail.OwnToken = own
	if result := images.Result.value; result != nil && result.Images.value != nil {
		detail.Front = handlers.HideBytes(result.Images.value.Front)
		detail.Back = handlers.HideBytes(result.Images.value.Back)
	}
	return detail, nil
}

// detail returns the answer in one shape.
func (a *detailAnswer) detail() Detail {
	detail := Detail{
		Passed: a.Success.isTrue(), Failure: a.scheme(endpointDetail),
		Demoted: a.IsDemote.value, LogID: identifier(string(a.LogID)),
	}
	result := a.Result.value
	if result == nil {
		return detail
	}
	demoted := a.IsDemote.or(result.IsDemote)
	if verify := result.VerifyResult.value; verify != nil {
		detail.HasResult = true
		detail.Score, detail.LivenessScore, detail.Spoofing = verify.Score.value, verify.LivenessScore.value, verify.Spoofing.value
		detail.VerifyLogID = identifier(string(verify.VerifyLogID))
		detail.RiskLevel, detail.RiskTag = riskLevel(verify.RiskLevel), hide(verify.RiskTag)
		demoted = demoted.or(verify.IsDemote)
		detail.odd = verify.Score.odd || verify.LivenessScore.odd || verify.Spoofing.odd
	}
	detail.Demoted = demoted.value
	detail.odd = detail.odd || demoted.odd
	detail.Confirmed = confirmed(result.Confirm.value)
	detail.Card = card(result.OCR.value)
	return detail
}
