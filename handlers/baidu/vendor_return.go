package baidu

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/facegate/facegate/handlers"
)

// The marker that tells which of both URLs the browser came back by. It proves
// nothing.
const (
	markerName    = "o"
	markerSuccess = "s"
	markerFailed  = "f"
)

// returns marks the kit's return URL for both outcomes.
func returns(returnURL string) (PageRequest, error) {
	u, err := url.Parse(returnURL)
	if err != nil || !webURL(returnURL) {
		return PageRequest{}, &handlers.Error{Code: handlers.CodeInternal, Err: errors.New("baidu: ReturnURL must be an absolute http or https URL")}
	}
	marked := func(marker string) string {
		target := *u
		if target.RawQuery != "" {
			target.RawQuery += "&"
		}
		target.RawQuery += markerName + "=" + marker
		return target.String()
	}
	return PageRequest{SuccessURL: marked(markerSuccess), FailedURL: marked(markerFailed)}, nil
}

// Statuses of a hint: which URL the browser came back by.
const (
	StatusSuccessURL = "success_url"
	StatusFailedURL  = "failed_url"
)

// Parse reads the browser's return. Anybody can open that URL, so the notice is
// never authentic; it only says that it is worth asking. Further parameters are
// ignored. The vendor posts nothing and its server calls nobody: that is
// CodeMethodNotAllowed.
func (v *Vendor) Parse(cb handlers.Callback) (handlers.Notice, error) {
	if cb.Carrier != handlers.CarrierReturn || cb.Method != http.MethodGet {
		return handlers.Notice{}, &handlers.Error{Code: handlers.CodeMethodNotAllowed, Err: errors.New("baidu: the vendor only sends browsers back, by GET")}
	}
	query, err := url.ParseQuery(cb.RawQuery)
	if err != nil {
		return handlers.Notice{}, &handlers.Error{Code: handlers.CodeMalformed, Err: errors.New("baidu: the return's query is not well formed")}
	}
	notice := handlers.Notice{}
	if markers := query[markerName]; len(markers) == 1 {
		switch markers[0] {
		case markerSuccess:
			notice.Status = StatusSuccessURL
		case markerFailed:
			notice.Status = StatusFailedURL
		}
	}
	return notice, nil
}
