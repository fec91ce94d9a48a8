package megvii_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/megvii"
)

func refusal(t *testing.T, status int, contentType, body string) *megvii.APIError {
	t.Helper()
	f := newFakeVendor(t, answering(status, contentType, body))
	_, err := newClient(t, f.URL).GetToken(t.Context(), livenessRequest())
	e, ok := errors.AsType[*megvii.APIError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, status, e.HTTPStatus)
	return e
}

func TestEveryErrorOfTheVendorsTableHasItsCode(t *testing.T) {
	for _, tc := range []struct {
		status  int
		message string
		code    megvii.ErrorCode
		param   string
		kit     handlers.Code
	}{
		{400, "MISSING_ARGUMENTS: biz_no", megvii.ErrorMissingArguments, "biz_no", handlers.CodeVendorMisconfigured},
		{400, "MISSING_ARGUMENTS:biz_no", megvii.ErrorMissingArguments, "biz_no", handlers.CodeVendorMisconfigured},
		{400, "BAD_ARGUMENTS:scene_id", megvii.ErrorBadArguments, "scene_id", handlers.CodeVendorMisconfigured},
		{400, "BAD_ARGUMENTS:idcard_number", megvii.ErrorBadArguments, "idcard_number", handlers.CodeInvalidIDNumber},
		{400, "BAD_ARGUMENTS:idcard_name", megvii.ErrorBadArguments, "idcard_name", handlers.CodeInvalidName},
		{400, "BAD_ARGUMENTS:image_ref2", megvii.ErrorBadArguments, "image_ref2", handlers.CodeInvalidImage},
		{403, "AUTHENTICATION_ERROR", megvii.ErrorAuthentication, "", handlers.CodeVendorMisconfigured},
		{403, "AUTHORIZATION_ERROR:Denied", megvii.ErrorAuthorization, "Denied", handlers.CodeVendorMisconfigured},
		{403, "AUTHORIZATION_ERROR: Denied", megvii.ErrorAuthorization, "Denied", handlers.CodeVendorMisconfigured},
		{403, "CONCURRENCY_LIMIT_EXCEEDED", megvii.ErrorConcurrencyLimit, "", handlers.CodeVendorThrottled},
		{404, "API_NOT_FOUND", megvii.ErrorAPINotFound, "", handlers.CodeVendorMisconfigured},
		{500, "INTERNAL_ERROR", megvii.ErrorInternal, "", handlers.CodeVendorUnavailable},
		{400, "RESULT_NOT_FOUND", megvii.ErrorResultNotFound, "", handlers.CodeResultGone},
		{403, "DATA_DESTROYED", megvii.ErrorDataDestroyed, "", handlers.CodeResultGone},
		{400, "NO_FACE_FOUND:image_ref1", megvii.ErrorNoFaceFound, "image_ref1", handlers.CodeInvalidImage},
		{400, "MULTIPLE_FACES:image_ref3", megvii.ErrorMultipleFaces, "image_ref3", handlers.CodeInvalidImage},
		{400, "IMAGE_ERROR_UNSUPPORTED_FORMAT: image_ref1", megvii.ErrorImageFormat, "image_ref1", handlers.CodeInvalidImage},
		{400, "INVALID_IMAGE_SIZE:image_ref1", megvii.ErrorImageSize, "image_ref1", handlers.CodeInvalidImage},
		{400, "INVALID_NAME_FORMAT", megvii.ErrorNameFormat, "", handlers.CodeInvalidName},
		{400, " INVALID_IDCARD_NUMBER ", megvii.ErrorIDCardNumber, "", handlers.CodeInvalidIDNumber},
		{400, "INVALID_TOKEN", megvii.ErrorInvalidToken, "", handlers.CodeVendorRefused},
		{400, "BIZ_ID_DENIED", "BIZ_ID_DENIED", "", handlers.CodeVendorRefused},
		{403, "SOMETHING_NEW: why_not", "SOMETHING_NEW", "why_not", handlers.CodeVendorMisconfigured},
		{429, "SLOW_DOWN", "SLOW_DOWN", "", handlers.CodeVendorThrottled},
		{503, "SOMETHING_NEW", "SOMETHING_NEW", "", handlers.CodeVendorUnavailable},
		{400, "a sentence, not a code", megvii.ErrorUnknown, "", handlers.CodeVendorRefused},
	} {
		t.Run(tc.message, func(t *testing.T) {
			e := refusal(t, tc.status, "application/json", fmt.Sprintf(`{"error_message":%q,"request_id":"1462259763,e2d2f8d6","time_used":3}`, tc.message))
			assert.Equal(t, tc.code, e.Code)
			assert.Equal(t, tc.param, e.Param)
			assert.Equal(t, "1462259763,e2d2f8d6", e.RequestID)
			assert.Equal(t, tc.kit, megvii.KitCode(e))
			assert.NotEqual(t, handlers.CodeInternal, megvii.KitCode(e))
		})
	}
}

