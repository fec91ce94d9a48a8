package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func TestEveryAnswerSaysTheTimeByAClockThatMayBeWrong(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	now := func() time.Time { return noon }
	for name, skew := range map[string]time.Duration{"right": 0, "ahead": time.Hour, "behind": -90 * time.Second} {
		megvii := sandbox.NewMegvii(sandbox.MegviiConfig{Now: now, ClockSkew: skew})
		t.Cleanup(megvii.Close)
		for vendor, fake := range map[string]http.Handler{
			"megvii": megvii,
			"baidu":  sandbox.NewBaidu(sandbox.BaiduConfig{Now: now, ClockSkew: skew}),
		} {
			t.Run(vendor+", "+name, func(t *testing.T) {
				server := httptest.NewServer(fake)
				defer server.Close()
				for _, path := range []string{"/", "/faceid/lite/get_result", "/oauth/2.0/token", "/no/such/path"} {
					request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
					require.NoError(t, err)
					answer, err := server.Client().Do(request)
					require.NoError(t, err)
					require.NoError(t, answer.Body.Close())
					assert.Equal(t, noon.Add(skew).UTC().Format(http.TimeFormat), answer.Header.Get("Date"), path)
				}
			})
		}
	}
}
