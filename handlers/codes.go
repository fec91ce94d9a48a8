package handlers

import "net/http"

// Code says what went wrong, for programs.
type Code string

// The codes. The table below gives each its HTTP status and its sentences.
const (
	// CodeMalformed: the request, or what the vendor signed, is not well formed.
	CodeMalformed Code = "malformed"
	// CodeBadSignature: a callback that the vendor's secret did not sign.
	CodeBadSignature Code = "bad_signature"
	// CodeMismatch: an authentic notice that does not belong to the session that it
	// names, or a replay of a session that was delivered.
	CodeMismatch Code = "session_mismatch"
	// CodeNotSignedIn: Identify knows nobody.
	CodeNotSignedIn Code = "not_signed_in"
	// CodeCrossSite: another site's page tried to begin a session.
	CodeCrossSite Code = "cross_site"
	// CodeNotFound: no such session, or not of this browser and subject.
	CodeNotFound Code = "not_found"
	// CodeMethodNotAllowed: the endpoint has no such method.
	CodeMethodNotAllowed Code = "method_not_allowed"
	// CodeSlowBody: the body did not arrive within Options.ReadTimeout.
	CodeSlowBody Code = "slow_body"
	// CodeTooLarge: the body is above its cap.
	CodeTooLarge Code = "too_large"
	// CodeUnsupportedMedia: a content type or coding that is not read.
	CodeUnsupportedMedia Code = "unsupported_media_type"
	// CodeConsentRequired: a start without the consent that Options.Consent asks for.
	CodeConsentRequired Code = "consent_required"
	// CodeTooManyAttempts: the subject has reached Options.MaxAttempts.
	CodeTooManyAttempts Code = "too_many_attempts"

	// CodeInvalidInput: a start's parameters that the person, or the app, must mend.
	CodeInvalidInput Code = "invalid_input"
	// CodeInvalidName: a name that no vendor takes.
	CodeInvalidName Code = "invalid_name"
	// CodeInvalidIDNumber: an ID number with a wrong form or check character.
	CodeInvalidIDNumber Code = "invalid_id_number"
	// CodeInvalidCertificateType: a kind of ID document that the vendor does not know.
	CodeInvalidCertificateType Code = "invalid_certificate_type"
	// CodeInvalidImage: a photo of the wrong format or size.
	CodeInvalidImage Code = "invalid_image"

	// CodeVendorNotSent: the vendor could not be reached; nothing was spent.
	CodeVendorNotSent Code = "vendor_not_sent"
	// CodeVendorUnavailable: the vendor did not answer, or not in a way that can be
	// read. Ask later.
	CodeVendorUnavailable Code = "vendor_unavailable"
	// CodeVendorThrottled: the vendor refused for the rate or number of calls. Ask
	// later.
	CodeVendorThrottled Code = "vendor_throttled"
	// CodeVendorRefused: the vendor opened no page, for a reason of its own.
	CodeVendorRefused Code = "vendor_refused"
	// CodeVendorMisconfigured: the account's keys, permissions or settings are wrong.
	// An operator must mend that.
	CodeVendorMisconfigured Code = "vendor_misconfigured"
	// CodeResultGone: the vendor no longer hands out the result.
	CodeResultGone Code = "result_gone"

	// CodeStoreUnavailable: the store did not answer in time, or not at all.
	CodeStoreUnavailable Code = "store_unavailable"
	// CodeInternal: anything else, such as a panic.
	CodeInternal Code = "internal"
)

// sentence is what a person may read about a code.
type sentence struct{ zh, en string }

// codeInfo is one row of the table from code to answer.
type codeInfo struct {
	status int
	say    sentence
}

