package sandbox

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
)

// serveDo is GET /faceid/lite/do: the page where a person chooses an outcome. A
// token opens it once.
func (m *Megvii) serveDo(w http.ResponseWriter, r *http.Request) {
	s, ok := m.openPage(r.URL.Query().Get("token"))
	if !ok {
		m.writeInvalidToken(w, acceptedLanguage(r))
		return
	}
	if s.switches.Outcome != "" {
		m.end(r.Context(), s, s.switches.Outcome)
		m.writeReturn(w, r, s)
		return
	}
	type choice struct{ ID, Label string }
	type group struct {
		Label   string
		Choices []choice
	}
	l := s.params.pageLanguage(r)
	var groups []group
	for _, g := range megviiOutcomeGroups {
		shown := group{Label: g.label.in(l)}
		for _, o := range g.outcomes {
			shown.Choices = append(shown.Choices, choice{o.id, o.label.in(l)})
		}
		groups = append(groups, shown)
	}
	writePage(w, http.StatusOK, m.pages, "megvii_outcomes", page{
		Language: l,
		Title:    cmp.Or(s.params.title, text{"Face verification", "人脸核身"}.in(l)),
		Body: map[string]any{
			"Groups": groups,
			"Badge":  text{"Sandbox", "沙箱"}.in(l),
			"Hint":   text{"No camera is used. Choose how this check ends.", "不会使用摄像头，请选择本次核身的结果。"}.in(l),
		},
	})
}

// serveOutcome is POST /faceid/lite/do: the person has chosen. The answer sends
// the browser to return_url. A second choice changes nothing and is answered like
// the first, so that a double click does not strand the person.
func (m *Megvii) serveOutcome(w http.ResponseWriter, r *http.Request) {
	if refusal := readMegviiForm(w, r); refusal != nil {
		m.refuse(w, refusal)
		return
	}
	m.mu.Lock()
	s, ok := m.sessions.byToken[r.URL.Query().Get("token")]
	m.mu.Unlock()
	if !ok {
		m.writeInvalidToken(w, acceptedLanguage(r))
		return
	}
	outcome := r.PostForm.Get("outcome")
	if _, known := findMegviiOutcome(outcome); !known {
		m.refuse(w, megviiBad("outcome"))
		return
	}
	m.end(r.Context(), s, outcome)
	m.writeReturn(w, r, s)
}

// openPage finds the session of a token and moves it to PROCESSING, once and in
// time.
func (m *Megvii) openPage(token string) (*megviiSession, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions.byToken[token]
	if !ok || s.opened || s.outcome != "" || !m.config.Now().Before(s.created.Add(m.config.TokenTTL)) {
		return nil, false
	}
	s.opened = true
	return s, true
}

// pageLanguage is what language=0 or 1 asked for, else what the browser accepts.
func (p megviiParams) pageLanguage(r *http.Request) language {
	switch p.language {
	case "0":
		return english
	case "1":
		return chinese
	default:
		return acceptedLanguage(r)
	}
}

// writeReturn sends the browser back to the app, and then the late notify.
func (m *Megvii) writeReturn(w http.ResponseWriter, r *http.Request, s *megviiSession) {
	l := s.params.pageLanguage(r)
	switch {
	case s.switches.ReturnLost:
		m.writeMessage(w, http.StatusOK, l, text{"You can close this page", "您可以关闭此页面"}, text{
			"The check is over. This page does not go back to the app: the return is lost on purpose.",
			"核身已结束。本页面不会返回应用：沙箱有意丢弃了这次返回。",
		})
	case cmp.Or(s.switches.ReturnMethod, s.params.returnMethod) == http.MethodGet:
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Location", s.returnAddress())
		w.WriteHeader(http.StatusSeeOther)
	default:
		form := m.callback(s, MegviiReturnCarrier)
		writePage(w, http.StatusOK, m.pages, "megvii_return", page{
			Language: l,
			Title:    text{"Going back", "正在返回"}.in(l),
			Body: map[string]string{
				"Action": s.params.returnURL.String(),
				"Data":   form.Get("data"),
				"Sign":   form.Get("sign"),
				"Hint":   text{"You are on your way back to the app.", "正在返回应用。"}.in(l),
				"Button": text{"Continue", "继续"}.in(l),
			},
		})
	}
	m.notifyLate(s)
}

// returnAddress is return_url with biz_id behind its query and before its
// fragment.
func (s *megviiSession) returnAddress() string {
	bizID := url.QueryEscape(s.bizID)
	if s.switches.RawComma {
		bizID = strings.ReplaceAll(bizID, "%2C", ",")
	}
	to := *s.params.returnURL
	if to.RawQuery != "" {
		to.RawQuery += "&"
	}
	to.RawQuery += "biz_id=" + bizID
	return to.String()
}

func (m *Megvii) writeInvalidToken(w http.ResponseWriter, l language) {
	m.writeMessage(w, http.StatusBadRequest, l, text{"This link does not work any more", "链接已失效"}, text{
		"Its token is unknown, was used or has expired (INVALID_TOKEN). Go back to the app and start again.",
		"令牌不存在、已使用或已过期（INVALID_TOKEN）。请回到应用重新开始。",
	})
}

func (m *Megvii) writeMessage(w http.ResponseWriter, status int, l language, title, explanation text) {
	writePage(w, status, m.pages, "message", page{
		Language: l, Title: title.in(l),
		Body: map[string]string{"Badge": text{"Sandbox", "沙箱"}.in(l), "Text": explanation.in(l)},
	})
}
