package handlers

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
)

// The versions of the stored records. A reader refuses one that it does not know
// and leaves the record alone, so that an older replica never rewrites what a newer
// one wrote. A golden file for each version proves that it stays readable.
const (
	sessionFormat = 1
	subjectFormat = 1
	orphanFormat  = 1
	imagesFormat  = 1
	deadFormat    = 1
	paceFormat    = 1
)

// errUnreadable says that a stored record is there but makes no sense: it is
// reported and left alone, never treated as absent.
var errUnreadable = errors.New("stored record is unreadable")

// versioned is a stored record that knows its format.
type versioned interface{ format() int }

// decodeRecord reads a stored record of the given format into r, or fails with an
// [*Error] around errUnreadable.
func decodeRecord(data []byte, want int, r versioned) error {
	if err := json.Unmarshal(data, r); err != nil {
		return &Error{Code: CodeInternal, Err: errUnreadable}
	}
	if got := r.format(); got != want {
		return &Error{Code: CodeInternal, Err: fmt.Errorf("%w: it has format %d, and this version knows %d", errUnreadable, got, want)}
	}
	return nil
}

// encodeRecord writes a record whose format is set.
func encodeRecord(r versioned) ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, &Error{Code: CodeInternal, Err: err}
	}
	return data, nil
}
