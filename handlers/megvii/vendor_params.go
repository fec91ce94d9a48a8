package megvii

import (
	"errors"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/idcard"
)

// Params are what one start may say, as handlers.StartParams.Params (by value or
// by pointer). A zero field means what [Config.Defaults] says.
type Params struct {
	// Name and IDNumber say who the person must be, as typed: they are normalised
	// (full-width characters, spaces, middle dots, x). With [IDCardGiven] they are
	// sent, and required. Otherwise they are not sent: what the person shows or types
	// on the vendor's page is compared with them, and another identity fails with
	// [handlers.ReasonIdentityMismatch]. Default there: none, and no identity is
	// demanded. Only keyed hashes of them are stored.
	Name, IDNumber handlers.Private

	// UUID is your id of the person for the vendor's reports. With
	// [CompareWithImageRefs] the vendor requires one. Default there: the session's id,
	// which tells the vendor nothing. Default elsewhere: none.
	UUID string

	// ImageRefs are one to three reference photos; see [GetTokenRequest.ImageRefs].
	// Required with [CompareWithImageRefs], else default none.
	ImageRefs []handlers.PrivateBytes

	// BizExtraData is echoed in callbacks, through the person's browser. Default: that
	// of [Config.Defaults].
	BizExtraData string

	// WebTitle is the page's title. Default: that of [Config.Defaults].
	WebTitle string

	// SceneID is a scene of the vendor's console. Default: that of [Config.Defaults].
	SceneID string

	// Language is the page's language. Default: that of [Config.Defaults]; if it has
	// none, the browser's in the international regions, else the vendor's.
	Language Language

	// ReturnMethod is how the vendor's page sends the browser back. Default: that of
	// [Config.Defaults].
	ReturnMethod ReturnMethod

	// ComparisonType is what the face is compared with. Default: that of
	// [Config.Defaults].
	ComparisonType ComparisonType

	// IDCardMode is where name and number come from. Default: that of
	// [Config.Defaults]; it is dropped with a ComparisonType other than
	// [CompareWithIDCard].
	IDCardMode IDCardMode

	// ProcedureType is what the person does before the camera. Default: that of
	// [Config.Defaults].
	ProcedureType ProcedureType
}

// errWrongParams tells a developer what BeginRequest.Params must be.
var errWrongParams = errors.New("megvii: the params of a start must be megvii.Params, *megvii.Params or nil")

// paramsOf takes the params of a start apart.
func paramsOf(given any) (Params, error) {
	switch p := given.(type) {
	case nil:
		return Params{}, nil
	case Params:
		return p, nil
	case *Params:
		if p != nil {
			return *p, nil
		}
		return Params{}, nil
	default:
		return Params{}, errWrongParams
	}
}

// normal returns the params with name and number as the vendor wants them. What is
// no name or number is refused here also where it is not sent: it could never
// match what comes back.
func (p Params) normal() (Params, error) {
	e := &InvalidError{What: "Params"}
	if !p.Name.IsZero() {
		name, ok := idcard.NormalizeName(p.Name.Reveal())
		if !ok {
			e.Fields = append(e.Fields, InvalidField{"Name", "must be a name of 1 to 32 characters without digits and control characters"})
		}
		p.Name = handlers.Hide(name)
	}
	if !p.IDNumber.IsZero() {
		number := idcard.Normalize(p.IDNumber.Reveal())
		if !idcard.Valid(number) {
			e.Fields = append(e.Fields, InvalidField{"IDNumber", "must be an ID number of 18 characters with a real birth date and the right check character"})
		}
		p.IDNumber = handlers.Hide(number)
	}
	if len(e.Fields) > 0 {
		return Params{}, e
	}
	return p, nil
}

// apply writes the params over a request made of the defaults.
func (p Params) apply(r *GetTokenRequest) {
	replace(&r.BizExtraData, p.BizExtraData)
	replace(&r.WebTitle, p.WebTitle)
	replace(&r.SceneID, p.SceneID)
	replace(&r.Language, p.Language)
	replace(&r.ReturnMethod, p.ReturnMethod)
	replace(&r.ProcedureType, p.ProcedureType)
	if p.ReturnMethod == ReturnByPOST {
		r.RedirectType = ""
	}
	if p.ComparisonType != "" && p.ComparisonType != CompareWithIDCard {
		r.IDCardMode, r.IDCardUneditableFields = "", nil
	}
	replace(&r.ComparisonType, p.ComparisonType)
	replace(&r.IDCardMode, p.IDCardMode)
	r.UUID, r.ImageRefs = p.UUID, p.ImageRefs
	if r.ComparisonType == CompareWithImageRefs && r.UUID == "" {
		r.UUID = r.BizNo
	}
	if r.sendsIdentity() {
		r.IDCardName, r.IDCardNumber = p.Name, p.IDNumber
	}
}

// replace overwrites a default with what a start says.
func replace[T ~string](field *T, said T) {
	if said != "" {
		*field = said
	}
}
