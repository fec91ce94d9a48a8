package handlers_test

import (
	"context"
	"net/http"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

func fieldNames(t *testing.T, data []byte) []string {
	t.Helper()
	var fields map[string]jsontext.Value
	require.NoError(t, json.Unmarshal(data, &fields))
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func TestNew(t *testing.T) {
	good := func() handlers.Options {
		return handlers.Options{
			Vendor: newPaper(), Store: store.NewMemory(), PublicURL: "https://shop.example/face",
			Identify: func(*http.Request) (string, error) { return "alice", nil },
			OnResult: func(context.Context, handlers.Result) error { return nil },
		}
	}

	t.Run("all bad fields are named at once", func(t *testing.T) {
		_, err := handlers.New(handlers.Options{PublicURL: "not a url", ReturnTo: "//evil", Workers: -1, Language: "fr"})
		var bad *handlers.OptionError
		require.ErrorAs(t, err, &bad)
		fields := make([]string, len(bad.Problems))
		for i, p := range bad.Problems {
			fields[i] = p.Field
		}
		assert.ElementsMatch(t, []string{"Vendor", "Store", "Identify", "OnResult", "Language", "Workers", "PublicURL", "ReturnTo"}, fields)
		assert.NotContains(t, err.Error(), "evil")
	})

	t.Run("the least that is needed is enough", func(t *testing.T) {
		_, err := handlers.New(good())
		assert.NoError(t, err)
	})

	for name, c := range map[string]struct {
		field  string
		change func(*handlers.Options)
	}{
		"case 139: plain http":   {"PublicURL", func(o *handlers.Options) { o.PublicURL = "http://shop.example/face" }},
		"a query in the address": {"PublicURL", func(o *handlers.Options) { o.PublicURL += "?x" }},
		"case 171: a port nobody calls": {"PublicURL", func(o *handlers.Options) {
			o.Vendor.(*paper).limits.NotifyPorts = []int{443}
			o.PublicURL = "https://shop.example:8443/face"
		}},
		"two accounts of one name":                {"OtherVendors[0]", func(o *handlers.Options) { o.OtherVendors = []handlers.Vendor{newPaper()} }},
		"a nil account":                           {"OtherVendors[0]", func(o *handlers.Options) { o.OtherVendors = []handlers.Vendor{nil} }},
		"an account with a bad name":              {"Vendor", func(o *handlers.Options) { o.Vendor.(*paper).name = "Paper & Co" }},
		"an account without a budget":             {"Vendor", func(o *handlers.Options) { o.Vendor.(*paper).limits.Queries = 0 }},
		"a store that outlives the process":       {"Keys", func(o *handlers.Options) { o.Store = &faulty{Store: o.Store} }},
		"a nil middleware":                        {"Middleware[0]", func(o *handlers.Options) { o.Middleware = []func(http.Handler) http.Handler{nil} }},
		"a landing page elsewhere":                {"ReturnTo", func(o *handlers.Options) { o.ReturnTo = "javascript:alert(1)" }},
		"a negative time":                         {"HookTimeout", func(o *handlers.Options) { o.HookTimeout = -time.Second }},
		"consent without a version":               {"Consent.Version", func(o *handlers.Options) { o.Consent = goodConsent(); o.Consent.Version = "" }},
		"consent without another way":             {"Consent.AlternativeURL", func(o *handlers.Options) { o.Consent = goodConsent(); o.Consent.AlternativeURL = "" }},
		"consent without a purpose in a language": {"Consent.Chinese.Purpose", func(o *handlers.Options) { o.Consent = goodConsent(); o.Consent.Chinese.Purpose = "" }},
	} {
		t.Run("is refused: "+name, func(t *testing.T) {
			o := good()
			c.change(&o)
			_, err := handlers.New(o)
			var bad *handlers.OptionError
			require.ErrorAs(t, err, &bad)
			assert.Equal(t, c.field, bad.Problems[0].Field)
			assert.Len(t, bad.Problems, 1)
		})
	}

	t.Run("development mode permits plain http on any port, with a plain cookie", func(t *testing.T) {
		a := newApp(t, func(o *handlers.Options) {
			o.InsecureDevelopment = true
			o.PublicURL = "http://localhost:8080/face"
			o.Vendor.(*paper).limits.NotifyPorts = []int{443}
		})
		a.start()
		assert.Equal(t, "facegate", a.cookies[0].Name)
		assert.False(t, a.cookies[0].Secure)
	})

	t.Run("changing the options afterwards changes nothing", func(t *testing.T) {
		o := good()
		o.Middleware = []func(http.Handler) http.Handler{func(h http.Handler) http.Handler { return h }}
		_, err := handlers.New(o)
		require.NoError(t, err)
		o.Middleware[0] = nil
	})
}

func goodConsent() *handlers.Consent {
	text := handlers.ConsentText{Purpose: "x"}
	return &handlers.Consent{Version: "1", AlternativeURL: "/other", Chinese: text, English: text}
}

func TestNewBesideTraffic(t *testing.T) {
	t.Run("a kit is made while another one works on the same store, vendor and logger", func(t *testing.T) {
		a := newApp(t)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				_, err := a.kit.Begin(t.Context(), handlers.BeginParams{Subject: "alice"})
				assert.NoError(t, err)
			})
			wait.Go(func() {
				_, err := handlers.New(a.opts)
				assert.NoError(t, err)
			})
		}
		wait.Wait()
	})
}
