package megvii_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
)

// The files are a promise: every later version reads memories that these versions
// wrote, for as long as their sessions may hear a notice.
func TestStoredMemoriesStayReadable(t *testing.T) {
	t.Run("a start writes version 1", func(t *testing.T) {
		everything := begun(t, cardDefaults(megvii.IDCardFront), megvii.Params{
			Name: handlers.Hide(somebody), IDNumber: handlers.Hide(somebodyID), ProcedureType: megvii.ProcedureWill,
			ImageRefs: []handlers.PrivateBytes{handlers.HideBytes(tinyJPEG())},
		})
		assert.JSONEq(t, sampleFile(t, "stored/memory.v1.json"), string(everything))
	})

	v := vendorAt(t, "", nil)
	judge := func(memory, id string, change func(*megvii.Result)) handlers.Judgement {
		r := passedResult(t)
		r.Verify.Ref1, r.Will = compared(90), megvii.WillResult{{Result: megvii.ResultPass}}
		change(r)
		return v.Judge(handlers.Notice{Authentic: true, Detail: r}, handlers.Session{ID: id, Memory: []byte(memory)})
	}
	unchanged := func(*megvii.Result) {}
	for _, file := range []string{"stored/memory.v1.json", "stored/memory.v0.json"} {
		t.Run("everything in "+file+" counts", func(t *testing.T) {
			memory := sampleFile(t, file)
			assert.Equal(t, handlers.Judgement{Verdict: handlers.Passed, ScoreBucket: "1e-6"}, judge(memory, session, unchanged))
			for name, tt := range map[string]struct {
				change func(*megvii.Result)
				reason handlers.Reason
			}{
				"another name":      {func(r *megvii.Result) { r.IDCard.Name = handlers.Hide("别人") }, handlers.ReasonIdentityMismatch},
				"another number":    {func(r *megvii.Result) { r.IDCard.Number = handlers.Hide(sampleNumberOfNobody) }, handlers.ReasonIdentityMismatch},
				"nobody":            {func(r *megvii.Result) { r.IDCard = nil }, megvii.ReasonIdentityMissing},
				"no spoken answers": {func(r *megvii.Result) { r.Will = nil }, megvii.ReasonWillMissing},
				"no photo compared": {func(r *megvii.Result) { r.Verify.Ref1 = nil }, megvii.ReasonComparisonMissing},
				"no overall score":  {func(r *megvii.Result) { r.Verify.FaceID = nil }, megvii.ReasonComparisonMissing},
			} {
				assert.Contains(t, judge(memory, session, tt.change).Reasons, tt.reason, name)
			}
			assert.Contains(t, judge(memory, strings.Repeat("B", 26), unchanged).Reasons, handlers.ReasonIdentityMismatch, "it is this session's alone")
		})
	}

	for _, version := range []string{"2", "-1", `"1"`, "1.5", "[]"} {
		t.Run("a memory of version "+version+" lets nobody pass, and fails nobody for what it may have asked", func(t *testing.T) {
			memory := strings.Replace(sampleFile(t, "stored/memory.v1.json"), `"v": 1`, `"v": `+version, 1)
			for name, change := range map[string]func(*megvii.Result){
				"a pass": unchanged, "the liveness alone": func(r *megvii.Result) { r.Verify, r.Will, r.IDCard = nil, nil, nil },
			} {
				judged := judge(memory, session, change)
				assert.Equal(t, handlers.Review, judged.Verdict, name)
				assert.Equal(t, []handlers.Reason{megvii.ReasonIdentityUnchecked}, judged.Reasons, name)
			}
			failed := judge(memory, session, func(r *megvii.Result) { r.Liveness.Result = megvii.ResultFail })
			assert.Equal(t, handlers.Failed, failed.Verdict, "what the vendor itself says failed has failed")
		})
	}
}

func TestASessionWithAnUnknownMemoryEndsInReviewAndKeepsIt(t *testing.T) {
	silent := 0
	for carrier, switches := range map[handlers.Carrier]sandbox.MegviiSwitches{
		handlers.CarrierNotify: {}, handlers.CarrierQuery: {Notify: &silent, ReturnMethod: http.MethodGet},
	} {
		t.Run(string(carrier), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const newer = `{"v":2,"asked":["everything"]}`
				s := openShop(t, func(*shopSettings) {})
				require.NoError(t, s.fake.Next(switches))
				page, _ := s.begin()
				key := "s:" + s.session().ID
				stored, err := s.store.Get(t.Context(), key)
				require.NoError(t, err)
				var record map[string]any
				require.NoError(t, json.Unmarshal(stored.Value, &record))
				record["memory"] = []byte(newer)
				stored.Value, err = json.Marshal(record)
				require.NoError(t, err)
				_, err = s.store.Put(t.Context(), stored)
				require.NoError(t, err)

				s.act(page, "pass")
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				require.Len(t, s.results(), 1)
				assert.Equal(t, handlers.Review, s.results()[0].Verdict)
				assert.Equal(t, []handlers.Reason{megvii.ReasonIdentityUnchecked}, s.results()[0].Reasons)
				assert.Equal(t, carrier, s.results()[0].Via)
				assert.Equal(t, newer, string(s.session().Memory), "it is kept as it is")
			})
		})
	}
}
