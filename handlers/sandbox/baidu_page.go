package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// page is what a person's browser opens. A GET shows one button for each
// outcome; the buttons POST the form value outcome to the page's own address.
func (b *Baidu) page(w http.ResponseWriter, r *http.Request) {
	chosen := ""
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		if err := r.ParseForm(); err != nil || r.PostForm.Get("outcome") == "" {
			http.Error(w, "the form needs an outcome", http.StatusBadRequest)
			return
		}
		chosen = r.PostForm.Get("outcome")
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "use GET or POST", http.StatusMethodNotAllowed)
		return
	}
	visit := b.visit(r.URL.Query(), chosen, r.Method == http.MethodGet)
	if visit.location != "" {
		w.Header().Set("Location", visit.location)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusFound)
		return
	}
	l := acceptedLanguage(r)
	if visit.ending == "" {
		writePage(w, http.StatusOK, b.pages, "baidu_choice", visit.choicePage(l))
		return
	}
	writePage(w, max(visit.status, http.StatusOK), b.pages, "baidu_ending", visit.endingPage(l))
}

// baiduVisit is what one request to the page led to: a refusal, the choice, a
// jump back to the app, or the page after an attempt.
type baiduVisit struct {
	ending  baiduEnding // empty: the choice is still to be made
	status  int         // of a refusal
	refusal text

	plan, id string // for the small print
	attempts int    // made so far

	last     baiduOutcome
	location string // where to jump
	finish   string // address of the finish button
	again    bool   // offer another attempt
}

// baiduEnding is what the page shows in place of the choice.
type baiduEnding string

const (
	baiduEndsPassed  baiduEnding = "passed"
	baiduEndsFailed  baiduEnding = "failed"
	baiduEndsLeft    baiduEnding = "left" // closed without an attempt
	baiduEndsRefused baiduEnding = "refused"
)

// visit takes a request to the page through the session. An outcome set by a
// switch is taken when the page is first opened.
func (b *Baidu) visit(query url.Values, chosen string, opens bool) baiduVisit {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[BaiduPage]++
	now := b.config.Now()
	session := b.sessions[query.Get("token")]
	if session == nil {
		return refuseVisit(http.StatusNotFound, text{"Token invalid or expired", baiduInvalidText})
	}
	success, failed := session.returns(query)
	switch {
	case !session.open(now):
		return refuseVisit(http.StatusGone, text{"Token invalid or expired", baiduInvalidText})
	case !session.prepared():
		return refuseVisit(http.StatusConflict, text{
			"This plan needs idcard/submit or uploadMatchImage before the page is opened",
			"本方案需先调用 idcard/submit 或 uploadMatchImage，再打开本页面",
		})
	case !b.allowed(success) || !b.allowed(failed):
		return refuseVisit(http.StatusBadRequest, text{
			"A return address is not an http(s) address of this machine, so the sandbox does not send people there",
			"返回地址不是本机的 http(s) 地址，沙箱不会跳转",
		})
	}
	if chosen == "" && opens && len(session.attempts) == 0 {
		chosen = session.switches.Outcome
	}
	if chosen == "" {
		return baiduVisit{plan: session.plan.ID, id: baiduHash(session.token), attempts: len(session.attempts)}
	}
	outcome, ok := baiduOutcomeByID(chosen)
	if !ok {
		return refuseVisit(http.StatusBadRequest, text{"There is no such outcome", "没有这种结果"})
	}
	session.act(outcome, now)
	return session.depart(outcome, success, failed)
}

func refuseVisit(status int, why text) baiduVisit {
	return baiduVisit{ending: baiduEndsRefused, status: status, refusal: why}
}

// depart decides where the person is after an attempt.
func (s *baiduSession) depart(outcome baiduOutcome, success, failed string) baiduVisit {
	visit := baiduVisit{ending: baiduEndsLeft}
	if outcome.leaves {
		return visit
	}
	visit.last, visit.ending, visit.finish = s.last().baiduOutcome, baiduEndsFailed, failed
	if visit.last.passed() {
		visit.ending, visit.finish = baiduEndsPassed, success
	}
	if s.switches.AppendParams {
		visit.finish = baiduAppend(visit.finish)
	}
	visit.again = s.ended.IsZero()
	switch {
	case s.switches.Return == BaiduReturnNone:
		visit.finish = ""
	case s.switches.Return != BaiduReturnButton && !visit.again:
		visit.location = visit.finish
	}
	return visit
}

