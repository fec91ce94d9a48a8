package middleware

import (
	"maps"
	"net/http"
)

// Recover answers 500 when the handler panics and tells report about it without
// the panic's value, which net/http would print to its error log. Headers that
// the handler set before are dropped. If an answer was already under way the
// connection is cut, so that nobody takes half an answer for a whole one.
// A panic with [http.ErrAbortHandler] goes on to the server.
//
// report runs on the request's goroutine before the answer; nil means that
// nobody is told. The handler's writer still is an [http.Flusher] and
// [http.Hijacker] where the server's is, and unwraps to it.
func (g Guard) Recover(report func(r *http.Request, p Panic)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			before := maps.Clone(w.Header())
			watched, state := watch(w)
			defer func() {
				value := recover()
				if value == nil {
					return
				}
				if value == http.ErrAbortHandler {
					panic(value)
				}
				if report != nil {
					report(r, Recovered(value))
				}
				if state.begun {
					panic(http.ErrAbortHandler)
				}
				clear(w.Header())
				maps.Copy(w.Header(), before)
				g.refuse(w, r, http.StatusInternalServerError)
			}()
			next.ServeHTTP(watched, r)
		})
	}
}
