package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/handlers/internal/page"
)

func asking(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, h := range headers {
		r.Header.Add("Accept-Language", h)
	}
	return r
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		name     string
		headers  []string
		fallback string
		want     string
	}{
		{"no header leaves it to the fallback", nil, "zh", "zh"},
		{"no header and no fallback is English", nil, "", "en"},
		{"an unknown fallback is English", nil, "fr", "en"},
		{"an empty header leaves it to the fallback", []string{""}, "zh", "zh"},
		{"zh-CN is Chinese", []string{"zh-CN"}, "en", "zh"},
		{"zh-Hans is Chinese", []string{"zh-Hans"}, "en", "zh"},
		{"zh-TW is Chinese", []string{"zh-TW"}, "en", "zh"},
		{"letter case does not matter", []string{"ZH-hans-cn"}, "en", "zh"},
		{"en-GB is English", []string{"en-GB"}, "zh", "en"},
		{"a tag that only begins with zh is another language", []string{"zha"}, "en", "en"},
		{"a phone set to Chinese", []string{"zh-CN,zh;q=0.9,en;q=0.8"}, "en", "zh"},
		{"a phone set to English that also reads Chinese", []string{"en-US,en;q=0.9,zh-CN;q=0.8"}, "zh", "en"},
		{"quality counts, not order", []string{"en;q=0.3,zh;q=0.7"}, "en", "zh"},
		{"spaces are allowed", []string{" en ; q=0.3 , zh ; q = 0.7 "}, "en", "zh"},
		{"equal quality: the earlier one", []string{"zh,en"}, "en", "zh"},
		{"equal quality the other way round", []string{"en,zh"}, "zh", "en"},
		{"a foreign language leaves it to the fallback", []string{"fr-FR,de;q=0.8"}, "zh", "zh"},
		{"French first, then Chinese", []string{"fr-FR,zh;q=0.2"}, "en", "zh"},
		{"a star leaves it to the fallback", []string{"*"}, "zh", "zh"},
		{"a star after a foreign language too", []string{"fr,*;q=0.5"}, "zh", "zh"},
		{"a star speaks for what is not named", []string{"*;q=0.9,en;q=0.1"}, "en", "zh"},
		{"zero refuses", []string{"zh;q=0"}, "zh", "en"},
		{"zero refuses what a star would allow", []string{"*,en;q=0"}, "en", "zh"},
		{"zh refused by name and allowed by variant is allowed", []string{"zh-CN,zh;q=0"}, "en", "zh"},
		{"a quality that is no number counts as refused", []string{"zh;q=abc,en;q=0.1"}, "zh", "en"},
		{"a quality above one counts as refused", []string{"zh;q=5,en;q=0.1"}, "zh", "en"},
		{"NaN counts as refused", []string{"zh;q=NaN,en;q=0.1"}, "zh", "en"},
		{"another parameter is not a quality", []string{"zh;level=1"}, "en", "zh"},
		{"several header lines are one list", []string{"fr", "zh;q=0.4"}, "en", "zh"},
		{"a flood is cut short", []string{strings.Repeat("fr,", 10000) + "zh"}, "en", "en"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, page.Language(asking(c.headers...), c.fallback))
		})
	}
}

func FuzzLanguage(f *testing.F) {
	f.Add("zh-CN,zh;q=0.9,en;q=0.8")
	f.Add("*;q=")
	f.Add(";;;,,,=")
	f.Fuzz(func(t *testing.T, header string) {
		if got := page.Language(asking(header), "zh"); got != "zh" && got != "en" {
			t.Fatalf("%q: %q", header, got)
		}
	})
}

func BenchmarkLanguage(b *testing.B) {
	for name, header := range map[string]string{"phone": "zh-CN,zh;q=0.9,en;q=0.8", "flood": strings.Repeat("x;q=0.1,", 10000)} {
		r := asking(header)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page.Language(r, "en")
			}
		})
	}
}
