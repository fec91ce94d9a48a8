package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/facegate/facegate/handlers/internal/page"
)

// Finish is GET finish: the browser again, now from our own site. For the browser
// and subject that started, it asks the vendor if nothing is recorded yet, waits a
// little for OnResult, and sends the person on; a vendor that has not finished
// gets a page that waits. Everyone else gets a page that says nothing.
func (k *Kit) Finish() http.Handler {
	return k.endpoint(endpointFinish, 0, []string{http.MethodGet}, k.finish)
}

func (k *Kit) finish(w http.ResponseWriter, r *http.Request) {
	query, err := readQuery(r)
	if err != nil {
		k.fail(w, r, endpointFinish, err)
		return
	}
	id, err := sessionParam(query)
	if err != nil {
		k.fail(w, r, endpointFinish, err)
		return
	}
	s, err := k.bound(r, id)
	if CodeOf(err) == CodeNotFound {
		_ = page.Write(w, http.StatusOK, k.language(r), page.Neutral{})
		return
	}
	if err == nil {
		s, err = k.settled(r.Context(), s)
	}
	if err != nil {
		k.fail(w, r, endpointFinish, err)
		return
	}
	if !s.decided() {
		k.waitingPage(w, r, s, query)
		return
	}
	if k.opts.OnReturn != nil {
		k.opts.OnReturn(w, r, s.view())
		return
	}
	http.Redirect(w, r, s.ReturnTo, http.StatusSeeOther)
}

// settled finds the verdict, if it can be had now, and gives OnResult a little
// time. A vendor that does not answer leaves the session as it is.
func (k *Kit) settled(ctx context.Context, s *session) (*session, error) {
	if !s.decided() {
		found, err := k.enquire(ctx, s)
		if err != nil {
			return nil, err
		}
		s = found
	}
	if s.State != StateRecorded || k.opts.FinishWait < 0 {
		return s, nil
	}
	delivered, err := k.await(ctx, s.ID, k.opts.FinishWait, func(s *session) bool { return s.State != StateRecorded })
	if err != nil {
		return s, nil // the verdict is there: the person need not wait for the store
	}
	return delivered, nil
}

// enquire looks for the verdict of a session on behalf of the person who waits for
// it: among the orphans, then at the vendor, as far as the person's share of the
// budget goes. What it finds goes to OnResult in the background.
func (k *Kit) enquire(ctx context.Context, s *session) (*session, error) {
	_ = k.adopt(ctx, s.ID)
	asked, err := k.ask(ctx, s.ID, forPerson)
	if CodeOf(err) == CodeStoreUnavailable {
		return nil, err
	}
	if asked != nil {
		s = asked
	}
	k.deliverSoon(ctx, s)
	return s, nil
}

// paramSince says when a page began to wait, in Unix seconds. A page without
// scripts loads itself again and again, and only its address remembers.
const paramSince = "since"

// pendingLife is how long a page waits for the vendor before it says that the
// person will be told.
const pendingLife = time.Minute

// waitingPage waits with the person for a vendor that has not finished.
func (k *Kit) waitingPage(w http.ResponseWriter, r *http.Request, s *session, query url.Values) {
	now := k.now()
	since := waitingSince(query, now)
	again := url.Values{paramSession: {s.ID}, paramSince: {strconv.FormatInt(since.Unix(), 10)}}
	longPoll := url.Values{paramSession: {s.ID}, paramWait: {"10s"}}
	_ = page.Write(w, http.StatusOK, k.language(r), page.Pending{
		Status: k.here(endpointStatus, longPoll), Finish: k.here(endpointFinish, again), ContinueTo: s.ReturnTo,
		GiveUp: pendingLife, GivenUp: now.After(since.Add(pendingLife)) || now.After(s.ExpiresAt.Add(pendingLife)),
	})
}

// waitingSince reads paramSince; anything that makes no sense is now.
func waitingSince(query url.Values, now time.Time) time.Time {
	seconds, err := strconv.ParseInt(query.Get(paramSince), 10, 64)
	if err != nil || seconds < 0 || seconds > now.Unix() {
		return now
	}
	return time.Unix(seconds, 0)
}
