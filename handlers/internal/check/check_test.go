package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/internal/check"
)

type hidden struct{ text *string }

func hide(s string) hidden { return hidden{&s} }
func (h hidden) Reveal() string {
	if h.text == nil {
		return ""
	}
	return *h.text
}

type hiddenBytes struct{ data []byte }

func (h hiddenBytes) Reveal() []byte { return h.data }

func TestEveryBrokenRuleIsReportedAtOnceInTheOrderOfTheFields(t *testing.T) {
	type nested struct {
		Title string `validate:"maxbytes=4"`
	}
	v := struct {
		Name     string        `validate:"account_name"`
		Secret   hidden        `validate:"secret"`
		Wait     time.Duration `validate:"min=1s"`
		Defaults nested
		Modes    []string `validate:"max=1,dive,oneof=a b"`
	}{Name: "A b", Wait: time.Millisecond, Defaults: nested{"中文"}, Modes: []string{"c"}}

	problems := check.New(hidden{}).Struct(v)
	assert.Equal(t, []check.Problem{
		{"Name", "must be 1 to 32 lower-case letters, digits and dashes"},
		{"Secret", "is required"},
		{"Wait", "must be at least 1s"},
		{"Defaults.Title", "must be at most 4 bytes long"},
		{"Modes[0]", "must be one of a, b"},
	}, problems)
	assert.Equal(t, "Secret is required; Wait must be at least 1s", check.Text(problems[1:3]))
}

func TestNoProblemIsNil(t *testing.T) {
	assert.Nil(t, check.New().Struct(struct{ A string }{}))
	assert.Nil(t, check.New().Struct(&struct{ A string }{}))
}

func TestWhatIsNoStructIsAProblemAndNoPanic(t *testing.T) {
	for _, v := range []any{nil, 1, "x", (*struct{})(nil)} {
		assert.NotEmpty(t, check.New().Struct(v))
	}
}

func TestEachOwnRule(t *testing.T) {
	for name, tc := range map[string]struct {
		v     any
		holds bool
	}{
		"a name of letters, digits and dashes": {struct {
			V string `validate:"account_name"`
		}{"megvii-sg2"}, true},
		"a name that ends in a dash": {struct {
			V string `validate:"account_name"`
		}{"megvii-"}, false},
		"an empty name": {struct {
			V string `validate:"account_name"`
		}{""}, false},
		"bytes, not characters, up to the limit": {struct {
			V string `validate:"maxbytes=6"`
		}{"中文"}, true},
		"bytes over the limit": {struct {
			V string `validate:"maxbytes=5"`
		}{"中文"}, false},
		"hidden bytes at the limit": {struct {
			V hiddenBytes `validate:"maxbytes=2"`
		}{hiddenBytes{[]byte("ab")}}, true},
		"hidden bytes over the limit": {struct {
			V hiddenBytes `validate:"maxbytes=2"`
		}{hiddenBytes{[]byte("abc")}}, false},
		"printable text": {struct {
			V string `validate:"printable"`
		}{"中文 a"}, true},
		"text with a line break": {struct {
			V string `validate:"printable"`
		}{"a\nb"}, false},
		"broken UTF-8": {struct {
			V string `validate:"printable"`
		}{"\xff"}, false},
		"text with a wide space": {struct {
			V string `validate:"printable"`
		}{"人脸\u3000核验"}, true},
		"text that is reordered where it is shown": {struct {
			V string `validate:"printable"`
		}{"a\u202eb"}, false},
		"text with an invisible character": {struct {
			V string `validate:"printable"`
		}{"a\u200bb"}, false},
		"lines of UTF-8": {struct {
			V string `validate:"utf8"`
		}{"一\n二"}, true},
		"UTF-8 with a NUL": {struct {
			V string `validate:"utf8"`
		}{"a\x00b"}, false},
		"an https URL with a fragment": {struct {
			V string `validate:"web_url"`
		}{"https://shop.example/#/face"}, true},
		"a URL of another scheme": {struct {
			V string `validate:"web_url"`
		}{"ftp://shop.example"}, false},
		"an http URL": {struct {
			V string `validate:"web_url"`
		}{"http://shop.example/x?y=1"}, true},
		"a URL with a user": {struct {
			V string `validate:"web_url"`
		}{"https://a:b@shop.example"}, false},
		"a URL without a host": {struct {
			V string `validate:"web_url"`
		}{"https:///x"}, false},
		"a URL with only a port": {struct {
			V string `validate:"web_url"`
		}{"https://:443/x"}, false},
		"a script": {struct {
			V string `validate:"web_url"`
		}{"javascript:alert(1)"}, false},
		"a URL with a line break": {struct {
			V string `validate:"web_url"`
		}{"https://shop.example/\nx"}, false},
		"a base URL": {struct {
			V string `validate:"base_url"`
		}{"https://shop.example/face"}, true},
		"a base URL with a query": {struct {
			V string `validate:"base_url"`
		}{"https://shop.example/face?"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			problems := check.New(hidden{}, hiddenBytes{}).Struct(tc.v)
			assert.Equal(t, tc.holds, len(problems) == 0, "%v", problems)
			for _, p := range problems {
				assert.NotContains(t, p.Rule, "breaks the rule", "every own rule has its sentence")
			}
		})
	}
}

func TestCase39ASecretThatIsNoneIsRefused(t *testing.T) {
	type config struct {
		Secret hidden `validate:"secret"`
	}
	c := check.New(hidden{})
	for _, good := range []string{"k7Hq2mWz9TfLx4Rb", "sandbox-secret-not-for-production", "0123456789abcdef"} {
		assert.Empty(t, c.Struct(config{hide(good)}), good)
	}
	for _, bad := range []string{
		"", "   ", "                ", "short-secret-15", " k7Hq2mWz9TfLx4Rb", "k7Hq2mWz9TfLx4Rb\n", "k7Hq2mWz9TfLx4Rb\u3000",
		"changeme-changeme", "Change-Me-Please-1", "CHANGE_ME_0000000", "your-api-secret-here", "YOUR_API_SECRET_01",
		"<my-api-secret-01>", "${MEGVII_API_SECRET}", "{{ .Values.secret }}", "%{megvii_api_secret}",
		strings.Repeat("x", 32), strings.Repeat("01", 16), "placeholder-00001",
		"YOUR_MEGVII_API_SECRET", "megvii-secret-goes-here", "put-the-api-secret-here",
		"k7Hq2mWz9TfLx4Rb\u200b", "\ufeffk7Hq2mWz9TfLx4Rb", "k7Hq2mWz9T\x00fLx4Rb",
	} {
		problems := c.Struct(config{hide(bad)})
		require.Len(t, problems, 1, "%q", bad)
		if len(bad) > 3 {
			assert.NotContains(t, problems[0].String(), strings.TrimSpace(bad)+"x", "the sentence never shows the secret")
		}
	}
}

func ExampleChecker_Struct() {
	params := struct {
		WebTitle string `validate:"maxbytes=32"`
		Language string `validate:"omitempty,oneof=0 1"`
	}{WebTitle: "this title is longer than 32 bytes", Language: "2"}
	fmt.Println(check.Text(check.New().Struct(params)))
	// Output: WebTitle must be at most 32 bytes long; Language must be one of 0, 1
}
