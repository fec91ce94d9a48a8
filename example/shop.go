package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/facegate/facegate/handlers"
)

//go:embed templates
var files embed.FS

var pages = template.Must(template.ParseFS(files, "templates/*.html"))

// shop is the app: a page to sign in, a page per person, and its two memories, of
// which all instances share one.
type shop struct {
	login    *login
	ledger   ledger
	calls    *calls
	accounts accounts
}

func newShop(s settings, common keys, shared ledger, found accounts) *shop {
	return &shop{
		login:    &login{key: common.login, sameSite: s.sameSite, secure: s.live()},
		ledger:   shared,
		calls:    &calls{fail: s.hookFail, late: s.hookFailLate},
		accounts: found,
	}
}

// handler is the shop with the kit mounted in it. The shop's own forms are kept
// from other sites; the kit guards its endpoints itself, because the vendor's page
// has to reach two of them from another site.
func (s *shop) handler(kit *handlers.Kit) http.Handler {
	own := http.NewServeMux()
	own.HandleFunc("GET /{$}", s.home)
	own.HandleFunc("GET /shop.css", s.style)
	own.HandleFunc("POST /login", s.login.signIn)
	own.HandleFunc("POST /logout", s.login.signOut)
	own.HandleFunc("GET /events", s.events)

	mux := http.NewServeMux()
	mux.Handle("/face/", kit.Handler())
	mux.Handle("/", protected(own))
	return mux
}

// protected keeps the shop's own forms from other sites, and small.
func protected(own http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(own, 64<<10))
}

// homePage is what the templates render.
type homePage struct {
	Text     words
	User     string
	Verified bool
	History  []entry
	Accounts accounts
	Name     string // to fill in the Baidu forms, so that a visitor need not make one up
	IDNumber string
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	p := homePage{Text: wordsFor(r), Accounts: s.accounts}
	name := "login.html"
	if user, err := s.login.identify(r); err == nil {
		entries, err := s.ledger.of(r.Context(), user)
		if err != nil {
			http.Error(w, "the ledger cannot be read", http.StatusServiceUnavailable)
			return
		}
		newestFirst(entries)
		name, p.User = "home.html", user
		p.History, p.Verified = entries, verified(entries)
		p.Name, p.IDNumber = sampleName, sampleIDNumber
	}
	render(w, name, p)
}

// render answers with a page, or not at all with half of one.
func render(w http.ResponseWriter, name string, page any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, page); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	// No form-action here: Chromium would apply it to the redirect to the vendor.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
	_, _ = w.Write(body.Bytes())
}

func (s *shop) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "templates/shop.css")
}

// events answers GET /events: every run of OnResult, oldest first.
func (s *shop) events(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(s.calls.all())
	if err != nil {
		http.Error(w, "the events cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body)
}

// wordsFor picks the page's language: the first of Chinese and English that the
// browser names, English if it names neither.
func wordsFor(r *http.Request) words {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag := strings.ToLower(strings.TrimSpace(part))
		if strings.HasPrefix(tag, "zh") {
			return chinese
		}
		if strings.HasPrefix(tag, "en") {
			return english
		}
	}
	return english
}
