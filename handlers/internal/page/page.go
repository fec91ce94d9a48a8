// Package page renders every HTML page that the kit shows to people, in Chinese
// and English. The pages are small, need no other file, work on a phone and
// without scripts, and hold nothing about the person who looks at them.
package page

import (
	"bytes"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed templates
var files embed.FS

// layouts holds the parsed templates. It is never written after this line.
var layouts = template.Must(template.ParseFS(files, "templates/*"))

// Page is one of [Moving], [Neutral], [Pending], [Problem] and [Consent].
type Page interface {
	// check reports what in the page must not reach a browser.
	check() error

	// view is what the page's template needs, in one language.
	view(language string) view
}

// view is what the templates render.
type view struct {
	template string // the file under templates
	policy   policy
	header   map[string]string // beside those that every page has

	Lang  string // of the html element
	Title string
	Nonce string
	Text  texts
	Page  any
}

// policy is what differs between the pages' content security policies.
type policy struct {
	script  bool   // the page has a script
	connect bool   // its script calls this site
	forms   string // the form-action sources
}

// Write answers with a page in "zh", or in English for any other language. It
// sets every header that the page needs and overwrites none but its own. A page
// that holds a URL which is not fit for a browser is not shown: the answer is then
// a [Problem] with status 500, and the error says which field was at fault.
func Write(w http.ResponseWriter, status int, language string, p Page) error {
	err := p.check()
	if err != nil {
		status, p = http.StatusInternalServerError, Problem{}
	}
	return errors.Join(err, write(w, status, p.view(language)))
}

func write(w http.ResponseWriter, status int, v view) error {
	v.Nonce = rand.Text()
	var body bytes.Buffer
	body.Grow(4 << 10)
	if err := layouts.ExecuteTemplate(&body, v.template, v); err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return fmt.Errorf("page: %w", err)
	}

	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Content-Security-Policy", v.policy.String(v.Nonce))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Language")
	for name, value := range v.header {
		h.Set(name, value)
	}
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}

// String is the header's value. Everything is forbidden but the page's own style
// and script, which carry the nonce.
func (p policy) String(nonce string) string {
	var b strings.Builder
	b.WriteString("default-src 'none'; ")
	if p.script {
		b.WriteString("script-src 'nonce-" + nonce + "'; ")
	}
	b.WriteString("style-src 'nonce-" + nonce + "'; ")
	if p.connect {
		b.WriteString("connect-src 'self'; ")
	}
	b.WriteString("form-action " + p.forms + "; frame-ancestors 'none'; base-uri 'none'")
	return b.String()
}
