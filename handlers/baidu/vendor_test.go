package baidu

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

// ready is a double whose start succeeds.
func ready(t testing.TB) *double {
	d := newDouble()
	d.says(endpointGenerate, sample(t, "12-verifytoken-ok.json"))
	d.says(endpointSubmit, sample(t, "21-idcard-submit-ok.json"))
	d.says(endpointUpload, sample(t, "23-uploadmatchimage-ok.json"))
	return d
}

// passed is the detail of a passed check of the fake person.
func passed(verify string) string {
	return fmt.Sprintf(`{"success":true,"result":{"verify_result":{%s},"idcard_confirm":{"name":"%s","idcard_number":"%s"}},"log_id":"1"}`, verify, fakeName, fakeNumber)
}

// failed is the detail of a failed check.
func failed(code int) string {
	return fmt.Sprintf(`{"success":false,"result":null,"code":%d,"message":"%s","log_id":"1"}`, code, fakeMessage)
}

const goodScores = `"score":93.5,"liveness_score":0.9,"spoofing":0`

// ask queries and judges.
func ask(t testing.TB, v *Vendor, s handlers.Session) handlers.Judgement {
	t.Helper()
	notice, err := v.Query(t.Context(), s)
	require.NoError(t, err)
	assert.True(t, notice.Authentic)
	assert.True(t, notice.Ref.Equal(s.Ref))
	return v.Judge(notice, s)
}

func TestHashesAreBoundToTheSessionAndTheSecret(t *testing.T) {
	d := ready(t)
	v := d.vendor(t, nil)
	s := session(begin(t, v, person()))
	d.says(endpointDetail, passed(goodScores))
	require.Equal(t, handlers.Passed, ask(t, v, s).Verdict)

	other := s
	other.ID = "ANOTHER"
	assert.Equal(t, judgement(handlers.Failed, handlers.ReasonIdentityMismatch).Reasons, ask(t, v, other).Reasons)

	rotated := d.vendor(t, func(c *Config) { c.SecretKey = handlers.Hide("FAKEsecret0000CANARYsec2") })
	assert.Equal(t, []handlers.Reason{ReasonSecretKeyChanged}, ask(t, rotated, s).Reasons, "cannot be compared: review, not a mismatch")
}

func TestLimits(t *testing.T) {
	v := newDouble().vendor(t, nil)
	assert.Equal(t, "baidu", v.Name())
	limits := v.Limits()
	assert.Equal(t, 2*time.Hour, limits.SessionLife)
	assert.Equal(t, 72*time.Hour, limits.Retention)
	assert.Equal(t, 8, limits.Queries)
	assert.Equal(t, 4, limits.ReservedQueries)
	assert.Zero(t, limits.QueryRate, "no limit of ours")
	rated := newDouble().vendor(t, func(c *Config) { c.QueryRate, c.QPS = 20, 5 })
	assert.Equal(t, 20, rated.Limits().QueryRate, "of the whole fleet; QPS is of this process")
	assert.Empty(t, limits.NotifyPorts)
	require.NotEmpty(t, limits.QueryAfter)
	assert.LessOrEqual(t, len(limits.QueryAfter), limits.Queries)
	for i, after := range limits.QueryAfter {
		assert.Less(t, after, limits.Retention-11*time.Hour, "case 141: in time even after an outage of hours")
		if i > 0 {
			assert.Greater(t, after, limits.QueryAfter[i-1])
		}
	}
	limits.QueryAfter[0] = 0
	assert.NotZero(t, v.Limits().QueryAfter[0])
}
