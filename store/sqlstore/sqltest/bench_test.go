package sqltest

import (
	"fmt"
	"testing"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/internal/testserver"
	"github.com/facegate/facegate/store/storetest"
)

func BenchmarkPostgreSQL(b *testing.B) { postgres(testserver.StartPostgres(b)).bench(b) }
func BenchmarkMariaDB(b *testing.B)    { mariadb(b, testserver.StartMariaDB(b)).bench(b) }
func BenchmarkSQLite(b *testing.B)     { sqliteFile(b).bench(b) }

func (e *engine) bench(b *testing.B) {
	for _, records := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("%d records", records), func(b *testing.B) {
			storetest.Bench(b, records, func(tb testing.TB) store.Store { return e.open(tb).Store })
		})
	}
}
