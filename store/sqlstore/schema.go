package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"
)

// schemaVersion is the version of the tables that this package works with. A
// step from each version to the next is a file of its own, for every dialect.
const schemaVersion = 1

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the SQL that [Store.Migrate] runs in an empty database, for
// people who run it with their own tool, or whose app may not create tables. Once
// it has been run, Migrate finds nothing to do. It fails as [New] does.
func Schema(dialect Dialect, o Options) (string, error) {
	prefix, err := checkedPrefix(dialect, o)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, statement := range schemaSteps(dialect, prefix, 0) {
		text.WriteString(statement + ";\n")
	}
	return text.String(), nil
}

// schemaSteps returns the statements that lead from a version to the current one.
func schemaSteps(dialect Dialect, prefix string, from int) []string {
	names := strings.NewReplacer("{prefix}", prefix)
	statements := []string{
		names.Replace("CREATE TABLE IF NOT EXISTS {prefix}schema (version INTEGER NOT NULL PRIMARY KEY)"),
	}
	for version := from + 1; version <= schemaVersion; version++ {
		file := fmt.Sprintf("schema/%s.%d.sql", strings.ToLower(dialect.String()), version)
		step, _ := schemaFiles.ReadFile(file) // a test reads every one
		text := strings.TrimSuffix(names.Replace(string(step)), ";\n")
		statements = append(statements, strings.Split(text, ";\n")...)
		statements = append(statements, names.Replace(fmt.Sprintf("INSERT INTO {prefix}schema (version) VALUES (%d)", version)))
	}
	return statements
}

// Migrate brings the tables to the version that this package works with, and
// creates them where there are none. It may be called at every start, by many
// processes at once: they wait for each other until ctx ends, and where nothing
// is to be done it needs no right but to read. It refuses tables of a later
// version and leaves them alone; deploy the new version of the app again.
//
// On MySQL, which cannot undo the creation of a table, a call that was cut short
// leaves a part; the next one goes on from there.
func (s *Store) Migrate(ctx context.Context) error {
	if version, err := s.readSchemaVersion(ctx, s.db); err == nil && version == schemaVersion {
		return nil
	}
	migrate := s.migrateInTx
	if s.dialect == MySQL {
		migrate = s.migrateUnderLock
	}
	if err := s.repeat(ctx, func() error { return migrate(ctx) }); err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	return nil
}

func (s *Store) readSchemaVersion(ctx context.Context, q queryer) (int, error) {
	var version sql.NullInt64
	err := q.QueryRowContext(ctx, "SELECT max(version) FROM "+s.prefix+"schema").Scan(&version)
	return int(version.Int64), err
}

// migrateFrom runs what is missing. Nobody else does at this moment.
func (s *Store) migrateFrom(ctx context.Context, q queryer, version int) error {
	if version > schemaVersion {
		return fmt.Errorf("the tables have version %d, and this package knows them up to %d", version, schemaVersion)
	}
	for _, statement := range schemaSteps(s.dialect, s.prefix, version) {
		if _, err := q.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// migrateInTx migrates all or nothing, where tables are created in transactions.
// On SQLite one that meets another is refused, and repeated.
func (s *Store) migrateInTx(ctx context.Context) error {
	var o sql.TxOptions
	steps := schemaSteps(s.dialect, s.prefix, schemaVersion) // just the table of versions
	if s.dialect == PostgreSQL {
		// An earlier snapshot would hide what was committed during the wait.
		o.Isolation = sql.LevelReadCommitted
		steps = append([]string{
			"SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '." + s.prefix + "schema', 0))",
		}, steps...)
	}
	tx, err := s.db.BeginTx(ctx, &o)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	for _, step := range steps {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	version, err := s.readSchemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	if err := s.migrateFrom(ctx, tx, version); err != nil {
		return err
	}
	return tx.Commit()
}

// migrateUnderLock migrates where each statement commits by itself. The steps are
// written so that they can be repeated.
func (s *Store) migrateUnderLock(ctx context.Context) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := s.lockSchema(ctx, conn); err != nil {
		return err
	}
	defer s.unlockSchema(ctx, conn)
	if _, err := conn.ExecContext(ctx, schemaSteps(s.dialect, s.prefix, schemaVersion)[0]); err != nil {
		return err
	}
	version, err := s.readSchemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	return s.migrateFrom(ctx, conn, version)
}

// schemaLock names the lock of one database and prefix. Names of locks are those
// of the whole server and have at most 64 characters.
const schemaLock = "CONCAT('facegate.', SHA1(CONCAT(DATABASE(), '.', ?)))"

// lockSchema waits for the lock until ctx ends, in steps of a second, so that no
// server waits on for a client that has gone.
func (s *Store) lockSchema(ctx context.Context, conn *sql.Conn) error {
	for {
		var got sql.NullBool
		err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+schemaLock+", 1)", s.prefix).Scan(&got)
		switch {
		case err != nil:
			return err
		case !got.Valid:
			return errors.New("GET_LOCK failed; is a database selected?")
		case got.Bool:
			return nil
		}
	}
}

// unlockSchema gives the lock back also when ctx has ended. If that fails the
// connection is broken, and the lock gone with it.
func (s *Store) unlockSchema(ctx context.Context, conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "DO RELEASE_LOCK("+schemaLock+")", s.prefix)
}
