package megvii_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

func begun(t *testing.T, change func(*megvii.Config), p megvii.Params) []byte {
	t.Helper()
	memory, err := vendorAt(t, "", change).Check(beginRequest(p))
	require.NoError(t, err)
	return memory
}

func TestTheMemoryHoldsNoNameAndNoNumber(t *testing.T) {
	p := megvii.Params{Name: handlers.Hide(somebody), IDNumber: handlers.Hide(somebodyID)}
	stored := begun(t, cardDefaults(megvii.IDCardFront), p)
	assert.NotContains(t, string(stored), somebody)
	assert.NotContains(t, string(stored), somebodyID)
	assert.Less(t, len(stored), 256)
	var members map[string]any
	require.NoError(t, json.Unmarshal(stored, &members))
	other := begun(t, func(c *megvii.Config) {
		cardDefaults(megvii.IDCardFront)(c)
		c.APISecret = handlers.Hide("FAKE-another-secret-0001")
	}, p)
	assert.NotContains(t, string(other), members["id_number"], "the hash is keyed with the secret")
}

func passedResult(t *testing.T) *megvii.Result {
	t.Helper()
	r, err := megvii.DecodeResult([]byte(`{
		"status": "OK",
		"biz_info": {"biz_id": "` + openedBizID + `", "biz_no": "` + session + `"},
		"idcard_info": {"idcard_mode": "1", "idcard_name": "` + somebody + `", "idcard_number": "` + somebodyID + `"},
		"liveness_result": {"result": "PASS", "face_genuineness": {
			"synthetic_face_confidence": 0.1, "synthetic_face_threshold": 0.5, "mask_confidence": 0.1, "mask_threshold": 0.5,
			"screen_replay_confidence": 0.1, "screen_replay_threshold": 0.5}},
		"verify_result": {"result_faceid": {"confidence": 90.5, "thresholds": {"1e-3": 64, "1e-4": 69, "1e-5": 74, "1e-6": 79.9}}}
	}`))
	require.NoError(t, err)
	judged := megvii.Policy{}.Judge(r, megvii.Asked{})
	require.Equal(t, handlers.Passed, judged.Verdict, "%v", judged.Reasons)
	return r
}

func TestCase67OnlyThePersonAskedForPasses(t *testing.T) {
	r := passedResult(t)
	r.IDCard.Number = handlers.Hide(strings.ToLower(somebodyID))
	silent := *r
	silent.IDCard = nil
	both := megvii.Params{Name: handlers.Hide(" " + somebody), IDNumber: handlers.Hide(somebodyID)}
	card := cardDefaults(megvii.IDCardFront)
	rotated := func(c *megvii.Config) {
		card(c)
		c.APISecret, c.PreviousAPISecret = handlers.Hide("FAKE-another-secret-0001"), handlers.Hide(clientSecret)
	}
	replaced := func(c *megvii.Config) {
		card(c)
		c.APISecret = handlers.Hide("FAKE-another-secret-0001")
	}
	given := cardDefaults(megvii.IDCardGiven)
	for name, tc := range map[string]struct {
		start, judge func(*megvii.Config)
		params       megvii.Params
		result       *megvii.Result
		session      string
		verdict      handlers.Verdict
		reason       handlers.Reason
	}{
		"the same person":                         {card, card, both, r, session, handlers.Passed, ""},
		"the same person after a rotation":        {card, rotated, both, r, session, handlers.Passed, ""},
		"the key is gone":                         {card, replaced, both, r, session, handlers.Review, megvii.ReasonIdentityUnchecked},
		"the number alone":                        {card, card, megvii.Params{IDNumber: both.IDNumber}, r, session, handlers.Passed, ""},
		"nobody was named":                        {card, card, megvii.Params{}, r, session, handlers.Passed, ""},
		"nobody was named, and the key is gone":   {card, replaced, megvii.Params{}, r, session, handlers.Passed, ""},
		"another number":                          {card, card, megvii.Params{IDNumber: handlers.Hide(sampleNumberOfNobody)}, r, session, handlers.Failed, handlers.ReasonIdentityMismatch},
		"another name":                            {card, card, megvii.Params{Name: handlers.Hide("别人"), IDNumber: both.IDNumber}, r, session, handlers.Failed, handlers.ReasonIdentityMismatch},
		"another session's memory":                {card, card, both, r, "BBBBBBBBBBBBBBBBBBBBBBBBBB", handlers.Failed, handlers.ReasonIdentityMismatch},
		"a given person whom the vendor compared": {given, given, both, &silent, session, handlers.Passed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := handlers.Session{ID: tc.session, Memory: begun(t, tc.start, tc.params)}
			judged := vendorAt(t, "", tc.judge).Judge(handlers.Notice{Authentic: true, Detail: tc.result}, s)
			assert.Equal(t, tc.verdict, judged.Verdict, "%v", judged.Reasons)
			if tc.reason != "" {
				assert.Contains(t, judged.Reasons, tc.reason)
			}
		})
	}
	t.Run("a result that does not say who", func(t *testing.T) {
		judged := vendorAt(t, "", card).Judge(handlers.Notice{Detail: &silent}, handlers.Session{ID: session, Memory: begun(t, card, both)})
		assert.NotEqual(t, handlers.Passed, judged.Verdict)
		assert.Contains(t, judged.Reasons, megvii.ReasonIdentityMissing)
	})
}

