package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// whoIsSignedIn believes a header, which is enough for an example.
func whoIsSignedIn(r *http.Request) (string, error) { return r.Header.Get("X-User"), nil }

func Example() {
	kit, err := handlers.New(handlers.Options{
		Vendor:    newPaper(), // in an app: megvii.New(...) or baidu.New(...)
		Store:     store.NewMemory(),
		PublicURL: "https://shop.example/face",
		Identify:  whoIsSignedIn,
		OnResult: func(_ context.Context, r handlers.Result) error {
			fmt.Println(r.Subject, r.Verdict)
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/face/", kit.Handler())
	// In an app: go kit.Run(ctx)

	r := httptest.NewRequest(http.MethodPost, "/face/start", nil)
	r.Header.Set("X-User", "alice")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, strings.HasPrefix(w.Header().Get("Location"), "https://paper.example/do?token="))
	// Output:
	// 303 true
}

func ExampleNew_badOptions() {
	_, err := handlers.New(handlers.Options{Vendor: newPaper(), Store: store.NewMemory(), PublicURL: "http://shop.example"})
	var bad *handlers.OptionError
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			fmt.Println(p.Field, p.Rule)
		}
	}
	// Output:
	// Identify is required
	// OnResult is required
	// PublicURL must be https
}

// A start, a notice and its verdict without HTTP, as for gRPC, fiber or a queue.
func ExampleKit_Begin() {
	done := make(chan handlers.Result, 1)
	kit, err := handlers.New(handlers.Options{
		Vendor: newPaper(), Store: store.NewMemory(), PublicURL: "https://shop.example/face", Identify: whoIsSignedIn,
		OnResult: func(_ context.Context, r handlers.Result) error { done <- r; return nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	started, err := kit.Begin(ctx, handlers.BeginParams{Subject: "alice"})
	if err != nil {
		fmt.Println(handlers.CodeOf(err))
		return
	}
	fmt.Println("send the person to", started.URL)

	// What the vendor's server posted, however it got here.
	session, err := kit.Accept(ctx, "paper", handlers.Callback{
		Carrier: handlers.CarrierNotify, Method: http.MethodPost,
		ContentType: "application/x-www-form-urlencoded", Body: []byte(says(started.Session, "passed").Encode()),
	})
	fmt.Println(session.Verdict, err)
	result := <-done
	fmt.Println(result.Key == started.Session+"-1", result.Subject, result.Verdict, result.Via)
	// Output:
	// send the person to [private]
	// passed <nil>
	// true alice passed notify
}

// Accept tells the sender's mistakes from ours: Status is what to answer.
func ExampleKit_Accept() {
	kit, err := handlers.New(handlers.Options{
		Vendor: newPaper(), Store: store.NewMemory(), PublicURL: "https://shop.example/face", Identify: whoIsSignedIn,
		OnResult: func(context.Context, handlers.Result) error { return nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = kit.Accept(context.Background(), "", handlers.Callback{
		Carrier: handlers.CarrierNotify, Method: http.MethodPost, Body: []byte("sign=forged"),
	})
	var refused *handlers.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Status(), refused.Code, refused.Public("zh"))
	}
	// Output:
	// 401 bad_signature 签名无效。
}

// People who are not signed in go to the app's own page; everything else is
// answered as usual.
func ExampleDefaultOnError() {
	kit, err := handlers.New(handlers.Options{
		Vendor: newPaper(), Store: store.NewMemory(), PublicURL: "https://shop.example/face", Identify: whoIsSignedIn,
		OnResult: func(context.Context, handlers.Result) error { return nil },
		OnError: func(w http.ResponseWriter, r *http.Request, e *handlers.Error) {
			if e.Code == handlers.CodeNotSignedIn {
				http.Redirect(w, r, "/login", http.StatusSeeOther)
				return
			}
			handlers.DefaultOnError(w, r, e)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	kit.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/face/start", nil))
	fmt.Println(w.Code, w.Header().Get("Location"))
	w = httptest.NewRecorder()
	kit.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/face/notify", nil))
	fmt.Println(w.Code, w.Header().Get("Allow"), w.Header().Get("Content-Type"))
	// Output:
	// 303 /login
	// 405 POST application/problem+json
}

func ExamplePrivate() {
	type person struct {
		ID     string
		Number handlers.Private
	}
	p := person{ID: "alice", Number: handlers.Hide("000000199001010001")}
	fmt.Printf("%v %+v %s\n", p, p, p.Number)
	slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})).Info("checked", "number", p.Number)
	fmt.Println(len(p.Number.Reveal()))
	// Output:
	// {alice [private]} {ID:alice Number:[private]} [private]
	// level=INFO msg=checked number=[private]
	// 18
}