// describe is the one table from code to HTTP status and public sentence.
func describe(code Code) codeInfo {
	switch code {
	case CodeMalformed:
		return codeInfo{http.StatusBadRequest, sentence{"请求格式不正确。", "The request is not well formed."}}
	case CodeBadSignature:
		return codeInfo{http.StatusUnauthorized, sentence{"签名无效。", "The signature is not valid."}}
	case CodeMismatch:
		return codeInfo{http.StatusBadRequest, sentence{"请求与核验记录不符。", "The request does not match the check."}}
	case CodeNotSignedIn:
		return codeInfo{http.StatusUnauthorized, sentence{"请先登录。", "Please sign in first."}}
	case CodeCrossSite:
		return codeInfo{http.StatusForbidden, sentence{"请从本网站的页面开始核验。", "Please start the check from this site's own page."}}
	case CodeNotFound:
		return codeInfo{http.StatusNotFound, sentence{"找不到该核验。", "There is no such check here."}}
	case CodeMethodNotAllowed:
		return codeInfo{http.StatusMethodNotAllowed, sentence{"不支持该请求方法。", "This request method is not supported."}}
	case CodeSlowBody:
		return codeInfo{http.StatusRequestTimeout, sentence{"请求超时。", "The request took too long to arrive."}}
	case CodeTooLarge:
		return codeInfo{http.StatusRequestEntityTooLarge, sentence{"请求内容过大。", "The request is too large."}}
	case CodeUnsupportedMedia:
		return codeInfo{http.StatusUnsupportedMediaType, sentence{"不支持该内容类型。", "This content type is not supported."}}
	case CodeConsentRequired:
		return codeInfo{http.StatusUnprocessableEntity, sentence{"开始人脸核验前需要您的同意。", "Your consent is needed before a face check."}}
	case CodeTooManyAttempts:
		return codeInfo{http.StatusTooManyRequests, sentence{"尝试次数过多，请稍后再试。", "Too many attempts. Please try again later."}}
	case CodeInvalidInput:
		return codeInfo{http.StatusUnprocessableEntity, sentence{"填写的信息有误，请检查。", "Something you entered is not valid. Please check it."}}
	case CodeInvalidName:
		return codeInfo{http.StatusUnprocessableEntity, sentence{"姓名格式有误，请检查。", "The name is not valid. Please check it."}}
	case CodeInvalidIDNumber:
		return codeInfo{http.StatusUnprocessableEntity, sentence{"证件号码有误，请检查。", "The ID number is not valid. Please check it."}}
	case CodeInvalidCertificateType:
		return codeInfo{http.StatusUnprocessableEntity, sentence{"不支持该证件类型。", "This kind of ID document is not supported."}}
	case CodeInvalidImage:
		return codeInfo{http.StatusUnprocessableEntity, sentence{"照片无法使用，请换一张。", "This photo cannot be used. Please choose another one."}}
	case CodeVendorNotSent, CodeVendorUnavailable:
		return codeInfo{http.StatusBadGateway, sentence{"核验服务暂时不可用，请稍后再试。", "The check is not available right now. Please try again later."}}
	case CodeVendorThrottled:
		return codeInfo{http.StatusServiceUnavailable, sentence{"当前使用人数较多，请稍后再试。", "Many people are using the check right now. Please try again shortly."}}
	case CodeVendorRefused:
		return codeInfo{http.StatusBadGateway, sentence{"核验服务未能受理，请稍后再试。", "The check could not be started. Please try again later."}}
	case CodeVendorMisconfigured:
		return codeInfo{http.StatusBadGateway, sentence{"核验服务暂时不可用，请联系客服。", "The check is not available. Please contact support."}}
	case CodeResultGone:
		return codeInfo{http.StatusGone, sentence{"核验结果已无法获取。", "The result of the check can no longer be fetched."}}
	case CodeStoreUnavailable:
		return codeInfo{http.StatusServiceUnavailable, sentence{"系统繁忙，请稍后再试。", "We are having trouble right now. Please try again shortly."}}
	default:
		return codeInfo{http.StatusInternalServerError, sentence{"系统出错，请稍后再试。", "Something went wrong on our side. Please try again later."}}
	}
}
