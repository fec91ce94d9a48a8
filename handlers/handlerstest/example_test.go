package handlerstest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"

	"github.com/facegate/facegate/handlers/handlerstest"
)

// The vendor does what it is asked, and its answer is lost: whoever asks again
// blindly has it done twice.
func ExampleTransport() {
	opened := 0
	vendor := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		opened++
		_, _ = io.WriteString(w, "a page\n")
	})
	line := &handlerstest.Transport{Base: handlerstest.InProcess(vendor)}
	line.Break(handlerstest.Fault{Kind: handlerstest.Lost, Nth: 2, Path: "/open"})

	client := &http.Client{Transport: line}
	for range 3 {
		answer, err := client.Post("https://vendor.example/open", "text/plain", nil)
		if err != nil {
			fmt.Println("reset:", errors.Is(err, syscall.ECONNRESET))
			continue
		}
		_ = answer.Body.Close()
		fmt.Println("opened")
	}
	fmt.Println(opened, "sessions,", line.Spoilt(), "of them nobody heard of")
	// Output:
	// opened
	// reset: true
	// opened
	// 3 sessions, 1 of them nobody heard of
}
