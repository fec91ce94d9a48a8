package storetest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

// lossChecks are about calls whose answer is lost on the way.
func lossChecks() []check {
	return []check{
		{"a put whose answer is lost happened or did not, and a retry is told which", losesPuts},
		{"a creation whose answer is lost happened or did not, and a retry is told which", losesCreations},
		{"a delete whose answer is lost happened or did not, and can be repeated", losesDeletes},
		{"a read whose answer is lost is neither absence nor an empty list", losesReads},
	}
}

// losing makes a call whose answer is lost.
func (tr *trial) losing(call func() error) (err error) {
	tr.Helper()
	tr.during(tr.harness.LoseAnswer, func() { err = call() })
	return err
}

// losesPuts moves the due moment along, so that half a write shows.
func losesPuts(tr *trial) {
	rec := tr.dueAt("a", moment(0))
	seen := map[int64]bool{rec.Version: true}
	isNew := func() {
		require.False(tr, seen[rec.Version], "a version came twice")
		seen[rec.Version] = true
	}
	for round := range rounds {
		rec = tr.put(rec) // so that a connection is there, and all is prepared on it
		isNew()
		next := rec
		next.Value = fmt.Appendf(nil, "round %d", round)
		next.Due = moment(round + 1)
		err := tr.losing(func() (err error) { next.Version, err = tr.store.Put(tr.Context(), next); return err })
		if err == nil { // the store has asked again
			tr.holds(next)
			tr.conflicts(rec)
			rec = next
		} else {
			tr.noAnswer(err, "Put whose answer is lost")
			if tr.get("a").Version != rec.Version {
				rec.Due = next.Due
			}
			rec = tr.eitherOr(rec, next.Value)
		}
		isNew()
		require.Empty(tr, tr.due(rec.Due.Add(-Precision), 10))
		require.Equal(tr, []string{"a"}, tr.due(rec.Due, 10))
	}
}

func losesCreations(tr *trial) {
	tr.create(record("first", "value"))
	for round := range rounds {
		rec := record(fmt.Sprintf("key-%d", round), "value")
		version := int64(0)
		err := tr.losing(func() (err error) { version, err = tr.store.Put(tr.Context(), rec); return err })
		if err == nil {
			rec.Version = version
			tr.holds(rec)
			continue
		}
		tr.noAnswer(err, "Put of a new record whose answer is lost")
		tr.eitherOr(rec, rec.Value)
	}
}

func losesDeletes(tr *trial) {
	for round := range rounds {
		rec := tr.put(tr.dueAt(fmt.Sprintf("key-%d", round), moment(round)))
		err := tr.losing(func() error { return tr.store.Delete(tr.Context(), rec.Key, rec.Version) })
		if err != nil {
			tr.noAnswer(err, "Delete whose answer is lost")
			tr.remove(rec)
		}
		tr.absent(rec.Key)
		require.Empty(tr, tr.due(moment(round), 10))
		tr.conflicts(rec)
	}
}

func losesReads(tr *trial) {
	rec := tr.dueAt("a", moment(0))
	for range rounds {
		tr.holds(rec)
		var got store.Record
		err := tr.losing(func() (err error) { got, err = tr.store.Get(tr.Context(), "a"); return err })
		if err != nil {
			tr.noAnswer(err, "Get whose answer is lost")
		} else {
			require.Equal(tr, rec.Version, got.Version)
		}
		require.Equal(tr, []string{"a"}, tr.due(moment(0), 10))
		var keys []string
		err = tr.losing(func() (err error) { keys, err = tr.store.Due(tr.Context(), moment(0), 10); return err })
		if err != nil {
			tr.noAnswer(err, "Due whose answer is lost")
		} else {
			require.Equal(tr, []string{"a"}, keys)
		}
	}
}
