package sandbox

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/jpeg" // for the size of an uploaded picture
	_ "image/png"  // same
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Caps of request bodies: of uploadMatchImage, a picture of 10 MiB in base64 and
// its JSON; of the others, what a session may keep.
const (
	baiduUploadLimit = 11 << 20
	baiduBodyLimit   = 16 << 10
)

// baiduCall is one authorised call of an endpoint; the lock is held for its
// whole life.
type baiduCall struct {
	token *baiduToken
	body  []byte
	base  string // the sandbox's own address
	now   time.Time
}

// api wraps an endpoint in what all eight share: POST only, an access token in
// the query, a JSON body. Errors come at HTTP 200, as the vendor's do.
func (b *Baidu) api(limit int64, serve func(*baiduCall) baiduAnswer) func(*http.Request) baiduAnswer {
	return func(r *http.Request) baiduAnswer {
		if r.Method != http.MethodPost {
			return baiduGateway(3, "")
		}
		token, code := b.authorize(r)
		if code != 0 {
			return baiduGateway(code, "")
		}
		body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
		if err != nil {
			return baiduText(http.StatusRequestEntityTooLarge, "request entity too large")
		}
		mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if mediaType != "application/json" {
			body = nil // not JSON, whatever it holds
		}
		base := b.base(r)

		b.mu.Lock()
		defer b.mu.Unlock()
		return serve(&baiduCall{token: token, body: body, base: base, now: b.config.Now()})
	}
}

