package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	"github.com/facegate/facegate/store/sqlstore"
)

// The SQL that Migrate runs, for another tool.
func ExampleSchema() {
	text, err := sqlstore.Schema(sqlstore.SQLite, sqlstore.Options{Prefix: "shop_"})
	fmt.Print(text, err)
	// Output:
	// CREATE TABLE IF NOT EXISTS shop_schema (version INTEGER NOT NULL PRIMARY KEY);
	// CREATE TABLE shop_records (
	//     record_key TEXT    NOT NULL PRIMARY KEY,
	//     value      BLOB    NOT NULL,
	//     version    INTEGER NOT NULL,
	//     expires_at INTEGER NOT NULL, -- milliseconds since 1970
	//     due_at     INTEGER           -- milliseconds since 1970
	// );
	// CREATE INDEX shop_records_due ON shop_records (due_at) WHERE due_at IS NOT NULL;
	// CREATE INDEX shop_records_expires ON shop_records (expires_at);
	// INSERT INTO shop_schema (version) VALUES (1);
	// <nil>
}

// A hook that writes in the transaction of the delivery. Where there is none, it
// fails, so that it never writes outside by mistake.
func ExampleTx() {
	onResult := func(ctx context.Context, subject string) error {
		tx, ok := sqlstore.Tx(ctx)
		if !ok {
			return errors.New("not in a transaction")
		}
		_, err := tx.ExecContext(ctx, "UPDATE accounts SET verified = true WHERE id = $1", subject)
		return err
	}
	fmt.Println(onResult(context.Background(), "alice"))
	// Output: not in a transaction
}

// The app opens its database, with the driver it likes, and tells the dialect.
func ExampleNew() {
	open := func(ctx context.Context, db *sql.DB) *sqlstore.Store {
		s, err := sqlstore.New(db, sqlstore.PostgreSQL, sqlstore.Options{Prefix: "shop_face_"})
		if err != nil {
			log.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			log.Fatal(err)
		}
		return s
	}
	_ = open

	_, err := sqlstore.New(new(sql.DB), sqlstore.PostgreSQL, sqlstore.Options{Prefix: "Robert'); DROP TABLE"})
	fmt.Println(err)
	// Output: sqlstore: Options.Prefix must be a-z, 0-9 and _, beginning with a letter
}
