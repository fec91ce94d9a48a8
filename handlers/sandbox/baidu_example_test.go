package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/facegate/facegate/handlers/sandbox"
)

// A person who passes on the second attempt, seen with nothing but net/http.
func ExampleNewBaidu() {
	baidu := sandbox.NewBaidu(sandbox.BaiduConfig{Seed: "example"})
	vendor := httptest.NewServer(baidu)
	defer vendor.Close()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	member := func(answer, name string) string {
		_, rest, _ := strings.Cut(answer, `"`+name+`":"`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	read := func(answer *http.Response, err error) string {
		if err != nil {
			return err.Error()
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		return string(body)
	}
	access := member(read(http.Get(vendor.URL+"/oauth/2.0/token?grant_type=client_credentials&client_id="+
		sandbox.BaiduAPIKey+"&client_secret="+sandbox.BaiduSecretKey)), "access_token")
	call := func(endpoint, body string) string {
		return read(http.Post(vendor.URL+"/rpc/2.0/brain/solution/faceprint/"+endpoint+"?access_token="+access,
			"application/json", strings.NewReader(body)))
	}

	verifyToken := member(call("verifyToken/generate", `{"plan_id":1}`), "verify_token")
	page := vendor.URL + "/face/print/?" + url.Values{
		"token": {verifyToken}, "successUrl": {"http://localhost/return?flow=7"}, "failedUrl": {"http://localhost/return?flow=7"},
	}.Encode()
	back, err := browser.PostForm(page, url.Values{"outcome": {"fail_then_pass"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer back.Body.Close()
	fmt.Println(back.StatusCode, back.Header.Get("Location"))

	all := call("result/getall", `{"verify_token":"`+verifyToken+`"}`)
	fmt.Println(strings.Count(all, `"is_verify_passed":false`), "failed,", strings.Count(all, `"is_verify_passed":true`), "passed")
	fmt.Println(baidu.Calls()[sandbox.BaiduToken], "token fetched")
	// Output:
	// 302 http://localhost/return?flow=7
	// 1 failed, 1 passed
	// 1 token fetched
}

// The next two queries find the daily quota used up, and the session after it
// answers with strings for scores.
func ExampleBaidu_Next() {
	baidu := sandbox.NewBaidu(sandbox.BaiduConfig{})
	fmt.Println(baidu.Next(sandbox.BaiduSwitches{
		Shapes: []sandbox.BaiduShape{sandbox.BaiduStringScores},
		Faults: []sandbox.BaiduFault{{Endpoint: sandbox.BaiduDetail, Calls: 2, ErrorCode: 17}},
	}))
	fmt.Println(baidu.Next(sandbox.BaiduSwitches{Return: "popup"}))
	// Output:
	// <nil>
	// return cannot be "popup"; known: redirect, button, none
}
