package megvii

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/facegate/facegate/handlers"
)

// lenient reads the fields of a Result as loosely as the vendor writes them:
// numbers in quotes and texts without, one object for an array, old spellings. What
// it cannot read becomes Unreadable, NaN, -1 or an empty object, which no rule of a
// Policy accepts. It is never written to.
var lenient = json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(readText),
	json.UnmarshalFromFunc(readStatus),
	json.UnmarshalFromFunc(readPrivate),
	json.UnmarshalFromFunc(readFloat),
	json.UnmarshalFromFunc(readInt),
	json.UnmarshalFromFunc(readBool),
	json.UnmarshalFromFunc(readWill),
	json.UnmarshalFromFunc(readCounters),
	json.UnmarshalFromFunc(readLegality),
	json.UnmarshalFromFunc(readImages),
	json.UnmarshalFromFunc(readIDCard),
	json.UnmarshalFromFunc(objectOnly[BizInfo]),
	json.UnmarshalFromFunc(objectOnly[FrontSide]),
	json.UnmarshalFromFunc(objectOnly[FrontOCR]),
	json.UnmarshalFromFunc(objectOnly[Birthday]),
	json.UnmarshalFromFunc(objectOnly[BackSide]),
	json.UnmarshalFromFunc(objectOnly[BackOCR]),
	json.UnmarshalFromFunc(objectOnly[map[string]FieldQuality]),
	json.UnmarshalFromFunc(objectOnly[FieldQuality]),
	json.UnmarshalFromFunc(objectOnly[LivenessResult]),
	json.UnmarshalFromFunc(objectOnly[FaceGenuineness]),
	json.UnmarshalFromFunc(objectOnly[VerifyResult]),
	json.UnmarshalFromFunc(objectOnly[Comparison]),
	json.UnmarshalFromFunc(objectOnly[Thresholds]),
	json.UnmarshalFromFunc(readIDExceptions),
	json.UnmarshalFromFunc(objectOnly[WillAnswer]),
))

// errDefault hands a value over to the decoder's own reading of the Go type.
var errDefault = errors.ErrUnsupported

// objectOnly skips what is no object and leaves the Go value empty, not absent.
func objectOnly[T any](dec *jsontext.Decoder, _ *T) error {
	if isObjectOrNull(dec) {
		return errDefault
	}
	return dec.SkipValue()
}

func isObjectOrNull(dec *jsontext.Decoder) bool {
	kind := dec.PeekKind()
	return kind == '{' || kind == 'n'
}

// scalar reads a string's text or a number's digits. Anything else is skipped.
func scalar(dec *jsontext.Decoder) (text string, ok bool, err error) {
	kind := dec.PeekKind()
	if kind != '"' && kind != '0' {
		return "", false, dec.SkipValue()
	}
	token, err := dec.ReadToken()
	if err != nil {
		return "", false, err
	}
	return token.String(), true, nil
}

func readText(dec *jsontext.Decoder, p *string) error {
	if kind := dec.PeekKind(); kind == '"' || kind == 'n' {
		return errDefault
	}
	text, ok, err := scalar(dec)
	if !ok {
		text = Unreadable
	}
	*p = text
	return err
}

func readStatus(dec *jsontext.Decoder, p *Status) error {
	if dec.PeekKind() == 'n' {
		return errDefault
	}
	text, _, err := scalar(dec)
	*p = cleanStatus(Status(text))
	return err
}

func readPrivate(dec *jsontext.Decoder, p *handlers.Private) error {
	if dec.PeekKind() == 'n' {
		return errDefault
	}
	text, ok, err := scalar(dec)
	if !ok {
		text = Unreadable
	}
	*p = handlers.Hide(text)
	return err
}

