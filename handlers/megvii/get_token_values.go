package megvii

// ComparisonType says what the live face is compared with.
type ComparisonType string

// The comparison types.
const (
	// CompareWithIDCard compares with the authority's reference photo for a name and
	// ID number ("KYC"). The account needs the permission.
	CompareWithIDCard ComparisonType = "1"
	// CompareWithImageRefs compares with photos that you send.
	CompareWithImageRefs ComparisonType = "0"
	// CompareNothing checks liveness alone. International edition only.
	CompareNothing ComparisonType = "-1"
)

// IDCardMode says where name and ID number come from with [CompareWithIDCard].
type IDCardMode string

// The ID card modes.
const (
	// IDCardGiven: you pass name and number; the person is not asked.
	IDCardGiven IDCardMode = "0"
	// IDCardFront: the person photographs the front of the card.
	IDCardFront IDCardMode = "1"
	// IDCardBothSides: the person photographs both sides.
	IDCardBothSides IDCardMode = "2"
	// IDCardTyped: the person types name and number.
	IDCardTyped IDCardMode = "3"
	// IDCardPersonChooses: photo or typing, as the person likes. Needs "lite2.0".
	IDCardPersonChooses IDCardMode = "4"
)

// ProcedureType is what the person does before the camera. Most kinds need
// "lite2.0" in the vendor's console, else the vendor answers BAD_ARGUMENTS.
type ProcedureType string

// The procedures.
const (
	// ProcedureWill reads questions and records the spoken answers. The only kind of
	// the Chinese premium edition.
	ProcedureWill ProcedureType = "will"
	// ProcedureVideo reads digits aloud in a recorded clip. The basic edition's default.
	ProcedureVideo ProcedureType = "video"
	// ProcedureSelfie takes selfies from the front and the side. Basic edition.
	ProcedureSelfie ProcedureType = "selfie"
	// ProcedureStill looks at the camera without moving.
	ProcedureStill ProcedureType = "still"
	// ProcedureFlash lights the face with coloured light.
	ProcedureFlash ProcedureType = "flash"
	// ProcedureMegliveFlash makes movements, then flash. Newer basic edition.
	ProcedureMegliveFlash ProcedureType = "meglive_flash"
	// ProcedureDistance moves towards the camera. International edition.
	ProcedureDistance ProcedureType = "distance"
)

// ProcedurePriority is what to do in a browser without WebRTC.
type ProcedurePriority string

// The priorities.
const (
	// PriorityKeep does not downgrade: the session ends as WEBRTC_UNSUPPORTED.
	PriorityKeep ProcedurePriority = "keep"
	// PriorityVideo falls back to a recorded video. The basic edition's default.
	PriorityVideo ProcedurePriority = "video"
	// PriorityStill falls back to a recorded still clip. Basic edition.
	PriorityStill ProcedurePriority = "still"
)

// UpdateRTC is how [ProcedureStill] reaches the vendor. Basic edition.
type UpdateRTC string

// The transports.
const (
	// RecordThenUpload is the vendor's default.
	RecordThenUpload UpdateRTC = "0"
	// LiveWebRTC streams.
	LiveWebRTC UpdateRTC = "1"
)

// LivenessPreferences makes one procedure looser or stricter. Basic edition.
type LivenessPreferences string

// The preferences. Each belongs to the procedure in its name.
const (
	// PreferNone is the vendor's default.
	PreferNone LivenessPreferences = "none"
	// PreferSelfieNoMetadataCheck skips the check of the photo's metadata.
	PreferSelfieNoMetadataCheck LivenessPreferences = "selfie_no_metadata_check"
	// PreferVideoStrict is the strict check of the video.
	PreferVideoStrict LivenessPreferences = "video_strict"
	// PreferStillStrict is the strict check of the still clip.
	PreferStillStrict LivenessPreferences = "still_strict"
)

// ReturnMethod is how the vendor's page sends the browser back.
type ReturnMethod string

// The methods.
const (
	// ReturnByPOST brings data and signature. It is what the vendor's pages describe
	// as normal, so it is sent by leaving the parameter out.
	ReturnByPOST ReturnMethod = "POST"
	// ReturnByGET brings biz_id alone, unsigned: the result must be queried or come
	// by notify. Right for a return page inside an app's WebView.
	ReturnByGET ReturnMethod = "GET"
)

// RedirectType is how a GET return enters the browser's history. It was only seen
// in one client's code.
type RedirectType string

// The kinds.
const (
	// RedirectNormal adds a history entry; the default.
	RedirectNormal RedirectType = "0"
	// RedirectReplace replaces the vendor's page in the history.
	RedirectReplace RedirectType = "1"
)

// FmpMode says whether the vendor's cloud anti-spoofing takes part in
// liveness_result.result.
type FmpMode string

// The modes.
const (
	// FmpReport only reports the scores: PASS may hide a spoof, so whoever reads the
	// result must compare each score with its threshold, as the Policy does. The
	// vendor's default.
	FmpReport FmpMode = "1"
	// FmpCount lets them decide. The vendor advises it for [ProcedureStill].
	FmpCount FmpMode = "0"
)

// Language is the language of the vendor's page. International edition.
type Language string

// The documented languages; client code has also seen "2" for Indonesian and "3"
// for Thai.
const (
	// English is the vendor's default.
	English Language = "0"
	// Chinese is simplified Chinese.
	Chinese Language = "1"
)

// EncryptionType says whether personal fields are encrypted beyond TLS.
type EncryptionType string

// The types. How to encrypt for Lite is not published beyond the sibling product
// Raw, so with SM2 and RSA the caller supplies the finished ciphertext and no
// format is checked.
const (
	// EncryptionOff is the vendor's default.
	EncryptionOff EncryptionType = "0"
	// EncryptionSM2 uses the account's SM2 key.
	EncryptionSM2 EncryptionType = "1"
	// EncryptionRSA uses the account's RSA key.
	EncryptionRSA EncryptionType = "2"
)

// The names for [GetTokenRequest.IDCardUneditableFields].
const (
	FieldIDCardName      = "idcard_name"
	FieldIDCardNumber    = "idcard_number"
	FieldIDCardValidDate = "idcard_valid_date"
	FieldIDCardIssuedBy  = "idcard_issued_by"
)
