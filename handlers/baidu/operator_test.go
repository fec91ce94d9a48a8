package baidu_test

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/handlers/sandbox"
)

// openOwnShop is a shop whose kit can call its own address, as Doctor does.
func openOwnShop(t *testing.T, config sandbox.BaiduConfig) *shop {
	var s *shop
	config.AllowAnyHost, config.PlanIDs = true, []string{"1"}
	s = openShop(t, config, func(o *handlers.Options) {
		o.HTTPClient = &http.Client{Transport: handlerstest.InProcess(http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { s.kit.Handler().ServeHTTP(w, r) },
		))}
	})
	return s
}

// diagnosed is what Doctor says of one thing.
func (s *shop) diagnosed(name string) handlers.Level {
	s.t.Helper()
	d := s.kit.Doctor(s.t.Context())
	for _, c := range d.Checks {
		if c.Name == name {
			return c.Level
		}
	}
	require.Fail(s.t, "not looked at: "+name, "%v", d.Checks)
	return ""
}

func TestHealthTellsWhenTheAccessTokenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openOwnShop(t, sandbox.BaiduConfig{TokenTTL: 10 * time.Hour})
		fetched := time.Now()
		for range 60 { // every few seconds, as a load balancer asks
			h := s.kit.Health(t.Context())
			assert.Equal(t, handlers.HealthOK, h.Status)
			require.Len(t, h.Vendors, 1)
			assert.Equal(t, fetched.Add(10*time.Hour), h.Vendors[0].TokenExpires)
			time.Sleep(5 * time.Second)
		}
		assert.Equal(t, map[string]int{sandbox.BaiduToken: 1}, s.fake.Calls(), "once, and nothing else")
	})
}

func TestDoctorKnowsThatBaiduPostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openOwnShop(t, sandbox.BaiduConfig{})
		assert.Equal(t, handlers.LevelOK, s.diagnosed("notify"))
		assert.Equal(t, handlers.LevelOK, s.diagnosed("return"))
	})
}

func TestHealthDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openOwnShop(t, sandbox.BaiduConfig{})
		down := handlerstest.Fault{Kind: handlerstest.Lost, Calls: math.MaxInt}
		s.line.Break(down)
		h := s.kit.Health(t.Context())
		assert.Equal(t, handlers.HealthDegraded, h.Status, "results still come, once it is over")
		assert.Equal(t, handlers.CodeVendorUnavailable, handlers.CodeOf(h.Vendors[0].Err))
		assert.Equal(t, handlers.LevelWarning, s.diagnosed("credentials"))
		assert.Equal(t, handlers.LevelUnknown, s.diagnosed("clock"))

		s.line.Mend()
		time.Sleep(2 * time.Minute) // OAuth is left alone for a while
		assert.Equal(t, handlers.HealthOK, s.kit.Health(t.Context()).Status)
		s.line.Break(down)
		assert.Equal(t, handlers.HealthOK, s.kit.Health(t.Context()).Status, "the token at hand is good")
		assert.Equal(t, handlers.LevelWarning, s.diagnosed("credentials"), "the vendor's clock was asked for, in vain")
	})
}

func TestCase130OperatorsHearOfCredentialsThatAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openOwnShop(t, sandbox.BaiduConfig{SecretKey: "FAKE-another-secret-0001"})
		for range 60 {
			h := s.kit.Health(t.Context())
			assert.Equal(t, handlers.HealthDown, h.Status)
			assert.Equal(t, handlers.CodeVendorMisconfigured, handlers.CodeOf(h.Vendors[0].Err))
			time.Sleep(5 * time.Second)
		}
		assert.Equal(t, handlers.LevelError, s.diagnosed("credentials"))
		assert.LessOrEqual(t, s.fake.Calls()[sandbox.BaiduToken], 10, "case 130: who asks for health does not storm OAuth")
	})
}

func TestDoctorComparesTheClocks(t *testing.T) {
	for name, tt := range map[string]struct {
		skew  time.Duration
		level handlers.Level
	}{
		"the same":             {0, handlers.LevelOK},
		"a few seconds ahead":  {10 * time.Second, handlers.LevelOK},
		"two minutes ahead":    {2 * time.Minute, handlers.LevelWarning},
		"two minutes behind":   {-2 * time.Minute, handlers.LevelWarning},
		"ten minutes ahead":    {10 * time.Minute, handlers.LevelError},
		"a time zone confused": {-8 * time.Hour, handlers.LevelError},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openOwnShop(t, sandbox.BaiduConfig{ClockSkew: tt.skew})
				assert.Equal(t, tt.level, s.diagnosed("clock"))
				assert.Equal(t, handlers.LevelOK, s.diagnosed("credentials"))
				assert.Equal(t, map[string]int{sandbox.BaiduToken: 1}, s.fake.Calls(), "nothing that is billed was called")
			})
		})
	}
}
