package baidu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestEveryRowOfTheVendorsTables(t *testing.T) {
	span := func(first, last int) (codes []int) {
		for code := first; code <= last; code++ {
			codes = append(codes, code)
		}
		return codes
	}
	tests := []struct {
		codes  []int
		class  Class
		retry  bool
		reason handlers.Reason // empty: numbered
		kit    handlers.Code
	}{
		{[]int{1, 2}, ClassTransient, true, ReasonVendorBusy, handlers.CodeVendorUnavailable},
		{[]int{3, 100}, ClassConfig, false, "", handlers.CodeVendorMisconfigured},
		{[]int{4, 18}, ClassRate, true, ReasonRate, handlers.CodeVendorThrottled},
		{[]int{6}, ClassPermission, false, ReasonNoPermission, handlers.CodeVendorMisconfigured},
		{[]int{13}, ClassAuth, true, "", handlers.CodeVendorUnavailable},
		{[]int{14, 15}, ClassAuth, false, ReasonCredentials, handlers.CodeVendorMisconfigured},
		{[]int{17, 19}, ClassQuota, false, ReasonQuota, handlers.CodeVendorThrottled},
		{[]int{110, 111}, ClassAuth, true, ReasonAccessToken, handlers.CodeVendorUnavailable},

		{[]int{283400, 283512}, ClassTransient, true, ReasonVendorBusy, handlers.CodeVendorUnavailable},
		{[]int{283435, 283520}, ClassConfig, false, ReasonPlan, handlers.CodeVendorMisconfigured},
		{[]int{283513, 216100}, ClassConfig, false, "", handlers.CodeVendorMisconfigured},

		{append(span(222001, 222021), 222024, 222025, 222026), ClassConfig, false, "", handlers.CodeVendorMisconfigured},
		{[]int{222022, 222353}, ClassUser, false, ReasonIDNumber, handlers.CodeInvalidIDNumber},
		{[]int{222023, 222352}, ClassUser, false, ReasonName, handlers.CodeInvalidName},
		{[]int{222201, 222205, 222206, 222302, 222204}, ClassTransient, true, ReasonVendorBusy, handlers.CodeVendorUnavailable},
		{[]int{222202}, ClassUser, false, ReasonNoFace, handlers.CodeInvalidImage},
		{[]int{222203}, ClassUser, false, ReasonFaceUnreadable, handlers.CodeInvalidImage},
		{span(222207, 222209), ClassConfig, false, "", handlers.CodeVendorMisconfigured},
		{[]int{222350, 222355}, ClassReview, false, ReasonAuthorityPhoto, handlers.CodeVendorRefused},
		{[]int{222351}, ClassUser, false, handlers.ReasonIdentityMismatch, handlers.CodeInvalidInput},
		{[]int{222354}, ClassReview, false, ReasonIDNumberUnknown, handlers.CodeVendorRefused},
		{[]int{222360}, ClassUser, false, ReasonIdentityRefused, handlers.CodeInvalidInput},
		{append(span(222901, 222916), 222361), ClassTransient, true, ReasonVendorBusy, handlers.CodeVendorUnavailable},
		{[]int{223112, 223118, 223119}, ClassConfig, false, "", handlers.CodeVendorMisconfigured},
		{append(span(223121, 223127), 223113), ClassUser, false, ReasonFaceOccluded, handlers.CodeInvalidImage},
		{[]int{223114}, ClassUser, false, ReasonFaceBlurred, handlers.CodeInvalidImage},
		{[]int{223115}, ClassUser, false, ReasonFaceLight, handlers.CodeInvalidImage},
		{[]int{223116}, ClassUser, false, ReasonFaceIncomplete, handlers.CodeInvalidImage},
		{[]int{223120}, ClassUser, false, ReasonLiveness, handlers.CodeInvalidImage},
		{[]int{216101, 216102, 216103, 216110, 216111}, ClassConfig, false, "", handlers.CodeVendorMisconfigured},
		{[]int{216200, 216201, 216202}, ClassUser, false, ReasonImage, handlers.CodeInvalidImage},
		{[]int{216431}, ClassTransient, true, ReasonVendorBusy, handlers.CodeVendorUnavailable},
		{[]int{216500}, ClassUser, false, ReasonDigits, handlers.CodeInvalidInput},

		// Nobody's table: not passed, not retried, and its number is kept.
		{[]int{5, 216402, 223128, 283401, 999999}, ClassUnknown, false, "", handlers.CodeVendorRefused},
		{[]int{0, -7}, ClassUnknown, false, handlers.ReasonUnknownStatus, handlers.CodeVendorRefused},
	}
	for _, tt := range tests {
		for _, code := range tt.codes {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				reason := tt.reason
				if reason == "" {
					reason = handlers.Reason(fmt.Sprintf("vendor_code_%d", code))
				}
				e := refusal(endpointSubmit, 200, code, "text of the vendor", "170000000000032")
				assert.Equal(t, tt.class, e.Class)
				assert.Equal(t, tt.retry, e.Retryable())
				assert.Equal(t, reason, e.Reason())
				assert.Equal(t, tt.kit, handlers.CodeOf(wrap(e)))
				assert.NotContains(t, e.Error(), "text of the vendor")
				assert.Contains(t, e.Error(), endpointSubmit)
				assert.Contains(t, e.Error(), "170000000000032")
			})
		}
	}
}

func TestTheTextOfAnInvalidTokenCountsWhateverItsNumber(t *testing.T) {
	for _, code := range []int{0, 5, 216100, 283400, 283401, 999999} {
		e := refusal(endpointDetail, 200, code, "错误:"+TokenInvalidMessage+"。", "")
		assert.Equal(t, ClassVerifyToken, e.Class, "its number is not documented: %d", code)
		assert.Equal(t, code, e.Code)
	}
	assert.Equal(t, ClassUser, refusal(endpointDetail, 200, 222351, TokenInvalidMessage, "").Class, "a known number says more")
}

func TestCase128GatewayRefusalsNeverRefreshTheToken(t *testing.T) {
	for _, code := range []int{1, 2, 3, 4, 6, 13, 14, 15, 17, 18, 19, 100} {
		t.Run(fmt.Sprintf("case 128: %d", code), func(t *testing.T) {
			d := newDouble()
			d.says(endpointSubmit, fmt.Sprintf(`{"error_code":"%d","error_msg":"x","log_id":12345678901234567890}`, code))
			c := d.client(t)
			_, err := c.SubmitIDCard(t.Context(), IDCardRequest{VerifyToken: handlers.Hide(fakeVerify), Name: handlers.Hide(fakeName), Number: handlers.Hide(fakeNumber)})
			refused := refusedBy(err)
			require.NotNil(t, refused)
			assert.Equal(t, code, refused.Code)
			assert.Equal(t, "12345678901234567890", refused.LogID)
			assert.Equal(t, 1, d.count(endpointOAuth))
			assert.Equal(t, 1, d.count(endpointSubmit))
		})
	}
}
