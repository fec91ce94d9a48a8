package page

import (
	"fmt"
	"strconv"
	"time"
)

// Moving is the answer to the vendor's return: a page that moves on by itself.
// A redirect would not do. After a cross-site request a browser withholds
// SameSite=Strict cookies over the whole chain of redirects; a page that navigates
// itself starts a new, same-site request and gets all of them back.
type Moving struct {
	// To is where the browser goes next: a relative URL of this site. Required.
	To string
}

func (m Moving) check() error { return local("Moving.To", m.To) }

func (m Moving) view(language string) view {
	v := newView("moving.html", language, m)
	v.Title = v.Text.MovingTitle
	v.policy = policy{script: true, forms: "'none'"}
	return v
}

// Neutral tells a stranger, another browser or the sender of a forged return that
// there is nothing to do here. It is the same for all of them, so it reveals
// nothing.
type Neutral struct {
	// ContinueTo adds a link to the app. Empty: no link. Relative, http or https.
	ContinueTo string
}

func (n Neutral) check() error { return link("Neutral.ContinueTo", n.ContinueTo) }

func (n Neutral) view(language string) view {
	v := newView("neutral.html", language, n)
	v.Title = v.Text.NeutralTitle
	return v
}

// Pending waits for a vendor that has not finished. Its script asks Status until
// there is a verdict and then loads Finish; without scripts the browser loads
// Finish every few seconds.
type Pending struct {
	// Status is a relative URL of this site that answers JSON with a member
	// "verdict". It may hold the request back for a while (long poll). Required.
	Status string

	// Finish is a relative URL of this site to load when the verdict is no longer
	// "pending". Required.
	Finish string

	// GiveUp is how long the page asks before it says that the person will be told,
	// and stops. Zero: 60 seconds.
	GiveUp time.Duration

	// GivenUp shows the page as it looks after GiveUp: it asks nothing any more. It
	// is for a browser without scripts, whose time only the server can take.
	GivenUp bool

	// ContinueTo adds a link to the app once the page has stopped. Empty: no link.
	// Relative, http or https.
	ContinueTo string
}

func (p Pending) check() error {
	if err := local("Pending.Status", p.Status); err != nil {
		return err
	}
	if err := local("Pending.Finish", p.Finish); err != nil {
		return err
	}
	return link("Pending.ContinueTo", p.ContinueTo)
}

func (p Pending) view(language string) view {
	if p.GiveUp <= 0 {
		p.GiveUp = time.Minute
	}
	v := newView("pending.html", language, pendingView{p, p.GiveUp.Milliseconds()})
	v.Title = v.Text.PendingTitle
	if p.GivenUp {
		v.Title = v.Text.GivenUpTitle
		return v
	}
	v.policy.script, v.policy.connect = true, true
	return v
}

// pendingView is a Pending with its time in the script's unit.
type pendingView struct {
	Pending
	GiveUpMillis int64
}

// Problem tells a person that something did not work.
type Problem struct {
	// Title is the heading, in the page's language. Empty: a general one.
	Title string

	// Sentence says what happened, in the page's language. Empty: a general one.
	Sentence string

	// RetryTo adds a link to try again. Empty: no link. Relative, http or https.
	RetryTo string

	// RetryAfter is when trying again makes sense. It is shown, and sent as the
	// Retry-After header, rounded up to seconds. Zero: neither.
	RetryAfter time.Duration
}

func (p Problem) check() error { return link("Problem.RetryTo", p.RetryTo) }

func (p Problem) view(language string) view {
	v := newView("problem.html", language, nil)
	if p.Title == "" {
		p.Title = v.Text.ProblemTitle
	}
	if p.Sentence == "" {
		p.Sentence = v.Text.ProblemText
	}
	v.Title, v.Page = p.Title, problemView{p, p.wait(v.Text)}
	if seconds := p.seconds(); seconds > 0 {
		v.header = map[string]string{"Retry-After": strconv.Itoa(seconds)}
	}
	return v
}

func (p Problem) seconds() int {
	return int((p.RetryAfter + time.Second - 1) / time.Second)
}

// wait puts RetryAfter in words: seconds up to two minutes, then minutes.
func (p Problem) wait(t texts) string {
	seconds := p.seconds()
	switch {
	case seconds <= 0:
		return ""
	case seconds == 1:
		return t.WaitSecond
	case seconds <= 120:
		return fmt.Sprintf(t.WaitSeconds, seconds)
	}
	return fmt.Sprintf(t.WaitMinutes, (seconds+59)/60)
}

// problemView is a Problem with its time in words.
type problemView struct {
	Problem
	Wait string
}

func newView(name, language string, p any) view {
	v := view{template: name, Lang: "en", Text: english, Page: p, policy: policy{forms: "'self'"}}
	if language == "zh" {
		v.Lang, v.Text = "zh-CN", chinese
	}
	return v
}
