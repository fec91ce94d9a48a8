package idcard_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/handlers/internal/idcard"
)

// 000000 is no region, so these numbers are nobody's.
const fake, fakeX = "000000199001010026", "00000019900101000X"

func TestCase16IDNumbersAreNormalisedAndChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		typed, want string
		valid       bool
	}{
		"a clean number stays":                  {fake, fake, true},
		"a lower-case x becomes X":              {"00000019900101000x", fakeX, true},
		"a full-width X becomes X":              {"00000019900101000Ｘ", fakeX, true},
		"a full-width x becomes X":              {"00000019900101000ｘ", fakeX, true},
		"full-width digits become ASCII":        {"００００００１９９００１０１００２６", fake, true},
		"space around and inside goes":          {" 000000 19900101\t0026\n", fake, true},
		"full-width space goes":                 {"　000000199001010026　", fake, true},
		"zero-width characters go":              {"\u200B000000199001010026\uFEFF\u200E", fake, true},
		"a wrong check character is refused":    {"000000199001010027", "000000199001010027", false},
		"X where a digit belongs is refused":    {"00000019900101002X", "00000019900101002X", false},
		"an unreal day is refused":              {withCheck("00000019900231000"), withCheck("00000019900231000"), false},
		"the 29th of February of a common year": {withCheck("00000019000229000"), withCheck("00000019000229000"), false},
		"the 29th of February of a leap year":   {withCheck("00000020000229000"), withCheck("00000020000229000"), true},
		"a birth before all living is refused":  {withCheck("00000018000101000"), withCheck("00000018000101000"), false},
		"15 digits of an old card are refused":  {"000000900101000", "000000900101000", false},
		"19 characters are refused":             {fake + "0", fake + "0", false},
		"empty text is refused":                 {"", "", false},
		"X inside is refused":                   {"0000001990010X0026", "0000001990010X0026", false},
		"Arabic digits are refused":             {"٠٠٠٠٠٠199001010026", "٠٠٠٠٠٠199001010026", false},
		"broken UTF-8 is refused":               {fake[:17] + "\xff", fake[:17] + "\uFFFD", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := idcard.Normalize(tc.typed)
			assert.Equal(t, tc.want, got)
			assert.Equal(t, tc.valid, idcard.Valid(got))
		})
	}
}

func TestEverySingleWrongDigitIsFound(t *testing.T) {
	for i := range 18 {
		for d := byte('0'); d <= '9'; d++ {
			if fake[i] == d {
				continue
			}
			assert.False(t, idcard.Valid(fake[:i]+string(d)+fake[i+1:]), "digit %d", i)
		}
	}
}

func TestCase16NamesAreNormalisedOrRefused(t *testing.T) {
	for name, tc := range map[string]struct{ typed, want string }{
		"a clean name stays":                        {"张三", "张三"},
		"surrounding space goes":                    {" \u3000张三\u00A0 ", "张三"},
		"space inside a Chinese name goes":          {"张　三", "张三"},
		"zero-width characters go":                  {"张\u200B三\uFEFF", "张三"},
		"the right middle dot stays":                {"买买提·艾力", "买买提·艾力"},
		"a bullet becomes the middle dot":           {"买买提•艾力", "买买提·艾力"},
		"a katakana dot becomes the middle dot":     {"买买提・艾力", "买买提·艾力"},
		"a half-width dot becomes the middle dot":   {"买买提･艾力", "买买提·艾力"},
		"a hyphenation point becomes it":            {"买买提‧艾力", "买买提·艾力"},
		"a full stop between characters becomes it": {"买买提.艾力", "买买提·艾力"},
		"a full-width full stop becomes it":         {"买买提．艾力", "买买提·艾力"},
		"spaces around the dot go":                  {"买买提 · 艾力", "买买提·艾力"},
		"a rare character of four bytes stays":      {"王𠮷", "王𠮷"},
		"a private-use character stays":             {"王\uE863", "王\uE863"},
		"a Latin name keeps single spaces":          {"  John   P.  O'Neill-Smith ", "John P. O'Neill-Smith"},
		"full-width Latin letters become ASCII":     {"Ｊｏｈｎ", "John"},
		"32 characters are a name":                  {strings.Repeat("名", 32), strings.Repeat("名", 32)},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := idcard.NormalizeName(tc.typed)
			assert.True(t, ok)
			assert.Equal(t, tc.want, got)
			again, ok := idcard.NormalizeName(got)
			assert.True(t, ok)
			assert.Equal(t, got, again, "normalising twice changes nothing")
		})
	}
	for name, typed := range map[string]string{
		"empty text":              "",
		"only space":              " \u3000\u200B",
		"only a middle dot":       "·",
		"33 characters":           strings.Repeat("名", 33),
		"a digit":                 "张三3",
		"a full-width digit":      "张三３",
		"a line break":            "张\n三",
		"NUL":                     "张\x00三",
		"an escape":               "张\x1b[31m三",
		"broken UTF-8":            "张\xff",
		"markup":                  "<b>张三</b>",
		"a bidi override":         "张\u202E三",
		"an emoji":                "张😀",
		"half a megabyte of text": strings.Repeat("名", 1<<17),
	} {
		t.Run(name+" is no name", func(t *testing.T) {
			_, ok := idcard.NormalizeName(typed)
			assert.False(t, ok)
		})
	}
}

// withCheck appends the right check character, found by trying all.
func withCheck(digits string) string {
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	return digits + string("10X98765432"[sum%11])
}

func ExampleNormalize() {
	number := idcard.Normalize(" ００００００19900101000x ")
	fmt.Println(number, idcard.Valid(number))
	// Output: 00000019900101000X true
}

func ExampleNormalizeName() {
	fmt.Println(idcard.NormalizeName("　买买提•艾力 "))
	// Output: 买买提·艾力 true
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{fake, "０００", "张三", "买买提.艾力", "\xff", "王𠮷"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		number := idcard.Normalize(typed)
		assert.Equal(t, number, idcard.Normalize(number))
		name, ok := idcard.NormalizeName(typed)
		if !ok {
			return
		}
		assert.LessOrEqual(t, utf8.RuneCountInString(name), 32)
		again, ok := idcard.NormalizeName(name)
		assert.True(t, ok)
		assert.Equal(t, name, again)
	})
}

func BenchmarkValid(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		idcard.Valid(fake)
	}
}
