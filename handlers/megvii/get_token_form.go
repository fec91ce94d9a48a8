package megvii

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/facegate/facegate/handlers"
)

// The names of the credentials' parameters.
const (
	paramAPIKey    = "api_key"
	paramAPISecret = "api_secret" //nolint:gosec // a name, not a secret
)

// parameter is one form field.
type parameter struct{ name, value string }

// parameters returns what the request sends beside credentials and photos.
func (r *GetTokenRequest) parameters() []parameter {
	sent := make([]parameter, 0, 32)
	for _, p := range r.typed() {
		if p.value != "" {
			sent = append(sent, p)
		}
	}
	for name, value := range r.Extra {
		sent = append(sent, parameter{name, value.Reveal()})
	}
	return sent
}

// typed lists every parameter that has a field, sent or not, with its wire name.
func (r *GetTokenRequest) typed() []parameter {
	return []parameter{
		{"return_url", r.ReturnURL},
		{"notify_url", r.NotifyURL},
		{"biz_no", r.BizNo},
		{"biz_extra_data", r.BizExtraData},
		{"web_title", r.WebTitle},
		{"scene_id", r.SceneID},
		{"language", string(r.Language)},
		{"encryption_type", string(r.EncryptionType)},
		{"procedure_type", string(r.ProcedureType)},
		{"procedure_priority", string(r.ProcedurePriority)},
		{"update_rtc", string(r.UpdateRTC)},
		{"liveness_preferences", string(r.LivenessPreferences)},
		{"get_shooting_error", flag(r.GetShootingError)},
		{"maximum_shooting_time", seconds(r.MaximumShootingTime)},
		{"get_fail_reason", flag(r.GetFailReason)},
		{"return_verify_time", flag(r.ReturnVerifyTime)},
		{"return_multifaces_tag", flag(r.ReturnMultifacesTag)},
		{"action_http_method", actionHTTPMethod(r.ReturnMethod)},
		{"redirect_type", string(r.RedirectType)},
		{"fmp_mode", string(r.FmpMode)},
		{"comparison_type", string(r.ComparisonType)},
		{"idcard_mode", string(r.IDCardMode)},
		{"idcard_name", r.IDCardName.Reveal()},
		{"idcard_number", r.IDCardNumber.Reveal()},
		{"idcard_uneditable_field", strings.Join(r.IDCardUneditableFields, ",")},
		{"uuid", r.UUID},
		{"multi_oriented_detection", flag(r.MultiOrientedDetection)},
	}
}

// typedParameters are the wire names that Extra must not hold.
func typedParameters() []string {
	names := []string{paramAPIKey, paramAPISecret, imageRefName(0), imageRefName(1), imageRefName(2)}
	for _, p := range new(GetTokenRequest).typed() {
		names = append(names, p.name)
	}
	return names
}

// imageRefName is the wire name of the i-th photo, counted from 0.
func imageRefName(i int) string { return "image_ref" + strconv.Itoa(i+1) }

// flag is "1" or nothing: 0 is the vendor's default throughout.
func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// seconds is a number of seconds, or nothing for none.
func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.Itoa(int(d / time.Second))
}

// actionHTTPMethod leaves POST out: only GET was ever seen on the wire.
func actionHTTPMethod(m ReturnMethod) string {
	if m == ReturnByGET {
		return string(m)
	}
	return ""
}

// encode writes the body of get_token: multipart when there are photos, which the
// vendor takes as files, else urlencoded.
func (r *GetTokenRequest) encode(key, secret handlers.Private) (body []byte, contentType string, err error) {
	sent := append(r.parameters(), parameter{paramAPIKey, key.Reveal()}, parameter{paramAPISecret, secret.Reveal()})
	if len(r.ImageRefs) > 0 {
		return encodeMultipart(sent, r.ImageRefs)
	}
	form := make(url.Values, len(sent))
	for _, p := range sent {
		form.Set(p.name, p.value)
	}
	return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
}

// encodeMultipart writes fields in the order of their names, then the photos.
func encodeMultipart(sent []parameter, photos []handlers.PrivateBytes) (body []byte, contentType string, err error) {
	slices.SortFunc(sent, func(a, b parameter) int { return strings.Compare(a.name, b.name) })
	size := 256 * (len(sent) + len(photos))
	for _, p := range sent {
		size += len(p.value)
	}
	for _, photo := range photos {
		size += photo.Len()
	}
	var buffer bytes.Buffer
	buffer.Grow(size)
	form := multipart.NewWriter(&buffer)
	for _, p := range sent {
		if err := form.WriteField(p.name, p.value); err != nil {
			return nil, "", err
		}
	}
	for i, photo := range photos {
		name := imageRefName(i)
		header := textproto.MIMEHeader{}
		header.Set("Content-Disposition", multipart.FileContentDisposition(name, name))
		header.Set("Content-Type", http.DetectContentType(photo.Reveal()))
		part, err := form.CreatePart(header)
		if err != nil {
			return nil, "", err
		}
		if _, err := part.Write(photo.Reveal()); err != nil {
			return nil, "", err
		}
	}
	if err := form.Close(); err != nil {
		return nil, "", err
	}
	return buffer.Bytes(), form.FormDataContentType(), nil
}
