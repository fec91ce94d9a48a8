package sandbox

import "time"

// baiduState is where a session stands at a moment.
type baiduState string

const (
	baiduCreated baiduState = "CREATED" // waits for what its plan needs
	baiduReady   baiduState = "READY"   // waits for the person
	baiduPassed  baiduState = "PASSED"
	baiduFailed  baiduState = "FAILED"
	baiduExpired baiduState = "EXPIRED" // two hours passed without an attempt
	baiduGone    baiduState = "GONE"    // three days after the end
)

// baiduSession is one verify_token and what became of it.
type baiduSession struct {
	token    string // the verify_token: whoever has it can fetch the face
	madeBy   *baiduToken
	app      string // API key
	appID    string
	plan     BaiduPlan
	switches BaiduSwitches
	made     time.Time

	name, number          private
	submitted             bool
	uploaded              bool
	successURL, failedURL string // from redirect_config

	attempts []baiduAttempt
	ended    time.Time // zero while the person may still act
	pending  int       // queries still to be answered as unfinished
}

type baiduAttempt struct {
	baiduOutcome
	at time.Time
}

// state is a function of the clock: nothing has to run for a session to expire.
func (s *baiduSession) state(now time.Time) baiduState {
	ended := s.ended
	if ended.IsZero() && now.Sub(s.made) >= baiduUsable {
		if len(s.attempts) == 0 {
			return baiduExpired
		}
		ended = s.made.Add(baiduUsable)
	}
	switch {
	case ended.IsZero() && !s.prepared():
		return baiduCreated
	case ended.IsZero():
		return baiduReady
	case now.Sub(ended) >= baiduKept:
		return baiduGone
	case s.last().passed():
		return baiduPassed
	}
	return baiduFailed
}

// prepared reports whether the server has sent what the plan needs.
func (s *baiduSession) prepared() bool {
	return (s.plan.Identity != BaiduIdentitySubmitted || s.submitted) &&
		(s.plan.Comparison != BaiduComparePhoto || s.uploaded)
}

// open reports whether the person may still act.
func (s *baiduSession) open(now time.Time) bool {
	state := s.state(now)
	return state == baiduCreated || state == baiduReady
}

// last is the attempt that counts. There must be one.
func (s *baiduSession) last() baiduAttempt { return s.attempts[len(s.attempts)-1] }

// survives reports whether a failure leaves the page usable.
func (s *baiduSession) survives() bool {
	return s.plan.URLSurvivesFailure || s.switches.URLSurvivesFailure
}

// act records what the person did. The session must be ready.
func (s *baiduSession) act(outcome baiduOutcome, now time.Time) {
	if outcome.leaves {
		return
	}
	s.attempts = append(s.attempts, baiduAttempt{outcome, now})
	if second, ok := baiduOutcomeByID(outcome.then); ok {
		s.act(second, now)
		return
	}
	if outcome.passed() || !s.survives() {
		s.ended = now
		s.pending = s.switches.PendingQueries
	}
}

// forget drops sessions whose results nobody can ask for any more, and the
// oldest when there are too many. The caller holds the lock.
func (b *Baidu) forget(now time.Time) {
	const most = 100_000
	for len(b.created) >= most || len(b.created) > 0 && now.Sub(b.created[0].made) > baiduUsable+baiduKept {
		delete(b.sessions, b.created[0].token)
		b.created = b.created[1:]
	}
}
