package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
)

// maxDoorAnswer is how much of an answer is read: the kit's own are small.
const maxDoorAnswer = 64 << 10

// doctorForm is what nobody signed.
const doctorForm = "data=doctor&sign=none"

// examineDoors calls notify and return at the public address as a vendor's server and
// a person's browser do, with a form that nobody signed. The vendor's own refusal,
// which is known beforehand, is what proves that the way is open.
func (k *Kit) examineDoors(ctx context.Context, d *Diagnosis) {
	client := k.doorClient()
	v := k.opts.Vendor
	query := url.Values{paramVendor: {v.Name()}}
	for _, carrier := range []Carrier{CarrierNotify, CarrierReturn} {
		endpoint := string(carrier) // they have the endpoints' names
		call, err := http.NewRequest(http.MethodPost, k.address(endpoint, query).String(), strings.NewReader(doctorForm))
		if err != nil {
			d.add(LevelError, endpoint, "", "the address cannot be called")
			continue
		}
		call.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		call.Header.Set("Accept", problemType)
		if origins := v.Limits().PageOrigins; endpoint == endpointReturn && len(origins) > 0 {
			call.Header.Set("Origin", origins[0])
			call.Header.Set("Sec-Fetch-Site", "cross-site")
			call.Header.Set("Sec-Fetch-Mode", "navigate")
		}
		_, _, refused := k.verify(v.Name(), Callback{
			Carrier: carrier, Method: call.Method, ContentType: call.Header.Get("Content-Type"), RawQuery: query.Encode(), Body: []byte(doctorForm),
		})
		level, says := k.knock(ctx, client, call, CodeOf(refused))
		d.add(level, endpoint, "", "%s", says)
	}
}

// doorClient follows no redirect: one is an answer too.
func (k *Kit) doorClient() *http.Client {
	var client http.Client
	if k.opts.HTTPClient != nil {
		client = *k.opts.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// knock makes the call and says what its answer means, where a refusal with a certain
// code is to be expected.
func (k *Kit) knock(ctx context.Context, client *http.Client, call *http.Request, refusal Code) (Level, string) {
	ctx, cancel := context.WithTimeout(ctx, k.opts.VendorTimeout)
	defer cancel()
	answer, err := client.Do(call.WithContext(ctx))
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err
		}
		return LevelUnknown, "cannot be reached from this machine: " + err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, maxDoorAnswer))
	var said problem
	if json.Unmarshal(body, &said) == nil && isOwn(said.Code, answer) {
		return ownAnswer(said.Code, refusal)
	}
	return foreignAnswer(answer.StatusCode, answer.Header, describe(refusal).status)
}

// isOwn reports whether an answer is one that this package writes: nothing else has
// this type, with a code of the table and that code's own status.
func isOwn(code Code, answer *http.Response) bool {
	media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	status := describe(code).status
	known := code == CodeInternal || status != http.StatusInternalServerError
	return err == nil && media == problemType && known && answer.StatusCode == status
}

// ownAnswer judges an answer that this package wrote.
func ownAnswer(code, refusal Code) (Level, string) {
	switch code {
	case refusal:
		return LevelOK, "is open, and refuses what nobody signed"
	case CodeStoreUnavailable:
		return LevelError, "is open, and the store does not answer"
	default:
		return LevelWarning, "is open, and answers an unsigned form with " + string(code)
	}
}

// foreignAnswer judges an answer that something else wrote, or an OnError of the
// app's own, which answers with the refusal's status.
func foreignAnswer(status int, header http.Header, refusal int) (Level, string) {
	switch {
	case header.Get("WWW-Authenticate") != "":
		return LevelError, "is blocked: something in front of it wants a password; notify and return are called without one"
	case status == refusal:
		return LevelUnknown, "is answered with the right status, though not by the kit: by an OnError of the app's own, or by a login in front of it"
	case status == http.StatusForbidden:
		return LevelError, "is blocked: a CSRF layer or a firewall stands in front of it (403); exempt notify and return, which others call by design"
	case status >= 300 && status < 400:
		return LevelError, "is blocked: a redirect, as to a sign-in page, stands in front of it; notify and return are called without a login"
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return LevelError, "is not mounted under PublicURL, or not for POST"
	default:
		return LevelError, fmt.Sprintf("is answered by something else, with %d", status)
	}
}
