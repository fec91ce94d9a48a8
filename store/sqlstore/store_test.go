package sqlstore_test

import (
	"context"
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store/sqlstore"
)

func dialects() []sqlstore.Dialect {
	return []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.MySQL, sqlstore.SQLite}
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	db := new(sql.DB)
	for _, c := range []struct {
		name    string
		db      *sql.DB
		dialect sqlstore.Dialect
		prefix  string
		want    string // "" when it is fine
	}{
		{"no database", nil, sqlstore.SQLite, "", "db is nil"},
		{"no dialect", db, 0, "", "dialect must be PostgreSQL, MySQL or SQLite, not Dialect(0)"},
		{"an unknown dialect", db, 4, "", "dialect must be PostgreSQL, MySQL or SQLite, not Dialect(4)"},
		{"SQL in the prefix", db, sqlstore.MySQL, "a; DROP TABLE b --", "Options.Prefix must be a-z"},
		{"a quote", db, sqlstore.MySQL, "a`", "Options.Prefix must be a-z"},
		{"a schema", db, sqlstore.PostgreSQL, "app.", "Options.Prefix must be a-z"},
		{"upper case, which engines fold or not", db, sqlstore.PostgreSQL, "App_", "Options.Prefix must be a-z"},
		{"a digit in front", db, sqlstore.PostgreSQL, "1_", "Options.Prefix must be a-z"},
		{"an underscore in front", db, sqlstore.PostgreSQL, "_a", "Options.Prefix must be a-z"},
		{"a letter beyond ASCII", db, sqlstore.PostgreSQL, "ä_", "Options.Prefix must be a-z"},
		{"too long", db, sqlstore.PostgreSQL, strings.Repeat("a", 33), "Options.Prefix must have at most 32 bytes"},
		{"what SQLite keeps for itself", db, sqlstore.SQLite, "sqlite_", "which SQLite keeps for itself"},

		{"the zero options", db, sqlstore.PostgreSQL, "", ""},
		{"a good prefix", db, sqlstore.MySQL, "shop_2_", ""},
		{"the longest prefix", db, sqlstore.SQLite, strings.Repeat("a", 32), ""},
		{"what SQLite keeps for itself, elsewhere", db, sqlstore.MySQL, "sqlite_", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := sqlstore.New(c.db, c.dialect, sqlstore.Options{Prefix: c.prefix})
			if c.want == "" {
				require.NoError(t, err)
				require.NotNil(t, s)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.Nil(t, s)
			if c.db != nil {
				_, schemaErr := sqlstore.Schema(c.dialect, sqlstore.Options{Prefix: c.prefix})
				require.EqualError(t, schemaErr, err.Error())
			}
		})
	}
}

func TestTheSchemaOfEveryDialectIsWhole(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects() {
		t.Run(dialect.String(), func(t *testing.T) {
			t.Parallel()
			text, err := sqlstore.Schema(dialect, sqlstore.Options{})
			require.NoError(t, err)
			for _, part := range []string{
				"facegate_schema (version", "TABLE", "facegate_records (", "record_key", "value", "version", "expires_at",
				"due_at", "facegate_records_due", "facegate_records_expires", "INSERT INTO facegate_schema (version) VALUES (1);\n",
			} {
				assert.Contains(t, text, part)
			}
			assert.NotContains(t, text, "{prefix}")
			assert.NotContains(t, text, ";\n;")
		})
	}
}

func TestThereIsNoTransactionWithoutInTx(t *testing.T) {
	t.Parallel()
	tx, ok := sqlstore.Tx(context.Background())
	require.False(t, ok)
	require.Nil(t, tx)
}

// plain is a name that means the same quoted and unquoted everywhere.
var plain = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func FuzzAPrefixIsPlainOrRefused(f *testing.F) {
	for _, seed := range []string{"", "facegate_", "a'", "a--", "a\x00", "a b", "É", "a;", `a"`, "a`", "a/*", strings.Repeat("x", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, prefix string) {
		for _, dialect := range dialects() {
			text, err := sqlstore.Schema(dialect, sqlstore.Options{Prefix: prefix})
			if err != nil {
				require.Empty(t, text)
				continue
			}
			if prefix != "" {
				require.Regexp(t, plain, prefix)
				require.LessOrEqual(t, len(prefix)+len("records_expires"), 63)
			}
		}
	})
}
