package sqlstore_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store/sqlstore"
)

// settingsOfPostgreSQL is how many are asked for, after the version of the tables.
const settingsOfPostgreSQL = 4

func TestASettingThatTheDatabaseDoesNotTellIsUnknownAndNoError(t *testing.T) {
	t.Parallel()
	s := &stub{cell: int64(1), answer: func(n int64) error {
		if 1 < n && n <= 1+settingsOfPostgreSQL {
			return stateError{"42501", "permission denied"}
		}
		return nil
	}}
	findings, err := s.open(t, sqlstore.PostgreSQL).Diagnose(t.Context())
	require.NoError(t, err)
	require.Len(t, findings, 3)
	for i, name := range []string{"synchronous_commit", "fsync"} {
		assert.Equal(t, name, findings[i].Setting)
		assert.Empty(t, findings[i].Value)
		assert.NotEmpty(t, findings[i].Risk)
	}
	assert.Equal(t, "clock", findings[2].Setting)
	assert.Regexp(t, `^\d+h\d+m\d+s behind the app's$`, findings[2].Value, "the stub's clock says 1970")
}

func TestADatabaseThatGoesAwayWhileItIsAskedIsAnErrorAndNoFinding(t *testing.T) {
	t.Parallel()
	for broken := int64(1); broken <= 2+settingsOfPostgreSQL; broken++ {
		s := &stub{cell: int64(1), answer: func(n int64) error {
			if n == broken {
				return io.ErrUnexpectedEOF
			}
			return nil
		}}
		findings, err := s.open(t, sqlstore.PostgreSQL).Diagnose(t.Context())
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, broken)
		assert.Empty(t, findings)
	}
}
