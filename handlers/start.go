package handlers

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/facegate/facegate/handlers/internal/page"
)

// Form fields of the start endpoint that the kit itself reads.
const (
	fieldVendor   = "vendor"
	fieldReturnTo = "return_to"
	fieldConsent  = "consent"
)

// consentDeclined is what the consent field says for another method.
const consentDeclined = "declined"

// PrepareForm is the default [Options.Prepare]: it takes the account from the
// form field "vendor" and the page to come back to from "return_to". Apps with
// more to say wrap it.
func PrepareForm(r *http.Request) (StartParams, error) {
	form, err := startForm(r)
	if err != nil {
		return StartParams{}, err
	}
	return StartParams{Vendor: form.Get(fieldVendor), ReturnTo: form.Get(fieldReturnTo)}, nil
}

// startForm reads the body of a start as a form; any other body gives an empty
// one, for apps that start by JSON.
func startForm(r *http.Request) (url.Values, error) {
	var err error
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxStartMemory)
	}
	if err != nil {
		return nil, &Error{Code: CodeMalformed}
	}
	return r.PostForm, nil
}

// maxStartMemory keeps the parts of a start's form in memory: the body is capped
// before, so nothing is ever written to disk.
const maxStartMemory = 1 << 30

// Start is POST start: the app's own page begins a session. It answers 303 to the
// vendor's page, or JSON {"session","url"} where a program asked. It identifies
// the person, asks for consent if that is set, counts the attempt, stores the
// session and only then calls the vendor.
func (k *Kit) Start() http.Handler {
	return k.endpoint(endpointStart, k.opts.MaxStartBody, []string{http.MethodPost}, k.start,
		k.refusals(endpointStart).NoPrefetch, k.sameSite)
}

// startAnswer is the JSON answer of start.
type startAnswer struct {
	Session string `json:"session"`
	URL     string `json:"url"`
}

func (k *Kit) start(w http.ResponseWriter, r *http.Request) {
	p, err := k.prepare(r)
	if err != nil {
		k.fail(w, r, endpointStart, err)
		return
	}
	if k.opts.Consent != nil && !p.Consented {
		k.askConsent(w, r, p)
		return
	}
	token := k.browserToken(r)
	if token == "" {
		token = newToken()
	}
	p.browser = bindingOf(token)
	started, err := k.Begin(r.Context(), p)
	if err != nil {
		k.fail(w, r, endpointStart, err)
		return
	}
	k.giveToken(w, token)
	if wantsJSON(r) {
		writeJSON(w, http.StatusOK, "application/json", startAnswer{started.Session, started.URL.Reveal()})
		return
	}
	http.Redirect(w, r, started.URL.Reveal(), http.StatusSeeOther)
}

// prepare turns the request into parameters. The body is read once and given to
// the app's Prepare anew.
func (k *Kit) prepare(r *http.Request) (BeginParams, error) {
	subject, err := k.opts.Identify(r)
	if err != nil {
		return BeginParams{}, asError(err, CodeNotSignedIn)
	}
	if subject == "" {
		return BeginParams{}, &Error{Code: CodeNotSignedIn}
	}
	body, err := readBody(r)
	if err != nil {
		return BeginParams{}, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := startForm(r)
	if err != nil {
		return BeginParams{}, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	params, err := k.opts.Prepare(r)
	if err != nil {
		return BeginParams{}, asError(err, CodeInvalidInput)
	}
	if params.IdempotencyKey == "" && k.opts.ReuseWindow > 0 {
		params.IdempotencyKey = k.clickOf(r, form, body)
	}
	return BeginParams{
		StartParams: params, Subject: subject, Language: k.language(r),
		Consented: k.opts.Consent != nil && form.Get(fieldConsent) == k.opts.Consent.Version,
	}, nil
}

// clickOf names a click by what it sent. The form may hold a name and an ID number,
// which anyone could find again from a plain hash; so the key of the hash is what
// the app knows the person by. The form counts beside the body, which the app's
// middleware may have read already; our own cookie does not: it is new after the
// first click.
func (k *Kit) clickOf(r *http.Request, form url.Values, body []byte) string {
	var known []byte
	for _, c := range r.Cookies() {
		if c.Name != k.bindingCookie() {
			known = append(known, c.String()...)
		}
	}
	for _, credentials := range r.Header.Values("Authorization") {
		known = append(known, credentials...)
	}
	click := hmac.New(sha256.New, known)
	_, _ = click.Write(body)
	_, _ = click.Write([]byte(form.Encode()))
	return hex.EncodeToString(click.Sum(nil)[:16])
}

// askConsent answers a start without consent: by the page with both choices, or
// by moving on to the other method if that was the choice.
func (k *Kit) askConsent(w http.ResponseWriter, r *http.Request, p BeginParams) {
	consent := k.opts.Consent
	if r.PostForm.Get(fieldConsent) == consentDeclined {
		if err := k.declined(r.Context(), p.Tenant, p.Subject); err != nil {
			k.fail(w, r, endpointStart, err)
			return
		}
		http.Redirect(w, r, consent.AlternativeURL, http.StatusSeeOther)
		return
	}
	v, err := k.vendor(p.Vendor)
	if err != nil || wantsJSON(r) {
		k.fail(w, r, endpointStart, &Error{Code: CodeConsentRequired})
		return
	}
	both := func(zh, en string) page.Text { return page.Text{ZH: zh, EN: en} }
	zh, en := consent.Chinese, consent.English
	action := k.here(endpointStart, nil)
	fields := func(choice string) []page.Field {
		return []page.Field{
			{Name: fieldConsent, Value: choice}, {Name: fieldVendor, Value: v.Name()},
			{Name: fieldReturnTo, Value: k.destination(p.ReturnTo)},
		}
	}
	_ = page.Write(w, http.StatusUnprocessableEntity, k.language(r), page.Consent{
		Purpose: both(zh.Purpose, en.Purpose), Operator: both(zh.Who, en.Who), Processed: both(zh.Data, en.Data),
		Vendor: both(zh.Vendor, en.Vendor), Retention: both(zh.Retention, en.Retention),
		CrossBorder: both(zh.CrossBorder, en.CrossBorder), Withdraw: both(zh.Withdraw, en.Withdraw),
		Agree: page.Form{Action: action, Fields: fields(consent.Version)}, Vendors: v.Limits().PageOrigins,
		Other: page.Form{Action: action, Fields: fields(consentDeclined)},
	})
}
