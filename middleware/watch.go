package middleware

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
)

// watch wraps w to see whether an answer has begun. The wrapper flushes
// where w does, and hijacks where w, as the servers of net/http, does both.
func watch(w http.ResponseWriter) (http.ResponseWriter, *watcher) {
	state := &watcher{ResponseWriter: w}
	_, flushes := w.(http.Flusher)
	_, hijacks := w.(http.Hijacker)
	switch {
	case flushes && hijacks:
		return watchedHijacker{watchedFlusher{state}}, state
	case flushes:
		return watchedFlusher{state}, state
	default:
		return state, state
	}
}

// watcher is a writer that remembers whether the answer has begun.
type watcher struct {
	http.ResponseWriter
	begun bool
}

// Unwrap is for [http.ResponseController].
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader begins the answer, unless the status is an informational one.
func (w *watcher) WriteHeader(status int) {
	w.ResponseWriter.WriteHeader(status)
	w.begun = w.begun || status >= 200 || status == http.StatusSwitchingProtocols
}

// Write begins the answer.
func (w *watcher) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// ReadFrom begins the answer; it keeps the server's own way of sending files.
func (w *watcher) ReadFrom(src io.Reader) (int64, error) {
	w.begun = true
	return io.Copy(w.ResponseWriter, src)
}

// FlushError begins the answer if the writer can flush. It is how
// [http.ResponseController] flushes.
func (w *watcher) FlushError() error {
	err := http.NewResponseController(w.ResponseWriter).Flush()
	w.begun = w.begun || !errors.Is(err, http.ErrNotSupported)
	return err
}

// watchedFlusher is a watcher over an [http.Flusher].
type watchedFlusher struct{ *watcher }

// Flush begins the answer.
func (w watchedFlusher) Flush() { _ = w.FlushError() }

// watchedHijacker is a watcher over an [http.Flusher] that is an [http.Hijacker].
type watchedHijacker struct{ watchedFlusher }

// Hijack hands the connection over; nothing can be answered afterwards.
func (w watchedHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.begun = w.begun || err == nil
	return conn, rw, err
}
