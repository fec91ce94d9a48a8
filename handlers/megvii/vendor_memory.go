package megvii

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"github.com/go-json-experiment/json"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/idcard"
	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// ReasonIdentityUnchecked, review: whether the right person came back cannot be
// told: a name or ID number was asked for, and the API_SECRET of the start is
// neither the current one nor [Config.PreviousAPISecret], or what the start asked
// for is not readable.
const ReasonIdentityUnchecked handlers.Reason = "identity_unchecked"

// memoryFormat is the version of what a session remembers. Readers refuse one that
// they do not know, so a new version is first taught to read, and written a release
// later.
const memoryFormat = 1

// memory is what a session was begun with, as far as a later result is judged by
// it. It is stored, so name and number stand in it as hashes. There are few enough
// ID numbers to try them all; the hashes are therefore keyed with the API_SECRET,
// which no store holds, and with the session, so that equal people do not look
// equal.
type memory struct {
	Format     int            `json:"v,omitzero"`
	Comparison ComparisonType `json:"comparison,omitzero"`
	Procedure  ProcedureType  `json:"procedure,omitzero"`
	IDCardMode IDCardMode     `json:"idcard_mode,omitzero"`
	ImageRefs  int            `json:"image_refs,omitzero"`
	KeyID      string         `json:"key_id,omitzero"`
	Name       string         `json:"name,omitzero"`
	IDNumber   string         `json:"id_number,omitzero"`
}

// remember writes the memory of a session.
func remember(secret handlers.Private, request *GetTokenRequest, p Params) ([]byte, error) {
	m := memory{
		Format:     memoryFormat,
		Comparison: request.ComparisonType, Procedure: request.ProcedureType,
		IDCardMode: request.IDCardMode, ImageRefs: len(request.ImageRefs),
	}
	if !p.Name.IsZero() || !p.IDNumber.IsZero() {
		m.KeyID = keyID(secret)
		m.Name = identityHash(secret, request.BizNo, "name", p.Name.Reveal())
		m.IDNumber = identityHash(secret, request.BizNo, "id_number", p.IDNumber.Reveal())
	}
	return json.Marshal(m)
}

// recall reads a memory, and reports whether there is one that this version knows.
// The first memories were written without a version, and lie in stores for as long as
// a session may still hear a notice; they hold what version 1 holds.
func recall(stored []byte) (memory, bool) {
	var m memory
	if len(stored) == 0 || strictjson.Unmarshal(stored, &m) != nil {
		return memory{}, false
	}
	return m, m.Format == memoryFormat || m.Format == 0
}

// expectsIdentity reports whether the result must be about one certain person.
func (m memory) expectsIdentity() bool { return m.Name != "" || m.IDNumber != "" }

// secret returns the one of secrets that the hashes are keyed with, and reports
// whether that is known; without hashes there is nothing to know.
func (m memory) secret(secrets []handlers.Private) (handlers.Private, bool) {
	if !m.expectsIdentity() {
		return handlers.Private{}, true
	}
	for _, secret := range secrets {
		if sameText(keyID(secret), m.KeyID) {
			return secret, true
		}
	}
	return handlers.Private{}, false
}

// asked tells the policy what the session was begun with. Names and numbers are
// compared in their normal form.
func (m memory) asked(secret handlers.Private, session string) Asked {
	asked := Asked{
		LivenessOnly: m.Comparison == CompareNothing,
		Comparisons:  m.comparisons(),
		Will:         m.Procedure == ProcedureWill,
	}
	if m.Name != "" {
		asked.SameName = func(came handlers.Private) bool {
			name, ok := idcard.NormalizeName(came.Reveal())
			return ok && sameText(m.Name, identityHash(secret, session, "name", name))
		}
	}
	if m.IDNumber != "" {
		asked.SameIDNumber = func(came handlers.Private) bool {
			return sameText(m.IDNumber, identityHash(secret, session, "id_number", idcard.Normalize(came.Reveal())))
		}
	}
	return asked
}

// comparisons are those that the vendor was asked for.
func (m memory) comparisons() (names []string) {
	if m.Comparison == CompareWithIDCard {
		names = append(names, CompareFaceID)
	}
	refs := []string{CompareRef1, CompareRef2, CompareRef3}
	return append(names, refs[:min(max(m.ImageRefs, 0), len(refs))]...)
}

// identityHash hides one value of one session; empty for none.
func identityHash(secret handlers.Private, session, kind, value string) string {
	if value == "" {
		return ""
	}
	return keyed(secret, "facegate megvii "+kind+"\x00"+session+"\x00"+value)
}

// keyID tells secrets apart without telling them.
func keyID(secret handlers.Private) string { return keyed(secret, "facegate megvii key id")[:8] }

// keyed is an HMAC-SHA256 in base64.
func keyed(secret handlers.Private, text string) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// sameText compares in constant time.
func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
