package megvii

import (
	"time"

	"github.com/facegate/facegate/handlers"
)

// MaxImageRef is the largest reference photo in bytes. The vendor states it for the
// sibling product Raw (HTTP 413 above it).
const MaxImageRef = 2 << 20

// GetTokenRequest holds the parameters of get_token, under the vendor's names. A
// zero field is not sent, so the vendor's default holds. "Scene" is a set of
// settings in the vendor's console. The comments name the editions where not all
// of them know a parameter; an edition answers BAD_ARGUMENTS to a value that it
// does not know.
type GetTokenRequest struct {
	// ReturnURL is return_url: where the browser goes after the person finished or
	// cancelled. Required; https.
	ReturnURL string `validate:"required,web_url"`

	// NotifyURL is notify_url: where the vendor's server calls after finish, cancel
	// or timeout. Required; https, and only on port 443, 5000, 16003, 8883 or 8028.
	NotifyURL string `validate:"required,web_url"`

	// BizNo is biz_no: your id of the session, unique, echoed in every result. At
	// most 128 bytes of visible text. Required. Choose it unguessable and store it
	// before the call: it is how a result is found whose get_token answer was lost.
	BizNo string `validate:"required,maxbytes=128,printable"`

	// BizExtraData is biz_extra_data, echoed in both callbacks. At most 4096 bytes of
	// UTF-8 without NUL, which no callback may hold. Default none. It passes through
	// the person's browser, so put nothing private here.
	BizExtraData string `validate:"maxbytes=4096,utf8"`

	// WebTitle is web_title: the page's title, at most 32 bytes, which is 10 Chinese
	// characters. A scene overrides it. Default: the vendor's.
	WebTitle string `validate:"maxbytes=32,printable"`

	// SceneID is scene_id, letters and digits. Default: the console's default scene.
	SceneID string `validate:"omitempty,alphanum,max=64"`

	// Language is language: a number. International edition. Default [English].
	Language Language `validate:"omitempty,number,max=2"`

	// EncryptionType is encryption_type. Chinese premium edition. Default
	// [EncryptionOff].
	EncryptionType EncryptionType `validate:"omitempty,oneof=0 1 2"`

	// ProcedureType is procedure_type. The Chinese premium edition requires
	// [ProcedureWill]. Default elsewhere: the scene's.
	ProcedureType ProcedureType `validate:"omitempty,oneof=will video selfie still flash meglive_flash distance"`

	// ProcedurePriority is procedure_priority. Chinese editions; the premium one knows
	// [PriorityKeep] alone. Default in the basic edition [PriorityVideo].
	ProcedurePriority ProcedurePriority `validate:"omitempty,oneof=keep video still"`

	// UpdateRTC is update_rtc, for [ProcedureStill] in the basic edition. Default
	// [RecordThenUpload].
	UpdateRTC UpdateRTC `validate:"omitempty,oneof=0 1"`

	// LivenessPreferences is liveness_preferences. Basic edition. Default
	// [PreferNone].
	LivenessPreferences LivenessPreferences `validate:"omitempty,oneof=none selfie_no_metadata_check video_strict still_strict"`

	// GetShootingError is get_shooting_error: results say shooting_error when no
	// video could be captured. Basic edition. Default false.
	GetShootingError bool

	// MaximumShootingTime is maximum_shooting_time: 10 to 60 whole seconds. Basic
	// edition. Default 15 s.
	MaximumShootingTime time.Duration `validate:"omitempty,min=10s,max=1m"`

	// GetFailReason is get_fail_reason: results say why WebRTC was not supported.
	// Default false; set it to get those reasons beside the verdict Unsupported.
	GetFailReason bool

	// ReturnVerifyTime is return_verify_time: verify_result says when the faces were
	// compared. Default false. Documented for get_result; for get_token only implied.
	ReturnVerifyTime bool

	// ReturnMultifacesTag is return_multifaces_tag: results say whether several faces
	// were seen. International edition. Default false.
	ReturnMultifacesTag bool

	// ReturnMethod is action_http_method. Default [ReturnByPOST].
	ReturnMethod ReturnMethod `validate:"omitempty,oneof=POST GET"`

	// RedirectType is redirect_type, with [ReturnByGET] only. Default
	// [RedirectNormal].
	RedirectType RedirectType `validate:"omitempty,oneof=0 1"`

	// FmpMode is fmp_mode. Default [FmpReport].
	FmpMode FmpMode `validate:"omitempty,oneof=0 1"`

	// ComparisonType is comparison_type. Required.
	ComparisonType ComparisonType `validate:"required,oneof=1 0 -1"`

	// IDCardMode is idcard_mode. Required with [CompareWithIDCard], empty otherwise.
	IDCardMode IDCardMode `validate:"omitempty,oneof=0 1 2 3 4"`

	// IDCardName is idcard_name, in the normal form that a card prints, at most 32
	// characters. Required with [IDCardGiven], empty otherwise: the vendor would
	// ignore it.
	IDCardName handlers.Private

	// IDCardNumber is idcard_number: 18 characters, checksum and birth date right, X
	// in upper case. Required with [IDCardGiven], empty otherwise.
	IDCardNumber handlers.Private

	// IDCardUneditableFields is idcard_uneditable_field: what the person may not edit
	// after the card was read, by the Field constants. Default: all may be edited.
	// A scene overrides it.
	IDCardUneditableFields []string `validate:"unique,dive,oneof=idcard_name idcard_number idcard_valid_date idcard_issued_by"`

	// UUID is uuid: your id of the person, for the vendor's reports, at most 512
	// bytes (the sibling product's limit). Required with [CompareWithImageRefs], else
	// default none. Prefer a random id; the vendor need not know yours.
	UUID string `validate:"maxbytes=512,printable"`

	// ImageRefs are image_ref1 to image_ref3: pictures, best JPEG or PNG, with exactly
	// one face, each at most [MaxImageRef] bytes and 4096 pixels a side. At least one
	// with [CompareWithImageRefs], optional with [CompareWithIDCard]. Default none.
	ImageRefs []handlers.PrivateBytes `validate:"max=3,dive,required,maxbytes=2097152"`

	// MultiOrientedDetection is multi_oriented_detection: look for the face in
	// rotated reference photos too. Default false.
	MultiOrientedDetection bool

	// Extra are parameters that this version does not know, such as the questions of
	// [ProcedureWill], which the vendor documents to its customers only. A name that
	// a field of this struct stands for is refused. Default none.
	Extra map[string]handlers.Private
}
