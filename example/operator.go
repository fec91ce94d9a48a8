package main

import (
	"net/http"

	"github.com/facegate/facegate/handlers"
)

// mostLetters is how many dead letters the page shows.
const mostLetters = 100

// operatorHandler is what whoever runs the shop looks at: GET /healthz for a load
// balancer, GET /doctor when something is odd, and the results that the hook never
// took. They are served on an address of their own, so that a network, and not a path
// that a proxy may forget, keeps the world away.
func (s *shop) operatorHandler(kit *handlers.Kit) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/dead-letters", http.StatusSeeOther))
	mux.HandleFunc("GET /shop.css", s.style)
	mux.Handle("GET /healthz", kit.HealthHandler())
	mux.Handle("GET /doctor", kit.DoctorHandler())
	mux.HandleFunc("GET /dead-letters", func(w http.ResponseWriter, r *http.Request) { deadLetters(w, r, kit) })
	mux.HandleFunc("POST /replay", func(w http.ResponseWriter, r *http.Request) { replay(w, r, kit) })
	return protected(mux)
}

// lettersPage is what the template renders. User is nobody: the page is not for
// customers.
type lettersPage struct {
	Text    words
	User    string
	Letters []handlers.DeadLetter
}

func deadLetters(w http.ResponseWriter, r *http.Request, kit *handlers.Kit) {
	letters, err := kit.DeadLetters(r.Context(), mostLetters)
	if err != nil {
		http.Error(w, "the dead letters cannot be read: "+string(handlers.CodeOf(err)), http.StatusServiceUnavailable)
		return
	}
	render(w, "letters.html", lettersPage{Text: wordsFor(r), Letters: letters})
}

// replay gives a dead letter to the hook again, and the operator the list that is left.
func replay(w http.ResponseWriter, r *http.Request, kit *handlers.Kit) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	if _, err := kit.Replay(r.Context(), r.PostForm.Get("session")); err != nil {
		http.Error(w, "not replayed: "+string(handlers.CodeOf(err)), http.StatusConflict)
		return
	}
	http.Redirect(w, r, "/dead-letters", http.StatusSeeOther)
}
