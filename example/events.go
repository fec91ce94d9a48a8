package main

import (
	"context"
	"errors"
	"sync"

	"github.com/facegate/facegate/handlers"
)

// calls lists every run of the hook, for GET /events. It is there to watch and to
// test the kit; a shop needs nothing like it.
type calls struct {
	mu   sync.Mutex
	list []call
	fail int // how many more runs fail on purpose
}

// call is one run of the hook.
type call struct {
	Key      string            `json:"key"`
	Session  string            `json:"session"`
	Subject  string            `json:"subject"`
	Vendor   string            `json:"vendor"`
	Verdict  handlers.Verdict  `json:"verdict"`
	Reasons  []handlers.Reason `json:"reasons"`
	Revision int               `json:"revision"`
	Attempt  int               `json:"attempt"`
	Via      handlers.Carrier  `json:"via"`
	OK       bool              `json:"ok"` // the run succeeded
}

var errOnPurpose = errors.New("failing on purpose: -hook-fail")

// onResult writes each run down, and passes those on that do not have to fail.
func (c *calls) onResult(next func(handlers.Result)) func(context.Context, handlers.Result) error {
	return func(_ context.Context, r handlers.Result) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		ok := c.fail <= 0
		c.fail--
		c.list = append(c.list, call{
			Key: r.Key, Session: r.Session, Subject: r.Subject, Vendor: r.Vendor, Verdict: r.Verdict, Reasons: r.Reasons,
			Revision: r.Revision, Attempt: r.Attempt, Via: r.Via, OK: ok,
		})
		if !ok {
			return errOnPurpose
		}
		next(r)
		return nil
	}
}

// all is every run so far, oldest first.
func (c *calls) all() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]call{}, c.list...)
}
