package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Code says what went wrong, for programs.
type Code string

// The codes. The table beside them gives each its HTTP status and its sentences.
const (
	// What a request did wrong.
	CodeMalformed        Code = "malformed"
	CodeBadSignature     Code = "bad_signature"
	CodeMismatch         Code = "session_mismatch"
	CodeNotSignedIn      Code = "not_signed_in"
	CodeCrossSite        Code = "cross_site"
	CodeNotFound         Code = "not_found"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeSlowBody         Code = "slow_body"
	CodeTooLarge         Code = "too_large"
	CodeUnsupportedMedia Code = "unsupported_media_type"
	CodeConsentRequired  Code = "consent_required"
	CodeTooManyAttempts  Code = "too_many_attempts"

	// What a person can mend before a start.
	CodeInvalidInput           Code = "invalid_input"
	CodeInvalidName            Code = "invalid_name"
	CodeInvalidIDNumber        Code = "invalid_id_number"
	CodeInvalidCertificateType Code = "invalid_certificate_type"
	CodeInvalidImage           Code = "invalid_image"

	// What the vendor did.
	CodeVendorNotSent       Code = "vendor_not_sent"
	CodeVendorUnavailable   Code = "vendor_unavailable"
	CodeVendorThrottled     Code = "vendor_throttled"
	CodeVendorRefused       Code = "vendor_refused"
	CodeVendorMisconfigured Code = "vendor_misconfigured"
	CodeResultGone          Code = "result_gone"

	// What is wrong with us.
	CodeStoreUnavailable Code = "store_unavailable"
	CodeShuttingDown     Code = "shutting_down"
	CodeInternal         Code = "internal"
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
	case CodeShuttingDown:
		return codeInfo{http.StatusServiceUnavailable, sentence{"系统正在重启，请稍后再试。", "The service is restarting. Please try again shortly."}}
	default:
		return codeInfo{http.StatusInternalServerError, sentence{"系统出错，请稍后再试。", "Something went wrong on our side. Please try again later."}}
	}
}

// Error is what fails in this package and in the vendors' packages. It has three
// readers: a program reads Code, a person reads Public, an operator reads Err.
type Error struct {
	// Code says what went wrong.
	Code Code

	// Endpoint is where: "start", "return", "finish", "notify", "status"; empty
	// outside HTTP.
	Endpoint string

	// Reason narrows the code down, such as the vendor's own error word mapped to
	// lower case. May be empty.
	Reason Reason

	// Err is the cause, for operators. It holds no secret, token, name, ID number or
	// payload.
	Err error

	// RetryAfter is when trying again makes sense. Zero: 30 s where the status is
	// 429 or 503, and nothing is said for others.
	RetryAfter time.Duration

	language string // of the answer; empty: as the request says
	back     string // where a page may lead; empty: nowhere
}

// Error names code, endpoint and reason, never the cause's text, which may be
// long or foreign; unwrap for that.
func (e *Error) Error() string {
	text := "facegate: " + string(e.Code)
	if e.Endpoint != "" {
		text = fmt.Sprintf("facegate: %s: %s", e.Endpoint, e.Code)
	}
	if e.Reason != "" {
		text += " (" + string(e.Reason) + ")"
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Status is the HTTP status that belongs to the code.
func (e *Error) Status() int { return describe(e.Code).status }

// retryAfter is what a 429 or 503 asks for.
const retryAfter = 30 * time.Second

// wait is what the answer says in Retry-After, in whole seconds; zero for nothing.
func (e *Error) wait() time.Duration {
	switch e.Status() {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if e.RetryAfter <= 0 {
			return retryAfter
		}
		return (e.RetryAfter + time.Second - 1).Truncate(time.Second)
	default:
		return 0
	}
}

// Public is a sentence for people in "zh", or in English for anything else.
func (e *Error) Public(language string) string {
	say := describe(e.Code).say
	if language == "zh" {
		return say.zh
	}
	return say.en
}

// CodeOf returns the code of the first [*Error] in err's chain, CodeInternal for
// any other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
