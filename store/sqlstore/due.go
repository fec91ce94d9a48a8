package sqlstore

import (
	"context"
	"time"
)

// sweepBatch is how many expired rows one statement removes at most. It keeps
// the statement, and what it locks, short.
const sweepBatch = 500

// Due implements [store.Store]. A limit below one lists nothing. Outside of
// [Store.InTx] it also removes up to 500 expired rows; that this fails does not
// spoil the list, and is told by [Store.Sweep] alone.
func (s *Store) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if limit < 1 {
		return nil, nil
	}
	var keys []string
	err := s.repeat(ctx, func() (err error) {
		keys, err = s.list(ctx, before, limit)
		return err
	})
	if err != nil {
		return nil, fault(ctx, "due", err)
	}
	if s.transaction(ctx) == nil {
		_, _ = s.Sweep(ctx)
	}
	return keys, nil
}

func (s *Store) list(ctx context.Context, before time.Time, limit int) (keys []string, err error) {
	rows, err := s.in(ctx).QueryContext(ctx, s.sql.due, before.UnixMilli(), limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// Sweep removes up to 500 expired rows and returns how many. [Store.Due] does the
// same, so an app whose kit runs need not call it; one that has stopped its kit,
// or wants to see that sweeping works, may.
func (s *Store) Sweep(ctx context.Context) (removed int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	result, err := s.in(ctx).ExecContext(ctx, s.sql.sweep, sweepBatch)
	if err != nil {
		return 0, fault(ctx, "sweep", err)
	}
	rows, err := result.RowsAffected()
	if err != nil {
		return 0, fault(ctx, "sweep", err)
	}
	return int(rows), nil
}
