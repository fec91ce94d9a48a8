package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// MegviiSpelling is how the JSON of a callback and of a result is spelt. A
// signature covers one spelling; a reader that decodes and encodes again loses it.
type MegviiSpelling string

// The spellings.
const (
	MegviiCompact     MegviiSpelling = "compact"      // no spaces, raw UTF-8; the default
	MegviiPython      MegviiSpelling = "python"       // a space after : and , and raw UTF-8
	MegviiPythonASCII MegviiSpelling = "python_ascii" // a space after : and , and \u escapes
)

// MegviiNotifyWhen is when a notify is sent after the outcome was chosen.
type MegviiNotifyWhen string

// The moments.
const (
	MegviiAtOnce MegviiNotifyWhen = "at_once" // in the background, racing the browser; the default
	MegviiEarly  MegviiNotifyWhen = "early"   // answered before the browser gets its own answer
	MegviiLate   MegviiNotifyWhen = "late"    // NotifyDelay after the browser got its answer
	MegviiManual MegviiNotifyWhen = "manual"  // only by SendNotify or POST /control/notify
)

// MegviiUnreachable is what becomes of a notify_url that the vendor will not
// call.
type MegviiUnreachable string

// The ways.
const (
	MegviiCall   MegviiUnreachable = "call"   // called all the same; the default, so that any local port works
	MegviiSkip   MegviiUnreachable = "skip"   // taken by get_token, never called: how the vendor's page reads
	MegviiRefuse MegviiUnreachable = "refuse" // get_token answers 400 BAD_ARGUMENTS:notify_url
)

// MegviiCarrier names the callbacks that a switch is about.
type MegviiCarrier string

// The carriers.
const (
	MegviiNotifyCarrier MegviiCarrier = "notify" // the POST to notify_url
	MegviiReturnCarrier MegviiCarrier = "return" // the POST to return_url
	MegviiBothCarriers  MegviiCarrier = "both"   // all of them
)

// MegviiSwitches change how the next session behaves. The zero value changes
// nothing. The JSON names are those of POST /control/next.
type MegviiSwitches struct {
	// Sessions is how many of the following sessions the switches hold for.
	// Default 1; at most 10,000.
	Sessions int `json:"sessions"`
	// Outcome ends the check by itself as soon as the person's page is opened.
	// Default: the person chooses.
	Outcome string `json:"outcome"`

	// Notify is how many copies of the notify are sent, all at once: 0 loses
	// it, 2 and more are duplicates. Default (null) 1; at most 1,000.
	Notify *int `json:"notify"`
	// NotifyWhen is at_once (default), early, late or manual.
	NotifyWhen MegviiNotifyWhen `json:"notify_when"`
	// NotifyDelay is waited before the notify is sent, except when early.
	// Default 0, and 2 s when late. A string such as "1.5s".
	NotifyDelay time.Duration `json:"notify_delay"`
	// NotifyRetries is how often a copy that was not answered with a 2xx is
	// sent again. The vendor's own rule is not known. Default 0; at most 100.
	NotifyRetries int `json:"notify_retries"`
	// NotifyRetryDelay is waited between those tries. Default 1 s.
	NotifyRetryDelay time.Duration `json:"notify_retry_delay"`
	// NotifyPorts is call (default), skip or refuse: what becomes of a
	// notify_url whose port is not 443, 5000, 16003, 8883 or 8028.
	NotifyPorts MegviiUnreachable `json:"notify_ports"`
	// NotifyHTTP is call (default), skip or refuse: what becomes of a
	// notify_url that is not https.
	NotifyHTTP MegviiUnreachable `json:"notify_http"`

	// BadSign makes the signature of notify, return or both wrong. Default none.
	BadSign MegviiCarrier `json:"bad_sign"`
	// Spelling is compact (default), python or python_ascii.
	Spelling MegviiSpelling `json:"spelling"`
	// ShuffleKeys puts the members of every object into a random order, another
	// one for each sending. Default false.
	ShuffleKeys bool `json:"shuffle_keys"`
	// ReturnLost leaves the person on a page that says "you can close this
	// page"; the browser never goes to return_url. Default false.
	ReturnLost bool `json:"return_lost"`
	// ReturnMethod is GET or POST, whatever action_http_method asked for. Default:
	// what it asked for.
	ReturnMethod string `json:"return_method"`
	// RawComma leaves the comma of biz_id in a GET return as "," and does not
	// encode it as "%2C". Both were seen. Default false.
	RawComma bool `json:"raw_comma"`

	// Processing is how many of the first get_result calls answer PROCESSING,
	// also when the check has ended. Default 0. These calls use up the budget
	// like others unless [MegviiConfig.FreePolls] is set.
	Processing int `json:"processing"`
	// Status replaces the status of every callback and result, for example by
	// one that nobody has heard of. With NOT_STARTED and PROCESSING the results
	// are left out, as the vendor does. Default: the session's own status.
	Status string `json:"status"`
	// Omit lists members that are left out, as paths joined by dots:
	// "liveness_result.face_genuineness". Default: none.
	Omit []string `json:"omit"`
	// ExtraFields adds members that the vendor's pages do not list, at several
	// depths, and "error_message": null in verify_result. Default false.
	ExtraFields bool `json:"extra_fields"`
	// ErrorSuffix is put behind verify_result.error_message. The vendor was seen
	// to send ": data_source". Default: none.
	ErrorSuffix string `json:"error_suffix"`
	// OldSpellings sends what older vendor pages print: idcard_uneditable_feild,
	// VIDOE_FORMAT_UNSUPPORTED, "data: image/jpeg" with a space, and will_result
	// as one object instead of an array. Default false.
	OldSpellings bool `json:"old_spellings"`

	// TokenAnswer spoils the answer of get_token. Default: none.
	TokenAnswer MegviiFault `json:"token_answer"`
	// ResultAnswer spoils the answers of get_result. Default: none.
	ResultAnswer MegviiFault `json:"result_answer"`
}

