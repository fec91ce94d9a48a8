package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"mime"
	"net/http"
)

// megviiFormLimit caps the body of get_token: three pictures and the fields.
const megviiFormLimit = 3*megviiImageLimit + 1<<20

// serveToken is POST /faceid/lite/get_token: it makes a session.
func (m *Megvii) serveToken(w http.ResponseWriter, r *http.Request) {
	if refusal := readMegviiForm(w, r); refusal != nil {
		m.refuse(w, refusal)
		return
	}
	if refusal := m.checkCredentials(r.PostForm.Get); refusal != nil {
		m.refuse(w, refusal)
		return
	}
	params, refusal := readMegviiParams(r)
	if refusal == nil {
		refusal = m.checkReach(params)
	}
	if refusal != nil {
		m.config.Logger.Info("megvii get_token refused", "error_message", refusal.ErrorMessage)
		m.refuse(w, refusal)
		return
	}
	switches := m.takeSwitches()
	if switches.TokenAnswer.refuses() {
		m.answer(w, r, switches.TokenAnswer, nil)
		return
	}
	if switches.unreachable(megviiURLKind(params.notifyURL)) == MegviiRefuse {
		m.refuse(w, megviiBad("notify_url"))
		return
	}
	s, ok := m.open(params, switches)
	if !ok {
		m.refuse(w, megviiBad("biz_no"))
		return
	}
	m.answer(w, r, switches.TokenAnswer, MegviiCompact.write(m.tokenAnswer(s)))
}

// readMegviiForm reads a urlencoded or multipart body into r.PostForm; of any
// other body nothing is read, as if no parameter had been sent.
func readMegviiForm(w http.ResponseWriter, r *http.Request) *MegviiRefusal {
	r.Body = http.MaxBytesReader(w, r.Body, megviiFormLimit)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(megviiFormLimit) // all in memory, no temporary file
	} else {
		err = r.ParseForm()
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return megviiTooLarge()
	case err != nil:
		return megviiBad("body")
	}
	return nil
}

// checkCredentials looks at api_key and api_secret.
func (m *Megvii) checkCredentials(get func(string) string) *MegviiRefusal {
	for _, name := range []string{"api_key", "api_secret"} {
		if get(name) == "" {
			return megviiMissing(name)
		}
	}
	if !m.authenticated(get("api_key"), get("api_secret")) {
		return &MegviiRefusal{http.StatusForbidden, "AUTHENTICATION_ERROR"}
	}
	return nil
}

// checkReach refuses addresses outside this machine.
func (m *Megvii) checkReach(params megviiParams) *MegviiRefusal {
	switch {
	case m.config.AllowAnyHost:
	case !isLoopback(params.returnURL):
		m.config.Logger.Warn("megvii sandbox: return_url is not on this machine; see AllowAnyHost")
		return megviiBad("return_url")
	case !isLoopback(params.notifyURL):
		m.config.Logger.Warn("megvii sandbox: notify_url is not on this machine; see AllowAnyHost")
		return megviiBad("notify_url")
	}
	return nil
}

// open makes a session, unless its biz_no was used.
func (m *Megvii) open(params megviiParams, switches MegviiSwitches) (*megviiSession, bool) {
	token := make([]byte, 16)
	_, _ = rand.Read(token) // never fails
	now := m.config.Now()
	s := &megviiSession{
		params: params, switches: switches, created: now,
		token: hide(hex.EncodeToString(token)), bizID: megviiRequestID(now),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, used := m.sessions.byBizNo[params.bizNo]; used {
		return nil, false
	}
	m.sessions.add(s)
	m.config.Logger.Info("megvii session made", "biz_no", params.bizNo)
	return s, true
}

func (m *Megvii) tokenAnswer(s *megviiSession) megviiObject {
	token := s.token.reveal()
	if s.switches.TokenAnswer.Spoil == MegviiEmptyToken {
		token = ""
	}
	return megviiObject{
		{"biz_no", s.params.bizNo},
		{"expired_time", s.created.Add(m.config.TokenTTL).Unix()},
		{"biz_id", s.bizID},
		{"request_id", megviiRequestID(m.config.Now())},
		{"time_used", megviiTimeUsed},
		{"token", token},
	}
}

// serveResult is GET /faceid/lite/get_result: the pull.
func (m *Megvii) serveResult(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	refusal := m.checkCredentials(query.Get)
	wanted := query.Get("return_image")
	switch {
	case refusal != nil:
	case query.Get("biz_id") == "":
		refusal = megviiMissing("biz_id")
	case wanted != "" && !valueIn("0", "1", "2", "3", "4", "5", "6")(wanted):
		refusal = megviiBad("return_image")
	case !valueIn("", "0", "1")(query.Get("return_verify_time")):
		refusal = megviiBad("return_verify_time")
	}
	if refusal != nil {
		m.refuse(w, refusal)
		return
	}
	s, call, refusal := m.callResult(query.Get("biz_id"))
	if refusal != nil {
		m.refuse(w, refusal)
		return
	}
	result := m.result(s, megviiResultOptions{
		processing: call <= s.switches.Processing,
		verifyTime: query.Get("return_verify_time") == "1",
	})
	result = append(megviiObject{
		{"request_id", megviiRequestID(m.config.Now())}, {"time_used", megviiTimeUsed},
	}, result...)
	if wanted != "" && wanted != "0" && result.get("status") == megviiOK {
		result = result.with("images", s.bendImages(m.images(s.params, wanted)))
	}
	m.answer(w, r, s.switches.ResultAnswer.of(call), m.spell(s, result))
}

// of is the fault of the call with that number, counted from 1.
func (f MegviiFault) of(call int) MegviiFault {
	if f.Times > 0 && call > f.Times {
		return MegviiFault{}
	}
	return f
}

// callResult finds the session of a pull, counts the call and returns its number;
// it refuses calls that are too late or too many.
func (m *Megvii) callResult(bizID string) (*megviiSession, int, *MegviiRefusal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions.byBizID[bizID]
	if !ok {
		return nil, 0, &MegviiRefusal{http.StatusBadRequest, "RESULT_NOT_FOUND"}
	}
	s.calls++
	ended := s.outcome != ""
	late := ended && m.config.Now().After(s.endedAt.Add(m.config.Retention))
	if late || s.calls-s.polls > m.config.Calls {
		return nil, 0, &m.config.GoneError
	}
	if m.config.FreePolls && (!ended || s.calls <= s.switches.Processing) {
		s.polls++
	}
	return s, s.calls, nil
}

func (s *megviiSession) bendImages(images megviiObject) megviiObject {
	if !s.switches.OldSpellings {
		return images
	}
	for _, image := range images {
		images = images.changed(image.name, megviiOldDataURI)
	}
	return images
}
