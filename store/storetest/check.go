package storetest

import (
	"testing"
	"testing/synctest"

	"github.com/facegate/facegate/store"
)

// check is one sentence of the contract and what proves it.
type check struct {
	name string
	run  func(tr *trial)
}

// provided is a check with the hook of the [Harness] that it cannot do without.
type provided struct {
	check
	hook string // "" needs none
}

func checks() []provided {
	var all []provided
	for _, group := range []struct {
		hook   string
		checks []check
	}{
		{"", readChecks()}, {"", writeChecks()}, {"", deleteChecks()}, {"", versionChecks()}, {"", expiryChecks()},
		{"", dueChecks()}, {"", refusalChecks()}, {"", contextChecks()}, {"", raceChecks()},
		{"Another", processChecks()}, {"OwnClock", clockChecks()}, {"Outage", outageChecks()}, {"LoseAnswer", lossChecks()},
	} {
		for _, c := range group.checks {
			all = append(all, provided{c, group.hook})
		}
	}
	return all
}

// missing returns the hook that the check needs and h does not have, or "".
func (c provided) missing(h Harness) string {
	has := map[string]bool{
		"": true, "Another": h.Another != nil, "OwnClock": h.OwnClock, "Outage": h.Outage != nil, "LoseAnswer": h.LoseAnswer != nil,
	}
	if has[c.hook] {
		return ""
	}
	return c.hook
}

// against runs the check on a fresh store of h. bubble runs a function with a clock
// of its own.
func (c check) against(t testing.TB, h Harness, bubble func(func(t *testing.T))) {
	tr := &trial{TB: t, store: h.New(t), harness: h, bubble: bubble, life: h.Life}
	tr.stores = []store.Store{tr.store}
	switch {
	case h.Advance != nil:
		tr.life = movedLife
	case h.Life == 0:
		tr.life = shortLife
	}
	c.run(tr)
}

func bubbleOf(t *testing.T) func(func(t *testing.T)) {
	return func(run func(t *testing.T)) { synctest.Test(t, run) }
}
