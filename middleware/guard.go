package middleware

import "net/http"

// Guard makes the middleware that turns requests away. Its zero value answers
// in plain text and is ready to use:
//
//	mux.Handle("/notify", middleware.Guard{}.Methods("POST")(notify))
type Guard struct {
	// Refuse writes the answer for a status: 405, 413 or 415 for a request turned
	// away, 500 for a panic. Headers that belong to the status, such as Allow, are
	// already set, so is Cache-Control: no-store. It may write another status. Nil
	// means the status text as text/plain. Set it to answer with a page or with
	// problem details.
	Refuse func(w http.ResponseWriter, r *http.Request, status int)
}

// refuse is the one way out for every refusal. Some statuses, 405 among them,
// may be cached unless told otherwise.
func (g Guard) refuse(w http.ResponseWriter, r *http.Request, status int) {
	w.Header().Set("Cache-Control", "no-store")
	if g.Refuse != nil {
		g.Refuse(w, r, status)
		return
	}
	http.Error(w, http.StatusText(status), status)
}
