package sandbox

import (
	"net/http"
	"time"
)

// stampDate says in an answer what time it is, as every server does. Without a
// server around it, such as in a test, nobody else would.
func stampDate(w http.ResponseWriter, now time.Time) {
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
}
