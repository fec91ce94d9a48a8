package sqltest

import (
	"context"
	"database/sql/driver"
	"strings"
	"sync"
)

func replaceAll(text, old, new string) string { return strings.ReplaceAll(text, old, new) }

// recorder is a driver.Connector that notes the statements that go through.
type recorder struct {
	driver driver.Driver
	dsn    string

	mu    sync.Mutex
	on    bool
	texts []string
	args  [][]driver.NamedValue
}

func (r *recorder) Driver() driver.Driver { return r.driver }

func (r *recorder) Connect(ctx context.Context) (driver.Conn, error) {
	if d, ok := r.driver.(driver.DriverContext); ok {
		connector, err := d.OpenConnector(r.dsn)
		if err != nil {
			return nil, err
		}
		conn, err := connector.Connect(ctx)
		if err != nil {
			return nil, err
		}
		return recordedConn{conn, r}, nil
	}
	conn, err := r.driver.Open(r.dsn)
	if err != nil {
		return nil, err
	}
	return recordedConn{conn, r}, nil
}

// during returns the statements that ran during call, with their arguments.
func (r *recorder) during(call func()) (texts []string, args [][]driver.NamedValue) {
	r.mu.Lock()
	r.on, r.texts, r.args = true, nil, nil
	r.mu.Unlock()
	call()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on = false
	return r.texts, r.args
}

func (r *recorder) note(text string, args []driver.NamedValue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on {
		r.texts, r.args = append(r.texts, text), append(r.args, args)
	}
}

// recordedConn hands everything on. All three drivers have these methods.
type recordedConn struct {
	driver.Conn
	recorder *recorder
}

func (c recordedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
	if err != driver.ErrSkip {
		c.recorder.note(text, args)
	}
	return result, err
}

func (c recordedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
	if err != driver.ErrSkip {
		c.recorder.note(text, args)
	}
	return rows, err
}

func (c recordedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	c.recorder.note(text, nil)
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
}

func (c recordedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c recordedConn) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return driver.ErrSkip
}

func (c recordedConn) ResetSession(ctx context.Context) error {
	if resetter, ok := c.Conn.(driver.SessionResetter); ok {
		return resetter.ResetSession(ctx)
	}
	return nil
}

func (c recordedConn) IsValid() bool {
	if validator, ok := c.Conn.(driver.Validator); ok {
		return validator.IsValid()
	}
	return true
}
