package store

import "context"

// Diagnoser is what a [Store] implements besides when its engine can tell about
// settings that decide what survives. The kit asks for it at start-up, below
// decorators that have an Unwrap method, and reports what is found.
type Diagnoser interface {
	// Diagnose asks the engine for its settings. It changes nothing. It returns what
	// puts promises at risk, and what may and is not told; nothing where all is well.
	// It fails when the engine does not answer or does not hold this store's records.
	Diagnose(ctx context.Context) ([]Finding, error)
}

// Finding is one setting of an engine that puts a promise at risk.
type Finding struct {
	// Setting is the engine's own name of it, such as "maxmemory-policy".
	Setting string

	// Value is what it is set to. It is never secret. Empty: the engine does not tell,
	// for instance because the user may not ask.
	Value string

	// Risk says what can be lost, in a sentence for operators.
	Risk string
}
