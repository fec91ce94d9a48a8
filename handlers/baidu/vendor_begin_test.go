package baidu

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestBeginForEachKindOfPlan(t *testing.T) {
	tests := map[string]struct {
		params any
		calls  []string
	}{
		"the page reads the card, or liveness only": {nil, []string{endpointOAuth, endpointGenerate}},
		"nothing in a Params is the same":           {Params{}, []string{endpointOAuth, endpointGenerate}},
		"a nil *Params too":                         {(*Params)(nil), []string{endpointOAuth, endpointGenerate}},
		"specified user":                            {person(), []string{endpointOAuth, endpointGenerate, endpointSubmit}},
		"uploaded photo":                            {&Params{Image: handlers.HideBytes(jpegOf(t, 30, 40))}, []string{endpointOAuth, endpointGenerate, endpointUpload}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			v := d.vendor(t, nil)
			begun := begin(t, v, tt.params)
			assert.Equal(t, fakeVerify, begun.Ref.Reveal())
			assert.WithinDuration(t, time.Now().Add(2*time.Hour), begun.ExpiresAt, time.Minute)
			var calls []string
			for _, r := range d.requests {
				calls = append(calls, strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, apiPath), "/"))
			}
			assert.Equal(t, tt.calls, calls)
			page := parseURL(t, begun.PageURL.Reveal())
			assert.Equal(t, "brain.baidu.com", page.Host)
			assert.Equal(t, fakeVerify, page.Query().Get("token"))
			assert.Equal(t, "https://rp.example/face/return?session=SESSION&o=s", page.Query().Get("successUrl"))
			assert.Equal(t, "https://rp.example/face/return?session=SESSION&o=f", page.Query().Get("failedUrl"))
			assert.NotContains(t, d.body(t, endpointGenerate), "redirect_config")
			for _, private := range []string{fakeName, fakeNumber, fakeSecret, tokenPrefix, fakeVerify} {
				assert.NotContains(t, string(begun.Memory), private)
			}
		})
	}
	t.Run("redirect_config carries the same URLs", func(t *testing.T) {
		d := ready(t)
		begin(t, d.vendor(t, func(c *Config) { c.RedirectConfig = true }), nil)
		assert.Equal(t, map[string]any{
			"success_url": "https://rp.example/face/return?session=SESSION&o=s",
			"failed_url":  "https://rp.example/face/return?session=SESSION&o=f",
		}, d.body(t, endpointGenerate)["redirect_config"])
	})
}

func TestBeginRefusesBadInputBeforeAnyCall(t *testing.T) {
	tests := map[string]struct {
		params any
		change func(*Config)
		code   handlers.Code
	}{
		"a number alone":                {params: Params{IDNumber: handlers.Hide(fakeNumber)}, code: handlers.CodeInvalidName},
		"a name alone":                  {params: Params{Name: handlers.Hide(fakeName)}, code: handlers.CodeInvalidIDNumber},
		"a wrong check character":       {params: Params{Name: handlers.Hide(fakeName), IDNumber: handlers.Hide(wrongNumber)}, code: handlers.CodeInvalidIDNumber},
		"an unknown certificate":        {params: Params{Name: handlers.Hide(fakeName), IDNumber: handlers.Hide(fakeNumber), CertificateType: 9}, code: handlers.CodeInvalidCertificateType},
		"an image that is none":         {params: Params{Image: handlers.HideBytes([]byte("GIF89a"))}, code: handlers.CodeInvalidImage},
		"nobody, where a plan needs it": {change: func(c *Config) { c.RequireIDCard = true }, code: handlers.CodeInvalidName},
		"no photo, where a plan does":   {params: person(), change: func(c *Config) { c.RequireImage = true }, code: handlers.CodeInvalidImage},
		"another vendor's params":       {params: 7, code: handlers.CodeInternal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := ready(t)
			_, err := d.vendor(t, tt.change).Begin(t.Context(), beginRequest(tt.params))
			assert.Equal(t, tt.code, handlers.CodeOf(err))
			assert.Empty(t, d.requests)
		})
	}
	t.Run("a ReturnURL that is none", func(t *testing.T) {
		d := ready(t)
		_, err := d.vendor(t, nil).Begin(t.Context(), handlers.BeginRequest{ReturnURL: "/return"})
		assert.Equal(t, handlers.CodeInternal, handlers.CodeOf(err))
		assert.Empty(t, d.requests)
	})
}

func TestCase131AStartKeepsItsAccessTokenToTheEnd(t *testing.T) {
	d := ready(t)
	v := d.vendor(t, nil)
	generate := d.answer[endpointGenerate]
	d.answer[endpointGenerate] = func(n int, body []byte) any {
		rotate(t, v.client) // between two calls of one start
		return generate(n, body)
	}
	params := person()
	params.Image = handlers.HideBytes(jpegOf(t, 30, 40))
	begin(t, v, params)
	for _, endpoint := range []string{endpointGenerate, endpointUpload, endpointSubmit} {
		assert.Equal(t, []string{tokenPrefix + "1"}, d.used[endpoint], endpoint)
	}
}

func TestCase15NobodyIsSentToAHalfPreparedPage(t *testing.T) {
	for endpoint, params := range map[string]any{
		endpointSubmit: person(), endpointUpload: Params{Image: handlers.HideBytes(jpegOf(t, 30, 40))},
	} {
		t.Run("case 15: "+endpoint+" fails", func(t *testing.T) {
			d := ready(t)
			d.says(endpoint, failed(222360))
			begun, err := d.vendor(t, nil).Begin(t.Context(), beginRequest(params))
			assert.Empty(t, begun)
			kit, ok := err.(*handlers.Error)
			require.True(t, ok)
			assert.Equal(t, ReasonIdentityRefused, kit.Reason)
			assert.NotContains(t, kit.Error()+kit.Err.Error(), fakeMessage)
		})
	}
}
