package middleware_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/justinas/alice"

	"github.com/facegate/facegate/middleware"
)

// A webhook that only takes small, plain, prompt POSTs.
func Example() {
	guard := middleware.Guard{}
	webhook := alice.New(
		middleware.PrivateHeaders,
		guard.Recover(func(r *http.Request, p middleware.Panic) {
			fmt.Println("panic of type", p.Type, "at", r.URL.Path)
		}),
		middleware.ReadDeadline(10*time.Second),
		guard.Methods("POST"),
		guard.PlainBody,
		guard.MaxBody(64<<10),
	).ThenFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		if r.PostForm.Get("data") == "" {
			panic("no data")
		}
		w.WriteHeader(http.StatusOK)
	})

	for _, body := range []string{"data=1", "", "data=" + strings.Repeat("1", 64<<10)} {
		r := httptest.NewRequest(http.MethodPost, "/notify", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		webhook.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// panic of type string at /notify
	// 500
	// 413
}

// Refuse gives every refusal the app's own answer.
func ExampleGuard() {
	guard := middleware.Guard{Refuse: func(w http.ResponseWriter, _ *http.Request, status int) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"status":%d,"title":%q}`, status, http.StatusText(status))
	}}
	h := guard.Methods("POST", "PUT")(http.NotFoundHandler())

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(w.Code, w.Header().Get("Allow"))
	fmt.Println(w.Body)
	// Output:
	// 405 POST, PUT
	// {"status":405,"title":"Method Not Allowed"}
}

// A handler tells a slow body from other failures by the error of its read.
func ExampleReadDeadline() {
	h := middleware.ReadDeadline(20 * time.Millisecond)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); errors.Is(err, os.ErrDeadlineExceeded) {
			http.Error(w, "too slow", http.StatusRequestTimeout)
		}
	}))
	server := httptest.NewServer(h)
	defer server.Close()

	stalled, sender := io.Pipe() // a body that never comes
	defer func() { _ = sender.Close() }()
	res, err := server.Client().Post(server.URL, "application/x-www-form-urlencoded", stalled)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	fmt.Println(res.Status)
	// Output: 408 Request Timeout
}

// Recovered also serves where there is no HTTP, such as around a hook.
func ExampleRecovered() {
	defer func() {
		if value := recover(); value != nil {
			p := middleware.Recovered(value)
			fmt.Println(p.Type, len(p.Stack) > 0)
		}
	}()
	panic("an ID number")
	// Output: string true
}

func ExamplePrivateHeaders() {
	w := httptest.NewRecorder()
	middleware.PrivateHeaders(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(w.Header().Get("Cache-Control"), w.Header().Get("Referrer-Policy"))
	// Output: no-store no-referrer
}