// returns are the addresses to send the person to. Those given to generate win
// over those in the page's own address; either may be missing.
func (s *baiduSession) returns(query url.Values) (success, failed string) {
	success, failed = query.Get("successUrl"), query.Get("failedUrl")
	if s.successURL != "" {
		success = s.successURL
	}
	if s.failedURL != "" {
		failed = s.failedURL
	}
	return success, failed
}

// allowed reports whether the page may send people to an address.
func (b *Baidu) allowed(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		(b.config.AllowAnyHost || isLoopback(u))
}

// baiduAppend adds parameters nobody asked for behind the app's own.
func baiduAppend(address string) string {
	if address == "" {
		return ""
	}
	address, fragment, hashed := strings.Cut(address, "#")
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	address += separator + "from=faceprint&verify_status=success&code=0&lang=zh"
	if hashed {
		address += "#" + fragment
	}
	return address
}

// baiduButtons is one group of outcomes on the page.
type baiduButtons struct {
	Heading string
	Buttons []baiduButton
}

type baiduButton struct{ ID, Label string }

func (v baiduVisit) choicePage(l language) page {
	var groups []baiduButtons
	for _, outcome := range baiduOutcomes() {
		for len(groups) <= int(outcome.group) {
			groups = append(groups, baiduButtons{Heading: baiduGroup(len(groups)).label().in(l)})
		}
		group := &groups[outcome.group]
		group.Buttons = append(group.Buttons, baiduButton{outcome.id, outcome.label.in(l)})
	}
	return page{Language: l, Title: text{"Face verification", "人脸实名认证"}.in(l), Body: map[string]any{
		"Badge":    text{"Sandbox", "沙箱"}.in(l),
		"Text":     text{"This page stands in for Baidu's. No camera is used: choose how the check ends.", "本页面模拟百度人脸实名认证，不会使用摄像头。请选择认证结果。"}.in(l),
		"Again":    v.attempts > 0,
		"Note":     text{"The last attempt failed. You can try again.", "上次认证未通过，可以重试。"}.in(l),
		"First":    groups[0].Buttons,
		"Groups":   groups[1:],
		"Plan":     text{"Plan", "方案"}.in(l),
		"PlanID":   v.plan,
		"Session":  text{"Session", "会话"}.in(l),
		"ID":       v.id,
		"Attempts": text{"Attempts", "已认证次数"}.in(l),
		"Made":     v.attempts,
	}}
}

func (v baiduVisit) endingPage(l language) page {
	title := map[baiduEnding]text{
		baiduEndsPassed:  {"Verification passed", "认证通过"},
		baiduEndsFailed:  {"Verification failed", "认证未通过"},
		baiduEndsLeft:    {"You closed the page", "您已关闭页面"},
		baiduEndsRefused: v.refusal,
	}[v.ending]
	var reason, next text
	switch {
	case v.ending == baiduEndsRefused:
	case v.ending == baiduEndsLeft:
		next = text{"Nothing was recorded. Opening the same address again goes on with the check.", "未产生认证记录，再次打开同一地址可以继续认证。"}
	case v.finish != "":
		next = text{"Tap finish to go back to the app.", "点击“完成”返回应用。"}
	default:
		next = text{"You can close this page now.", "您现在可以关闭本页面。"}
	}
	if v.ending == baiduEndsFailed {
		reason = v.last.label
	}
	return page{Language: l, Title: title.in(l), Body: map[string]any{
		"Badge":  text{"Sandbox", "沙箱"}.in(l),
		"Ending": v.ending,
		"Reason": reason.in(l),
		"Text":   next.in(l),
		"Finish": v.finish,
		"Done":   text{"Finish", "完成"}.in(l),
		"Again":  v.again,
		"Retry":  text{"Try again", "重新认证"}.in(l),
	}}
}
