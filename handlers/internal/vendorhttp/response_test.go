package vendorhttp_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/facegate/facegate/handlers/internal/vendorhttp"
)

func TestTheDateOfAnAnswer(t *testing.T) {
	const date = "Sun, 22 Nov 2026 04:00:09 GMT"
	noon := time.Date(2026, 11, 22, 4, 0, 9, 0, time.UTC)
	for name, tt := range map[string]struct {
		header http.Header
		want   time.Time
	}{
		"as servers write it":                 {http.Header{"Date": {date}}, noon},
		"the oldest form that is still read":  {http.Header{"Date": {"Sun Nov 22 04:00:09 2026"}}, noon},
		"fresh, by way of a cache":            {http.Header{"Date": {date}, "Age": {"0"}}, noon},
		"out of a cache it says an old time":  {http.Header{"Date": {date}, "Age": {"60"}}, time.Time{}},
		"none":                                {http.Header{}, time.Time{}},
		"one that is no date":                 {http.Header{"Date": {"yesterday"}}, time.Time{}},
		"in seconds, as no server writes one": {http.Header{"Date": {"1795320009"}}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := vendorhttp.Response{Header: tt.header}.Date()
			assert.True(t, tt.want.Equal(got), "%v", got)
		})
	}
}
