package storetest

import (
	"context"
	"errors"
	"time"
)

// ErrFault is what spoilt calls fail with where [Fault.Err] is nil.
var ErrFault = errors.New("storetest: fault")

// Kind is how a call of a store goes wrong.
type Kind string

// The kinds. With the first two nothing has happened in the engine when the call
// fails; with the others the engine has done its part.
const (
	Refused Kind = "refused" // the call does not reach the engine, and fails at once
	Stuck   Kind = "stuck"   // the call reaches the engine after a while, or never

	Lost Kind = "lost" // the engine carries the call out, and its answer is lost
	Late Kind = "late" // the engine carries the call out at once, and answers after a while
)

// Kinds returns all of them.
func Kinds() []Kind { return []Kind{Refused, Stuck, Lost, Late} }

// Fault says which calls of a [Faulty] store are spoilt, and how.
type Fault struct {
	// Kind is how they go wrong. Empty: they do not.
	Kind Kind

	// Nth is the first one, counted from 1 since [Faulty.Break]. Default 1.
	Nth int

	// Calls is how many in a row. Default 1; math.MaxInt is an engine that does not
	// come back, or, to it, a process that has died.
	Calls int

	// Method narrows the fault to "Get", "Put", "Delete" or "Due"; only those calls
	// are counted. Default: all.
	Method string

	// For is how long a call of the kinds Stuck and Late takes. A context that ends
	// before that ends the call with its error. Default: until the context ends.
	For time.Duration

	// Err is what calls of the kinds Refused and Lost fail with. Default [ErrFault].
	Err error
}

// concerns reports whether the fault counts calls of the method.
func (f Fault) concerns(method string) bool { return f.Method == "" || f.Method == method }

// hits reports whether the n-th call that it counts is spoilt.
func (f Fault) hits(n int) bool {
	since := n - max(f.Nth, 1)
	return f.Kind != "" && since >= 0 && since < max(f.Calls, 1)
}

// do makes a call as the fault lets it. An error says that the caller hears nothing
// of its outcome.
func (f Fault) do(ctx context.Context, call func()) error {
	switch f.Kind {
	case Refused:
		return f.err()
	case Stuck:
		if err := f.wait(ctx); err != nil {
			return err
		}
		call()
		return nil
	case Lost:
		call()
		return f.err()
	case Late:
		call()
		return f.wait(ctx)
	default:
		call()
		return nil
	}
}

func (f Fault) err() error {
	if f.Err == nil {
		return ErrFault
	}
	return f.Err
}

// wait lets the fault's time pass, or fails when ctx ends first.
func (f Fault) wait(ctx context.Context) error {
	var over <-chan time.Time // nil: never
	if f.For > 0 {
		timer := time.NewTimer(f.For)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
