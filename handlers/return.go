package handlers

import (
	"net/http"
	"net/url"

	"github.com/facegate/facegate/handlers/internal/page"
)

// Return is GET and POST return: the vendor's page sends the browser here, from
// another site, without most cookies. A signed POST is recorded; a GET is only a
// sign that the person is back. Both answer with a page that moves on to finish,
// as a new request from our own site, which carries all cookies again: a redirect
// would not.
func (k *Kit) Return() http.Handler {
	return k.endpoint(endpointReturn, k.opts.MaxBody, []string{http.MethodGet, http.MethodPost}, k.comeBack)
}

func (k *Kit) comeBack(w http.ResponseWriter, r *http.Request) {
	id, err := k.returning(r)
	if err != nil {
		k.fail(w, r, endpointReturn, err)
		return
	}
	var answer page.Page = page.Neutral{}
	if id != "" {
		answer = page.Moving{To: k.here(endpointFinish, url.Values{paramSession: {id}})}
	}
	_ = page.Write(w, http.StatusOK, k.language(r), answer)
}

// returning takes in what the browser brought and says which session it is about:
// "" for an authentic notice of none here. It reads nothing from the store for a
// GET: a stranger's costs nothing.
func (k *Kit) returning(r *http.Request) (id string, err error) {
	if r.Method == http.MethodPost {
		s, err := k.receive(r, CarrierReturn)
		if err != nil || s == nil {
			return "", err
		}
		k.deliverSoon(r.Context(), s)
		return s.ID, nil
	}
	query, err := readQuery(r)
	if err != nil {
		return "", err
	}
	name, err := vendorParam(query)
	if err != nil {
		return "", err
	}
	v, err := k.vendor(name)
	if err != nil {
		return "", err
	}
	if _, err := v.Parse(Callback{Carrier: CarrierReturn, Method: r.Method, RawQuery: r.URL.RawQuery}); err != nil {
		return "", err
	}
	return sessionParam(query)
}

// language is what the person reads.
func (k *Kit) language(r *http.Request) string { return page.Language(r, k.opts.Language) }
