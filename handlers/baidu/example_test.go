package baidu_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/baidu"
	"github.com/facegate/facegate/store"
)

// answers is a server that answers like the vendor: OAuth, and one fixed answer
// per endpoint.
func answers(byEndpoint map[string]string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/2.0/token" {
			_, _ = io.WriteString(w, `{"access_token":"24.FAKE","expires_in":2592000}`)
			return
		}
		_, _ = io.WriteString(w, byEndpoint[strings.TrimPrefix(r.URL.Path, "/rpc/2.0/brain/solution/faceprint/")])
	}))
}

// config asks that server. In production leave BaseURL and InsecureDevelopment out.
func config(server *httptest.Server) baidu.Config {
	return baidu.Config{
		APIKey: handlers.Hide("FAKEapiKey00000000000001"), SecretKey: handlers.Hide("FAKEsecretKey00000000001"),
		PlanID: "16144", Tokens: store.NewMemory(),
		BaseURL: server.URL, InsecureDevelopment: true,
	}
}

func ExampleNew() {
	server := answers(map[string]string{
		"verifyToken/generate": `{"success":true,"result":{"verify_token":"FAKEverifyToken000000001"},"log_id":"1"}`,
		"idcard/submit":        `{"success":true,"result":1,"log_id":"2"}`,
		"result/detail": `{"success":true,"result":{"verify_result":{"score":93.7},
			"idcard_confirm":{"name":"测试甲","idcard_number":"000000190001010009"}},"log_id":"3"}`,
	})
	defer server.Close()
	vendor, err := baidu.New(config(server))
	if err != nil {
		fmt.Println(err)
		return
	}
	// The kit does the rest; this is what it asks of the vendor.
	ctx := context.Background()
	begun, err := vendor.Begin(ctx, handlers.BeginRequest{
		Session: "SESSION", ReturnURL: "https://shop.example/face/return?session=SESSION",
		Params: baidu.Params{Name: handlers.Hide("测试甲"), IDNumber: handlers.Hide("000000190001010009")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	session := handlers.Session{ID: "SESSION", Ref: begun.Ref, Memory: begun.Memory, ExpiresAt: begun.ExpiresAt}
	notice, err := vendor.Query(ctx, session)
	if err != nil {
		fmt.Println(err)
		return
	}
	judged := vendor.Judge(notice, session)
	fmt.Println(notice.Status, judged.Verdict, judged.ScoreBucket)
	// Output: passed passed 90
}

func ExampleNew_badConfig() {
	_, err := baidu.New(baidu.Config{APIKey: handlers.Hide("FAKEapiKey00000000000001"), SecretKey: handlers.Hide("short"), BaseURL: "http://aip.baidubce.com"})
	fmt.Println(err)
	// Output: baidu: config: SecretKey must be at least 16 bytes long; PlanID is required; Tokens is required; BaseURL must be an absolute https URL without query and user name
}

func ExampleAPIError() {
	server := answers(map[string]string{"verifyToken/generate": `{"success":false,"code":283435,"message":"方案不存在。Plan not exist.","log_id":"170000000000014"}`})
	defer server.Close()
	client, err := baidu.NewClient(config(server))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.GenerateVerifyToken(context.Background(), baidu.GenerateRequest{})
	if refused, ok := errors.AsType[*baidu.APIError](err); ok {
		fmt.Println(refused)
		fmt.Println(refused.Class, refused.Retryable(), refused.Message)
	}
	fmt.Println(handlers.CodeOf(err))
	// Output:
	// baidu: verifyToken/generate: plan_wrong (code 283435), log id 170000000000014
	// config false [private]
	// vendor_misconfigured
}

func ExampleClient_ResultAll() {
	server := answers(map[string]string{"result/getall": `{"success":true,"result":{"verify_count":2,"verify_charge_count":2,"verify_result":[
		{"order":1,"is_verify_passed":false,"code":"223120","is_charged":true},
		{"order":2,"is_verify_passed":true,"code":"0","is_charged":true}]}}`})
	defer server.Close()
	client, err := baidu.NewClient(config(server))
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := client.ResultAll(context.Background(), baidu.Query{VerifyToken: handlers.Hide("FAKEverifyToken000000001")})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, attempt := range all.Attempts {
		fmt.Println(attempt.Order, attempt.Clean(), *attempt.Code)
	}
	fmt.Println(all.VerifyCharges, "charged")
	// Output:
	// 1 false 223120
	// 2 true 0
	// 2 charged
}

func ExampleClient_PageURL() {
	client, err := baidu.NewClient(baidu.Config{
		APIKey: handlers.Hide("FAKEapiKey00000000000001"), SecretKey: handlers.Hide("FAKEsecretKey00000000001"),
		PlanID: "16144", Tokens: store.NewMemory(), EntryURL: baidu.EntryPlus,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := client.PageURL(baidu.PageRequest{
		VerifyToken: handlers.Hide("FAKEverifyToken000000001"),
		SuccessURL:  "https://shop.example/back?flow=1", FailedURL: "https://shop.example/back?flow=1",
	})
	fmt.Println(page, err)
	fmt.Println(page.Reveal())
	// Output:
	// [private] <nil>
	// https://h5-faceverify-plus.baidu.com/face/print/?token=FAKEverifyToken000000001&successUrl=https%3A%2F%2Fshop.example%2Fback%3Fflow%3D1&failedUrl=https%3A%2F%2Fshop.example%2Fback%3Fflow%3D1
}

func ExampleFetcher() {
	fetcher := baidu.NewFetcher(baidu.FetcherConfig{})
	_, _, err := fetcher.Fetch(context.Background(), handlers.Hide("http://169.254.169.254/latest/meta-data"))
	fmt.Println(errors.Is(err, baidu.ErrMediaURL))
	// Output: true
}
