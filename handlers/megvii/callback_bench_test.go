package megvii_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/facegate/facegate/handlers/megvii"
)

// callbackOf returns data of about that many bytes, in the vendor's compact
// spelling. One of 4 KB is the fullest sample of the Chinese edition with a longer
// extra data; one of 1 KB is the international one.
func callbackOf(b *testing.B, size int) string {
	b.Helper()
	sample := "callback.data.intl-still.ok.json"
	if size > 2048 {
		sample = "callback.data.cn-will.ok.constructed.json"
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, callbackSample(b, sample)); err != nil {
		b.Fatal(err)
	}
	data := compact.String()
	if missing := size - len(data); missing > 0 {
		data = strings.Replace(data, `"..."`, `"`+strings.Repeat("e", missing+3)+`"`, 1)
	}
	return data
}

func BenchmarkVerify(b *testing.B) {
	for name, size := range map[string]int{"1KB": 1024, "4KB": 4096} {
		data := []byte(callbackOf(b, size))
		sign := megvii.Sign(fakeSecret(), data)
		secrets := fakeSecrets()
		b.Run(name+"/facegate", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, ok := megvii.Verify(data, sign, secrets...); !ok {
					b.Fatal("not verified")
				}
			}
		})
		b.Run(name+"/by hand", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if !verifyByHand(data, []byte(fakeSecret().Reveal()), sign) {
					b.Fatal("not verified")
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, size := range map[string]int{"1KB": 1024, "4KB": 4096} {
		body := signedCallback(callbackOf(b, size))
		secrets := fakeSecrets()
		b.Run(name+"/facegate", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := megvii.Parse(body, formContentType, secrets, megvii.ParseOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/by hand", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := parseByHand(body, []byte(fakeSecret().Reveal())); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseForged(b *testing.B) {
	body := callbackForm(strings.Repeat("x", megvii.DefaultMaxBody-100), strings.Repeat("0", 40))
	secrets := fakeSecrets()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := megvii.Parse(body, formContentType, secrets, megvii.ParseOptions{}); err == nil {
			b.Fatal("accepted")
		}
	}
}

// verifyByHand is the signature check that a careful user writes without this
// package: one secret, joined with the data.
func verifyByHand(data, secret []byte, sign string) bool {
	sum := sha1.Sum(append(secret, data...))
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(sign)) == 1
}

// parseByHand is what a careful user writes without this package: it accepts
// case-variant and repeated names and invalid UTF-8, which Parse refuses.
func parseByHand(body, secret []byte) (*megvii.Result, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if len(form["data"]) != 1 || len(form["sign"]) != 1 {
		return nil, errors.New("data and sign must stand there once")
	}
	data := form.Get("data")
	sum := sha1.Sum(append(secret, data...))
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(form.Get("sign"))) != 1 {
		return nil, errors.New("wrong signature")
	}
	result := new(megvii.Result)
	if err := json.Unmarshal([]byte(data), result); err != nil {
		return nil, err
	}
	return result, nil
}
