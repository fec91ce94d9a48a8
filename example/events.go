package main

import (
	"context"
	"errors"
	"sync"

	"github.com/facegate/facegate/handlers"
)

// calls lists every run of the hook in this instance, for GET /events. It is there to
// watch and to test the kit; a shop needs nothing like it.
type calls struct {
	mu   sync.Mutex
	list []call
	fail int // how many more runs fail on purpose
	late int // and how many fail when they have had their effect
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

var errOnPurpose = errors.New("failing on purpose: -hook-fail or -hook-fail-late")

// onResult passes on those runs that do not have to fail, and writes each one down.
func (c *calls) onResult(next func(context.Context, handlers.Result) error) func(context.Context, handlers.Result) error {
	return func(ctx context.Context, r handlers.Result) error {
		err := c.mustFail(&c.fail)
		if err == nil {
			err = next(ctx, r)
		}
		if err == nil {
			err = c.mustFail(&c.late)
		}
		c.add(call{
			Key: r.Key, Session: r.Session, Subject: r.Subject, Vendor: r.Vendor, Verdict: r.Verdict, Reasons: r.Reasons,
			Revision: r.Revision, Attempt: r.Attempt, Via: r.Via, OK: err == nil,
		})
		return err
	}
}

// mustFail counts down the runs that fail on purpose.
func (c *calls) mustFail(left *int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *left == 0 {
		return nil
	}
	*left--
	return errOnPurpose
}

func (c *calls) add(one call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, one)
}

// all is every run so far, oldest first.
func (c *calls) all() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]call{}, c.list...)
}
