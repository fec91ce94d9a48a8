package megvii_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

func goodConfig() megvii.Config {
	return megvii.Config{
		APIKey: handlers.Hide(clientKey), APISecret: handlers.Hide(clientSecret),
		Defaults: megvii.GetTokenRequest{ComparisonType: megvii.CompareNothing},
	}
}

func TestTheDefaultsOfAConfig(t *testing.T) {
	v, err := megvii.New(goodConfig())
	require.NoError(t, err)
	assert.Equal(t, "megvii", v.Name())
	assert.Equal(t, handlers.Limits{
		SessionLife: time.Hour, Retention: 24 * time.Hour, Queries: 3, ReservedQueries: 1,
		QueryAfter:  []time.Duration{65 * time.Minute, 7 * time.Hour, 21 * time.Hour},
		NotifyPorts: []int{443, 5000, 16003, 8883, 8028},
		PageOrigins: []string{"https://api.megvii.com"},
	}, v.Limits())
}

func TestTheScheduleStaysWithinTheRetention(t *testing.T) {
	c := goodConfig()
	c.SessionLife, c.Retention = 10*time.Minute, 3*time.Hour
	v, err := megvii.New(c)
	require.NoError(t, err)
	assert.Equal(t, []time.Duration{15 * time.Minute}, v.Limits().QueryAfter)
	c.ReturnImage = megvii.ReturnImageBest
	v, err = megvii.New(c)
	require.NoError(t, err)
	assert.True(t, v.Limits().Images)
}

func TestTheRateOfQueriesIsALimitOfTheWholeFleet(t *testing.T) {
	c := goodConfig()
	c.QueryRate = 20
	v, err := megvii.New(c)
	require.NoError(t, err)
	assert.Equal(t, 20, v.Limits().QueryRate)
}

func TestChangesAfterNewDoNothing(t *testing.T) {
	c := goodConfig()
	c.QueryAfter = []time.Duration{2 * time.Hour}
	c.Policy = megvii.Policy{Comparisons: []string{megvii.CompareRef1}, Verdicts: map[handlers.Reason]handlers.Verdict{megvii.ReasonIDAttacked: handlers.Failed}}
	v, err := megvii.New(c)
	require.NoError(t, err)
	c.QueryAfter[0] = 0
	c.Policy.Verdicts[megvii.ReasonLivenessFailed] = handlers.Passed
	c.Policy.Comparisons[0] = megvii.CompareRef2
	v.Limits().QueryAfter[0] = 0
	assert.Equal(t, 2*time.Hour, v.Limits().QueryAfter[0])

	result := passing()
	result.Liveness.Result, result.Verify.Ref1, result.Verify.Ref2 = megvii.ResultFail, compared(90), compared(1)
	j := v.Judge(handlers.Notice{Detail: result}, handlers.Session{Memory: begun(t, nil, megvii.Params{})})
	assert.Equal(t, handlers.Failed, j.Verdict)
	assert.Equal(t, []handlers.Reason{megvii.ReasonLivenessFailed}, j.Reasons, "result_ref1 is still the one that counts")
}

func TestEveryBadFieldOfAConfigIsNamedAtOnce(t *testing.T) {
	_, err := megvii.New(megvii.Config{
		Name: "Megvii CN", Region: "mars", PreviousAPISecret: handlers.Hide("short"), ReturnImage: "9",
		SessionLife: time.Second, Retention: time.Minute, Queries: -1, QueryRate: -1, QueryAfter: []time.Duration{time.Hour, time.Minute},
		Policy:   megvii.Policy{Rate: "1e-9"},
		Defaults: megvii.GetTokenRequest{WebTitle: strings.Repeat("x", 33), BizNo: "mine"},
	})
	bad, ok := errors.AsType[*megvii.InvalidError](err)
	require.True(t, ok, "%v", err)
	var fields []string
	for _, f := range bad.Fields {
		fields = append(fields, f.Field)
	}
	for _, want := range []string{
		"Name", "Region", "APIKey", "APISecret", "PreviousAPISecret", "ReturnImage", "SessionLife", "Retention", "Queries",
		"QueryRate", "QueryAfter", "Policy", "Defaults.WebTitle", "Defaults.BizNo", "Defaults.ComparisonType",
	} {
		assert.True(t, slices.Contains(fields, want), "%s is missing in %v", want, fields)
	}
}

func TestEachRuleOfAConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*megvii.Config)
		field  string
	}{
		"a good one":                                  {func(*megvii.Config) {}, ""},
		"case 139: a plain http address":              {func(c *megvii.Config) { c.BaseURL = "http://api.megvii.com" }, "BaseURL"},
		"a plain http address in development":         {func(c *megvii.Config) { c.BaseURL, c.InsecureDevelopment = "http://127.0.0.1:8081", true }, ""},
		"an address by hand":                          {func(c *megvii.Config) { c.BaseURL = "https://gateway.example/megvii/" }, ""},
		"an address with a query":                     {func(c *megvii.Config) { c.BaseURL = "https://gateway.example/?a=b" }, "BaseURL"},
		"an address with a user":                      {func(c *megvii.Config) { c.BaseURL = "https://a:b@gateway.example" }, "BaseURL"},
		"a key with white space":                      {func(c *megvii.Config) { c.APIKey = handlers.Hide("key ") }, "APIKey"},
		"the same secret twice":                       {func(c *megvii.Config) { c.PreviousAPISecret = c.APISecret }, "PreviousAPISecret"},
		"case 43: two secrets":                        {func(c *megvii.Config) { c.PreviousAPISecret = handlers.Hide("FAKE-previous-secret-0001") }, ""},
		"a default that only a start knows":           {func(c *megvii.Config) { c.Defaults.ReturnURL = "https://shop.example/" }, "Defaults.ReturnURL"},
		"a default name":                              {func(c *megvii.Config) { c.Defaults.IDCardName = handlers.Hide(somebody) }, "Defaults.IDCardName"},
		"a default mode without comparison":           {func(c *megvii.Config) { c.Defaults.IDCardMode = megvii.IDCardFront }, "Defaults.IDCardMode"},
		"a given identity":                            {func(c *megvii.Config) { c.Defaults.ComparisonType, c.Defaults.IDCardMode = "1", "0" }, ""},
		"photos":                                      {func(c *megvii.Config) { c.Defaults.ComparisonType = megvii.CompareWithImageRefs }, ""},
		"encryption, which only a caller's own does":  {func(c *megvii.Config) { c.Defaults.EncryptionType = megvii.EncryptionSM2 }, "Defaults.EncryptionType"},
		"a retention shorter than the session's life": {func(c *megvii.Config) { c.SessionLife, c.Retention = 3*time.Hour, 2*time.Hour }, "Retention"},
		"a query after the retention":                 {func(c *megvii.Config) { c.QueryAfter = []time.Duration{25 * time.Hour} }, "QueryAfter"},
		"more queries a second than make sense":       {func(c *megvii.Config) { c.QueryRate = 10_001 }, "QueryRate"},
		"a negative timeout":                          {func(c *megvii.Config) { c.Timeout = -1 }, "Timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			c := goodConfig()
			tc.change(&c)
			_, err := megvii.New(c)
			if tc.field == "" {
				require.NoError(t, err)
				return
			}
			bad, ok := errors.AsType[*megvii.InvalidError](err)
			require.True(t, ok, "%v", err)
			require.Len(t, bad.Fields, 1, "%v", err)
			assert.Equal(t, tc.field, bad.Fields[0].Field)
		})
	}
}

func TestCase39ASecretThatIsNoneStopsTheProcessAtItsStart(t *testing.T) {
	for _, secret := range []string{
		"", "                    ", "changeme", "changeme-changeme-1", "your-api-secret-0001", "0000000000000000", "fifteen-bytes-1",
		clientSecret + "\n", " " + clientSecret,
	} {
		c := goodConfig()
		c.APISecret = handlers.Hide(secret)
		_, err := megvii.New(c)
		require.Error(t, err, "%q", secret)
		if len(secret) > 10 {
			assert.NotContains(t, err.Error(), strings.TrimSpace(secret+"?"))
		}
		client := clientConfig("")
		client.APISecret = handlers.Hide(secret)
		_, err = megvii.NewClient(client)
		require.Error(t, err, "%q", secret)
	}
}