const sampleNumberOfNobody = "000000199001010026"

func TestAPassWhoseMemoryIsLostIsForReview(t *testing.T) {
	for _, memory := range []string{"", "{", "null"} {
		judged := vendorAt(t, "", nil).Judge(handlers.Notice{Detail: passedResult(t)}, handlers.Session{ID: session, Memory: []byte(memory)})
		assert.Equal(t, handlers.Review, judged.Verdict)
		assert.Equal(t, []handlers.Reason{megvii.ReasonIdentityUnchecked}, judged.Reasons)
	}
}

func TestJudgeReadsTheMemoryOfWhatWasAsked(t *testing.T) {
	live, err := megvii.DecodeResult([]byte(sampleFile(t, "callback.data.intl-liveness-only.constructed.json")))
	require.NoError(t, err)
	liveness := begun(t, nil, megvii.Params{})
	assert.Equal(t, handlers.Passed, vendorAt(t, "", cardDefaults(megvii.IDCardFront)).Judge(handlers.Notice{Detail: live}, handlers.Session{ID: session, Memory: liveness}).Verdict)
	compare := begun(t, cardDefaults(megvii.IDCardFront), megvii.Params{})
	assert.Equal(t, handlers.Failed, vendorAt(t, "", nil).Judge(handlers.Notice{Detail: live}, handlers.Session{ID: session, Memory: compare}).Verdict)
	fakeCard := passedResult(t)
	fakeCard.Verify.FaceID, fakeCard.Verify.IDCardPhoto = nil, fakeCard.Verify.FaceID
	unknown := vendorAt(t, "", nil).Judge(handlers.Notice{Detail: fakeCard}, handlers.Session{ID: session, Memory: compare})
	assert.Equal(t, []handlers.Reason{megvii.ReasonComparisonMissing}, unknown.Reasons, "the card matches, the authority was not heard")
	photo := megvii.Params{ComparisonType: megvii.CompareWithImageRefs, ImageRefs: []handlers.PrivateBytes{handlers.HideBytes(tinyJPEG())}}
	unasked := vendorAt(t, "", nil).Judge(handlers.Notice{Detail: passedResult(t)}, handlers.Session{ID: session, Memory: begun(t, nil, photo)})
	assert.Equal(t, []handlers.Reason{megvii.ReasonComparisonMissing}, unasked.Reasons, "the photo was not compared")
	will := begun(t, nil, megvii.Params{ProcedureType: megvii.ProcedureWill})
	assert.NotEqual(t, handlers.Passed, vendorAt(t, "", nil).Judge(handlers.Notice{Detail: live}, handlers.Session{ID: session, Memory: will}).Verdict)
}