// MegviiSpoil is what is wrong with an answer.
type MegviiSpoil string

// The ways to spoil an answer. With MegviiError and MegviiHTML, get_token makes
// no session; with all others it does, so their answer is a session lost on the
// way.
const (
	MegviiError      MegviiSpoil = "error"       // an error envelope
	MegviiHTML       MegviiSpoil = "html"        // an HTML page, as a gateway in front sends it
	MegviiTruncated  MegviiSpoil = "truncated"   // the first half of the JSON
	MegviiEmpty      MegviiSpoil = "empty"       // no body
	MegviiEmptyToken MegviiSpoil = "empty_token" // get_token only: token is ""
	MegviiSlowBody   MegviiSpoil = "slow_body"   // half of the body, then Delay, then the rest
	MegviiDrop       MegviiSpoil = "drop"        // the connection breaks
)

// A MegviiFault spoils an answer. The zero value spoils nothing.
type MegviiFault struct {
	// Spoil is what is wrong with the body: error, html, truncated, empty,
	// empty_token, slow_body or drop. Default nothing.
	Spoil MegviiSpoil `json:"spoil"`
	// Status is the HTTP status. Default 500 with error, 502 with html, and
	// else what the answer would have had.
	Status int `json:"status"`
	// ErrorMessage is the error_message of Spoil error. Default INTERNAL_ERROR.
	ErrorMessage string `json:"error_message"`
	// Delay is waited before the answer, and inside it with slow_body.
	// Default 0. A string such as "1.5s".
	Delay time.Duration `json:"delay"`
	// Gzip compresses the body. Default false.
	Gzip bool `json:"gzip"`
	// Times is how many of the first answers of get_result are spoilt. Default
	// (0) all. get_token answers once for a session anyway.
	Times int `json:"times"`
}

// copies is how many notifies a session sends.
func (s MegviiSwitches) copies() int {
	if s.Notify == nil {
		return 1
	}
	return *s.Notify
}

// unreachable tells what to do with a notify_url by its scheme and port.
func (s MegviiSwitches) unreachable(badPort, plainHTTP bool) MegviiUnreachable {
	worst := MegviiCall
	for _, rule := range []struct {
		applies bool
		way     MegviiUnreachable
	}{{badPort, s.NotifyPorts}, {plainHTTP, s.NotifyHTTP}} {
		if rule.applies && (rule.way == MegviiRefuse || rule.way == MegviiSkip && worst == MegviiCall) {
			worst = rule.way
		}
	}
	return worst
}

// check refuses values that no session can have.
func (s MegviiSwitches) check() error {
	names := []struct {
		name, value string
		known       []string
	}{
		{"outcome", s.Outcome, megviiOutcomeIDs()},
		{"notify_when", string(s.NotifyWhen), []string{string(MegviiAtOnce), string(MegviiEarly), string(MegviiLate), string(MegviiManual)}},
		{"notify_ports", string(s.NotifyPorts), megviiUnreachableNames()},
		{"notify_http", string(s.NotifyHTTP), megviiUnreachableNames()},
		{"bad_sign", string(s.BadSign), []string{string(MegviiNotifyCarrier), string(MegviiReturnCarrier), string(MegviiBothCarriers)}},
		{"spelling", string(s.Spelling), []string{string(MegviiCompact), string(MegviiPython), string(MegviiPythonASCII)}},
		{"return_method", s.ReturnMethod, []string{http.MethodGet, http.MethodPost}},
		{"token_answer.spoil", string(s.TokenAnswer.Spoil), append(megviiSpoilNames(), string(MegviiEmptyToken))},
		{"result_answer.spoil", string(s.ResultAnswer.Spoil), megviiSpoilNames()},
	}
	for _, n := range names {
		if err := oneOf(n.name, n.value, n.known...); err != nil {
			return err
		}
	}
	numbers := []struct {
		name       string
		value, max int
	}{
		{"sessions", s.Sessions, 10_000},
		{"notify", s.copies(), 1_000},
		{"notify_retries", s.NotifyRetries, 100},
		{"processing", s.Processing, 1_000_000},
		{"token_answer.times", s.TokenAnswer.Times, 1_000_000},
		{"result_answer.times", s.ResultAnswer.Times, 1_000_000},
	}
	for _, n := range numbers {
		if n.value < 0 || n.value > n.max {
			return &controlError{Message: fmt.Sprintf("%s must be 0 to %d", n.name, n.max)}
		}
	}
	for _, fault := range []MegviiFault{s.TokenAnswer, s.ResultAnswer} {
		if fault.Status != 0 && (fault.Status < 200 || fault.Status > 599) {
			return &controlError{Message: "status of an answer must be 200 to 599"}
		}
	}
	return nil
}

func megviiUnreachableNames() []string {
	return []string{string(MegviiCall), string(MegviiSkip), string(MegviiRefuse)}
}

func megviiSpoilNames() []string {
	return []string{
		string(MegviiError), string(MegviiHTML), string(MegviiTruncated),
		string(MegviiEmpty), string(MegviiSlowBody), string(MegviiDrop),
	}
}
