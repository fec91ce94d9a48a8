package sandbox

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
)

// baiduAnswer is a whole answer, kept in memory so that a fault can damage it
// on the way out.
type baiduAnswer struct {
	status      int // 0: 200
	contentType string
	header      map[string]string
	body        []byte
}

func (a baiduAnswer) head(w http.ResponseWriter) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(max(a.status, http.StatusOK))
}

func (a baiduAnswer) write(w http.ResponseWriter) {
	a.head(w)
	_, _ = w.Write(a.body)
}

// baiduJSON encodes an answer. What the sandbox answers with always encodes.
func baiduJSON(status int, v any) baiduAnswer {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return baiduText(http.StatusInternalServerError, "the sandbox could not encode its answer")
	}
	return baiduAnswer{status: status, contentType: "application/json", body: body}
}

func baiduText(status int, text string) baiduAnswer {
	return baiduAnswer{status: status, contentType: "text/plain; charset=utf-8", body: []byte(text + "\n")}
}

// baiduGateway is the envelope of the layer in front: always HTTP 200, its own
// member names, most often without a log id.
func baiduGateway(code int, logID string) baiduAnswer {
	answer := baiduObject{{"error_code", code}, {"error_msg", baiduGatewayMessage(code)}}
	if logID != "" {
		answer = append(answer, baiduMember{"log_id", logID})
	}
	return baiduJSON(http.StatusOK, answer)
}

// baiduGatewayMessage is the vendor's text for a gateway code, spelt as there.
func baiduGatewayMessage(code int) string {
	switch code {
	case 2:
		return "Service temporarily unavailable"
	case 3:
		return "Unsupported openapi method"
	case 4:
		return "Open api request limit reached"
	case 6:
		return "no permission to access data"
	case 13:
		return "Get service token failed"
	case 14:
		return "IAM Certification failed"
	case 15:
		return "app not exsits or create failed"
	case 17:
		return "Open api daily request limit reached"
	case 18:
		return "Open api qps request limit reached"
	case 19:
		return "Open api total request limit reached"
	case 100:
		return "Invalid parameter"
	case 110:
		return "Access token invalid or no longer valid"
	case 111:
		return "Access token expired"
	}
	return "Unknown error"
}

// baiduInvalidText is what every endpoint says about a verify_token that is
// unknown, foreign, too old, used up or not yet used.
const baiduInvalidText = "Token无效或者已过期"

// baiduFailure is the scheme's envelope for a refused call or a failed check.
// The zero code leaves code out: the vendor publishes none for baiduInvalidText.
type baiduFailure struct {
	code    int
	message string
}

func (b *Baidu) fail(shapes baiduShapes, failure baiduFailure) baiduAnswer {
	var code, result any = failure.code, nil
	switch {
	case failure.code == 0:
		code = baiduAbsent{}
	case shapes.has(BaiduStringCodes):
		code = strconv.Itoa(failure.code)
	}
	if shapes.has(BaiduOmitResult) {
		result = baiduAbsent{}
	}
	return b.envelope(shapes, baiduObject{
		{"success", shapes.success(false)},
		{"result", result},
		{"code", code},
		{"message", failure.message},
	})
}

// succeed is the scheme's envelope around a result, with members that stand
// beside it.
func (b *Baidu) succeed(shapes baiduShapes, result any, beside ...baiduMember) baiduAnswer {
	switch {
	case shapes.has(BaiduNullResult):
		result = nil
	case shapes.has(BaiduArrayResult):
		result = []any{result}
	}
	return b.envelope(shapes, append(baiduObject{
		{"success", shapes.success(true)},
		{"result", result},
	}, beside...))
}

func (b *Baidu) envelope(shapes baiduShapes, answer baiduObject) baiduAnswer {
	id := b.logID()
	var logID any = strconv.FormatInt(id, 10)
	if shapes.has(BaiduNumberLogID) {
		logID = id
	}
	out := baiduJSON(http.StatusOK, append(answer, baiduMember{"log_id", logID}))
	if shapes.has(BaiduPaddedBody) {
		out.body = append([]byte("\n \t"), append(out.body, "\r\n\n"...)...)
	}
	return out
}

// logID counts up from a 19-digit number: too big for a float64 to hold. The
// caller holds the lock.
func (b *Baidu) logID() int64 {
	b.logged++
	return 1534116864874000000 + b.logged
}
