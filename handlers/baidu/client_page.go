package baidu

import (
	"net/url"
	"slices"
	"strings"

	"github.com/facegate/facegate/handlers"
)

// Entries of the hosted page. Which tier of plan uses which is not documented;
// the console shows the address of a plan.
const (
	// EntryStandard is the address in most of the vendor's examples.
	EntryStandard = "https://brain.baidu.com/face/print/"
	// EntryStatement begins at the page's own consent text.
	EntryStatement = "https://h5-faceverify.baidu.com/face/print/statement/statement"
	// EntryPlus probably belongs to a dearer tier.
	EntryPlus = "https://h5-faceverify-plus.baidu.com/face/print/"
	// EntryAdvanced, too.
	EntryAdvanced = "https://h5-faceverify-advanced.baidu.com/face/print/"
)

// entryHosts are the hosts that a person may be sent to with a verify_token.
func entryHosts() []string {
	return []string{
		"brain.baidu.com", "h5-faceverify.baidu.com",
		"h5-faceverify-plus.baidu.com", "h5-faceverify-advanced.baidu.com",
	}
}

// knownEntry reports whether address is https on one of the vendor's hosts.
func knownEntry(address string) bool {
	u, err := url.Parse(address)
	return err == nil && plainBase(address, false) && slices.Contains(entryHosts(), u.Host)
}

// pageOrigins are where the hosted page may lead on its own: the configured entry,
// and the vendor's other hosts.
func (c Config) pageOrigins() []string {
	var origins []string
	if entry, err := url.Parse(c.EntryURL); err == nil {
		origins = append(origins, entry.Scheme+"://"+entry.Host)
	}
	for _, host := range entryHosts() {
		if origin := "https://" + host; !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins
}

// PageRequest says where the hosted page sends the person afterwards.
type PageRequest struct {
	// VerifyToken comes from [Client.GenerateVerifyToken]. Required.
	VerifyToken handlers.Private

	// SuccessURL is opened after a passed check and FailedURL after a failed one.
	// Required; absolute http or https URLs. The browser proves nothing by opening
	// either: ask [Client.ResultDetail].
	SuccessURL, FailedURL string

	// Native opens the page inside an own app through the vendor's SDK
	// (useNative=1). Default false.
	Native bool
}

// PageURL returns where the person's browser goes, by a top-level navigation. It
// carries the verify_token, hence is private. It fails with CodeInvalidInput.
func (c *Client) PageURL(req PageRequest) (handlers.Private, error) {
	if err := checkVerifyToken(req.VerifyToken); err != nil {
		return handlers.Private{}, err
	}
	if !webURL(req.SuccessURL) || !webURL(req.FailedURL) {
		return handlers.Private{}, invalid(handlers.CodeInvalidInput, "SuccessURL and FailedURL must be absolute http or https URLs")
	}
	page := c.entry + "?token=" + encodeComponent(req.VerifyToken.Reveal()) +
		"&successUrl=" + encodeComponent(req.SuccessURL) + "&failedUrl=" + encodeComponent(req.FailedURL)
	if req.Native {
		page += "&useNative=1"
	}
	return handlers.Hide(page), nil
}

// encodeComponent escapes like the encodeURIComponent that the vendor asks for:
// a space is %20, never a plus sign.
func encodeComponent(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
