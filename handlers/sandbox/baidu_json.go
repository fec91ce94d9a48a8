package sandbox

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// baiduObject is a JSON object that keeps the order of its members, so that
// answers read as the vendor's do. A member whose value is baiduAbsent is left
// out.
type baiduObject []baiduMember

type baiduMember struct {
	name  string
	value any
}

// baiduAbsent as a member's value leaves the member out.
type baiduAbsent struct{}

// MarshalJSONTo writes the members in their order.
func (o baiduObject) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, member := range o {
		if member.value == (baiduAbsent{}) {
			continue
		}
		if err := enc.WriteToken(jsontext.String(member.name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(enc, member.value); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}
