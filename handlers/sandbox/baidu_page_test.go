package sandbox_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

func TestBaiduPageHasOneButtonForEachOutcome(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	for _, address := range []string{lab.pageURL(lab.generate()), strings.Replace(lab.pageURL(lab.generate()), "print/?", "print?useNative=1&", 1)} {
		w := lab.open(address)
		require.Equal(t, http.StatusOK, w.Code)
		var ids []string
		for _, match := range regexp.MustCompile(`<button[^>]* name="outcome" value="([^"]+)">`).FindAllStringSubmatch(w.Body.String(), -1) {
			ids = append(ids, match[1])
		}
		assert.ElementsMatch(t, strings.Fields("pass mismatch liveness_fail no_face occlusion spoof risk demoted fail_then_pass abandon"), ids)
		assert.Contains(t, w.Body.String(), `<form method="post">`, "it posts to the page's own address")
	}
}

func TestBaiduPageSpeaksTheReadersLanguage(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	for language, want := range map[string]string{"zh-CN,zh;q=0.9,en;q=0.5": "人脸实名认证", "en-GB": "Face verification", "": "Face verification"} {
		r := httptest.NewRequest(http.MethodGet, lab.pageURL(lab.generate()), nil)
		r.Header.Set("Accept-Language", language)
		w := lab.do(r)
		assert.Contains(t, w.Body.String(), "<h1>"+want+"</h1>", language)
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	}
}

func TestBaiduPageReturnStyles(t *testing.T) {
	const success = "http://localhost/return?flow=1&amp;o=s"
	for style, test := range map[string]struct {
		status   int
		location string
		has      string
		lacks    string
	}{
		"":         {http.StatusFound, "http://localhost/return?flow=1&o=s", "", "<html"},
		"redirect": {http.StatusFound, "http://localhost/return?flow=1&o=s", "", "<html"},
		"button":   {http.StatusOK, "", `id="finish" href="` + success + `"`, "refresh"},
		"none":     {http.StatusOK, "", "You can close this page now.", "localhost"},
	} {
		t.Run("style "+style, func(t *testing.T) {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			lab.next(`{"return":"` + style + `"}`)
			verifyToken := lab.generate()
			w := lab.press(lab.pageURL(verifyToken), "pass")
			assert.Equal(t, test.status, w.Code)
			assert.Equal(t, test.location, w.Header().Get("Location"))
			assert.Contains(t, w.Body.String(), test.has)
			assert.NotContains(t, w.Body.String(), test.lacks)
			assert.Equal(t, true, lab.query(sandbox.BaiduDetail, verifyToken)["success"], "the pass is recorded all the same")
		})
	}
}

func TestBaiduPageAppendsNothingUnlessToldTo(t *testing.T) {
	for address, want := range map[string]string{
		"http://localhost/r":             "http://localhost/r?from=faceprint&verify_status=success&code=0&lang=zh",
		"http://localhost/r?a=%2B%20+":   "http://localhost/r?a=%2B%20+&from=faceprint&verify_status=success&code=0&lang=zh",
		"https://[::1]:8443/r?a=1#/x?y=": "https://[::1]:8443/r?a=1&from=faceprint&verify_status=success&code=0&lang=zh#/x?y=",
	} {
		lab := newBaiduLab(t, sandbox.BaiduConfig{})
		page := func() string {
			return "/face/print/?token=" + lab.generate() + "&successUrl=" + url.QueryEscape(address)
		}
		assert.Equal(t, address, lab.press(page(), "pass").Header().Get("Location"))
		lab.next(`{"append_params":true}`)
		assert.Equal(t, want, lab.press(page(), "pass").Header().Get("Location"))
	}
}

func TestBaiduRedirectConfigWinsOverThePageAddress(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	for outcome, want := range map[string]string{"pass": "http://127.0.0.1/s?x=1", "mismatch": "http://127.0.0.1/f"} {
		answer := lab.call(sandbox.BaiduGenerate, `{"plan_id":1,"redirect_config":{"success_url":"http://127.0.0.1/s?x=1","failed_url":"http://127.0.0.1/f"}}`)
		verifyToken := answer["result"].(map[string]any)["verify_token"].(string)
		assert.Equal(t, want, lab.press(lab.pageURL(verifyToken), outcome).Header().Get("Location"))
	}
	answer := lab.call(sandbox.BaiduGenerate, `{"plan_id":1,"redirect_config":{"success_url":"http://127.0.0.1/s"}}`)
	bare := "/face/print/?token=" + answer["result"].(map[string]any)["verify_token"].(string)
	w := lab.press(bare, "mismatch")
	assert.Equal(t, http.StatusOK, w.Code, "with no address for a failure the person stays")
	assert.Contains(t, w.Body.String(), "Verification failed")
}

