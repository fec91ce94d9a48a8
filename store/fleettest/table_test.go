package fleettest

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// row is one line of a table in a test's log.
type row []any

// table sets rows in columns.
func table(rows ...row) string {
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		_, _ = fmt.Fprintf(columns, "\n"+strings.Repeat("%v\t", len(r)), r...)
	}
	_ = columns.Flush()
	return text.String()
}
