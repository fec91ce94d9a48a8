package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// megviiImageLimit is the largest picture get_token takes, in bytes.
const megviiImageLimit = 2 << 20

// megviiParams are the parameters of get_token that shape a session. The name and
// the ID number are looked at and not kept.
type megviiParams struct {
	bizNo, extraData     string
	returnURL, notifyURL *url.URL
	returnMethod         string
	title, language      string
	comparison           string // 1, 0 or -1
	procedure            string
	cardMode, cardLocked string
	references           int // how many image_ref were sent
	failReason           bool
	verifyTime           bool
	multifacesTag        bool
	scoresCount          bool // fmp_mode=0: spoof scores count in liveness_result.result
}

// megviiRequired are the parameters that no session can do without, in the order
// in which the first missing one is named.
var megviiRequired = []string{"return_url", "notify_url", "biz_no", "comparison_type"}

var (
	megviiSceneID    = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	megviiLanguageID = regexp.MustCompile(`^[0-9]{1,2}$`)
	megviiSeconds    = regexp.MustCompile(`^([1-5][0-9]|60)$`)
	megviiCardNumber = regexp.MustCompile(`^[0-9]{17}[0-9Xx]$`)
)

// megviiRules check the values that were sent; an empty value counts as not sent.
// A parameter without a rule is ignored.
var megviiRules = map[string]func(string) bool{
	"biz_no":                   atMostBytes(128),
	"biz_extra_data":           atMostBytes(4096),
	"web_title":                atMostBytes(32),
	"uuid":                     atMostBytes(512),
	"scene_id":                 megviiSceneID.MatchString,
	"language":                 megviiLanguageID.MatchString,
	"encryption_type":          valueIn("0"), // this fake has no keys for 1 and 2
	"procedure_type":           valueIn("will", "video", "selfie", "still", "flash", "meglive_flash", "distance"),
	"procedure_priority":       valueIn("keep", "video", "still"),
	"update_rtc":               valueIn("0", "1"),
	"liveness_preferences":     valueIn("none", "selfie_no_metadata_check", "video_strict", "still_strict"),
	"get_shooting_error":       valueIn("0", "1"),
	"maximum_shooting_time":    megviiSeconds.MatchString,
	"get_fail_reason":          valueIn("0", "1"),
	"return_verify_time":       valueIn("0", "1"),
	"return_multifaces_tag":    valueIn("0", "1"),
	"action_http_method":       valueIn(http.MethodGet, http.MethodPost),
	"redirect_type":            valueIn("0", "1"),
	"fmp_mode":                 valueIn("0", "1"),
	"comparison_type":          valueIn("1", "0", "-1"),
	"idcard_mode":              valueIn("0", "1", "2", "3", "4"),
	"idcard_uneditable_field":  megviiCardFields,
	"multi_oriented_detection": valueIn("0", "1"),
}

func atMostBytes(n int) func(string) bool {
	return func(value string) bool { return len(value) <= n }
}

func valueIn(known ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(known, value) }
}

func megviiCardFields(list string) bool {
	known := []string{"idcard_name", "idcard_number", "idcard_valid_date", "idcard_issued_by"}
	for field := range strings.SplitSeq(list, ",") {
		if !slices.Contains(known, field) {
			return false
		}
	}
	return true
}

