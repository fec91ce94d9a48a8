package main

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ended is how an outcome of the fake Megvii must reach the app.
type ended struct {
	outcome, verdict string
	reasons          []string
}

// everyOutcome is the contract of the vendor page's buttons.
func everyOutcome() []ended {
	return []ended{
		{"pass", "passed", []string{}},
		{"liveness_fail", "failed", []string{"liveness_failed"}},
		{"spoof_synthetic", "failed", []string{"spoof_synthetic"}},
		{"spoof_mask", "failed", []string{"spoof_mask"}},
		{"spoof_screen_replay", "failed", []string{"spoof_screen_replay"}},
		{"below_1e-3", "failed", []string{"score_below_1e-3"}},
		{"below_1e-4", "failed", []string{"score_below_1e-4"}},
		{"below_1e-5", "passed", []string{}}, // 1e-4 is what the policy demands
		{"below_1e-6", "passed", []string{}},
		{"no_such_id_number", "failed", []string{"no_such_id_number"}},
		{"id_number_name_not_match", "failed", []string{"id_number_name_not_match"}},
		{"image_unsupported", "failed", []string{"image_unsupported"}},
		{"no_face_found", "failed", []string{"no_face_found"}},
		{"data_source_error", "review", []string{"data_source_error"}},
		{"internal_error", "review", []string{"internal_error"}},
		{"will_inconsistent", "failed", []string{"will_inconsistent"}},
		{"will_no_audio", "failed", []string{"will_no_audio"}},
		{"id_attacked", "review", []string{"id_attacked"}},
		{"multifaces", "review", []string{"multiple_faces"}},
		{"cancel", "cancelled", []string{"cancelled_by_person"}},
		{"timeout", "expired", []string{"timeout"}},
		{"webrtc_network", "unsupported", []string{"webrtc_network_error"}},
		{"webrtc_permissions", "unsupported", []string{"webrtc_permissions_error"}},
		{"webrtc_support", "unsupported", []string{"webrtc_support_error"}},
		{"failed", "failed", []string{"flow_failed"}},
	}
}

func TestEveryOutcomeReachesTheHookOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	ways := []struct {
		name, switches, method, via string
	}{
		{"by POST return alone", `{"notify":0}`, "post", "return"},
		{"by GET return alone, so the kit asks", `{"notify":0}`, "get", "query"},
		{"by notify, before the POST return", `{"notify_when":"early"}`, "post", "notify"},
		{"by notify, before the GET return", `{"notify_when":"early"}`, "get", "notify"},
	}
	for _, end := range everyOutcome() {
		for _, way := range ways {
			t.Run(end.outcome+" "+way.name, func(t *testing.T) {
				s := &started{t: t, app: s.app, vendor: s.vendor}
				user := end.outcome + " " + way.method + " " + way.via
				s.next(way.switches)
				c := s.person(user).begin(way.method).choose(end.outcome)
				c.finish(c.comeBack())

				heard := c.once()
				assert.Equal(t, event{
					Key: c.session + "-1", Session: c.session, Subject: user, Vendor: "megvii",
					Verdict: end.verdict, Reasons: end.reasons, Revision: 1, Attempt: 1, Via: way.via, OK: true,
				}, heard)
				home := c.get(c.app + "/")
				assert.Contains(t, home.body, `data-verdict="`+end.verdict+`"`, "the landing page knows it already")
				verified := "false"
				if end.verdict == "passed" {
					verified = "true"
				}
				assert.Contains(t, home.body, `data-verified="`+verified+`"`)
			})
		}
	}
	assert.Len(t, s.events(), len(everyOutcome())*len(ways), "and nothing else did")
}

func TestTheVendorsPageOffersEveryOutcomeAsAPlainForm(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.person("alice").begin("post")
	page := c.get(c.page)
	require.Equal(t, http.StatusOK, page.status)
	var offered, known []string
	for _, found := range regexp.MustCompile(`<form method="post">\s*<input type="hidden" name="outcome" value="([^"]*)">`).FindAllStringSubmatch(page.body, -1) {
		offered = append(offered, found[1])
	}
	for _, end := range everyOutcome() {
		known = append(known, end.outcome)
	}
	assert.ElementsMatch(t, known, offered)
}
