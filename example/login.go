package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// loginCookie names the shop's own cookie. facegate neither sets nor reads it.
const loginCookie = "shop_login"

// maxUser is the longest account name, in characters.
const maxUser = 64

// login is the shop's own sign-in: anybody may come in under any name. The cookie
// holds the account and a MAC of it, so that every instance with the same key knows
// who it is.
type login struct {
	key      []byte
	sameSite http.SameSite
	secure   bool
}

var errNotSignedIn = errors.New("nobody is signed in")

// identify is what facegate asks: who is signed in. It takes any request of the
// browser, and so serves the shop as well.
func (l *login) identify(r *http.Request) (subject string, err error) {
	cookie, err := r.Cookie(loginCookie)
	if err != nil {
		return "", errNotSignedIn
	}
	account, mac, found := strings.Cut(cookie.Value, ".")
	user, err := base64.RawURLEncoding.DecodeString(account)
	if !found || err != nil || !hmac.Equal([]byte(mac), []byte(l.mac(account))) {
		return "", errNotSignedIn
	}
	return string(user), nil
}

func (l *login) mac(account string) string {
	h := hmac.New(sha256.New, l.key)
	h.Write([]byte(account))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// signIn answers POST /login.
func (l *login) signIn(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || !goodUser(r.PostForm.Get("user")) {
		http.Error(w, "user must be 1 to 64 printable characters", http.StatusBadRequest)
		return
	}
	account := base64.RawURLEncoding.EncodeToString([]byte(r.PostForm.Get("user")))
	l.set(w, account+"."+l.mac(account), 0)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signOut answers POST /logout.
func (l *login) signOut(w http.ResponseWriter, r *http.Request) {
	l.set(w, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (l *login) set(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: loginCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: l.secure, SameSite: l.sameSite,
	})
}

// goodUser accepts any short printable name.
func goodUser(user string) bool {
	return user != "" && utf8.ValidString(user) && utf8.RuneCountInString(user) <= maxUser &&
		strings.TrimSpace(user) == user &&
		!strings.ContainsFunc(user, func(c rune) bool { return !unicode.IsPrint(c) })
}