// readMegviiParams checks a get_token form behind its credentials and reads it.
func readMegviiParams(r *http.Request) (megviiParams, *MegviiRefusal) {
	form := r.PostForm
	for _, name := range megviiRequired {
		if form.Get(name) == "" {
			return megviiParams{}, megviiMissing(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := form[name]
		rule, known := megviiRules[name]
		if len(values) > 1 || !utf8.ValidString(values[0]) || known && values[0] != "" && !rule(values[0]) {
			return megviiParams{}, megviiBad(name)
		}
	}
	p := megviiParams{
		bizNo:         form.Get("biz_no"),
		extraData:     form.Get("biz_extra_data"),
		returnMethod:  cmp.Or(form.Get("action_http_method"), http.MethodPost),
		title:         form.Get("web_title"),
		language:      form.Get("language"),
		comparison:    form.Get("comparison_type"),
		procedure:     form.Get("procedure_type"),
		cardMode:      form.Get("idcard_mode"),
		cardLocked:    form.Get("idcard_uneditable_field"),
		failReason:    form.Get("get_fail_reason") == "1",
		verifyTime:    form.Get("return_verify_time") == "1",
		multifacesTag: form.Get("return_multifaces_tag") == "1",
		scoresCount:   form.Get("fmp_mode") == "0",
	}
	if p.procedure == "" {
		p.procedure = "flash"
		if p.comparison == "1" {
			p.procedure = "video"
		}
	}
	for _, check := range []func(*http.Request) *MegviiRefusal{p.readURLs, p.readReferences, p.checkComparison} {
		if refusal := check(r); refusal != nil {
			return megviiParams{}, refusal
		}
	}
	return p, nil
}

func (p *megviiParams) readURLs(r *http.Request) *MegviiRefusal {
	var ok bool
	if p.returnURL, ok = megviiCallbackURL(r.PostForm.Get("return_url")); !ok {
		return megviiBad("return_url")
	}
	if p.notifyURL, ok = megviiCallbackURL(r.PostForm.Get("notify_url")); !ok {
		return megviiBad("notify_url")
	}
	return nil
}

// megviiCallbackURL reads an address that a session keeps, hence not one of
// megabytes; the vendor publishes no limit.
func megviiCallbackURL(written string) (*url.URL, bool) {
	u, err := url.Parse(written)
	ok := err == nil && len(written) <= 8<<10 && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
	return u, ok
}

// readReferences checks the pictures image_ref1 to image_ref3 and forgets them.
func (p *megviiParams) readReferences(r *http.Request) *MegviiRefusal {
	if r.MultipartForm == nil {
		return nil
	}
	for _, name := range []string{"image_ref1", "image_ref2", "image_ref3"} {
		for _, header := range r.MultipartForm.File[name] {
			if header.Size > megviiImageLimit {
				return megviiTooLarge()
			}
			file, err := header.Open()
			if err != nil {
				return megviiBad(name)
			}
			start := make([]byte, 512)
			n, _ := file.Read(start)
			_ = file.Close()
			if kind := http.DetectContentType(start[:n]); kind != "image/jpeg" && kind != "image/png" {
				return &MegviiRefusal{http.StatusBadRequest, "IMAGE_ERROR_UNSUPPORTED_FORMAT:" + name}
			}
			p.references++
		}
	}
	return nil
}

// checkComparison asks for what comparison_type and idcard_mode need.
func (p *megviiParams) checkComparison(r *http.Request) *MegviiRefusal {
	form := r.PostForm
	var needed []string
	switch {
	case p.comparison == "0":
		needed = []string{"uuid"}
	case p.comparison == "1" && p.cardMode == "0":
		needed = []string{"idcard_name", "idcard_number"}
	case p.comparison == "1":
		needed = []string{"idcard_mode"}
	}
	for _, name := range needed {
		if form.Get(name) == "" {
			return megviiMissing(name)
		}
	}
	if p.comparison == "0" && p.references == 0 {
		return megviiMissing("image_ref1")
	}
	if p.comparison != "1" || p.cardMode != "0" {
		return nil
	}
	if utf8.RuneCountInString(form.Get("idcard_name")) > 32 {
		return &MegviiRefusal{http.StatusBadRequest, "INVALID_NAME_FORMAT"}
	}
	if !megviiCardNumber.MatchString(form.Get("idcard_number")) {
		return &MegviiRefusal{http.StatusBadRequest, "INVALID_IDCARD_NUMBER"}
	}
	return nil
}