func readFloat(dec *jsontext.Decoder, p *float64) error {
	if dec.PeekKind() == 'n' {
		*p = math.NaN() // only reached in a map: a null pointer stays nil
		return dec.SkipValue()
	}
	text, ok, err := scalar(dec)
	if err != nil {
		return err
	}
	*p = math.NaN()
	if number, good := parseNumber(text); ok && good {
		*p = number
	}
	return nil
}

func readInt(dec *jsontext.Decoder, p *int) error {
	text, ok, err := scalar(dec)
	if err != nil {
		return err
	}
	*p = -1
	if number, good := parseCount(text); ok && good {
		*p = number
	}
	return nil
}

// parseNumber reads a JSON number, which has neither infinities nor hex digits.
func parseNumber(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil
}

// parseCount reads a whole number that fits an int on every platform we know; 1.0
// is one too.
func parseCount(text string) (int, bool) {
	number, ok := parseNumber(text)
	if !ok || number != math.Trunc(number) || math.Abs(number) > 1<<53 || int64(int(number)) != int64(number) {
		return 0, false
	}
	return int(number), true
}

func readBool(dec *jsontext.Decoder, p **bool) error {
	switch dec.PeekKind() {
	case 't', 'f', 'n':
		return errDefault
	}
	text, _, err := scalar(dec)
	if value, bad := strconv.ParseBool(strings.TrimSpace(text)); bad == nil {
		*p = &value
	}
	return err
}

// readWill reads an array of answers, or the one that the vendor's text describes.
func readWill(dec *jsontext.Decoder, p *WillResult) error {
	switch dec.PeekKind() {
	case '[', 'n':
		return errDefault
	}
	var only WillAnswer
	if err := json.UnmarshalDecode(dec, &only); err != nil {
		return err
	}
	*p = WillResult{only}
	return nil
}

// readIDExceptions takes what is no object for a flag that cannot be read: without
// it, it would look like no flag.
func readIDExceptions(dec *jsontext.Decoder, p *IDExceptions) error {
	if isObjectOrNull(dec) {
		return errDefault
	}
	p.IDAttacked = new(-1)
	return dec.SkipValue()
}

// readIDCard also reads the old misspelling of idcard_uneditable_field.
func readIDCard(dec *jsontext.Decoder, p *IDCardInfo) error {
	if !isObjectOrNull(dec) {
		return dec.SkipValue()
	}
	type fields IDCardInfo // without this function
	var wire struct {
		fields
		Misspelt string `json:"idcard_uneditable_feild"`
	}
	if err := json.UnmarshalDecode(dec, &wire); err != nil {
		return err
	}
	*p = IDCardInfo(wire.fields)
	if p.UneditableField == "" {
		p.UneditableField = wire.Misspelt
	}
	return nil
}

// members calls each for every member of an object, which must read one value.
// What is no object is skipped.
func members(dec *jsontext.Decoder, each func(name string) error) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := each(name.String()); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func readCounters(dec *jsontext.Decoder, p *Counters) error {
	if dec.PeekKind() == 'n' {
		return errDefault
	}
	*p = Counters{}
	return p.read(dec, "", true)
}

// read adds one object's counters under a prefix; nested objects once.
func (c Counters) read(dec *jsontext.Decoder, prefix string, nest bool) error {
	return members(dec, func(name string) error {
		if name == "VIDOE_FORMAT_UNSUPPORTED" {
			name = "VIDEO_FORMAT_UNSUPPORTED"
		}
		if nest && dec.PeekKind() == '{' {
			return c.read(dec, name+".", false)
		}
		text, _, err := scalar(dec)
		if count, ok := parseCount(text); ok {
			c[prefix+name] = count
		}
		return err
	})
}

func readLegality(dec *jsontext.Decoder, p *Legality) error {
	if dec.PeekKind() == 'n' {
		return errDefault
	}
	*p = Legality{}
	return members(dec, func(name string) error {
		var probability float64
		err := readFloat(dec, &probability)
		(*p)[strings.TrimSpace(strings.ReplaceAll(name, "_", " "))] = probability
		return err
	})
}
