package sandbox

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"
)

// megviiTimeUsed is what every answer says it took, in milliseconds.
const megviiTimeUsed = 12

// A MegviiRefusal is an error answer: an HTTP status and the error_message in the
// vendor's envelope.
type MegviiRefusal struct {
	// Status is the HTTP status.
	Status int
	// ErrorMessage is the error_message. Empty: an HTML page instead of the envelope,
	// as a gateway in front sends it.
	ErrorMessage string
}

func megviiMissing(name string) *MegviiRefusal {
	return &MegviiRefusal{http.StatusBadRequest, "MISSING_ARGUMENTS: " + name}
}

func megviiBad(name string) *MegviiRefusal {
	return &MegviiRefusal{http.StatusBadRequest, "BAD_ARGUMENTS:" + name}
}

// megviiTooLarge is the refusal that is not JSON.
func megviiTooLarge() *MegviiRefusal {
	return &MegviiRefusal{Status: http.StatusRequestEntityTooLarge}
}

// refuse answers with an error envelope, or with HTML where the refusal has no
// error_message.
func (m *Megvii) refuse(w http.ResponseWriter, refusal *MegviiRefusal) {
	if refusal.ErrorMessage == "" {
		writeMegvii(w, refusal.Status, "text/html", megviiGatewayPage(refusal.Status))
		return
	}
	writeMegvii(w, refusal.Status, "application/json", MegviiCompact.write(m.envelope(refusal)))
}

func (m *Megvii) envelope(refusal *MegviiRefusal) megviiObject {
	return megviiObject{
		{"error_message", refusal.ErrorMessage},
		{"request_id", megviiRequestID(m.config.Now())},
		{"time_used", megviiTimeUsed},
	}
}

// megviiRequestID returns an id the way the vendor makes them: the second, a comma
// and a random UUID. biz_id looks the same.
func megviiRequestID(now time.Time) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%d,%x-%x-%x-%x-%x", now.Unix(), b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func megviiGatewayPage(status int) []byte {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return fmt.Appendf(nil, "<html>\r\n<head><title>%[1]s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n</body>\r\n</html>\r\n", title)
}

func writeMegvii(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// refuses reports whether a fault answers in place of the endpoint, so that
// nothing is made or read.
func (f MegviiFault) refuses() bool { return f.Spoil == MegviiError || f.Spoil == MegviiHTML }

// answer writes the answer of an endpoint, spoilt as f says.
func (m *Megvii) answer(w http.ResponseWriter, r *http.Request, f MegviiFault, body []byte) {
	status, contentType := cmp.Or(f.Status, http.StatusOK), "application/json"
	switch f.Spoil {
	case MegviiError:
		status = cmp.Or(f.Status, http.StatusInternalServerError)
		refusal := MegviiRefusal{status, cmp.Or(f.ErrorMessage, "INTERNAL_ERROR")}
		body = MegviiCompact.write(m.envelope(&refusal))
	case MegviiHTML:
		status, contentType = cmp.Or(f.Status, http.StatusBadGateway), "text/html"
		body = megviiGatewayPage(status)
	case MegviiTruncated:
		body = body[:len(body)/2]
	case MegviiEmpty:
		body = nil
	}
	if f.Gzip {
		body = gzipped(body)
		w.Header().Set("Content-Encoding", "gzip")
	}
	if f.Spoil != MegviiSlowBody {
		pause(r.Context(), f.Delay)
	}
	switch f.Spoil {
	case MegviiDrop:
		panic(http.ErrAbortHandler) // how a handler tells its server to break the connection
	case MegviiSlowBody:
		writeMegvii(w, status, contentType, body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		pause(r.Context(), f.Delay)
		_, _ = w.Write(body[len(body)/2:])
	default:
		writeMegvii(w, status, contentType, body)
	}
}

func gzipped(body []byte) []byte {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(body) // a buffer takes everything
	_ = zip.Close()
	return packed.Bytes()
}

// pause waits, or until the client is gone.
func pause(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
