package megvii_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
)

func TestReadyNeedsNoToken(t *testing.T) {
	ready, err := vendorAt(t, "", nil).Ready(t.Context())
	require.NoError(t, err)
	assert.Zero(t, ready)
}

func TestProbeReadsOutOfTheRefusalWhetherTheAccountIsKnown(t *testing.T) {
	word := func(status int, message string) http.HandlerFunc {
		return answeringJSON(status, `{"error_message":"`+message+`","request_id":"1,a","time_used":1}`)
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		taken  bool
		code   handlers.Code
	}{
		"the vendor looked for the session":    {answer: answeringJSON(400, sampleFile(t, "get_result.err.result_not_found.json")), taken: true},
		"as its successor says it":             {answer: word(403, "DATA_DESTROYED"), taken: true},
		"key and secret do not match":          {answer: answeringJSON(403, sampleFile(t, "get_token.err.authentication.constructed.json")), code: handlers.CodeVendorMisconfigured},
		"the key is disabled":                  {answer: word(403, "AUTHORIZATION_ERROR:Denied"), code: handlers.CodeVendorMisconfigured},
		"the address is wrong":                 {answer: word(404, "API_NOT_FOUND"), code: handlers.CodeVendorMisconfigured},
		"the key is missing":                   {answer: word(400, "MISSING_ARGUMENTS: api_key"), code: handlers.CodeVendorMisconfigured},
		"the key has a wrong form":             {answer: word(400, "BAD_ARGUMENTS:api_key"), code: handlers.CodeVendorMisconfigured},
		"too many calls":                       {answer: word(403, "CONCURRENCY_LIMIT_EXCEEDED"), code: handlers.CodeVendorThrottled},
		"the vendor fails":                     {answer: word(500, "INTERNAL_ERROR"), code: handlers.CodeVendorUnavailable},
		"the made-up biz_id has a wrong form":  {answer: word(400, "BAD_ARGUMENTS:biz_id")},
		"something has a wrong form":           {answer: word(400, "BAD_ARGUMENTS")},
		"an unknown word":                      {answer: word(400, "BIZ_ID_DENIED")},
		"an unknown word that forbids":         {answer: word(403, "BIZ_ID_DENIED")},
		"an unknown word of a vendor in need":  {answer: word(503, "MAINTENANCE"), code: handlers.CodeVendorUnavailable},
		"an unknown word for too many":         {answer: word(429, "SLOW_DOWN"), code: handlers.CodeVendorThrottled},
		"a firewall's page":                    {answer: answering(403, "text/html", "<html>"), code: handlers.CodeVendorMisconfigured},
		"a gateway's page":                     {answer: answering(502, "text/html", "<html>"), code: handlers.CodeVendorUnavailable},
		"a page that says nothing of an error": {answer: answering(200, "text/html", "<html>"), code: handlers.CodeVendorUnavailable},
		"another session's result":             {answer: answeringJSON(200, sampleFile(t, "get_result.not_started.constructed.json")), code: handlers.CodeVendorUnavailable},
		"a redirect, which nobody follows": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, code: handlers.CodeVendorMisconfigured},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeVendor(t, tt.answer)
			probe, err := vendorAt(t, f.URL, func(c *megvii.Config) { c.ReturnImage = megvii.ReturnImageAll }).Probe(t.Context())
			assert.Equal(t, tt.code, handlers.CodeOf(err))
			assert.Equal(t, tt.taken, probe.CredentialsTaken)
			assert.Equal(t, tt.code == "", !probe.Date.IsZero(), "a server says what time it is")
			require.Len(t, f.asked, 1)
			assert.Equal(t, "/faceid/lite/get_result", f.asked[0].URL.Path)
			assert.Equal(t, "0,00000000-0000-0000-0000-000000000000", f.asked[0].URL.Query().Get("biz_id"))
			assert.False(t, f.asked[0].URL.Query().Has("return_image"), "there is nobody whose picture it could be")
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		f := newFakeVendor(t, answeringJSON(200, ""))
		f.Close()
		_, err := vendorAt(t, f.URL, nil).Probe(t.Context())
		assert.Equal(t, handlers.CodeVendorNotSent, handlers.CodeOf(err))
	})
}

func TestProbeOfTheSandbox(t *testing.T) {
	at := func(fake *sandbox.Megvii, secret string) *megvii.Vendor {
		return vendorAt(t, "http://vendor.example", func(c *megvii.Config) {
			c.APIKey, c.APISecret = handlers.Hide(sandbox.MegviiAPIKey), handlers.Hide(secret)
			c.HTTPClient = &http.Client{Transport: handlerstest.InProcess(fake)}
		})
	}
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	fake := sandbox.NewMegvii(sandbox.MegviiConfig{
		AllowAnyHost: true, Now: func() time.Time { return noon }, ClockSkew: -10 * time.Minute,
	})
	defer fake.Close()
	v := at(fake, sandbox.MegviiAPISecret)
	begun, err := v.Begin(t.Context(), beginRequest(nil))
	require.NoError(t, err)

	for range 10 {
		probe, err := v.Probe(t.Context())
		require.NoError(t, err)
		assert.True(t, probe.CredentialsTaken)
		assert.True(t, noon.Add(-10*time.Minute).Equal(probe.Date), "%v", probe.Date)
	}
	require.Len(t, fake.Sessions(), 1)
	assert.Zero(t, fake.Sessions()[0].GetResult, "a real session's budget is untouched")
	_, err = v.Query(t.Context(), handlers.Session{ID: session, Ref: begun.Ref})
	require.NoError(t, err)

	_, err = at(fake, "FAKE-another-secret-0001").Probe(t.Context())
	assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(err))
}
