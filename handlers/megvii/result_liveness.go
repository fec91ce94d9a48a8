package megvii

// LivenessResult is the vendor's view of whether a living person sat there.
type LivenessResult struct {
	// Result is ResultPass or ResultFail. With get_token's default fmp_mode=1 the
	// scores in FaceGenuineness do not count towards it: compare them, as [Policy]
	// does.
	Result string `json:"result,omitzero"`
	// ProcedureType is the method: will (CN); flash, still, distance (Int.); video,
	// selfie, still, meglive_flash (basic).
	ProcedureType string `json:"procedure_type,omitzero"`
	// Details count what went wrong on the way, such as FACE_NOT_FOUND. The names
	// depend on the method, not reliably.
	Details Counters `json:"details,omitzero"`
	// FaceGenuineness holds the spoof scores.
	FaceGenuineness *FaceGenuineness `json:"face_genuineness,omitzero"`
}

// Counters count events by the vendor's name for them. The selfie method nests two
// objects; their counters are named "face_front.FACE_BLURRED" and so on. The old
// misspelling VIDOE_FORMAT_UNSUPPORTED is mended. What is no count is left out.
type Counters map[string]int

// FaceGenuineness holds the spoof scores, each beside its threshold, 0 to 1. A
// confidence greater than its threshold is an attack.
type FaceGenuineness struct {
	// SyntheticFaceConfidence is for faces made by software.
	SyntheticFaceConfidence *float64 `json:"synthetic_face_confidence,omitzero"`
	// SyntheticFaceThreshold belongs to SyntheticFaceConfidence.
	SyntheticFaceThreshold *float64 `json:"synthetic_face_threshold,omitzero"`
	// MaskConfidence is for masks.
	MaskConfidence *float64 `json:"mask_confidence,omitzero"`
	// MaskThreshold belongs to MaskConfidence.
	MaskThreshold *float64 `json:"mask_threshold,omitzero"`
	// ScreenReplayConfidence is for a face held up on a screen.
	ScreenReplayConfidence *float64 `json:"screen_replay_confidence,omitzero"`
	// ScreenReplayThreshold belongs to ScreenReplayConfidence.
	ScreenReplayThreshold *float64 `json:"screen_replay_threshold,omitzero"`
	// FaceReplaced is 1 when the face changed on the way, else 0. In no table of
	// the vendor, but in live answers of sibling products.
	FaceReplaced *int `json:"face_replaced,omitzero"`
	// SelfieInconsistent is "0" when front and side selfie show one person. Basic
	// edition, selfie method; a text in the vendor's table, a number in its sample.
	SelfieInconsistent string `json:"selfie_inconsistent,omitzero"`
	// SelfieMetadataInconsistent is "0" when the selfies' metadata agree. As
	// SelfieInconsistent.
	SelfieMetadataInconsistent string `json:"selfie_metadata_inconsistent,omitzero"`
}
