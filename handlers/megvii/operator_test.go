package megvii_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
)

// diagnosed is what Doctor says of each thing.
func (s *shop) diagnosed() map[string]handlers.Check {
	found := map[string]handlers.Check{}
	for _, c := range s.kit.Doctor(s.t.Context()).Checks {
		found[c.Name] = c
		s.note("%v", c)
	}
	return found
}

func TestDoctorComparesTheClocks(t *testing.T) {
	for name, tt := range map[string]struct {
		skew  time.Duration
		level handlers.Level
	}{
		"the same":             {0, handlers.LevelOK},
		"a few seconds behind": {-10 * time.Second, handlers.LevelOK},
		"two minutes ahead":    {2 * time.Minute, handlers.LevelWarning},
		"two minutes behind":   {-2 * time.Minute, handlers.LevelWarning},
		"ten minutes behind":   {-10 * time.Minute, handlers.LevelError},
		"a time zone confused": {8 * time.Hour, handlers.LevelError},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShop(t, func(settings *shopSettings) { settings.fake.ClockSkew = tt.skew })
				passedUnheard(s)
				for range 10 {
					found := s.diagnosed()
					assert.Equal(t, tt.level, found["clock"].Level)
					for _, name := range []string{"credentials", "vendor_port", "notify", "return"} {
						assert.Equal(t, handlers.LevelOK, found[name].Level, name)
					}
				}
				require.Len(t, s.fake.Sessions(), 1)
				assert.Zero(t, s.fake.Sessions()[0].GetResult, "the open session's budget is untouched")
				assert.Equal(t, handlers.HealthOK, s.kit.Health(t.Context()).Status)
				s.nothingLeaked()
			})
		})
	}
}

func TestDoctorDuringAnOutage(t *testing.T) {
	for kind, code := range map[handlerstest.Kind]handlers.Code{
		handlerstest.Refused: handlers.CodeVendorNotSent, handlerstest.Hung: handlers.CodeVendorUnavailable, handlerstest.Unavailable: handlers.CodeVendorUnavailable,
	} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShop(t, func(*shopSettings) {})
				s.line.Break(handlerstest.Fault{Kind: kind, Calls: math.MaxInt})
				found := s.diagnosed()
				assert.Equal(t, handlers.LevelWarning, found["credentials"].Level, "nobody says that they are wrong")
				assert.Equal(t, handlers.LevelUnknown, found["clock"].Level)
				assert.Equal(t, handlers.LevelOK, found["notify"].Level, "results can still come in")
				assert.Contains(t, found["credentials"].Says, string(code))
				s.nothingLeaked()
				s.line.Mend()
				assert.Equal(t, handlers.LevelOK, s.diagnosed()["credentials"].Level)
			})
		})
	}
}

func TestDoctorTellsOfCredentialsThatAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShop(t, func(settings *shopSettings) { settings.fake.APISecret = "FAKE-another-secret-0001" })
		assert.Equal(t, handlers.LevelError, s.diagnosed()["credentials"].Level)
		s.nothingLeaked()
	})
}
