package handlers

import (
	"context"

	"github.com/facegate/facegate/middleware"
)

// guarded is a vendor whose panics are errors. Vendors read what strangers send,
// and some of it on goroutines of the kit, where a panic would end the process.
type guarded struct {
	Vendor
	emit func(context.Context, Event)
}

// reasonPanicked stands beside CodeInternal for a vendor that panicked.
const reasonPanicked Reason = "panicked"

// Check implements [Vendor].
func (g guarded) Check(req BeginRequest) (memory []byte, err error) {
	defer g.catch(context.Background(), &err)
	return g.Vendor.Check(req)
}

// Begin implements [Vendor].
func (g guarded) Begin(ctx context.Context, req BeginRequest) (begun Begun, err error) {
	defer g.catch(ctx, &err)
	return g.Vendor.Begin(ctx, req)
}

// Parse implements [Vendor].
func (g guarded) Parse(cb Callback) (n Notice, err error) {
	defer g.catch(context.Background(), &err)
	return g.Vendor.Parse(cb)
}

// Query implements [Vendor].
func (g guarded) Query(ctx context.Context, s Session) (n Notice, err error) {
	defer g.catch(ctx, &err)
	return g.Vendor.Query(ctx, s)
}

// Judge implements [Vendor]. An authentic statement on which the policy breaks,
// or of which it makes nothing that is known here, is for a person to look at.
func (g guarded) Judge(n Notice, s Session) Judgement {
	var err error
	judged := func() (j Judgement) {
		defer g.catch(context.Background(), &err)
		return g.Vendor.Judge(n, s)
	}()
	if err != nil || !judged.Verdict.known() {
		return Judgement{Verdict: Review, Reasons: []Reason{ReasonNotJudged}}
	}
	return judged
}

// Ready implements [Vendor].
func (g guarded) Ready(ctx context.Context) (r Readiness, err error) {
	defer g.catch(ctx, &err)
	return g.Vendor.Ready(ctx)
}

// Probe implements [Vendor].
func (g guarded) Probe(ctx context.Context) (p Probe, err error) {
	defer g.catch(ctx, &err)
	return g.Vendor.Probe(ctx)
}

// catch turns a panic into an error without its value, which may be personal.
func (g guarded) catch(ctx context.Context, err *error) {
	if value := recover(); value != nil {
		g.emit(ctx, Event{Name: EventPanic, Vendor: g.Name(), Reason: Reason(middleware.Recovered(value).Type)})
		*err = &Error{Code: CodeInternal, Reason: reasonPanicked}
	}
}
