package handlers

import (
	"errors"
	"net/http"
	"net/url"
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
		s, err = k.settled(r, s)
	}
	if err != nil {
		k.fail(w, r, endpointFinish, err)
		return
	}
	if !s.decided() {
		k.waitingPage(w, r, s)
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
func (k *Kit) settled(r *http.Request, s *session) (*session, error) {
	ctx := r.Context()
	if !s.decided() {
		if err := k.adopt(ctx, s.ID); CodeOf(err) == CodeStoreUnavailable {
			return s, err
		}
		asked, err := k.ask(ctx, s.ID, forPerson)
		if CodeOf(err) == CodeStoreUnavailable {
			return s, err
		}
		if asked != nil {
			s = asked
		}
		if err != nil && !errors.Is(err, errMayNotAsk) {
			return s, nil
		}
		k.deliverSoon(ctx, s)
	}
	if !s.decided() || k.opts.FinishWait < 0 {
		return s, nil
	}
	return k.await(ctx, s.ID, k.opts.FinishWait, func(s *session) bool { return s.State != StateRecorded })
}

// pendingLife is how long a page waits for the vendor before it says that the
// person will be told.
const pendingLife = time.Minute

// waitingPage waits with the person for a vendor that has not finished.
func (k *Kit) waitingPage(w http.ResponseWriter, r *http.Request, s *session) {
	query := url.Values{paramSession: {s.ID}}
	longPoll := url.Values{paramSession: {s.ID}, paramWait: {"10s"}}
	_ = page.Write(w, http.StatusOK, k.language(r), page.Pending{
		Status: k.here(endpointStatus, longPoll), Finish: k.here(endpointFinish, query), GiveUp: pendingLife,
		GivenUp: k.now().After(s.ExpiresAt.Add(pendingLife)),
	})
}
