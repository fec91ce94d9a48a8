package sandbox

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

// language of a page. Its zero value is English.
type language string

const (
	english language = "en"
	chinese language = "zh"
)

// acceptedLanguage picks the page's language: the first of Chinese and English
// with the highest quality in Accept-Language, English when there is neither.
func acceptedLanguage(r *http.Request) language {
	best, bestQuality := english, 0.0
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		quality := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			quality, _ = strconv.ParseFloat(q, 64)
		}
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if l := language(primary); (l == chinese || l == english) && quality > bestQuality {
			best, bestQuality = l, quality
		}
	}
	return best
}

// text in both languages.
type text struct{ en, zh string }

func (t text) in(l language) string {
	if l == chinese {
		return t.zh
	}
	return t.en
}

// A page is what the chrome in templates/shared_chrome.html is given. A template
// begins with {{template "head" .}}, ends with {{template "foot" .}} and finds
// its own data in .Body. Scripts and styles carry nonce="{{.Nonce}}".
type page struct {
	Language language
	Title    string
	Nonce    string
	Body     any
}

// parsePages parses the shared chrome and the named templates with it.
func parsePages(files ...string) *template.Template {
	names := []string{"templates/shared_chrome.html"}
	for _, file := range files {
		names = append(names, "templates/"+file)
	}
	return template.Must(template.ParseFS(templateFiles, names...))
}

// writePage answers with the named template inside p. Forms may go to any http
// or https address, because browsers apply form-action to the redirects behind
// a form too, and the app's return address is one of those.
func writePage(w http.ResponseWriter, status int, pages *template.Template, name string, p page) {
	p.Nonce = rand.Text()
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, p); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	// Like the live page: other sites learn the origin, never the token.
	header.Set("Referrer-Policy", "strict-origin")
	header.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'nonce-"+p.Nonce+
		"'; script-src 'nonce-"+p.Nonce+"'; form-action http: https:; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}