func TestTheSamplesOfRefusals(t *testing.T) {
	e := refusal(t, 403, "application/json", sampleFile(t, "get_token.err.authentication.constructed.json"))
	assert.Equal(t, megvii.ErrorAuthentication, e.Code)
	assert.EqualError(t, e, "megvii: HTTP 403: AUTHENTICATION_ERROR, request 1679796702,00000000-0000-4000-8000-000000000005")
	e = refusal(t, 400, "application/json", sampleFile(t, "get_token.err.missing_arguments.constructed.json"))
	assert.EqualError(t, e, "megvii: HTTP 400: MISSING_ARGUMENTS (biz_no), request 1679796702,00000000-0000-4000-8000-000000000004")
}

func TestARefusalIsReadUnderTheOtherNamesToo(t *testing.T) {
	for _, member := range []string{"error_message", "error", "ERROR"} {
		e := refusal(t, 400, "application/json", `{"`+member+`":"BAD_ARGUMENTS:web_title"}`)
		assert.Equal(t, megvii.ErrorBadArguments, e.Code, member)
		assert.Equal(t, "web_title", e.Param, member)
	}
}

func TestARefusalWithoutAReadableBodyGoesByItsStatus(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		code   megvii.ErrorCode
		kit    handlers.Code
	}{
		{413, "<html>Request Entity Too Large</html>", megvii.ErrorEntityTooLarge, handlers.CodeInvalidImage},
		{500, "", megvii.ErrorUnknown, handlers.CodeVendorUnavailable},
		{502, "<html>Bad Gateway</html>", megvii.ErrorUnknown, handlers.CodeVendorUnavailable},
		{503, `{"error_message":`, megvii.ErrorUnknown, handlers.CodeVendorUnavailable},
		{504, `{"error_message":{"a":1}}`, megvii.ErrorUnknown, handlers.CodeVendorUnavailable},
		{403, `{"error_message":"A","error_message":"B"}`, megvii.ErrorUnknown, handlers.CodeVendorMisconfigured},
		{302, "", megvii.ErrorUnknown, handlers.CodeVendorMisconfigured},
		{400, "no", megvii.ErrorUnknown, handlers.CodeVendorRefused},
	} {
		e := refusal(t, tc.status, "text/html", tc.body)
		assert.Equal(t, tc.code, e.Code, tc.status)
		assert.Equal(t, tc.kit, megvii.KitCode(e), tc.status)
	}
}

func TestARefusalKeepsNothingThatCouldRepeatWhatWasSent(t *testing.T) {
	for _, message := range []string{
		"INVALID_IDCARD_NUMBER: " + somebodyID, "INVALID_NAME_FORMAT:" + somebody, "AUTHENTICATION_ERROR: " + clientSecret,
		"AUTHORIZATION_ERROR: " + clientSecret, clientSecret, "BAD_ARGUMENTS:" + strings.Repeat("a", 49), "BAD_ARGUMENTS: <script>",
		"BAD_ARGUMENTS: image_ref11", "BAD_ARGUMENTS:\x1b[31m",
	} {
		e := refusal(t, 400, "application/json", fmt.Sprintf(`{"error_message":%q,"request_id":%q}`, strings.ReplaceAll(message, "\x1b", " "), somebody+clientSecret))
		assert.Empty(t, e.Param, message)
		assert.Empty(t, e.RequestID, message)
		assert.NotContains(t, e.Error(), clientSecret)
	}
}
