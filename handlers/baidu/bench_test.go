package baidu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkWarmTokenLookup(b *testing.B) {
	c := newDouble().client(b)
	_, err := c.tokens.current(b.Context())
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.tokens.current(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAWarmTokenLookupAllocatesNothing(t *testing.T) {
	c := newDouble().client(t)
	ctx := t.Context()
	_, err := c.tokens.current(ctx)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = c.tokens.current(ctx) }))
}

func BenchmarkThousandColdStarts(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		d := newDouble()
		d.says(endpointGenerate, sample(b, "12-verifytoken-ok.json"))
		c := d.client(b)
		failures := together(1000, func(int) error {
			_, err := c.GenerateVerifyToken(b.Context(), GenerateRequest{})
			return err
		})
		if failures != 0 || d.count(endpointOAuth) != 1 {
			b.Fatalf("%d failures, %d token fetches", failures, d.count(endpointOAuth))
		}
	}
}

// detailWithImages is a detail with two pictures of 1 MB.
func detailWithImages(tb testing.TB) []byte {
	image := strings.Repeat("/9j/4AAQSkZJRgAB", 1<<20/16)
	body := strings.ReplaceAll(sample(tb, "40-detail-ok-ocr.json"), `_base64": "/9j/4AAQSkZJRgAB"`, `_base64": "`+image+`"`)
	require.Greater(tb, len(body), 2<<20)
	return []byte(body)
}

func BenchmarkResultDetailDecode(b *testing.B) {
	body := detailWithImages(b)
	for _, images := range []bool{false, true} {
		b.Run(fmt.Sprintf("2MB/images=%t", images), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var answer detailAnswer
				var pictures detailImages
				if _, err := into(&answer)(body); err != nil {
					b.Fatal(err)
				}
				if images {
					if err := unmarshal(body, &pictures); err != nil {
						b.Fatal(err)
					}
				}
				if !answer.detail().Passed {
					b.Fatal("not passed")
				}
			}
		})
	}
}

func BenchmarkResultAllDecode(b *testing.B) {
	body := []byte(sample(b, "70-getall-vendor-example-nested.json"))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var answer allAnswer
		if _, err := into(&answer)(body); err != nil {
			b.Fatal(err)
		}
		if len(answer.all().Attempts) != 1 {
			b.Fatal("no attempt")
		}
	}
}
