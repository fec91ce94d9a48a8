package handlers

import "time"

// Waiting is how many sessions requests of this process wait for.
func Waiting(k *Kit) int {
	k.waiters.mu.Lock()
	defer k.waiters.mu.Unlock()
	return len(k.waiters.open)
}

// NewID makes a session's id.
func NewID() string { return newID() }

// LocalPath is what keeps a start from leading elsewhere.
func LocalPath(raw string) bool { return localPath(raw) }

// Reencode reads a stored session and writes it again; ok tells a readable one.
func Reencode(data []byte) (again []byte, ok bool) {
	s, err := decodeSession(data)
	if err != nil {
		return nil, false
	}
	_, _, _, _ = s.view(), s.result(), s.due(), s.event(EventQueried)
	again, err = encodeSession(s)
	return again, err == nil
}

// WaitParam reads the wait of a status request.
func WaitParam(text string) (time.Duration, error) { return waitParam(text) }

// SubjectKey is where a subject's record lies.
func SubjectKey(tenant, subject string) string { return subjectKey(tenant, subject) }
