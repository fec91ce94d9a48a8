package megvii_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

// exampleVendor opens every session and finds no result.
func exampleVendor() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/get_result") {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error_message":"RESULT_NOT_FOUND","request_id":"1462259901,fa79992d","time_used":4}`)
			return
		}
		_, _ = io.WriteString(w, `{"token":"00000000000000000000000000fa4e01","biz_id":"1679796702,00000000","expired_time":1679800302}`)
	}))
}

// A Vendor is what the kit needs: one account, its defaults and its policy.
func ExampleNew() {
	vendor, err := megvii.New(megvii.Config{
		APIKey:    handlers.Hide("FAKE-api-key"),
		APISecret: handlers.Hide("FAKE-api-secret-0001"),
		Defaults: megvii.GetTokenRequest{
			ComparisonType: megvii.CompareWithIDCard,
			IDCardMode:     megvii.IDCardGiven,
			GetFailReason:  true,
		},
	})
	fmt.Println(vendor.Name(), vendor.Limits().SessionLife, err)
	// Output: megvii 1h0m0s <nil>
}

// Everything that is wrong is named at once.
func ExampleNew_invalid() {
	_, err := megvii.New(megvii.Config{
		APIKey:    handlers.Hide("FAKE-api-key"),
		APISecret: handlers.Hide("changeme-changeme"),
		BaseURL:   "http://api.megvii.com",
		Defaults:  megvii.GetTokenRequest{ComparisonType: megvii.CompareWithIDCard},
	})
	fmt.Println(err)
	// Output: megvii: Config: APISecret must be a real secret, not a placeholder; BaseURL must be https: the secret travels there; Defaults.IDCardMode is required with ComparisonType 1
}

// The client also serves without the kit.
func ExampleClient_GetToken() {
	server := exampleVendor()
	defer server.Close()
	client, err := megvii.NewClient(megvii.ClientConfig{
		BaseURL:             server.URL,
		APIKey:              handlers.Hide("FAKE-api-key"),
		APISecret:           handlers.Hide("FAKE-api-secret-0001"),
		InsecureDevelopment: true, // the example's server speaks plain http
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	opened, err := client.GetToken(context.Background(), megvii.GetTokenRequest{
		ReturnURL:      "https://shop.example/face/return",
		NotifyURL:      "https://shop.example/face/notify",
		BizNo:          "order-0001",
		ComparisonType: megvii.CompareNothing,
	})
	fmt.Println(opened.BizID.Reveal(), opened.ExpiresAt.UTC(), err)
	fmt.Println("printed it stays hidden:", client.PageURL(opened.Token))
	// Output:
	// 1679796702,00000000 2023-03-26 03:11:42 +0000 UTC <nil>
	// printed it stays hidden: [private]
}

func ExampleClient_GetResult() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"OK","biz_info":{"biz_id":"1679796702,00000000","biz_no":"order-0001"},
			"images":{"image_best":"data:image/jpeg;base64,/9j/4AAQ"}}`)
	}))
	defer server.Close()
	client, err := megvii.NewClient(megvii.ClientConfig{
		BaseURL: server.URL, APIKey: handlers.Hide("FAKE-api-key"), APISecret: handlers.Hide("FAKE-api-secret-0001"), InsecureDevelopment: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.GetResult(context.Background(), megvii.GetResultRequest{
		BizID: handlers.Hide("1679796702,00000000"), ReturnImage: megvii.ReturnImageBest,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	best := result.Images["image_best"]
	fmt.Println(result.BizInfo.BizNo, result.Status, best.Len(), "bytes")
	fmt.Println("printed it stays hidden:", best)
	// Output:
	// order-0001 OK 6 bytes
	// printed it stays hidden: [private]
}

// A refusal has the vendor's word and never repeats what was sent.
func ExampleAPIError() {
	server := exampleVendor()
	defer server.Close()
	client, err := megvii.NewClient(megvii.ClientConfig{
		BaseURL: server.URL, APIKey: handlers.Hide("FAKE-api-key"), APISecret: handlers.Hide("FAKE-api-secret-0001"), InsecureDevelopment: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.GetResult(context.Background(), megvii.GetResultRequest{BizID: handlers.Hide("1679796702,00000000")})
	var refusal *megvii.APIError
	if errors.As(err, &refusal) {
		fmt.Println(refusal.HTTPStatus, refusal.Code)
	}
	fmt.Println(err)
	// Output:
	// 400 RESULT_NOT_FOUND
	// megvii: HTTP 400: RESULT_NOT_FOUND, request 1462259901,fa79992d
}
