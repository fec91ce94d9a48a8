package strictjson_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// answer has one member of each kind.
type answer struct {
	Status string `json:"status"`
	Count  int    `json:"count"`
	Inner  *struct {
		Kind string `json:"kind"`
	} `json:"inner"`
}

func TestUnmarshalAccepts(t *testing.T) {
	tests := map[string]struct {
		data string
		want string // status
	}{
		"a plain object":                            {`{"status":"OK"}`, "OK"},
		"an empty object":                           {`{}`, ""},
		"white space around and inside":             {" \t\r\n{ \"status\" :\r\n \"OK\" }\r\n ", "OK"},
		"unknown members of any type":               {`{"new":[{"a":[1,null,true]}],"status":"OK"}`, "OK"},
		"names that differ by more than case":       {`{"status":"OK","status_":"x","stat us":"y"}`, "OK"},
		"the same name in two objects":              {`{"a":{"k":1},"b":{"k":2},"status":"OK"}`, "OK"},
		"the same name in an outer object":          {`{"status":"OK","inner":{"status":"x"}}`, "OK"},
		"the same string as a value":                {`{"status":"status","other":"status"}`, "status"},
		"escapes":                                   {`{"status":"\u5f20\"\\\/\b\u0001"}`, "张\"\\/\b\x01"},
		"a surrogate pair":                          {`{"status":"\ud83d\ude00"}`, "😀"},
		"an escaped backslash before u0000":         {`{"status":"\\u0000"}`, `\u0000`},
		"brackets and commas inside strings":        {`{"status":"}]{[,:"}`, "}]{[,:"},
		"an escaped name":                           {`{"\u0073tatus":"OK"}`, "OK"},
		"a name in another case, which is unknown":  {`{"Status":"OK"}`, ""},
		"a name with a long s, which is unknown":    {`{"ſtatus":"OK"}`, ""},
		"null for members":                          {`{"status":null,"inner":null}`, ""},
		"32 levels":                                 {`{"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, ""},
		"a string of exactly the limit":             {`{"status":"` + strings.Repeat("a", 1<<20) + `"}`, strings.Repeat("a", 1<<20)},
		"exactly as many elements as the limit is":  {`{"x":[` + strings.Repeat("0,", 9997) + `0]}`, ""},
		"an object with more names than one screen": {`{` + manyNames(500) + `"status":"OK"}`, "OK"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got answer
			require.NoError(t, strictjson.Unmarshal([]byte(tt.data), &got))
			assert.Equal(t, tt.want, got.Status)
		})
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"n` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("0", i/26) + `":1,`)
	}
	return b.String()
}

