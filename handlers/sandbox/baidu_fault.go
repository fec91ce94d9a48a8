package sandbox

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

// BaiduDamage is what a [BaiduFault] does to an answer's body.
type BaiduDamage string

// The damages. All but DamageReset and DamageCut keep HTTP 200 unless the fault
// also names a status.
const (
	BaiduDamageHTML      BaiduDamage = "html"      // an HTML page, typed as one
	BaiduDamageEmpty     BaiduDamage = "empty"     // no bytes
	BaiduDamageNull      BaiduDamage = "null"      // the JSON text null
	BaiduDamageTruncated BaiduDamage = "truncated" // the first half, complete by its Content-Length
	BaiduDamageCut       BaiduDamage = "cut"       // the first half, then the connection closes
	BaiduDamageReset     BaiduDamage = "reset"     // the connection closes without an answer
	BaiduDamageDuplicate BaiduDamage = "duplicate" // a first success member that says true, then the real one
	BaiduDamageTrailing  BaiduDamage = "trailing"  // a second JSON document behind the first
	BaiduDamageHuge      BaiduDamage = "huge"      // 50 MiB of white space behind the answer
)

func baiduDamages() []BaiduDamage {
	return []BaiduDamage{
		BaiduDamageHTML, BaiduDamageEmpty, BaiduDamageNull, BaiduDamageTruncated, BaiduDamageCut,
		BaiduDamageReset, BaiduDamageDuplicate, BaiduDamageTrailing, BaiduDamageHuge,
	}
}

// BaiduFault spoils the next calls of one endpoint. ErrorCode, Code and a Status
// without Damage answer in place of the endpoint, which does not see the call;
// the others let it do its work and spoil the answer on its way, so that an
// effect can outlive a lost answer.
type BaiduFault struct {
	// Endpoint is [BaiduToken], one of the eight endpoints or
	// [BaiduAnyEndpoint]. Required.
	Endpoint string `json:"endpoint"`

	// Calls is how many calls are hit, also concurrent ones. Default: 1.
	Calls int `json:"calls,omitzero"`

	// ErrorCode answers with the gateway's envelope, such as 18, 110 or 111.
	// Default: none.
	ErrorCode int `json:"error_code,omitzero"`

	// LogID puts a log id into the gateway's envelope, as seen with code 18 when
	// a paid backend is not activated. Default: false.
	LogID bool `json:"log_id,omitzero"`

	// Code answers with the scheme's envelope, such as 283400. Default: none.
	Code int `json:"code,omitzero"`

	// Message is the text beside Code. Default: empty.
	Message string `json:"message,omitzero"`

	// Status is the HTTP status, such as 503. Default: what the answer has.
	Status int `json:"status,omitzero"`

	// Damage changes the body or breaks the connection. Default: none.
	Damage BaiduDamage `json:"damage,omitzero"`

	// Delay waits before the answer; in JSON "1.5s", "200ms". It ends when the
	// client hangs up. Default: none.
	Delay time.Duration `json:"delay,omitzero"`

	// ByteDelay waits before each byte of the answer's body; in JSON "1.5s",
	// "200ms". It ends when the client hangs up. Default: none.
	ByteDelay time.Duration `json:"byte_delay,omitzero"`

	logID int64 // of the answer, given out when the fault was taken
}

// hits reports whether a fault is for a call of an endpoint.
func (f BaiduFault) hits(endpoint string) bool {
	if f.Endpoint == BaiduAnyEndpoint {
		return baiduIsAPI(endpoint)
	}
	return f.Endpoint == endpoint
}

// serve answers one call through the fault; the zero fault changes nothing.
func (f BaiduFault) serve(w http.ResponseWriter, r *http.Request, serve func(*http.Request) baiduAnswer) {
	if !baiduWait(r, f.Delay) {
		return
	}
	answer := f.answer(r, serve)
	if f.Status != 0 {
		answer.status = f.Status
	}
	switch f.Damage {
	case BaiduDamageReset:
		panic(http.ErrAbortHandler) // net/http's own way to close without an answer
	case BaiduDamageCut:
		answer.head(w)
		_, _ = w.Write(answer.body[:len(answer.body)/2])
		return // too few bytes for its Content-Length: net/http closes the connection
	}
	f.damage(&answer)
	if f.ByteDelay > 0 {
		f.trickle(w, r, answer)
		return
	}
	answer.write(w)
}

// answer is the fault's own answer, or the endpoint's.
func (f BaiduFault) answer(r *http.Request, serve func(*http.Request) baiduAnswer) baiduAnswer {
	switch {
	case f.ErrorCode != 0 && f.LogID:
		return baiduGateway(f.ErrorCode, strconv.FormatInt(f.logID, 10))
	case f.ErrorCode != 0:
		return baiduGateway(f.ErrorCode, "")
	case f.Code != 0:
		return baiduJSON(http.StatusOK, baiduObject{
			{"success", false}, {"result", nil}, {"code", f.Code}, {"message", f.Message},
			{"log_id", strconv.FormatInt(f.logID, 10)},
		})
	case f.Status != 0 && f.Damage == "":
		return baiduText(f.Status, http.StatusText(f.Status))
	}
	return serve(r)
}

func (f BaiduFault) damage(answer *baiduAnswer) {
	switch f.Damage {
	case BaiduDamageHTML:
		answer.contentType = "text/html; charset=utf-8"
		answer.body = []byte("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n")
	case BaiduDamageEmpty:
		answer.body = nil
	case BaiduDamageNull:
		answer.body = []byte("null")
	case BaiduDamageTruncated:
		answer.body = answer.body[:len(answer.body)/2]
	case BaiduDamageDuplicate:
		answer.body = bytes.Replace(answer.body, []byte("{"), []byte(`{"success":true,`), 1)
	case BaiduDamageTrailing:
		answer.body = append(answer.body, `{"success":true}`...)
	case BaiduDamageHuge:
		answer.body = append(answer.body, bytes.Repeat([]byte(" "), 50<<20)...)
	}
}

// trickle sends an answer byte by byte.
func (f BaiduFault) trickle(w http.ResponseWriter, r *http.Request, answer baiduAnswer) {
	answer.head(w)
	flush := http.NewResponseController(w)
	for i := range answer.body {
		if !baiduWait(r, f.ByteDelay) {
			return
		}
		if _, err := w.Write(answer.body[i : i+1]); err != nil {
			return
		}
		_ = flush.Flush()
	}
}

// baiduWait waits and reports whether the client is still there.
func baiduWait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
