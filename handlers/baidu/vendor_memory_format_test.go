package baidu

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// The file is a promise: every later version reads memories that this one wrote, for
// as long as their sessions may be asked about.
func TestStoredMemoriesStayReadable(t *testing.T) {
	golden := sample(t, "stored/memory.v1.json")
	v := newDouble().vendor(t, nil)

	t.Run("a start writes version 1", func(t *testing.T) {
		written, err := v.remember("SESSION", "ZK5P4TD3KMNUAPV5JB25ETPN2S", &Identity{Name: handlers.Hide(fakeName), Number: handlers.Hide(fakeNumber)})
		require.NoError(t, err)
		assert.JSONEq(t, golden, string(written))
	})

	t.Run("everything in it counts", func(t *testing.T) {
		remembered, err := readMemory([]byte(golden))
		require.NoError(t, err)
		assert.Equal(t, "ZK5P4TD3KMNUAPV5JB25ETPN2S", remembered.Generation)
		s := handlers.Session{ID: "SESSION", Memory: []byte(golden)}
		confirmed := func(name, number string) handlers.Judgement {
			return v.Judge(handlers.Notice{Authentic: true, Detail: &Statement{Detail: Detail{
				Passed: true, HasResult: true, Confirmed: &Identity{Name: handlers.Hide(name), Number: handlers.Hide(number)},
			}}}, s)
		}
		assert.Equal(t, handlers.Passed, confirmed(fakeName, fakeNumber).Verdict)
		mismatch := judgement(handlers.Failed, handlers.ReasonIdentityMismatch)
		assert.Equal(t, mismatch, confirmed("测试乙", fakeNumber))
		assert.Equal(t, mismatch, confirmed(fakeName, wrongNumber))
	})
}

func TestASessionWhoseMemoryWasLostNeverPasses(t *testing.T) {
	d := ready(t)
	v := d.vendor(t, nil) // RequireIDCard is not set: nothing else would object
	s := session(begin(t, v, person()))
	d.says(endpointDetail, passed(goodScores))
	s.Memory = nil // put back by Restore from what an app kept without it
	judged := ask(t, v, s)
	assert.Equal(t, handlers.Review, judged.Verdict)
	assert.Equal(t, []handlers.Reason{ReasonUnconfirmed}, judged.Reasons, "whoever passed may be somebody else")
}

func TestASessionWithAnUnknownMemoryIsAskedAboutAndEndsInReview(t *testing.T) {
	golden := sample(t, "stored/memory.v1.json")
	newer := func(version string) string { return strings.Replace(golden, `"v": 1`, `"v": `+version, 1) }
	invalid := sample(t, "44-token-invalid.constructed.json")
	for name, memory := range map[string]string{
		"version 2": newer("2"), "version 0": newer("0"), "a version in words": newer(`"1"`), "no version": `{}`, "no JSON": "x", "null": "null",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := ready(t)
				v := d.vendor(t, nil)
				s := session(begin(t, v, person()))
				s.Memory = []byte(memory)
				d.says(endpointDetail, invalid)
				assert.Equal(t, handlers.Pending, ask(t, v, s).Verdict, "the person may not have finished")
				d.says(endpointDetail, passed(goodScores))
				assert.Equal(t, judgement(handlers.Review, ReasonUnconfirmed).Reasons, ask(t, v, s).Reasons, "whoever passed may be somebody else")
				d.says(endpointDetail, failed(223120))
				assert.Equal(t, judgement(handlers.Failed, ReasonLiveness), ask(t, v, s), "what the vendor itself says failed has failed")
				time.Sleep(3 * time.Hour)
				d.says(endpointDetail, invalid)
				assert.Equal(t, judgement(handlers.Review, ReasonTokenOrphaned), ask(t, v, s), "or it was made under a token that nobody knows")
			})
		})
	}
}
