package megvii

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/check"
	"github.com/facegate/facegate/handlers/internal/idcard"
)

// newChecker returns a checker that sees through the private types.
func newChecker() *check.Checker { return check.New(handlers.Private{}, handlers.PrivateBytes{}) }

// problems returns every rule that the request breaks. With insecure, URLs may be
// plain http and on any port.
func (r *GetTokenRequest) problems(c *check.Checker, insecure bool) []check.Problem {
	found := c.Struct(r)
	found = append(found, r.addressProblems(insecure)...)
	found = append(found, r.comparisonProblems()...)
	found = append(found, r.identityProblems()...)
	found = append(found, r.procedureProblems()...)
	return append(found, r.extraProblems()...)
}

// addressProblems knows where the vendor may be told to send people and results.
func (r *GetTokenRequest) addressProblems(insecure bool) (found []check.Problem) {
	if insecure {
		return nil
	}
	for _, address := range []struct{ field, url string }{{"ReturnURL", r.ReturnURL}, {"NotifyURL", r.NotifyURL}} {
		if u, err := url.Parse(address.url); err == nil && u.Scheme == "http" {
			found = append(found, check.Problem{Field: address.field, Rule: "must be https"})
		}
	}
	if u, err := url.Parse(r.NotifyURL); err == nil && u.Host != "" && !callable(u) {
		found = append(found, check.Problem{Field: "NotifyURL", Rule: "must be on port 443, 5000, 16003, 8883 or 8028: Megvii calls no other"})
	}
	return found
}

// callable reports whether Megvii's server would call u.
func callable(u *url.URL) bool {
	port, err := strconv.Atoi(u.Port())
	if u.Port() == "" {
		port, err = 443, nil
		if u.Scheme == "http" {
			port = 80
		}
	}
	return err == nil && slices.Contains(callablePorts(), port)
}

// comparisonProblems knows which parameters go with which comparison_type.
func (r *GetTokenRequest) comparisonProblems() (found []check.Problem) {
	add := func(broken bool, field, rule string) {
		if broken {
			found = append(found, check.Problem{Field: field, Rule: rule})
		}
	}
	switch r.ComparisonType {
	case CompareWithIDCard:
		add(r.IDCardMode == "", "IDCardMode", "is required with ComparisonType 1")
	case CompareWithImageRefs, CompareNothing:
		add(r.IDCardMode != "", "IDCardMode", "must be empty unless ComparisonType is 1")
		add(len(r.IDCardUneditableFields) > 0, "IDCardUneditableFields", "must be empty unless ComparisonType is 1")
	}
	withRefs := r.ComparisonType == CompareWithImageRefs
	add(withRefs && r.UUID == "", "UUID", "is required with ComparisonType 0")
	add(withRefs && len(r.ImageRefs) == 0, "ImageRefs", "must hold at least one photo with ComparisonType 0")
	add(r.ComparisonType == CompareNothing && len(r.ImageRefs) > 0, "ImageRefs", "must be empty with ComparisonType -1")
	return found
}

// identityProblems checks what tells who the person is, unless it is ciphertext.
func (r *GetTokenRequest) identityProblems() (found []check.Problem) {
	add := func(field, rule string) { found = append(found, check.Problem{Field: field, Rule: rule}) }
	given := r.sendsIdentity()
	name, number := r.IDCardName.Reveal(), r.IDCardNumber.Reveal()
	switch {
	case !given && name != "":
		add("IDCardName", "must be empty unless IDCardMode is 0")
	case given && name == "":
		add("IDCardName", "is required with IDCardMode 0")
	case given && !r.encrypted() && !normalName(name):
		add("IDCardName", "must be a name of 1 to 32 characters without digits, control characters or needless space")
	}
	switch {
	case !given && number != "":
		add("IDCardNumber", "must be empty unless IDCardMode is 0")
	case given && number == "":
		add("IDCardNumber", "is required with IDCardMode 0")
	case given && !r.encrypted() && !idcard.Valid(number):
		add("IDCardNumber", "must be an ID number of 18 characters with a real birth date and the right check character")
	}
	if r.encrypted() {
		return found
	}
	for i, photo := range r.ImageRefs {
		if !photo.IsZero() && !isPicture(photo) {
			add("ImageRefs["+strconv.Itoa(i)+"]", "must be a picture, such as a JPEG or PNG file")
		}
	}
	return found
}

// sendsIdentity reports whether name and number go to the vendor.
func (r *GetTokenRequest) sendsIdentity() bool {
	return r.ComparisonType == CompareWithIDCard && r.IDCardMode == IDCardGiven
}

// encrypted reports whether the caller supplies ciphertext.
func (r *GetTokenRequest) encrypted() bool {
	return r.EncryptionType == EncryptionSM2 || r.EncryptionType == EncryptionRSA
}

// normalName reports whether a name is already in its normal form.
func normalName(name string) bool {
	normal, ok := idcard.NormalizeName(name)
	return ok && normal == name
}

// procedureProblems knows which parameters go with which procedure and return.
func (r *GetTokenRequest) procedureProblems() (found []check.Problem) {
	add := func(broken bool, field, rule string) {
		if broken {
			found = append(found, check.Problem{Field: field, Rule: rule})
		}
	}
	preference, procedure := r.LivenessPreferences, r.ProcedureType
	add(preference == PreferSelfieNoMetadataCheck && procedure != ProcedureSelfie, "LivenessPreferences", "goes with ProcedureType selfie only")
	add(preference == PreferStillStrict && procedure != ProcedureStill, "LivenessPreferences", "goes with ProcedureType still only")
	add(preference == PreferVideoStrict && procedure != ProcedureVideo && procedure != "", "LivenessPreferences", "goes with ProcedureType video only")
	add(r.RedirectType != "" && r.ReturnMethod != ReturnByGET, "RedirectType", "goes with ReturnMethod GET only")
	add(r.MaximumShootingTime%time.Second != 0, "MaximumShootingTime", "must be whole seconds")
	return found
}

// extraProblems keeps Extra from shadowing a typed parameter.
func (r *GetTokenRequest) extraProblems() (found []check.Problem) {
	if len(r.Extra) > 32 {
		return []check.Problem{{Field: "Extra", Rule: "must hold at most 32 parameters"}}
	}
	for name := range r.Extra {
		switch {
		case !wireName(name):
			found = append(found, check.Problem{Field: "Extra", Rule: "must have names of lower-case letters, digits and underscores"})
		case slices.Contains(typedParameters(), name):
			found = append(found, check.Problem{Field: "Extra", Rule: "must not hold " + name + ", which has a field of its own"})
		}
	}
	slices.SortFunc(found, func(a, b check.Problem) int { return strings.Compare(a.Rule, b.Rule) })
	return slices.Compact(found)
}

// wireName reports whether s looks like a name of a parameter.
func wireName(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
