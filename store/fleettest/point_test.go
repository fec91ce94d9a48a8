package fleettest

import (
	"context"
	"encoding/json"
	"os"
	"strings"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// point names a moment of a session at which a member can kill itself.
type point string

const (
	beforeBegin  point = "before the vendor is called"
	afterBegin   point = "after the vendor answered, before that is stored"
	afterRecord  point = "after a notice is recorded, before it is acknowledged"
	inHook       point = "in the hook"
	beforeMark   point = "between the hook's success and its mark"
	beforeCommit point = "after the mark is written; with InTx before it is committed"
	beforeQuery  point = "in reconcile: after the query was counted, before the vendor is asked"
	afterQuery   point = "in reconcile: after the vendor answered, before that is stored"
)

// reached is told that the process has come to a point. If it is the one to die at,
// the process kills itself, as kill -9 does, and goes no step further.
func (p point) reached(at point) {
	if p != at {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// mortalVendor reaches the points around the calls of a vendor.
type mortalVendor struct {
	handlers.Vendor
	diesAt point
}

func (v mortalVendor) Begin(ctx context.Context, req handlers.BeginRequest) (handlers.Begun, error) {
	v.diesAt.reached(beforeBegin)
	begun, err := v.Vendor.Begin(ctx, req)
	v.diesAt.reached(afterBegin)
	return begun, err
}

func (v mortalVendor) Query(ctx context.Context, s handlers.Session) (handlers.Notice, error) {
	v.diesAt.reached(beforeQuery)
	notice, err := v.Vendor.Query(ctx, s)
	v.diesAt.reached(afterQuery)
	return notice, err
}

// mortalStore reaches the points around the writes of a session. The kit finds the
// transactions below it.
type mortalStore struct {
	store.Store
	diesAt point
}

func (s mortalStore) Unwrap() store.Store { return s.Store }

func (s mortalStore) Put(ctx context.Context, rec store.Record) (int64, error) {
	state := stateIn(rec)
	if state == handlers.StateDelivered {
		s.diesAt.reached(beforeMark)
	}
	version, err := s.Store.Put(ctx, rec)
	if err != nil {
		return version, err
	}
	switch state {
	case handlers.StateRecorded:
		s.diesAt.reached(afterRecord)
	case handlers.StateDelivered:
		s.diesAt.reached(beforeCommit)
	}
	return version, nil
}

// sessionKeys begin the key of each session's record.
const sessionKeys = "s:"

// stateIn is the state that a record brings a session to; "" for other records.
func stateIn(rec store.Record) handlers.State {
	var session struct{ State handlers.State }
	if !strings.HasPrefix(rec.Key, sessionKeys) || json.Unmarshal(rec.Value, &session) != nil {
		return ""
	}
	return session.State
}
