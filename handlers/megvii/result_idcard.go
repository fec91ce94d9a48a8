package megvii

import "github.com/facegate/facegate/handlers"

// IDCardInfo is what was read off the ID card, or typed, in its last state.
type IDCardInfo struct {
	// Mode echoes get_token's idcard_mode: "0" to "4".
	Mode string `json:"idcard_mode,omitzero"`
	// UneditableField echoes get_token's idcard_uneditable_field: names behind
	// commas. Also read under its old misspelling, idcard_uneditable_feild.
	UneditableField string `json:"idcard_uneditable_field,omitzero"`
	// ModeUser is what the person chose with idcard_mode=4: "0" photo, "1" typing.
	ModeUser string `json:"idcard_mode_user,omitzero"`
	// Number is the ID number that the person confirmed.
	Number handlers.Private `json:"idcard_number,omitzero"`
	// Name is the name that the person confirmed.
	Name handlers.Private `json:"idcard_name,omitzero"`
	// ValidDate is "YYYY.MM.DD-YYYY.MM.DD"; the vendor does not say how a card
	// without end looks. Only if the emblem side was photographed.
	ValidDate handlers.Private `json:"idcard_valid_date,omitzero"`
	// IssuedBy is the authority. Only if the emblem side was photographed.
	IssuedBy handlers.Private `json:"idcard_issued_by,omitzero"`
	// FrontSide is the portrait side. Only if it was photographed.
	FrontSide *FrontSide `json:"front_side,omitzero"`
	// BackSide is the emblem side. Only if it was photographed.
	BackSide *BackSide `json:"back_side,omitzero"`
	// FrontQuality rates the portrait side's fields: gender, address,
	// idcard_number, name, birth_year, birth_month, birth_day, nationality. Only
	// with lite2.0 scenes.
	FrontQuality map[string]FieldQuality `json:"ocr_front_quality,omitzero"`
	// BackQuality rates the emblem side's fields: issued_by, valid_date_start,
	// valid_date_end. Only with lite2.0 scenes.
	BackQuality map[string]FieldQuality `json:"ocr_back_quality,omitzero"`
}

// FrontSide is the portrait side of a card.
type FrontSide struct {
	// OCR is the text read off it.
	OCR *FrontOCR `json:"ocr_result,omitzero"`
	// UploadTimes is how many photos were sent.
	UploadTimes *int `json:"upload_times,omitzero"`
}

// FrontOCR is the text on the portrait side, as read.
type FrontOCR struct {
	// Address is the registered address.
	Address handlers.Private `json:"address,omitzero"`
	// Birthday is the date of birth.
	Birthday *Birthday `json:"birthday,omitzero"`
	// Gender is 男 or 女.
	Gender handlers.Private `json:"gender,omitzero"`
	// IDCardNumber is the ID number as printed; the person may have mended it, see
	// IDCardInfo.Number.
	IDCardNumber handlers.Private `json:"id_card_number,omitzero"`
	// Name is the name as printed; see IDCardInfo.Name.
	Name handlers.Private `json:"name,omitzero"`
	// Race is the ethnic group, such as 汉.
	Race handlers.Private `json:"race,omitzero"`
	// Legality rates what kind of picture it was.
	Legality Legality `json:"legality,omitzero"`
}

// Birthday is a date in parts, without leading zeros.
type Birthday struct {
	// Year has four digits.
	Year handlers.Private `json:"year,omitzero"`
	// Month is 1 to 12.
	Month handlers.Private `json:"month,omitzero"`
	// Day is 1 to 31.
	Day handlers.Private `json:"day,omitzero"`
}

// BackSide is the emblem side of a card.
type BackSide struct {
	// OCR is the text read off it.
	OCR *BackOCR `json:"ocr_result,omitzero"`
	// UploadTimes is how many photos were sent.
	UploadTimes *int `json:"upload_times,omitzero"`
}

// BackOCR is the text on the emblem side, as read.
type BackOCR struct {
	// IssuedBy is the authority.
	IssuedBy handlers.Private `json:"issued_by,omitzero"`
	// ValidDate is "YYYY.MM.DD-YYYY.MM.DD".
	ValidDate handlers.Private `json:"valid_date,omitzero"`
	// Legality rates what kind of picture it was.
	Legality Legality `json:"legality,omitzero"`
}

// Legality holds the probability, 0 to 1, of each kind of picture: "ID Photo" (a
// real card), "Temporary ID Photo", "Photocopy", "Screen" (photographed off a
// screen), "Edited". Keys are cleaned: the vendor also writes "Temporary ID Photo "
// and "ID_Photo".
type Legality map[string]float64

// FieldQuality rates one field that was read.
type FieldQuality struct {
	// Quality is how well it could be read, 0 to 1.
	Quality *float64 `json:"quality,omitzero"`
	// Logic is the vendor's plausibility code; 0 in its examples.
	Logic *int `json:"logic,omitzero"`
	// Result is the text; dates are YYYYMMDD.
	Result handlers.Private `json:"result,omitzero"`
}