// base is the sandbox's own address as the client sees it.
func (b *Baidu) base(r *http.Request) string {
	switch {
	case b.config.BaseURL != "":
		return b.config.BaseURL
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// baiduIsAPI reports whether an endpoint is one of the eight.
func baiduIsAPI(endpoint string) bool {
	switch endpoint {
	case BaiduGenerate, BaiduSubmit, BaiduUpload, BaiduSimple, BaiduDetail, BaiduStat, BaiduMedia, BaiduGetAll:
		return true
	}
	return false
}

// The scheme's own failures.
func baiduNotJSON() baiduFailure     { return baiduFailure{283513, "请求参数错误"} }
func baiduInvalid() baiduFailure     { return baiduFailure{216100, "invalid param"} }
func baiduNoPlan() baiduFailure      { return baiduFailure{283435, "方案不存在。Plan not exist."} }
func baiduUnavailable() baiduFailure { return baiduFailure{283400, "服务异常,请稍后再试"} }

// generate makes a session. The waiting switches are its own from here on.
func (b *Baidu) generate(call *baiduCall) baiduAnswer {
	var request struct {
		PlanID   jsontext.Value `json:"plan_id"`
		Redirect struct {
			Success string `json:"success_url"`
			Failed  string `json:"failed_url"`
		} `json:"redirect_config"`
	}
	if err := json.Unmarshal(call.body, &request); err != nil {
		return b.fail(nil, baiduNotJSON())
	}
	id, ok := baiduPlanID(request.PlanID)
	if !ok {
		return b.fail(nil, baiduInvalid())
	}
	plan, ok := b.plans[id]
	if !ok {
		return b.fail(nil, baiduNoPlan())
	}
	session := &baiduSession{
		token: b.verifyToken(), madeBy: call.token, app: call.token.app, appID: call.token.appID,
		plan: plan, switches: b.use(), made: call.now,
		successURL: request.Redirect.Success, failedURL: request.Redirect.Failed,
	}
	b.forget(call.now)
	b.sessions[session.token] = session
	b.created = append(b.created, session)
	return b.succeed(session.shapes().only(BaiduNumberLogID, BaiduPaddedBody, BaiduArrayResult),
		baiduObject{{"verify_token", session.token}})
}

func (b *Baidu) verifyToken() string {
	return b.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 24)
}

// baiduPlanID reads a plan_id written as a string or as a whole number, and
// reports whether it was either.
func baiduPlanID(value jsontext.Value) (string, bool) {
	switch value.Kind() {
	case '"':
		var id string
		err := json.Unmarshal(value, &id)
		return id, err == nil && id != ""
	case '0':
		return value.String(), !strings.ContainsAny(value.String(), ".eE-")
	}
	return "", false
}

// submit takes the identity of the person to verify. A second one before the
// check replaces the first; what Baidu does then is not documented.
func (b *Baidu) submit(call *baiduCall) baiduAnswer {
	var request struct {
		VerifyToken string `json:"verify_token"`
		Name        string `json:"id_name"`
		Number      string `json:"id_no"`
		Certificate int    `json:"certificate_type"`
	}
	if err := json.Unmarshal(call.body, &request); err != nil {
		return b.fail(nil, baiduInvalid())
	}
	session := b.find(call, request.VerifyToken)
	switch {
	case session == nil || !session.open(call.now):
		return b.tokenInvalid(session)
	case request.Name == "":
		return b.fail(session.shapes(), baiduFailure{222023, "param[name] is null"})
	case request.Number == "":
		return b.fail(session.shapes(), baiduFailure{222022, "param[id_card_number] is null"})
	case request.Certificate < 0 || request.Certificate > 5:
		return b.fail(session.shapes(), baiduInvalid())
	}
	session.name, session.number, session.submitted = hide(request.Name), hide(request.Number), true
	return b.succeed(session.shapes().only(BaiduNumberLogID, BaiduPaddedBody), 1)
}

// upload takes the photo to compare with. The picture is looked at, not kept.
func (b *Baidu) upload(call *baiduCall) baiduAnswer {
	var request struct {
		VerifyToken string `json:"verify_token"`
		Image       string `json:"image"`
		Quality     string `json:"quality_control"`
		Liveness    string `json:"liveness_control"`
	}
	if err := json.Unmarshal(call.body, &request); err != nil {
		return b.fail(nil, baiduInvalid())
	}
	session := b.find(call, request.VerifyToken)
	if session == nil || !session.open(call.now) {
		return b.tokenInvalid(session)
	}
	failure := baiduCheckImage(request.Image)
	switch {
	case !baiduIsControl(request.Quality):
		failure = baiduFailure{222019, "param[quality_control] format error"}
	case !baiduIsControl(request.Liveness):
		failure = baiduFailure{222020, "param[liveness_control] format error"}
	}
	if failure.code != 0 {
		return b.fail(session.shapes(), failure)
	}
	session.uploaded = true
	return b.succeed(session.shapes().only(BaiduNumberLogID, BaiduPaddedBody), nil)
}

func baiduIsControl(value string) bool {
	switch value {
	case "", "NONE", "LOW", "NORMAL", "HIGH":
		return true
	}
	return false
}

// baiduCheckImage applies the vendor's limits to a base64 picture: no data-URI
// prefix, at most 10 MB encoded, JPEG, PNG or BMP, below 1920x1080 either way
// up. A header too damaged to read passes, as the vendor's own sample does.
func baiduCheckImage(encoded string) baiduFailure {
	const limit = 10 << 20
	picture, err := base64.StdEncoding.DecodeString(encoded)
	known := bytes.HasPrefix(picture, []byte("\xff\xd8\xff")) ||
		bytes.HasPrefix(picture, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(picture, []byte("BM"))
	switch {
	case encoded == "":
		return baiduFailure{216200, "empty image"}
	case err != nil || !known:
		return baiduFailure{216201, "image format error"}
	case len(encoded) > limit:
		return baiduFailure{216202, "image size error"}
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err == nil && (max(size.Width, size.Height) >= 1920 || min(size.Width, size.Height) >= 1080) {
		return baiduFailure{216202, "image size error"}
	}
	return baiduFailure{}
}

// find returns the application's own session, nil if there is none. The lock
// is held.
func (b *Baidu) find(call *baiduCall, verifyToken string) *baiduSession {
	session := b.sessions[verifyToken]
	if session == nil || session.app != call.token.app || session.switches.TokenBound && session.madeBy != call.token {
		return nil
	}
	return session
}

// tokenInvalid is the one answer to a verify_token that does not work, whatever
// the reason; session may be nil.
func (b *Baidu) tokenInvalid(session *baiduSession) baiduAnswer {
	failure := baiduFailure{message: baiduInvalidText}
	if session == nil {
		return b.fail(nil, failure)
	}
	failure.code = session.switches.TokenInvalidCode
	return b.fail(session.shapes(), failure)
}
