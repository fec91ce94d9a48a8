package megvii

// VerifyResult is the face comparison.
type VerifyResult struct {
	// ErrorMessage says why nothing was compared: nil or empty, or a code that may
	// have ": detail" behind it. Then expect no scores.
	ErrorMessage *string `json:"error_message,omitzero"`
	// FaceID is the overall score of the check against the reference data. CN,
	// comparison_type=1.
	FaceID *Comparison `json:"result_faceid,omitzero"`
	// Ref1 compares the live face with get_token's image_ref1.
	Ref1 *Comparison `json:"result_ref1,omitzero"`
	// Ref2 compares the live face with image_ref2.
	Ref2 *Comparison `json:"result_ref2,omitzero"`
	// Ref3 compares the live face with image_ref3.
	Ref3 *Comparison `json:"result_ref3,omitzero"`
	// IDCardPhoto compares the live face with the photo on the card. CN.
	IDCardPhoto *Comparison `json:"result_idcard_photo,omitzero"`
	// IDCardDatasource compares the photo on the card with the reference photo. CN.
	IDCardDatasource *Comparison `json:"result_idcard_datasource,omitzero"`
	// IDExceptions flags risks around the ID number. CN, comparison_type=1.
	IDExceptions *IDExceptions `json:"id_exceptions,omitzero"`
	// VerifyTime is when it was compared, in Unix seconds. Only with
	// return_verify_time=1.
	VerifyTime *int `json:"verify_time,omitzero"`
}

// Comparison is one comparison of two faces.
type Comparison struct {
	// Confidence is the score, 0 to 100; higher is safer. It means something only
	// beside its own Thresholds.
	Confidence *float64 `json:"confidence,omitzero"`
	// Thresholds are the scores at which the risk that these are two people is
	// "1e-3", "1e-4", "1e-5", "1e-6". They change from call to call: never store
	// or hard-code them.
	Thresholds Thresholds `json:"thresholds,omitzero"`
}

// Thresholds map a false accept rate, such as "1e-4", to a score.
type Thresholds map[string]float64

// IDExceptions flags risks around the ID number.
type IDExceptions struct {
	// IDAttacked is 1 when the number was used in an attack before, perhaps without
	// its owner knowing.
	IDAttacked *int `json:"id_attacked,omitzero"`
	// IDPhotoMonochrome is 1 when the reference photo is black and white, which as
	// a rule lowers the score. A hint about quality, no risk.
	IDPhotoMonochrome *int `json:"id_photo_monochrome,omitzero"`
}

// allComparisons returns every comparison in the vendor's order, also those that
// did not come.
func (v *VerifyResult) allComparisons() []namedComparison {
	return []namedComparison{
		{CompareFaceID, v.FaceID},
		{CompareRef1, v.Ref1},
		{CompareRef2, v.Ref2},
		{CompareRef3, v.Ref3},
		{CompareIDCardPhoto, v.IDCardPhoto},
		{CompareIDCardDatasource, v.IDCardDatasource},
	}
}

// namedComparison is a comparison beside its wire name.
type namedComparison struct {
	name       string
	comparison *Comparison
}

// The wire names of the comparisons, for [Policy.Comparisons].
const (
	CompareFaceID           = "result_faceid"
	CompareRef1             = "result_ref1"
	CompareRef2             = "result_ref2"
	CompareRef3             = "result_ref3"
	CompareIDCardPhoto      = "result_idcard_photo"
	CompareIDCardDatasource = "result_idcard_datasource"
)
