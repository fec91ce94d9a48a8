package handlers_test

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/facegate/facegate/handlers"
)

// The two ends of the kit in the model: the app's OnResult and the vendor's account.

// onResult is the hook of a process. What a dead process does reaches nobody.
func (w *world) onResult(p *process) hook {
	return func(ctx context.Context, r handlers.Result) error {
		run, how := w.model.hookBegins(p, r)
		defer w.model.hookEnds(run)
		switch how {
		case failsOnce:
			return errors.New("canary-hook")
		case panics:
			panic("canary-hook")
		case hangs:
			<-ctx.Done()
			return ctx.Err()
		case takesLong:
			time.Sleep(2 * time.Second)
		case isDeaf:
			time.Sleep(100 * time.Second)
		case diesBefore:
			p.die()
		}
		if p.dead() {
			return errors.New("a dead process has no effect")
		}
		w.model.took(run)
		if how == diesAfter {
			p.die()
		}
		return nil
	}
}

// office is the vendor's account as a process sees it. The vendor behind it is one.
type office struct {
	*paper
	model *model
	world *world
	of    *process
}

// Begin opens a page, as the step that starts says.
func (o *office) Begin(ctx context.Context, req handlers.BeginRequest) (handlers.Begun, error) {
	if t := traceOf(ctx); t != nil {
		t.calls.Add(1)
	}
	how := o.model.asksForPage(req)
	if how == refuses {
		return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorRefused, Err: errors.New("canary-vendor")}
	}
	begun, err := o.paper.Begin(ctx, req)
	switch how {
	case losesAnswer:
		return handlers.Begun{}, &handlers.Error{Code: handlers.CodeVendorUnavailable, Err: errors.New("canary-vendor")}
	case tellsFirst:
		about := o.model.find(req.Session)
		o.model.says(about, handlers.Passed)
		o.world.tell(about, tells{verdict: handlers.Passed, via: handlers.CarrierNotify}, 1)
	}
	return begun, err
}

// Query answers with what the vendor knows of the session.
func (o *office) Query(ctx context.Context, s handlers.Session) (handlers.Notice, error) {
	t := traceOf(ctx)
	if t != nil {
		t.calls.Add(1)
	}
	how, verdict := o.model.isAsked(o.of, s, t != nil && t.waits && s.Verdict == handlers.Pending)
	failed := func(code handlers.Code) (handlers.Notice, error) {
		return handlers.Notice{}, &handlers.Error{Code: code, Err: errors.New("canary-vendor")}
	}
	switch how {
	case isDown:
		return failed(handlers.CodeVendorUnavailable)
	case isUnreachable:
		return failed(handlers.CodeVendorNotSent)
	case throttles:
		return failed(handlers.CodeVendorThrottled)
	case hasForgotten:
		return failed(handlers.CodeResultGone)
	case mistakes:
		return handlers.Notice{Ref: handlers.Hide(refOf(strings.Repeat("A", 26))), Detail: string(handlers.Passed)}, nil
	case isLate:
		time.Sleep(10 * time.Second)
	case seesDeath:
		o.of.die()
	}
	n := handlers.Notice{Ref: s.Ref, Detail: string(verdict)}
	if o.limits.Images && verdict != handlers.Pending {
		n.Images = []handlers.Image{{Name: "image_best", Data: handlers.HideBytes([]byte("canary-face"))}}
	}
	return n, nil
}

// costsNothing defends I5 and I6: what a stranger sent was answered as it should be,
// without asking the vendor and without a write.
func (m *model) costsNothing(a *answer, what string, status int) {
	if a.Code != status {
		m.object("I5", "%s was answered %d, not %d", what, a.Code, status)
	}
	if a.trace.calls.Load() > 0 {
		m.object("I6", "%s made a call to the vendor", what)
	}
	if a.trace.writes.Load() > 0 {
		m.object("I6", "%s was worth a write to the store", what)
	}
}

// failed judges an error of the kit's doors without HTTP.
func (m *model) failed(door string, err error) {
	if err == nil {
		return
	}
	m.keepsSecrets("an error", err.Error())
	switch handlers.CodeOf(err) {
	case handlers.CodeInternal, handlers.CodeMalformed:
		m.object("I9", "%s failed with %q", door, handlers.CodeOf(err))
	}
}

// keepsSecrets defends I7: everything that nobody may read has canary in it.
func (m *model) keepsSecrets(where, text string) {
	if strings.Contains(text, "canary") {
		m.object("I7", "%s gives away what is private", where)
	}
}
