package megvii_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// canned answers without a network, so that a benchmark measures this package. It
// reads the request like a server would.
func canned(b testing.TB, body string) *megvii.Client {
	b.Helper()
	config := clientConfig("https://api.invalid")
	config.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
		return &http.Response{
			StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
		}, nil
	})}
	c, err := megvii.NewClient(config)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func BenchmarkGetToken(b *testing.B) {
	plain, photos := givenRequest(), livenessRequest()
	photos.ComparisonType, photos.UUID = megvii.CompareWithImageRefs, "person-1"
	photos.ImageRefs = []handlers.PrivateBytes{handlers.HideBytes(append(tinyJPEG(), make([]byte, 1<<20)...))}
	c := canned(b, sampleFile(b, "get_token.ok.json"))
	for name, request := range map[string]megvii.GetTokenRequest{"urlencoded": plain, "multipart 1 MiB": photos} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.GetToken(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGetResult(b *testing.B) {
	for _, kib := range []int{0, 100, 1024} {
		picture := base64.StdEncoding.EncodeToString(append(tinyJPEG(), make([]byte, kib<<10)...))
		c := canned(b, withImages(b, `{"image_best":"data:image/jpeg;base64,`+picture+`"}`))
		b.Run("picture of "+strconv.Itoa(kib)+" KiB", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.GetResult(b.Context(), sampleResultRequest()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkJudgeWithIdentity(b *testing.B) {
	r, err := megvii.DecodeResult([]byte(sampleFile(b, "callback.data.cn-will.ok.constructed.json")))
	if err != nil {
		b.Fatal(err)
	}
	c := goodConfig()
	cardDefaults(megvii.IDCardFront)(&c)
	v, err := megvii.New(c)
	if err != nil {
		b.Fatal(err)
	}
	s := handlers.Session{ID: session, Memory: []byte(`{"comparison":"1","idcard_mode":"1"}`)}
	b.ReportAllocs()
	for b.Loop() {
		v.Judge(handlers.Notice{Detail: r}, s)
	}
}
