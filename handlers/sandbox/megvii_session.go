package sandbox

import (
	"container/list"
	"context"
	"errors"
	"time"
)

// ErrMegviiSession says that there is no session of that biz_no, or none that can
// still do what was asked.
var ErrMegviiSession = errors.New("sandbox: no such session")

// MegviiSession tells what became of a session. It has no personal data.
type MegviiSession struct {
	BizNo     string         `json:"biz_no"`     // the app's own id of the session
	BizID     string         `json:"biz_id"`     // the vendor's id of the session
	Created   time.Time      `json:"created"`    // when get_token made it
	Status    string         `json:"status"`     // as the vendor would say now, switches aside
	Outcome   string         `json:"outcome"`    // the chosen outcome's id; empty before the end
	GetResult int            `json:"get_result"` // get_result calls so far
	Notifies  []MegviiNotify `json:"notifies"`   // every try so far, in the order they ended; the first 1,000
}

// MegviiNotify is one try to send a notify.
type MegviiNotify struct {
	At     time.Time `json:"at"`              // when the try ended
	Status int       `json:"status"`          // of the answer; 0 without one
	Error  string    `json:"error,omitempty"` // why there was no answer or no try, in a word
}

// A megviiSession is one check. What is above the line never changes; what is
// below is guarded by Megvii.mu.
type megviiSession struct {
	params   megviiParams
	switches MegviiSwitches
	token    private
	bizID    string
	created  time.Time
	number   int // of the session, from 1

	opened   bool
	outcome  string
	endedAt  time.Time // zero before the end
	calls    int       // get_result calls so far
	polls    int       // of the calls, those that the budget does not count
	notifies []MegviiNotify
}

// status is what the vendor would say now, switches aside.
func (s *megviiSession) status() string {
	switch outcome, ended := findMegviiOutcome(s.outcome); {
	case ended:
		return outcome.status
	case s.opened:
		return megviiProcessing
	default:
		return megviiNotStarted
	}
}

// megviiSessions finds sessions by their three ids and keeps a bounded number.
type megviiSessions struct {
	max      int
	made     int
	byToken  map[string]*megviiSession
	byBizID  map[string]*megviiSession
	byBizNo  map[string]*megviiSession
	ordered  *list.List    // of *megviiSession, oldest first
	untimely *list.Element // the oldest whose flow timeout was not looked at
}

func newMegviiSessions(limit int) megviiSessions {
	return megviiSessions{
		max:     limit,
		byToken: map[string]*megviiSession{},
		byBizID: map[string]*megviiSession{},
		byBizNo: map[string]*megviiSession{},
		ordered: list.New(),
	}
}

// add keeps s, in the place of the oldest when there are too many.
func (t *megviiSessions) add(s *megviiSession) {
	t.made++
	s.number = t.made
	t.byToken[s.token.reveal()], t.byBizID[s.bizID], t.byBizNo[s.params.bizNo] = s, s, s
	element := t.ordered.PushBack(s)
	if t.untimely == nil {
		t.untimely = element
	}
	if t.ordered.Len() > t.max {
		t.dropOldest()
	}
}

func (t *megviiSessions) dropOldest() {
	oldest := t.ordered.Front()
	if t.untimely == oldest {
		t.untimely = oldest.Next()
	}
	s := t.ordered.Remove(oldest).(*megviiSession)
	delete(t.byToken, s.token.reveal())
	delete(t.byBizID, s.bizID)
	delete(t.byBizNo, s.params.bizNo)
}

// overdue takes the sessions that were made before a time and have not been taken
// so far.
func (t *megviiSessions) overdue(before time.Time) []*megviiSession {
	var found []*megviiSession
	for ; t.untimely != nil; t.untimely = t.untimely.Next() {
		s := t.untimely.Value.(*megviiSession)
		if s.created.After(before) {
			break
		}
		found = append(found, s)
	}
	return found
}

// session finds a session by its biz_no.
func (m *Megvii) session(bizNo string) (*megviiSession, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions.byBizNo[bizNo]
	return s, ok
}

// Sessions lists the sessions that are kept, oldest first.
func (m *Megvii) Sessions() []MegviiSession {
	m.timeOut()
	m.mu.Lock()
	defer m.mu.Unlock()
	all := []MegviiSession{}
	for e := m.sessions.ordered.Front(); e != nil; e = e.Next() {
		s := e.Value.(*megviiSession)
		all = append(all, MegviiSession{
			BizNo: s.params.bizNo, BizID: s.bizID, Created: s.created,
			Status: s.status(), Outcome: s.outcome, GetResult: s.calls,
			Notifies: append([]MegviiNotify{}, s.notifies...),
		})
	}
	return all
}

// end records how a session ended, once, and sends its early notify or starts
// the one that races the browser.
func (m *Megvii) end(ctx context.Context, s *megviiSession, outcome string) bool {
	if !m.record(s, outcome, m.config.Now()) {
		return false
	}
	m.config.Logger.Info("megvii check ended", "biz_no", s.params.bizNo, "outcome", outcome)
	switch s.switches.NotifyWhen {
	case MegviiEarly:
		m.notify(ctx, s, s.switches.copies())
	case MegviiAtOnce, "":
		m.notifyBehind(s, s.switches.NotifyDelay)
	}
	return true
}

func (m *Megvii) record(s *megviiSession, outcome string, at time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.outcome != "" {
		return false
	}
	s.outcome, s.endedAt = outcome, at
	return true
}

// timeOut ends the sessions that are past their flow timeout.
func (m *Megvii) timeOut() {
	m.mu.Lock()
	overdue := m.sessions.overdue(m.config.Now().Add(-m.config.FlowTimeout))
	m.mu.Unlock()
	for _, s := range overdue {
		if m.record(s, "timeout", s.created.Add(m.config.FlowTimeout)) && s.switches.NotifyWhen != MegviiManual {
			m.notifyBehind(s, s.switches.NotifyDelay)
		}
	}
}
