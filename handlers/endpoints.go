package handlers

import (
	"bytes"
	"net/http"
	"net/url"
	"path"

	"github.com/justinas/alice"

	"github.com/facegate/facegate/middleware"
)

// Handler serves all endpoints by the last segment of the path, so that it can be
// mounted under any prefix of any router:
//
//	mux.Handle("/face/", kit.Handler())
func (k *Kit) Handler() http.Handler {
	endpoints := map[string]http.Handler{
		endpointStart:  k.Start(),
		endpointReturn: k.Return(),
		endpointFinish: k.Finish(),
		endpointNotify: k.Notify(),
		endpointStatus: k.Status(),
	}
	nothing := k.protection("").ThenFunc(func(w http.ResponseWriter, r *http.Request) {
		k.fail(w, r, "", &Error{Code: CodeNotFound})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, ok := endpoints[path.Base(r.URL.Path)]
		if !ok {
			h = nothing
		}
		h.ServeHTTP(w, r)
	})
}

// endpoint wraps a handler in what protects every endpoint.
func (k *Kit) endpoint(name string, maxBody int64, methods []string, serve http.HandlerFunc, more ...alice.Constructor) http.Handler {
	guard := k.refusals(name)
	chain := k.protection(name).Append(
		middleware.ReadDeadline(k.opts.ReadTimeout),
		guard.Methods(methods...),
		guard.PlainBody,
		guard.MaxBody(maxBody),
	).Append(more...)
	for _, m := range k.opts.Middleware {
		chain = chain.Append(m)
	}
	return chain.Then(serve)
}

// protection is around everything: private headers, also on the answer to a panic,
// and that answer itself. OnError has no part in it: it may be what panicked.
func (k *Kit) protection(name string) alice.Chain {
	guard := middleware.Guard{Refuse: func(w http.ResponseWriter, r *http.Request, _ int) {
		DefaultOnError(w, r, k.explained(r, name, &Error{Code: CodeInternal, Reason: reasonPanicked}))
	}}
	return alice.New(middleware.PrivateHeaders, guard.Recover(func(r *http.Request, p middleware.Panic) {
		k.emit(r.Context(), Event{Name: EventPanic, Endpoint: name, Reason: Reason(p.Type)})
	}))
}

// refusals answers what the middleware turns away as the kit answers everything.
func (k *Kit) refusals(endpoint string) middleware.Guard {
	return middleware.Guard{Refuse: func(w http.ResponseWriter, r *http.Request, status int) {
		k.fail(w, r, endpoint, &Error{Code: refusalCode(status)})
	}}
}

// sameSite refuses a start that another site's page sent. Return and notify are
// sent by others alone, and the rest changes nothing.
func (k *Kit) sameSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := k.guard.Check(r); err != nil {
			k.fail(w, r, endpointStart, &Error{Code: CodeCrossSite})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// readBody reads a body within the cap that the chain has set.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	// Room for one byte more, so that the end is found without growing.
	body := bytes.NewBuffer(make([]byte, 0, min(max(r.ContentLength, 0), mostTrusted)+bytes.MinRead))
	if _, err := body.ReadFrom(r.Body); err != nil {
		return nil, bodyError(err)
	}
	return body.Bytes(), nil
}

// mostTrusted is how much memory a request gets for the mere promise of a body.
const mostTrusted = 16 << 10

// sessionParam is the session that our own URL names. A parameter that stands
// twice, or is none of our ids, is no mistake of ours.
func sessionParam(query url.Values) (string, error) {
	values := query[paramSession]
	if len(values) != 1 || !validID(values[0]) {
		return "", &Error{Code: CodeMalformed}
	}
	return values[0], nil
}

// vendorParam is the account that our own URL names; "" for the default one.
func vendorParam(query url.Values) (string, error) {
	switch values := query[paramVendor]; len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	default:
		return "", &Error{Code: CodeMalformed}
	}
}

// maxQuery is the longest query that an endpoint reads.
const maxQuery = 8 << 10

// readQuery parses a query strictly: a bad escape or a semicolon spoils all of it.
func readQuery(r *http.Request) (url.Values, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return nil, &Error{Code: CodeMalformed}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &Error{Code: CodeMalformed}
	}
	return query, nil
}
