package handlers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
)

// maxBindings is how many browsers may have clicked a session's start together.
const maxBindings = 4

// bindingCookie names the cookie that ties a browser to the sessions it starts.
// It tells nobody who the person is, and survives while the browser is open.
func (k *Kit) bindingCookie() string {
	if k.opts.InsecureDevelopment {
		return "facegate"
	}
	return "__Host-facegate"
}

// browserToken is the browser's token, or "" if it has none.
func (k *Kit) browserToken(r *http.Request) string {
	cookie, err := r.Cookie(k.bindingCookie())
	if err != nil || !validID(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// giveToken sets the browser's token.
func (k *Kit) giveToken(w http.ResponseWriter, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: k.bindingCookie(), Value: token, Path: "/",
		HttpOnly: true, Secure: !k.opts.InsecureDevelopment, SameSite: http.SameSiteLaxMode,
	})
}

// newToken makes a browser's token.
func newToken() string { return rand.Text() }

// bindingOf is what a session stores of a token, so that a reader of the store
// cannot take a browser's place.
func bindingOf(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// bind adds a browser to the session.
func (s *session) bind(binding string) {
	if binding == "" || slices.Contains(s.Bindings, binding) {
		return
	}
	s.Bindings = append(s.Bindings, binding)
	if len(s.Bindings) > maxBindings {
		s.Bindings = s.Bindings[1:]
	}
}

// bound returns the session of a request if it comes from the browser and the
// subject that started it. To everyone else the session does not exist: whoever
// is lured to another's session, or steals its id, learns and changes nothing.
func (k *Kit) bound(r *http.Request, id string) (*session, error) {
	token := k.browserToken(r)
	if token == "" {
		return nil, &Error{Code: CodeNotFound}
	}
	s, err := k.load(r.Context(), id)
	if err != nil {
		return nil, err
	}
	subject, err := k.opts.Identify(r)
	if e, ok := errors.AsType[*Error](err); ok && e.Status() >= http.StatusInternalServerError {
		return nil, e // the app cannot tell who this is: that says nothing about the session
	}
	if err != nil || subject != s.Subject || !slices.Contains(s.Bindings, bindingOf(token)) {
		k.emit(r.Context(), s.event(EventUnbound))
		return nil, &Error{Code: CodeNotFound}
	}
	return s, nil
}
