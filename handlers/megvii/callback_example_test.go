package megvii_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

func ExampleVerify() {
	current := handlers.Hide("FAKE-api-secret-for-tests-0002")
	previous := handlers.Hide("FAKE-api-secret-for-tests-0001")
	data := []byte(`{"status":"CANCELLED","biz_info":{"biz_id":"1462259748,52b13fb5"}}`)
	sign := megvii.Sign(previous, data) // Megvii does this

	matched, ok := megvii.Verify(data, sign, current, previous)
	fmt.Println(ok, "secret", matched)

	_, ok = megvii.Verify(append(data, ' '), sign, current, previous)
	fmt.Println(ok)
	// Output:
	// true secret 1
	// false
}

// A framework without http.Handler, or a queue, hands over the bytes.
func ExampleParse() {
	secrets := []handlers.Private{handlers.Hide("FAKE-api-secret-for-tests-0001")}
	data := `{"status":"OK","biz_info":{"biz_id":"1462259748,52b13fb5","biz_no":"order-0001"}}`
	form := url.Values{"data": {data}, "sign": {megvii.Sign(secrets[0], []byte(data))}}

	result, err := megvii.Parse([]byte(form.Encode()), "application/x-www-form-urlencoded", secrets, megvii.ParseOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.BizInfo.BizNo, result.Status)

	form.Set("data", data+`{"status":"OK"}`)
	_, err = megvii.Parse([]byte(form.Encode()), "application/x-www-form-urlencoded", secrets, megvii.ParseOptions{})
	fmt.Println(err)
	// Output:
	// order-0001 OK
	// facegate: bad_signature
}

func ExamplePolicy() {
	data := []byte(`{
		"status": "OK",
		"biz_info": {"biz_id": "1462259748,52b13fb5", "biz_no": "order-0001"},
		"liveness_result": {"result": "PASS", "face_genuineness": {
			"synthetic_face_confidence": 0.01, "synthetic_face_threshold": 0.5,
			"mask_confidence": 0.02, "mask_threshold": 0.5,
			"screen_replay_confidence": 0.03, "screen_replay_threshold": 0.5}},
		"verify_result": {"result_ref1": {"confidence": 68.918,
			"thresholds": {"1e-3": 64, "1e-4": 69, "1e-5": 74, "1e-6": 79.9}}}
	}`)
	result, err := megvii.DecodeResult(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	asked := megvii.Asked{Comparisons: []string{megvii.CompareRef1}}
	judgement := megvii.Policy{}.Judge(result, asked)
	fmt.Println(judgement.Verdict, judgement.Reasons, judgement.ScoreBucket)

	// Scores between 1e-3 and 1e-4 go to people.
	lenient := megvii.Policy{Verdicts: map[handlers.Reason]handlers.Verdict{megvii.ReasonScoreBelow4: handlers.Review}}
	judgement = lenient.Judge(result, asked)
	fmt.Println(judgement.Verdict, judgement.Reasons, judgement.ScoreBucket)
	// Output:
	// failed [score_below_1e-4] 1e-3
	// review [score_below_1e-4] 1e-3
}

func ExampleRequireSignature() {
	secret := handlers.Hide("FAKE-api-secret-for-tests-0001")
	gate, err := megvii.RequireSignature(megvii.RequireSignatureOptions{Secrets: []handlers.Private{secret}})
	if err != nil {
		fmt.Println(err)
		return
	}
	notify := gate(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		result, _ := megvii.ResultFrom(r.Context())
		fmt.Println("stored", result.BizInfo.BizNo, result.Status)
	}))

	data := `{"status":"TIMEOUT","biz_info":{"biz_id":"1462259748,52b13fb5","biz_no":"order-0001"}}`
	for _, sign := range []string{megvii.Sign(secret, []byte(data)), strings.Repeat("0", 40)} {
		form := url.Values{"data": {data}, "sign": {sign}}
		request := httptest.NewRequest(http.MethodPost, "/notify", strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer := httptest.NewRecorder()
		notify.ServeHTTP(answer, request)
		fmt.Println(answer.Code)
	}
	// Output:
	// stored order-0001 TIMEOUT
	// 200
	// 401
}
