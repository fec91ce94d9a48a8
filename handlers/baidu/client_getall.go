package baidu

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/facegate/facegate/handlers"
)

// All is every attempt of one check, with what was charged.
type All struct {
	// Count is the vendor's own count of the attempts; see [All.Whole].
	Count int

	// OCRCharges, MatchCharges and VerifyCharges count what is billed for reading
	// cards, comparing with an uploaded photo, and comparing with the authority's.
	// The latter two exceed 1 only for plans whose URL does not expire on failure.
	OCRCharges, MatchCharges, VerifyCharges int

	// Attempts are in the order in which they were made.
	Attempts []Attempt

	// OwnToken is as in [Detail].
	OwnToken bool

	// LogID names the call in the vendor's console.
	LogID string
}

// Last returns the last attempt; false when there is none.
func (a All) Last() (Attempt, bool) {
	if len(a.Attempts) == 0 {
		return Attempt{}, false
	}
	return a.Attempts[len(a.Attempts)-1], true
}

// Whole reports whether the attempts are as many as the vendor counted, and each
// of 1 to Count is there once. Without that nobody can tell which was the last.
func (a All) Whole() bool {
	for i, attempt := range a.Attempts {
		if attempt.Order != i+1 {
			return false
		}
	}
	return a.Count == len(a.Attempts)
}

// Attempt is one try of the person.
type Attempt struct {
	// Order counts the attempts from 1.
	Order int
	// Passed is the vendor's verdict. Use [Attempt.Clean] to decide.
	Passed bool
	// Code is the vendor's code; 0 when passed. nil: not given.
	Code *int
	// Message is the vendor's text, "核验成功" or empty when passed.
	Message handlers.Private
	// At is when the attempt ended; zero when not given. The vendor names no zone;
	// read as UTC+8.
	At time.Time
	// Charged says that the attempt is billed.
	Charged bool
	// ChargeType is "verify" (authority's photo) or "match" (uploaded photo).
	ChargeType string
	// ChargedAt is when it was billed; zero when it was not.
	ChargedAt time.Time
	// OCRCharged says that reading the card is billed.
	OCRCharged bool
	// OCRChargedAt is when that was billed; zero when it was not.
	OCRChargedAt time.Time
	// OCRCount is how often the card was read. nil: not given.
	OCRCount *int
	// FaceImage is the URL of the best picture of the face.
	FaceImage handlers.Private
	// VerifyLogID names the backend's call in the vendor's console; empty when there
	// was none, as after a refused camera.
	VerifyLogID string
	// Score is the likeness, 0 to 100. nil: not compared.
	Score *float64
	// Threshold is the plan's own threshold for Score. nil: not given.
	Threshold *float64
	// LivenessScore is reserved by the vendor. nil: not given.
	LivenessScore *float64
	// SpoofingScore is reserved by the vendor. nil: not given.
	SpoofingScore *float64
	// RiskLevel is as in [Detail].
	RiskLevel string
	// RiskTag is as in [Detail].
	RiskTag handlers.Private
	// Demoted is as in [Detail].
	Demoted *bool
	// Confirmed is the name and number that were checked. nil: not given.
	Confirmed *Identity
	// Card is what OCR read. nil: not given.
	Card *Card
	// FrontImage and BackImage are URLs of pictures of the card.
	FrontImage, BackImage handlers.Private

	odd bool // as in Detail
}

// Clean reports whether the attempt passed and no code contradicts it.
func (a Attempt) Clean() bool { return a.Passed && a.Code != nil && *a.Code == 0 }

type allAnswer struct {
	envelope
	Result object[struct {
		Count         integer             `json:"verify_count"`
		OCRCharges    integer             `json:"ocr_charge_count"`
		MatchCharges  integer             `json:"match_charge_count"`
		VerifyCharges integer             `json:"verify_charge_count"`
		Attempts      list[attemptFields] `json:"verify_result"`
	}] `json:"result"`
}