func TestUnmarshalRefuses(t *testing.T) {
	tests := map[string]struct {
		data string
		want error
	}{
		"case 47: no bytes":                               {``, strictjson.ErrNotObject},
		"case 47: white space alone":                      {" \n", strictjson.ErrNotObject},
		"case 47: null":                                   {`null`, strictjson.ErrNotObject},
		"case 47: an array":                               {`[]`, strictjson.ErrNotObject},
		"case 47: a number":                               {`1`, strictjson.ErrNotObject},
		"case 47: a string":                               {`"{}"`, strictjson.ErrNotObject},
		"case 50: a name twice":                           {`{"status":"FAILED","status":"OK"}`, strictjson.ErrDuplicate},
		"case 50: a name twice, once escaped":             {`{"status":"FAILED","st\u0061tus":"OK"}`, strictjson.ErrDuplicate},
		"case 50: an unknown name twice":                  {`{"a":1,"b":2,"a":3}`, strictjson.ErrDuplicate},
		"case 50: names that differ by case":              {`{"status":"FAILED","Status":"OK"}`, strictjson.ErrDuplicate},
		"case 50: names that differ by a long s":          {`{"status":"FAILED","ſtatus":"OK"}`, strictjson.ErrDuplicate},
		"case 50: names that differ by an escaped long s": {`{"status":"FAILED","\u017ftatus":"OK"}`, strictjson.ErrDuplicate},
		"case 50: names that differ by a Kelvin sign":     {`{"inner":{"kind":"a","\u212aind":"b"}}`, strictjson.ErrDuplicate},
		"case 50: names that differ by Greek case":        {`{"σ":1,"ς":2}`, strictjson.ErrDuplicate},
		"case 50: twins in an array's object":             {`{"x":[[{"a":1,"A":2}]]}`, strictjson.ErrDuplicate},
		"case 50: twins around a nested object":           {`{"a":1,"x":{"b":1},"A":2}`, strictjson.ErrDuplicate},
		"case 50: an empty name twice":                    {`{"":1,"":2}`, strictjson.ErrDuplicate},
		"case 51: a byte order mark":                      {"\ufeff{}", strictjson.ErrEncoding},
		"case 51: an invalid byte in a string":            {"{\"a\":\"\xff\"}", strictjson.ErrEncoding},
		"case 51: an invalid byte in a name":              {"{\"\xc3\":1}", strictjson.ErrEncoding},
		"case 51: an overlong encoding":                   {"{\"a\":\"\xc0\xaf\"}", strictjson.ErrEncoding},
		"case 51: a raw surrogate":                        {"{\"a\":\"\xed\xa0\x80\"}", strictjson.ErrEncoding},
		"case 51: a lone high surrogate":                  {`{"a":"\ud800"}`, strictjson.ErrEncoding},
		"case 51: a lone high surrogate before text":      {`{"a":"\ud800xxxxxx"}`, strictjson.ErrEncoding},
		"case 51: two high surrogates":                    {`{"a":"\ud800\ud800"}`, strictjson.ErrEncoding},
		"case 51: a lone low surrogate":                   {`{"a":"\udc00"}`, strictjson.ErrEncoding},
		"case 51: U+0000 in a string":                     {`{"a":"x\u0000"}`, strictjson.ErrEncoding},
		"case 51: U+0000 in a name":                       {`{"\u0000":1}`, strictjson.ErrEncoding},
		"case 51: a raw NUL":                              {"{\"a\":\"\x00\"}", strictjson.ErrEncoding},
		"case 52: a second object":                        {`{}{}`, strictjson.ErrTrailing},
		"case 52: a closing brace too many":               {`{}}`, strictjson.ErrTrailing},
		"case 52: a comma behind":                         {`{},`, strictjson.ErrTrailing},
		"case 52: a comment behind":                       {`{}//`, strictjson.ErrTrailing},
		"case 52: a NUL behind":                           {"{}\x00", strictjson.ErrTrailing},
		"case 52: a comment in front":                     {`/**/{}`, strictjson.ErrNotObject},
		"case 52: a comment inside":                       {`{/**/}`, strictjson.ErrSyntax},
		"case 52: NaN":                                    {`{"count":NaN}`, strictjson.ErrSyntax},
		"case 52: a leading zero":                         {`{"count":01}`, strictjson.ErrSyntax},
		"case 52: single quotes":                          {`{'a':1}`, strictjson.ErrSyntax},
		"case 52: a comma before the end":                 {`{"a":1,}`, strictjson.ErrSyntax},
		"case 52: cut short in an object":                 {`{"a":1`, strictjson.ErrSyntax},
		"case 52: cut short in a string":                  {`{"a":"`, strictjson.ErrSyntax},
		"case 52: cut short in an escape":                 {`{"a":"\u00`, strictjson.ErrSyntax},
		"case 52: cut short behind a backslash":           {`{"a":"\`, strictjson.ErrSyntax},
		"case 52: crossed brackets":                       {`{"a":[}]`, strictjson.ErrSyntax},
		"case 52: a raw line break in a string":           {"{\"a\":\"\n\"}", strictjson.ErrSyntax},
		"case 53: depth 33":                               {`{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, strictjson.ErrTooDeep},
		"case 53: depth 200":                              {`{"x":` + strings.Repeat(`{"x":`, 199) + `1` + strings.Repeat("}", 200), strictjson.ErrTooDeep},
		"case 53: a string over the limit":                {`{"x":"` + strings.Repeat("a", 1<<20+1) + `"}`, strictjson.ErrTooLong},
		"case 53: a name over the limit":                  {`{"` + strings.Repeat("a", 1<<20+1) + `":1}`, strictjson.ErrTooLong},
		"case 53: an array of 100,000":                    {`{"x":[` + strings.Repeat("0,", 99_999) + `0]}`, strictjson.ErrTooMany},
		"case 56: a member of another type":               {`{"status":1}`, strictjson.ErrMismatch},
		"case 56: an array for an object, deep":           {`{"inner":[]}`, strictjson.ErrMismatch},
		"a number that does not fit":                      {`{"count":1e99}`, strictjson.ErrMismatch},
		"case 41: the padding of a length extension":      {"{\"status\":\"OK\"}\x80\x00\x00{\"status\":\"OK\"}", strictjson.ErrTrailing},
		"case 41: bytes behind that are valid UTF-8":      {"{\"status\":\"OK\"} \u0080", strictjson.ErrTrailing},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got answer
			err := strictjson.Unmarshal([]byte(tt.data), &got)
			assert.ErrorIs(t, err, tt.want)
		})
	}
}

