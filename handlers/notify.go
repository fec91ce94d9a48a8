package handlers

import "net/http"

// Notify is POST notify: the vendor's server tells how a session ended. It
// verifies, records, answers 200 and then delivers. 400 malformed, 401 bad
// signature, 413 and 415 as usual, 503 when the store did not take it: then the
// vendor, the browser or our own query bring it again.
func (k *Kit) Notify() http.Handler {
	return k.endpoint(endpointNotify, k.opts.MaxBody, []string{http.MethodPost}, k.notify)
}

func (k *Kit) notify(w http.ResponseWriter, r *http.Request) {
	s, err := k.receive(r, CarrierNotify)
	if err != nil {
		k.fail(w, r, endpointNotify, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("success"))
	k.deliverSoon(r.Context(), s)
}

// receive reads a signed POST and records it. The query names only the account;
// what the vendor says stands in the body.
func (k *Kit) receive(r *http.Request, via Carrier) (*session, error) {
	query, err := readQuery(r)
	if err != nil {
		return nil, err
	}
	vendor, err := vendorParam(query)
	if err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return k.accept(r.Context(), vendor, Callback{
		Carrier: via, Method: r.Method, ContentType: r.Header.Get("Content-Type"),
		RawQuery: r.URL.RawQuery, Body: body,
	})
}
