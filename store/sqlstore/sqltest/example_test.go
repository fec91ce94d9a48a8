package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/sqlstore"
)

// An app keeps facegate's records beside its own tables, and a hook writes to
// those in the transaction that also marks the delivery.
func Example() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "CREATE TABLE accounts (id TEXT PRIMARY KEY, verified INTEGER)"); err != nil {
		fmt.Println(err)
		return
	}

	s, err := sqlstore.New(db, sqlstore.SQLite, sqlstore.Options{Prefix: "face_"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Migrate(ctx); err != nil {
		fmt.Println(err)
		return
	}
	claimed := store.Record{Key: "session", Value: []byte("claimed"), TTL: time.Hour}
	if claimed.Version, err = s.Put(ctx, claimed); err != nil {
		fmt.Println(err)
		return
	}

	hook := func(ctx context.Context) error {
		tx, ok := sqlstore.Tx(ctx)
		if !ok {
			return errors.New("not in a transaction")
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO accounts (id, verified) VALUES ('alice', 1)")
		return err
	}
	deliver := func() error {
		return s.InTx(ctx, func(ctx context.Context) error {
			if err := hook(ctx); err != nil {
				return err
			}
			done := claimed
			done.Value = []byte("delivered")
			_, err := s.Put(ctx, done)
			return err
		})
	}
	fmt.Println(deliver())
	rec, err := s.Get(ctx, "session")
	fmt.Println(string(rec.Value), err)
	// Output:
	// <nil>
	// delivered <nil>
}