func TestBaiduPageSendsNobodyElsewhere(t *testing.T) {
	for address, allowed := range map[string]bool{
		"http://localhost:8080/x": true, "http://app.localhost/x": true, "http://127.8.9.1/x": true, "https://[::1]/x": true,
		"https://shop.example/x": false, "http://localhost.shop.example/x": false, "http://127.0.0.1@shop.example/x": false,
		"http://10.0.0.1/x": false, "//localhost/x": false, "/x": false, "javascript:alert(1)": false,
		"ftp://localhost/x": false, "http:///x": false, "http://[::1/x": false, `http:\\localhost\x`: false,
	} {
		for _, parameter := range []string{"successUrl", "failedUrl"} {
			lab := newBaiduLab(t, sandbox.BaiduConfig{})
			page := "/face/print/?token=" + lab.generate() + "&" + parameter + "=" + url.QueryEscape(address)
			want := http.StatusBadRequest
			if allowed {
				want = http.StatusOK
			}
			w := lab.open(page)
			assert.Equal(t, want, w.Code, address)
			assert.NotContains(t, w.Body.String(), "shop.example", "nothing is echoed")
			if !allowed {
				assert.Equal(t, want, lab.press(page, "pass").Code, address)
				assert.Equal(t, "READY", lab.session(0)["state"])
			}
		}
	}
	lab := newBaiduLab(t, sandbox.BaiduConfig{AllowAnyHost: true})
	page := "/face/print/?token=" + lab.generate() + "&successUrl="
	assert.Equal(t, http.StatusBadRequest, lab.open(page+"javascript:1").Code)
	assert.Equal(t, "https://shop.example/x", lab.press(page+"https://shop.example/x", "pass").Header().Get("Location"))
}

func TestBaiduPageOffersAnotherAttempt(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{Plans: []sandbox.BaiduPlan{{ID: "1"}, {ID: "again", URLSurvivesFailure: true}}})
	lab.next(`{"url_survives_failure":true}`)
	for _, verifyToken := range []string{lab.generate(), lab.generate("again")} {
		page := lab.pageURL(verifyToken)
		failed := lab.press(page, "no_face")
		assert.Equal(t, http.StatusOK, failed.Code)
		assert.Contains(t, failed.Body.String(), `id="again"`)
		assert.Contains(t, failed.Body.String(), `href="http://localhost/return?flow=1&amp;o=f"`)
		assert.Equal(t, 222202.0, lab.query(sandbox.BaiduDetail, verifyToken)["code"])
		assert.Contains(t, lab.open(page).Body.String(), "The last attempt failed.")
		assert.Equal(t, http.StatusFound, lab.press(page, "pass").Code)
		assert.Equal(t, true, lab.query(sandbox.BaiduDetail, verifyToken)["success"])
		all := lab.query(sandbox.BaiduGetAll, verifyToken)["result"].(map[string]any)
		assert.Equal(t, 2.0, all["verify_count"])
		assert.Equal(t, http.StatusGone, lab.press(page, "mismatch").Code, "a pass is the end")
	}
}

func TestBaiduPageTakesAPresetOutcomeWhenOpened(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	lab.next(`{"outcome":"mismatch"}`)
	page := lab.pageURL(lab.generate())
	assert.Equal(t, http.StatusOK, lab.do(httptest.NewRequest(http.MethodHead, page, nil)).Code, "a HEAD decides nothing")
	assert.Equal(t, "http://localhost/return?flow=1&o=f", lab.open(page).Header().Get("Location"))
	assert.Equal(t, http.StatusGone, lab.open(page).Code)
}

func TestBaiduPageRefuses(t *testing.T) {
	lab := newBaiduLab(t, sandbox.BaiduConfig{})
	page := lab.pageURL(lab.generate())
	assert.Equal(t, http.StatusNotFound, lab.open("/face/print/?token=<script>").Code)
	assert.NotContains(t, lab.open("/face/print/?token=<script>").Body.String(), "<script>")
	assert.Equal(t, http.StatusBadRequest, lab.press(page, "").Code)
	assert.Equal(t, http.StatusBadRequest, lab.press(page, "passed").Code)
	assert.Equal(t, http.StatusBadRequest, lab.press(page, "%z").Code)
	assert.Equal(t, http.StatusMethodNotAllowed, lab.do(httptest.NewRequest(http.MethodPut, page, nil)).Code)
	assert.Equal(t, "READY", lab.session(0)["state"])
}

func TestBaiduServesTheAddressesItGivesOut(t *testing.T) {
	for base, config := range map[string]sandbox.BaiduConfig{
		"http://example.com": {}, "http://localhost:1/baidu": {BaseURL: "http://localhost:1/baidu"},
	} {
		config.Plans = []sandbox.BaiduPlan{{ID: "1", Recording: true}}
		lab := newBaiduLab(t, config)
		verifyToken := lab.finish("pass")
		face := lab.query(sandbox.BaiduSimple, verifyToken)["result"].(map[string]any)["image"].(string)
		media := lab.query(sandbox.BaiduMedia, verifyToken)["result"].(map[string]any)
		for address, kind := range map[string]string{
			face:                                "image/jpeg",
			media["images"].([]any)[3].(string): "image/jpeg",
			media["processVideo"].([]any)[0].(string): "video/mp4",
		} {
			path, ok := strings.CutPrefix(address, base)
			require.True(t, ok, address)
			w := lab.open(path)
			assert.Equal(t, kind, w.Header().Get("Content-Type"))
			assert.Equal(t, kind, http.DetectContentType(w.Body.Bytes()))
		}
		assert.Equal(t, http.StatusNotFound, lab.open("/media/x.exe").Code)
		lab.clock.advance(72 * time.Hour)
		assert.Contains(t, lab.open(strings.TrimPrefix(face, base)).Body.String(), baiduInvalid)
	}
}
