package middleware

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// Panic is what may be told about a panic. Its value is left out on purpose: it
// may hold personal data.
type Panic struct {
	// Type is the Go type of the value, such as "runtime.boundsError".
	Type string

	// Stack is where it happened, innermost first, as function:line, at most 64
	// deep: no arguments and no file paths.
	Stack []string
}

// Recovered describes a panic by the value that recover returned. Call it in the
// deferred function itself, while the stack still stands.
func Recovered(value any) Panic {
	return Panic{Type: fmt.Sprintf("%T", value), Stack: panicStack()}
}

// panicStack walks from the function that panicked outwards.
func panicStack() []string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	var stack []string
	panicking := false
	for {
		frame, more := frames.Next()
		switch {
		case !panicking:
			panicking = frame.Function == "runtime.gopanic"
		case len(stack) == 0 && strings.HasPrefix(frame.Function, "runtime."):
			// The runtime's own way from a fault, such as a nil pointer, to the panic.
		default:
			stack = append(stack, frame.Function+":"+strconv.Itoa(frame.Line))
		}
		if !more {
			return stack
		}
	}
}
