package storetest

import (
	"bytes"
	"math"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

func readChecks() []check {
	return []check{
		{"get of a key that was never put is ErrNotFound", func(tr *trial) {
			tr.absent("absent")
			tr.create(record("present", "value"))
			tr.absent("absent")
		}},
		{"get returns what put stored", func(tr *trial) {
			rec := record("a", "value")
			rec.Due = moment(789)
			tr.holds(tr.create(rec))
		}},
		{"get of a record that is never due has a zero Due", func(tr *trial) {
			tr.holds(tr.create(record("a", "value")))
		}},
		{"a value is any bytes", anyBytes},
		{"a value of 1 MiB comes back whole", func(tr *trial) {
			rec := record("large", "")
			rec.Value = bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
			rec = tr.create(rec)
			require.True(tr, bytes.Equal(rec.Value, tr.get("large").Value), "the value differs")
		}},
		{"the caller may change its slice after put", func(tr *trial) {
			rec := tr.create(record("a", "value"))
			copy(rec.Value, "XXXXX")
			require.Equal(tr, "value", string(tr.get("a").Value))
		}},
		{"the caller may change the slice that get returned", func(tr *trial) {
			tr.create(record("a", "value"))
			copy(tr.get("a").Value, "XXXXX")
			require.Equal(tr, "value", string(tr.get("a").Value))
		}},
		{"keys differ by every byte", distinctKeys},
	}
}

func anyBytes(tr *trial) {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	for _, value := range []string{
		string(all[:]), "", "\x00", " padded ", "line\r\n", "\xff\xfe", `{"json":1}`, "nul\x00inside", "'; --",
	} {
		rec := tr.create(record("a", value))
		require.Equal(tr, value, string(tr.get("a").Value))
		tr.remove(rec)
	}
	tr.create(store.Record{Key: "nil", TTL: time.Hour})
	require.Empty(tr, tr.get("nil").Value)
}

// distinctKeys puts keys that engines are known to fold, cut, pad or expand.
func distinctKeys(tr *trial) {
	long := strings.Repeat("k", store.MaxKeyLen-1)
	keys := []string{
		"a", "A", "a.", "a/", "a:b", "a/b", "a%", "a_", "a*", "a?", "a[b]", "{a}", "{a}b",
		"'a'", `"a"`, "`a`", `a\`, `\a`, "a;--", "$1", "?", "..", "0", "00", "0x0", "null",
		long, long + "a", long + "b",
	}
	for _, key := range keys {
		tr.create(record(key, "value of "+key))
	}
	for _, key := range keys {
		require.Equal(tr, "value of "+key, string(tr.get(key).Value))
	}
	first := tr.get(keys[0])
	tr.remove(first)
	tr.absent(keys[0])
	for _, key := range keys[1:] {
		require.Equal(tr, key, tr.get(key).Key)
	}
}

func writeChecks() []check {
	return []check{
		{"put with version 0 creates a record", func(tr *trial) {
			rec := tr.create(record("a", "value"))
			require.Positive(tr, rec.Version)
			tr.holds(rec)
		}},
		{"put with version 0 over a live record is ErrConflict and changes nothing", func(tr *trial) {
			rec := record("a", "value")
			rec.Due = moment(0)
			rec = tr.create(rec)
			tr.refuses(rec, 0)
		}},
		{"put with the stored version replaces everything", func(tr *trial) {
			rec := record("a", "value")
			rec.Due = moment(0)
			rec = tr.create(rec)
			next := store.Record{
				Key: "a", Value: []byte("another"), Version: rec.Version, TTL: time.Hour, Due: moment(5),
			}
			next = tr.put(next)
			require.NotEqual(tr, rec.Version, next.Version)
			tr.holds(next)
		}},
		{"put with an older version is ErrConflict and changes nothing", func(tr *trial) {
			rec := record("a", "value")
			rec.Due = moment(0)
			old := tr.create(rec)
			rec = tr.put(old)
			tr.refuses(rec, old.Version)
		}},
		{"put with a version never given is ErrConflict and changes nothing", func(tr *trial) {
			rec := record("a", "value")
			rec.Due = moment(0)
			rec = tr.create(rec)
			for _, version := range []int64{-1, rec.Version + 1, -rec.Version, math.MaxInt64, math.MinInt64} {
				tr.refuses(rec, version)
			}
		}},
		{"put with a version where no record is is ErrConflict and creates nothing", func(tr *trial) {
			for _, version := range []int64{1, -1, math.MaxInt64, math.MinInt64} {
				rec := record("a", "value")
				rec.Version, rec.Due = version, moment(0)
				tr.conflicts(rec)
				tr.absent("a")
				require.Empty(tr, tr.due(moment(0), 10))
			}
		}},
	}
}

// refuses ends the check unless a Put with the version is a conflict that leaves
// the stored rec untouched, its due moment included.
func (tr *trial) refuses(rec store.Record, version int64) {
	tr.Helper()
	tr.conflicts(store.Record{
		Key: rec.Key, Value: []byte("intruder"), Version: version, TTL: 1000 * time.Hour, Due: rec.Due.Add(-time.Hour),
	})
	tr.holds(rec)
	require.Empty(tr, tr.due(rec.Due.Add(-Precision), 10))
	require.Equal(tr, []string{rec.Key}, tr.due(rec.Due, 10))
}

func deleteChecks() []check {
	return []check{
		{"delete with the stored version removes the record", func(tr *trial) {
			rec := record("a", "value")
			rec.Due = moment(0)
			rec = tr.put(tr.create(rec))
			tr.remove(rec)
			tr.absent("a")
			require.Empty(tr, tr.due(moment(0), 10))
		}},
		{"delete with another version is ErrConflict and changes nothing", func(tr *trial) {
			rec := record("a", "value")
			rec.Due = moment(0)
			old := tr.create(rec)
			rec = tr.put(old)
			for _, version := range []int64{0, old.Version, rec.Version + 1, -1, math.MaxInt64} {
				err := tr.store.Delete(tr.Context(), "a", version)
				require.ErrorIs(tr, err, store.ErrConflict, "Delete with another version")
				tr.holds(rec)
				require.Equal(tr, []string{"a"}, tr.due(moment(0), 10))
			}
		}},
		{"delete of an absent record is fine", func(tr *trial) {
			require.NoError(tr, tr.store.Delete(tr.Context(), "a", 0))
			require.NoError(tr, tr.store.Delete(tr.Context(), "a", 7))
			rec := tr.create(record("a", "value"))
			tr.remove(rec)
			tr.remove(rec)
			tr.absent("a")
		}},
		{"a deleted key can be created again", func(tr *trial) {
			tr.remove(tr.create(record("a", "first")))
			tr.holds(tr.create(record("a", "second")))
		}},
	}
}

// lives is how often the checks of versions make and end a record.
const lives = 4

func versionChecks() []check {
	return []check{
		{"a version is never used twice in one life", func(tr *trial) {
			seen := map[int64]bool{}
			rec := record("a", "value")
			for range 10 {
				rec = tr.put(rec)
				require.False(tr, seen[rec.Version], "a version came twice")
				seen[rec.Version] = true
			}
		}},
		{"a version is never used again after a delete", func(tr *trial) {
			tr.freshVersions(24*time.Hour, tr.remove)
		}},
		{"a version is never used again after an expiry", func(tr *trial) {
			tr.freshVersions(tr.life, func(rec store.Record) { tr.outlive(rec.Key) })
		}},
		{"a version of a former life opens nothing", func(tr *trial) {
			former := tr.create(record("a", "value"))
			tr.remove(former)
			tr.conflicts(former)
			tr.absent("a")
			now := tr.create(record("a", "value"))
			tr.conflicts(former)
			err := tr.store.Delete(tr.Context(), "a", former.Version)
			require.ErrorIs(tr, err, store.ErrConflict, "Delete with a former version")
			tr.holds(now)
		}},
	}
}

// freshVersions makes records of one key, each put twice, the second time with
// ttl, and then ended by end. It ends the check if a version comes back.
func (tr *trial) freshVersions(ttl time.Duration, end func(store.Record)) {
	tr.Helper()
	seen := map[int64]bool{}
	for range lives {
		rec := record("a", "value")
		for _, life := range []time.Duration{rec.TTL, ttl} {
			rec.TTL = life
			rec = tr.put(rec)
			require.False(tr, seen[rec.Version], "a version came back")
			seen[rec.Version] = true
		}
		end(rec)
	}
}
