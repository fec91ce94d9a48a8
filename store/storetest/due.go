package storetest

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store"
)

func dueChecks() []check {
	return []check{
		{"due lists the earliest first", func(tr *trial) {
			// Neither the order of the keys nor that of the puts.
			for _, ms := range []int{50, 9, 900, 30, 7, 200, 80, 4, 600} {
				tr.dueAt(fmt.Sprint(ms), moment(ms))
			}
			require.Equal(tr, []string{"4", "7", "9", "30", "50", "80", "200", "600", "900"}, tr.due(moment(1000), 100))
		}},
		{"due lists a record from its very moment, told apart by milliseconds", func(tr *trial) {
			tr.dueAt("a", moment(1))
			tr.dueAt("b", moment(2))
			require.Empty(tr, tr.due(moment(0), 10))
			require.Equal(tr, []string{"a"}, tr.due(moment(1), 10))
			require.Equal(tr, []string{"a", "b"}, tr.due(moment(2), 10))
		}},
		{"what is due depends on the argument and not on the clock", func(tr *trial) {
			year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
			tr.dueAt("past", year(1990))
			tr.dueAt("future", year(2090))
			require.Empty(tr, tr.due(year(1980), 10))
			require.Equal(tr, []string{"past"}, tr.due(year(2000), 10))
			require.Equal(tr, []string{"past", "future"}, tr.due(year(2100), 10))
			require.Empty(tr, tr.due(time.Time{}, 10))
		}},
		{"a due moment is the same in every time zone", func(tr *trial) {
			east, west := time.FixedZone("east", 8*3600), time.FixedZone("west", -9*3600)
			tr.holds(tr.dueAt("second", moment(20).In(west)))
			tr.holds(tr.dueAt("first", moment(10).In(east)))
			require.Equal(tr, []string{"first"}, tr.due(moment(15).In(west), 10))
			require.Equal(tr, []string{"first", "second"}, tr.due(moment(25).In(east), 10))
		}},
		{"a record without a due moment is never listed", func(tr *trial) {
			tr.create(record("a", "value"))
			tr.dueAt("b", moment(0))
			require.Equal(tr, []string{"b"}, tr.due(moment(0).AddDate(60, 0, 0), 10))
		}},
		{"due lists at most limit keys, and they are the earliest", func(tr *trial) {
			for _, ms := range []int{3, 1, 4, 2} {
				tr.dueAt(fmt.Sprint(ms), moment(ms))
			}
			require.Equal(tr, []string{"1"}, tr.due(moment(9), 1))
			require.Equal(tr, []string{"1", "2", "3"}, tr.due(moment(9), 3))
			require.Len(tr, tr.due(moment(9), 4), 4)
			require.Len(tr, tr.due(moment(9), math.MaxInt32), 4)
		}},
		{"due with a limit below one lists nothing", func(tr *trial) {
			tr.dueAt("a", moment(0))
			for _, limit := range []int{0, -1} {
				// An engine may also refuse such a limit; it must not read it as "all".
				keys, _ := tr.store.Due(tr.Context(), moment(9), limit)
				require.Empty(tr, keys)
			}
		}},
		{"records due at the same moment are all listed once", func(tr *trial) {
			want := []string{"a", "b", "c", "d", "e"}
			for _, key := range want {
				tr.dueAt(key, moment(5))
			}
			tr.dueAt("early", moment(4))
			keys := tr.due(moment(5), 10)
			require.Len(tr, keys, len(want)+1)
			require.Equal(tr, "early", keys[0])
			require.ElementsMatch(tr, want, keys[1:])
			require.Len(tr, tr.due(moment(5), 3), 3)
		}},
		{"listing changes nothing", func(tr *trial) {
			a, b := tr.dueAt("a", moment(1)), tr.dueAt("b", moment(2))
			for range 3 {
				require.Equal(tr, []string{"a", "b"}, tr.due(moment(2), 10))
			}
			tr.holds(a)
			tr.holds(b)
		}},
		{"put moves the due moment", movesDue},
		{"many due records are walked in pages by moving each", walksPages},
	}
}

// dueAt creates a record that is due at the moment.
func (tr *trial) dueAt(key string, at time.Time) store.Record {
	tr.Helper()
	rec := record(key, "value")
	rec.Due = at
	return tr.create(rec)
}

func movesDue(tr *trial) {
	tr.dueAt("fixed", moment(50))
	rec := record("a", "value")
	for _, step := range []struct {
		due  time.Time
		want []string
	}{
		{moment(10), []string{"a", "fixed"}},
		{moment(90), []string{"fixed", "a"}},
		{moment(20), []string{"a", "fixed"}},
		{time.Time{}, []string{"fixed"}},
		{moment(30), []string{"a", "fixed"}},
	} {
		rec.Due = step.due
		rec = tr.put(rec)
		require.Equal(tr, step.want, tr.due(moment(100), 10))
	}
}

// walksPages does what the kit does with a backlog: list a page, move each record
// on, until nothing is due.
func walksPages(tr *trial) {
	const total, page = 300, 50
	for i := range total {
		ms := i * 7919 % total // every moment once, in a scattered order
		tr.dueAt(fmt.Sprintf("key-%03d", ms), moment(ms))
	}
	var walked []string
	for range total/page + 1 {
		keys := tr.due(moment(total), page)
		for _, key := range keys {
			rec := tr.get(key)
			rec.Due, rec.TTL = moment(10*total), 24*time.Hour
			tr.put(rec)
		}
		walked = append(walked, keys...)
	}
	require.Len(tr, walked, total)
	require.True(tr, slices.IsSorted(walked), "the walk is not in the order of the due moments")
	require.Len(tr, slices.Compact(walked), total, "a record was listed twice")
}
