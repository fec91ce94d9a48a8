package redisstore

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/facegate/facegate/store"
)

// neverDue stands for a zero due moment in a stored record.
const neverDue = "-"

// readRecord reads the reply of the get script. A record is stored as
//
//	1 VERSION DUE WRITER\nVALUE
//
// where 1 is the format, DUE is in Unix milliseconds or "-", and WRITER is the
// random name of the call that wrote it.
func readRecord(key string, reply any) (store.Record, error) {
	parts, ok := reply.([]any)
	if ok && len(parts) == 0 {
		return store.Record{}, store.ErrNotFound
	}
	if len(parts) != 2 {
		return store.Record{}, ErrUnreadable
	}
	stored, isText := parts[0].(string)
	left, isNumber := parts[1].(int64)
	if !isText || !isNumber || left < 0 {
		return store.Record{}, ErrUnreadable // below zero: somebody took its TTL away
	}
	head, value, found := strings.Cut(stored, "\n")
	words := strings.Split(head, " ")
	if !found || len(words) != 4 || words[0] != strconv.Itoa(format) {
		return store.Record{}, ErrUnreadable
	}
	version, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return store.Record{}, ErrUnreadable
	}
	due, err := readDue(words[2])
	if err != nil {
		return store.Record{}, ErrUnreadable
	}
	return store.Record{
		Key:     key,
		Value:   []byte(value),
		Version: version,
		TTL:     readTTL(left),
		Due:     due,
	}, nil
}

// readTTL keeps what is left positive, as the contract wants it of a live record,
// and within what a duration can hold if the server's clock went back.
func readTTL(left int64) time.Duration {
	return time.Duration(min(max(left, 1), math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

// dueText is the form of a due moment in a stored record.
func dueText(due time.Time) string {
	if due.IsZero() {
		return neverDue
	}
	return strconv.FormatInt(due.UnixMilli(), 10)
}

func readDue(text string) (time.Time, error) {
	if text == neverDue {
		return time.Time{}, nil
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(ms).UTC(), nil
}
