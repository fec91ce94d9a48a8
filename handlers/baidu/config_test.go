package baidu

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestNewNamesEveryBadFieldAtOnce(t *testing.T) {
	_, err := New(Config{
		Name: "Not A Name", APIKey: handlers.Hide("short"), BaseURL: "http://aip.baidubce.com", EntryURL: "https://evil.example/face/print/",
		QueryAfter: []time.Duration{2, 1}, Retention: time.Second, QPS: -1, QueryRate: -1,
		Policy: Policy{MinScore: 101},
	})
	require.Error(t, err)
	for _, field := range []string{"Name", "APIKey", "SecretKey", "PlanID", "Tokens", "BaseURL", "EntryURL", "QueryAfter", "Retention", "QPS", "QueryRate", "Policy.MinScore"} {
		assert.Contains(t, err.Error(), field)
	}
	assert.NotContains(t, err.Error(), "short ")
	assert.NotContains(t, err.Error(), "evil")
}

func TestConfigRules(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		bad    string
	}{
		"as it is":                             {func(*Config) {}, ""},
		"case 39: an empty secret":             {func(c *Config) { c.SecretKey = handlers.Private{} }, "SecretKey"},
		"case 39: a blank secret":              {func(c *Config) { c.SecretKey = handlers.Hide("                    ") }, "SecretKey"},
		"case 39: a placeholder":               {func(c *Config) { c.SecretKey = handlers.Hide("changeme-changeme-changeme") }, "SecretKey"},
		"case 39: under 16 bytes":              {func(c *Config) { c.SecretKey = handlers.Hide("FAKE0123456789a") }, "SecretKey"},
		"case 39: a line break behind":         {func(c *Config) { c.SecretKey = handlers.Hide(fakeSecret + "\n") }, "SecretKey"},
		"case 139: plain http":                 {func(c *Config) { c.BaseURL = "http://aip.baidubce.com" }, "BaseURL"},
		"case 139: http in development":        {func(c *Config) { c.BaseURL, c.InsecureDevelopment = "http://127.0.0.1:1", true }, ""},
		"a base URL with a query":              {func(c *Config) { c.BaseURL = "https://aip.baidubce.com?x=1" }, "BaseURL"},
		"a base URL with a user":               {func(c *Config) { c.BaseURL = "https://u:p@aip.baidubce.com" }, "BaseURL"},
		"an entry of another tier":             {func(c *Config) { c.EntryURL = EntryAdvanced }, ""},
		"an entry on a strange host":           {func(c *Config) { c.EntryURL = "https://brain.baidu.com.evil.example/" }, "EntryURL"},
		"an entry without TLS":                 {func(c *Config) { c.EntryURL = "http://brain.baidu.com/face/print/" }, "EntryURL"},
		"any entry in development":             {func(c *Config) { c.EntryURL, c.InsecureDevelopment = "http://127.0.0.1:8081/face/print/", true }, ""},
		"no entry that is no URL, even so":     {func(c *Config) { c.EntryURL, c.InsecureDevelopment = "javascript:x", true }, "EntryURL"},
		"an entry with a user":                 {func(c *Config) { c.EntryURL = "https://x@brain.baidu.com/face/print/" }, "EntryURL"},
		"an entry with a query":                {func(c *Config) { c.EntryURL = "https://brain.baidu.com/face/print/?token=1" }, "EntryURL"},
		"an entry on another port":             {func(c *Config) { c.EntryURL = "https://brain.baidu.com:8443/face/print/" }, "EntryURL"},
		"a page that works for minutes":        {func(c *Config) { c.SessionLife = 10 * time.Minute }, ""},
		"a plan with white space":              {func(c *Config) { c.PlanID = " 1" }, "PlanID"},
		"a negative time in the schedule":      {func(c *Config) { c.QueryAfter = []time.Duration{-1} }, "QueryAfter"},
		"more queries a second than sensible":  {func(c *Config) { c.QueryRate = 10_001 }, "QueryRate"},
		"a retention shorter than the session": {func(c *Config) { c.Retention = time.Hour }, "Retention"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := newDouble().config()
			tt.change(&config)
			_, err := New(config)
			if tt.bad == "" {
				assert.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.bad)
			_, err = NewClient(config)
			assert.Error(t, err, "the client has the same rules")
		})
	}
}
