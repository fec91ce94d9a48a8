package fleettest

import (
	"fmt"
	"strings"
)

// matrix is what was seen, by point and setting.
type matrix map[point]map[setting]outcome

func (m matrix) add(at point, s setting, seen outcome) {
	if m[at] == nil {
		m[at] = map[setting]outcome{}
	}
	m[at][s] = seen
}

// String is the matrix as Markdown. It is empty unless every cell was seen.
func (m matrix) String() string {
	var table strings.Builder
	table.WriteString("| killed | ends as | vendor calls")
	for _, s := range settings() {
		fmt.Fprintf(&table, " | %v", s)
	}
	table.WriteString(" |\n|" + strings.Repeat("---|", 3+len(settings())) + "\n")
	for _, c := range crashes() {
		fmt.Fprintf(&table, "| %s | %s | %s |", c.at, endsAs(c.ends), vendorCalls(c.ends))
		for _, s := range settings() {
			seen, ok := m[c.at][s]
			if !ok {
				return ""
			}
			fmt.Fprintf(&table, " %s |", hookDid(seen))
		}
		table.WriteString("\n")
	}
	return table.String()
}

func endsAs(o outcome) string { return fmt.Sprintf("%s, %s", o.state, o.verdict) }

func vendorCalls(o outcome) string {
	return fmt.Sprintf("%d get_token, %d get_result", o.tokens, o.queries)
}

func hookDid(o outcome) string {
	return fmt.Sprintf("%s, %s", counted(o.runs, "run"), counted(o.effects, "effect"))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
