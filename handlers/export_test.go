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

// Reencode reads a stored record and writes it again, by kind.
var Reencode = map[string]func(data []byte) ([]byte, error){
	"session": func(data []byte) ([]byte, error) {
		s, err := decodeSession(data)
		if err != nil {
			return nil, err
		}
		_, _, _, _ = s.view(), s.result(), s.due(), s.event(EventQueried)
		return encodeSession(s)
	},
	"subject": func(data []byte) ([]byte, error) { return reencode(data, subjectFormat, &subjectRecord{}) },
	"orphan":  func(data []byte) ([]byte, error) { return reencode(data, orphanFormat, &orphanRecord{}) },
	"images":  func(data []byte) ([]byte, error) { return reencode(data, imagesFormat, &storedImages{}) },
	"dead":    func(data []byte) ([]byte, error) { return reencode(data, deadFormat, &deadRecord{}) },
	"pace":    func(data []byte) ([]byte, error) { return reencode(data, paceFormat, &paceRecord{}) },
}

func reencode(data []byte, format int, r versioned) ([]byte, error) {
	if err := decodeRecord(data, format, r); err != nil {
		return nil, err
	}
	return encodeRecord(r)
}

// WaitParam reads the wait of a status request.
func WaitParam(text string) (time.Duration, error) { return waitParam(text) }

// SubjectKey is where a subject's record lies.
func SubjectKey(tenant, subject string) string { return subjectKey(tenant, subject) }

// DeadParts is how many records the list of dead letters has.
const DeadParts = deadParts
