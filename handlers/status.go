package handlers

import (
	"net/http"
	"time"
)

// paramWait asks status to hold its answer back until there is a verdict.
const paramWait = "wait"

// maxWait is the longest that status holds an answer back.
const maxWait = 25 * time.Second

// statusAnswer is what status says.
type statusAnswer struct {
	Session string   `json:"session"`
	State   State    `json:"state"`
	Verdict Verdict  `json:"verdict"`
	Reasons []Reason `json:"reasons"`
}

// Status is GET status: JSON for the app's own page, for the browser and subject
// that started; to everyone else the session does not exist (404). With wait=10s
// the answer comes when there is a verdict, after 25 s as a rule at the latest. Who
// waits also has the vendor asked, as rarely as finish does.
func (k *Kit) Status() http.Handler {
	return k.endpoint(endpointStatus, 0, []string{http.MethodGet}, k.status)
}

func (k *Kit) status(w http.ResponseWriter, r *http.Request) {
	s, err := k.statusOf(w, r)
	if err != nil {
		k.fail(w, r, endpointStatus, err)
		return
	}
	v := s.view()
	if v.Reasons == nil {
		v.Reasons = []Reason{}
	}
	writeJSON(w, http.StatusOK, "application/json", statusAnswer{v.ID, v.State, v.Verdict, v.Reasons})
}

func (k *Kit) statusOf(w http.ResponseWriter, r *http.Request) (*session, error) {
	query, err := readQuery(r)
	if err != nil {
		return nil, err
	}
	id, err := sessionParam(query)
	if err != nil {
		return nil, err
	}
	wait, err := waitParam(query.Get(paramWait))
	if err != nil {
		return nil, err
	}
	s, err := k.bound(r, id)
	if err != nil || wait <= 0 || s.decided() {
		return s, err
	}
	until := time.Now().Add(wait)
	// The app's server may have a shorter time-out than the wait and the vendor take.
	_ = http.NewResponseController(w).SetWriteDeadline(until.Add(k.opts.VendorTimeout + k.opts.StoreTimeout))
	s, err = k.enquire(r.Context(), s)
	if err != nil || s.decided() {
		return s, err
	}
	return k.await(r.Context(), id, time.Until(until), (*session).decided)
}

// waitParam reads a duration such as "10s"; none is no wait.
func waitParam(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 {
		return 0, &Error{Code: CodeMalformed}
	}
	return min(wait, maxWait), nil
}