func TestErrorsHoldNoInput(t *testing.T) {
	for _, data := range []string{
		`{"status":{"canary":"canary"}}`, `{"inner":"canary"}`, `{"canary":canary}`,
		`{"canary":1,"Canary":2}`, `{}canary`, `{"status":"canary`, `canary`, `{"count":"canary"}`,
	} {
		var got answer
		err := strictjson.Unmarshal([]byte(data), &got)
		require.Error(t, err, data)
		assert.NotContains(t, strings.ToLower(err.Error()), "canary", data)
	}
}

func TestUnmarshalWithHasItsOwnLimits(t *testing.T) {
	var got answer
	limits := strictjson.Limits{Depth: 2, String: 6, Elements: 4}
	assert.NoError(t, strictjson.UnmarshalWith([]byte(`{"status":"123456","x":[]}`), &got, limits))
	assert.ErrorIs(t, strictjson.UnmarshalWith([]byte(`{"x":[[]]}`), &got, limits), strictjson.ErrTooDeep)
	assert.ErrorIs(t, strictjson.UnmarshalWith([]byte(`{"x":"1234567"}`), &got, limits), strictjson.ErrTooLong)
	assert.ErrorIs(t, strictjson.UnmarshalWith([]byte(`{"x":1,"y":2,"z":3,"w":4,"v":5}`), &got, limits), strictjson.ErrTooMany)

	deep := `{"x":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`
	assert.NoError(t, strictjson.UnmarshalWith([]byte(deep), &got, strictjson.Limits{Depth: 100}))
}

// FuzzUnmarshal holds strictjson against encoding/json: what we accept, it
// accepts too, reads the same, and finds nothing behind.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`{"status":"OK","count":1,"inner":{"kind":"x"}}`, `{"a":[1,2,{"b":null}]}`, `{"\u0073":1,"S":2}`,
		`{"a":"\ud83d\ude00"}`, `{}{}`, `{"a":1}` + "\x80", "\ufeff{}", `{"a":"\\u0000"}`, `null`, `{"K":1,"k":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var ours map[string]any
		if strictjson.Unmarshal(data, &ours) != nil {
			return
		}
		var theirs map[string]any
		require.NoError(t, json.Unmarshal(data, &theirs))
		require.Equal(t, theirs, ours)
		require.Equal(t, byte('{'), bytes.TrimSpace(data)[0])
		requireNoTwins(t, ours)
	})
}

// requireNoTwins fails if an object holds two names that fold alike.
func requireNoTwins(t *testing.T, v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			requireNoTwins(t, e)
		}
	case map[string]any:
		for a, e := range v {
			requireNoTwins(t, e)
			for b := range v {
				require.False(t, a != b && strings.EqualFold(a, b))
			}
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	data := []byte(`{"status":"OK",` + manyNames(150) + `"inner":{"kind":"x"}}`)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var got answer
		if err := strictjson.Unmarshal(data, &got); err != nil {
			b.Fatal(err)
		}
	}
}
