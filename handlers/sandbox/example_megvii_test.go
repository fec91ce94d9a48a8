package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/facegate/facegate/handlers/sandbox"
)

// The app asks for a token, the person ends the check, and the vendor tells the
// app's notify endpoint.
func ExampleMegvii() {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		status, _, _ := strings.Cut(r.PostForm.Get("data"), ",")
		fmt.Println("notified:", status)
	}))
	defer app.Close()

	megvii := sandbox.NewMegvii(sandbox.MegviiConfig{})
	defer megvii.Close()
	vendor := httptest.NewServer(megvii)
	defer vendor.Close()

	res, err := http.PostForm(vendor.URL+"/faceid/lite/get_token", url.Values{
		"api_key": {sandbox.MegviiAPIKey}, "api_secret": {sandbox.MegviiAPISecret},
		"biz_no": {"session-0001"}, "comparison_type": {"1"}, "idcard_mode": {"3"},
		"return_url": {app.URL + "/return"}, "notify_url": {app.URL + "/notify"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = res.Body.Close()
	fmt.Println(res.Status)

	if err := megvii.Finish(context.Background(), "session-0001", "pass"); err != nil {
		fmt.Println(err)
		return
	}
	megvii.Wait()
	fmt.Println(megvii.Sessions()[0].Status)
	// Output:
	// 200 OK
	// notified: {"status":"OK"
	// OK
}

// Switches make the next session misbehave.
func ExampleMegvii_Next() {
	megvii := sandbox.NewMegvii(sandbox.MegviiConfig{})
	defer megvii.Close()

	err := megvii.Next(sandbox.MegviiSwitches{
		Notify:     new(0), // the notify is lost
		ReturnLost: true,   // and so is the return
		Processing: 1,      // and the first pull comes too early
	})
	fmt.Println(err)
	fmt.Println(megvii.Next(sandbox.MegviiSwitches{Spelling: "fancy"}))
	// Output:
	// <nil>
	// spelling cannot be "fancy"; known: compact, python, python_ascii
}