type attemptFields struct {
	Order        integer `json:"order"`
	Passed       flag    `json:"is_verify_passed"`
	Code         integer `json:"code"`
	Message      text    `json:"message"`
	At           text    `json:"verify_time"`
	Charged      flag    `json:"is_charged"`
	ChargeType   text    `json:"charge_type"`
	ChargedAt    text    `json:"charge_time"`
	OCRCharged   flag    `json:"is_ocr_charge"`
	OCRChargedAt text    `json:"ocr_charge_time"`
	OCRCount     integer `json:"ocr_count"`

	Detail object[struct {
		FaceImage     text    `json:"face_image"`
		VerifyLogID   text    `json:"verify_log_id"`
		Score         decimal `json:"score"`
		Threshold     decimal `json:"threshold"`
		LivenessScore decimal `json:"liveness_score"`
		SpoofingScore decimal `json:"spoofing_score"`
		RiskLevel     text    `json:"risk_level"`
		RiskTag       text    `json:"risk_tag"`
		IsDemote      flag    `json:"is_demote"`
	}] `json:"verify_detail"`

	// The vendor's table has the card beside idcard_confirm, its example inside.
	Confirm object[struct {
		identityFields
		cardParts
	}] `json:"idcard_confirm"`
	cardParts
}

type cardParts struct {
	OCR    object[cardFields] `json:"idcard_ocr_result"`
	Images object[struct {
		Front text `json:"front_image"`
		Back  text `json:"back_image"`
	}] `json:"idcard_images"`
}

// ResultAll asks for every attempt and what it cost. It is kept for three days.
func (c *Client) ResultAll(ctx context.Context, q Query) (All, error) {
	var answer allAnswer
	own, err := c.query(ctx, endpointAll, q, into(&answer))
	if err != nil {
		return All{}, err
	}
	if refused := answer.scheme(endpointAll); refused != nil {
		return All{OwnToken: own}, wrap(refused)
	}
	all := answer.all()
	all.OwnToken = own
	return all, nil
}

// all returns the answer in one shape.
func (a *allAnswer) all() All {
	all := All{LogID: identifier(string(a.LogID))}
	result := a.Result.value
	if result == nil {
		return all
	}
	all.Count, all.OCRCharges = result.Count.int(), result.OCRCharges.int()
	all.MatchCharges, all.VerifyCharges = result.MatchCharges.int(), result.VerifyCharges.int()
	for i := range result.Attempts {
		all.Attempts = append(all.Attempts, result.Attempts[i].attempt())
	}
	slices.SortStableFunc(all.Attempts, func(x, y Attempt) int { return cmp.Compare(x.Order, y.Order) })
	return all
}

// attempt returns one attempt in one shape.
func (f *attemptFields) attempt() Attempt {
	attempt := Attempt{
		Order: f.Order.int(), Passed: f.Passed.isTrue(), Code: f.Code.pointer(), Message: hide(f.Message), At: moment(f.At),
		Charged: f.Charged.isTrue(), ChargeType: identifier(string(f.ChargeType)), ChargedAt: moment(f.ChargedAt),
		OCRCharged: f.OCRCharged.isTrue(), OCRChargedAt: moment(f.OCRChargedAt), OCRCount: f.OCRCount.pointer(),
	}
	if detail := f.Detail.value; detail != nil {
		attempt.FaceImage, attempt.VerifyLogID = hide(detail.FaceImage), identifier(string(detail.VerifyLogID))
		attempt.Score, attempt.Threshold = detail.Score.value, detail.Threshold.value
		attempt.LivenessScore, attempt.SpoofingScore = detail.LivenessScore.value, detail.SpoofingScore.value
		attempt.RiskLevel, attempt.RiskTag = riskLevel(detail.RiskLevel), hide(detail.RiskTag)
		attempt.Demoted = detail.IsDemote.value
		attempt.odd = detail.Score.odd || detail.Threshold.odd || detail.SpoofingScore.odd || detail.IsDemote.odd
	}
	parts := f.cardParts
	if confirm := f.Confirm.value; confirm != nil {
		attempt.Confirmed = confirmed(&confirm.identityFields)
		parts.OCR, parts.Images = parts.OCR.or(confirm.OCR), parts.Images.or(confirm.Images)
	}
	attempt.Card = card(parts.OCR.value)
	if images := parts.Images.value; images != nil {
		attempt.FrontImage, attempt.BackImage = hide(images.Front), hide(images.Back)
	}
	return attempt
}

// moment reads a time, padded or not. What is none is the zero time.
func moment(t text) time.Time {
	at, err := time.ParseInLocation("2006-1-2 15:4:5", strings.TrimSpace(string(t)), time.FixedZone("UTC+8", 8*60*60))
	if err != nil {
		return time.Time{}
	}
	return at
}
