package sandbox

import (
	"net/http"
	"slices"
)

// megviiIndexSessions is how many sessions the index page lists.
const megviiIndexSessions = 20

// serveNext is POST /control/next: switches for the next session.
func (m *Megvii) serveNext(w http.ResponseWriter, r *http.Request) {
	var switches MegviiSwitches
	err := decodeControl(w, r, &switches)
	if err == nil {
		err = m.Next(switches)
	}
	writeControl(w, map[string]bool{"ok": true}, err)
}

// serveSessions is GET /control/sessions: what happened.
func (m *Megvii) serveSessions(w http.ResponseWriter, _ *http.Request) {
	writeControl(w, m.Sessions(), nil)
}

// serveFinish is POST /control/finish: it ends a session without a browser.
func (m *Megvii) serveFinish(w http.ResponseWriter, r *http.Request) {
	var request struct {
		BizNo   string `json:"biz_no"`
		Outcome string `json:"outcome"`
	}
	err := decodeControl(w, r, &request)
	if err == nil {
		err = m.Finish(r.Context(), request.BizNo, request.Outcome)
	}
	writeControl(w, map[string]bool{"ok": true}, err)
}

// serveNotify is POST /control/notify: it sends a session's notify once more and
// answers how that went.
func (m *Megvii) serveNotify(w http.ResponseWriter, r *http.Request) {
	var request struct {
		BizNo string `json:"biz_no"`
	}
	err := decodeControl(w, r, &request)
	var sent MegviiNotify
	if err == nil {
		sent, err = m.SendNotify(r.Context(), request.BizNo)
	}
	writeControl(w, sent, err)
}

// serveIndex is GET /: what this is and what happened last.
func (m *Megvii) serveIndex(w http.ResponseWriter, r *http.Request) {
	sessions := m.Sessions()
	slices.Reverse(sessions)
	l := acceptedLanguage(r)
	writePage(w, http.StatusOK, m.pages, "megvii_index", page{
		Language: l,
		Title:    text{"Megvii sandbox", "旷视沙箱"}.in(l),
		Body: map[string]any{
			"Badge":    text{"Sandbox", "沙箱"}.in(l),
			"Hint":     text{"A fake FaceID Lite H5 for development. It checks nobody.", "用于开发的模拟 FaceID Lite H5，不做任何真实核身。"}.in(l),
			"Last":     text{"Latest sessions", "最近的会话"}.in(l),
			"None":     text{"None so far.", "暂无。"}.in(l),
			"Outcome":  text{"outcome", "结果"}.in(l),
			"Sessions": sessions[:min(len(sessions), megviiIndexSessions)],
			"Paths":    text{"Addresses", "接口"}.in(l),
			"Endpoints": []string{
				"POST /faceid/lite/get_token", "GET /faceid/lite/do", "GET /faceid/lite/get_result",
				"POST /control/next", "GET /control/sessions", "POST /control/finish", "POST /control/notify",
			},
		},
	})
}
