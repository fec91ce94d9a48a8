package baidu

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/facegate/facegate/handlers"
)

// FetcherConfig says what a [Fetcher] may load. The zero value loads pictures and
// videos from the vendor's hosts.
type FetcherConfig struct {
	// Hosts are the only host names that are asked. Default: brain.baidu.com and
	// bj.bcebos.com, which the vendor's examples name. Add what your plan hands out.
	Hosts []string

	// Types are the only content types that are returned, as found in the bytes and
	// not as declared. A JPEG or PNG must also be whole, with nothing behind it.
	// Default: image/jpeg, image/png, video/mp4 and video/webm.
	Types []string

	// MaxBytes caps a file. Default 32 MiB.
	MaxBytes int64

	// Timeout bounds one file to its last byte. Default 30 s.
	Timeout time.Duration

	// InsecureDevelopment also permits the loopback address, plain http and any port
	// there. Never set it in production.
	InsecureDevelopment bool
}

// Fetcher loads the files that the vendor's answers point to. A URL out of an
// answer is input: it is asked only if its host is listed, over https, on the
// usual port, without redirects and proxies, and only if the address that is
// dialled is a public one, whatever the name resolved to before. It is safe for
// concurrent use.
type Fetcher struct {
	config FetcherConfig
	client *http.Client
}

// NewFetcher returns a Fetcher.
func NewFetcher(config FetcherConfig) *Fetcher {
	if len(config.Hosts) == 0 {
		config.Hosts = []string{"brain.baidu.com", "bj.bcebos.com"}
	}
	if len(config.Types) == 0 {
		config.Types = []string{"image/jpeg", "image/png", "video/mp4", "video/webm"}
	}
	config.Types = slices.Clone(config.Types)
	config.Hosts = strings.Fields(strings.ToLower(strings.Join(config.Hosts, " ")))
	config.MaxBytes, config.Timeout = cmp.Or(config.MaxBytes, 32<<20), cmp.Or(config.Timeout, 30*time.Second)
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: allowDial(config.InsecureDevelopment)}
	return &Fetcher{config: config, client: &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  10 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
			DisableCompression:     true, // a compressed file could grow without bound
			DisableKeepAlives:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Why a file is not loaded. The errors of [Fetcher.Fetch] wrap one of these and
// never hold the URL.
var (
	// ErrMediaURL: the address is not https, of no allowed host, or not public.
	ErrMediaURL = errors.New("baidu: the media URL is not one that may be asked")
	// ErrMediaAnswer: no answer, a redirect, another status than 200, or a coded body.
	ErrMediaAnswer = errors.New("baidu: the media host did not answer with the file")
	// ErrMediaSize: more bytes than FetcherConfig.MaxBytes.
	ErrMediaSize = errors.New("baidu: the file is larger than allowed")
	// ErrMediaType: by its bytes it is none of FetcherConfig.Types.
	ErrMediaType = errors.New("baidu: the file is of a type that is not allowed")
)

// Fetch loads one file and returns it with the type that its bytes have. A plain
// http URL, as the vendor hands out for videos, is asked over https.
func (f *Fetcher) Fetch(ctx context.Context, address handlers.Private) (data handlers.PrivateBytes, contentType string, err error) {
	target, ok := f.target(address.Reveal())
	if !ok {
		return handlers.PrivateBytes{}, "", fetchFailed(ErrMediaURL)
	}
	ctx, cancel := context.WithTimeout(ctx, f.config.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return handlers.PrivateBytes{}, "", fetchFailed(ErrMediaURL)
	}
	answer, err := f.client.Do(request)
	if err != nil {
		return handlers.PrivateBytes{}, "", fetchFailed(brokenOff(ctx, err))
	}
	defer func() { _ = answer.Body.Close() }()
	return f.read(ctx, answer)
}

// target returns the URL to ask, or false.
func (f *Fetcher) target(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Opaque != "" {
		return nil, false
	}
	host := strings.ToLower(u.Hostname())
	if f.config.InsecureDevelopment && (host == "localhost" || host == "127.0.0.1" || host == "::1") {
		return u, u.Scheme == "http" || u.Scheme == "https"
	}
	if !slices.Contains(f.config.Hosts, host) {
		return nil, false
	}
	switch {
	case u.Scheme == "https" && (u.Port() == "" || u.Port() == "443"):
	case u.Scheme == "http" && (u.Port() == "" || u.Port() == "80"):
		u.Scheme = "https"
	default:
		return nil, false
	}
	u.Host = host
	return u, true
}

// read reads the file within the cap and looks at what it is.
func (f *Fetcher) read(ctx context.Context, answer *http.Response) (handlers.PrivateBytes, string, error) {
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Encoding") != "" {
		return handlers.PrivateBytes{}, "", fetchFailed(ErrMediaAnswer)
	}
	if answer.ContentLength > f.config.MaxBytes {
		return handlers.PrivateBytes{}, "", fetchFailed(ErrMediaSize)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(answer.Body, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return handlers.PrivateBytes{}, "", fetchFailed(brokenOff(ctx, err))
	}
	contentType := http.DetectContentType(head[:n])
	if !slices.Contains(f.config.Types, contentType) {
		return handlers.PrivateBytes{}, "", fetchFailed(ErrMediaType)
	}
	rest, err := io.ReadAll(io.LimitReader(answer.Body, f.config.MaxBytes-int64(n)+1))
	if err != nil {
		return handlers.PrivateBytes{}, "", fetchFailed(brokenOff(ctx, err))
	}
	data := append(head[:n], rest...)
	if int64(len(data)) > f.config.MaxBytes {
		return handlers.PrivateBytes{}, "", fetchFailed(ErrMediaSize)
	}
	if !genuine(data, contentType) {
		return handlers.PrivateBytes{}, "", fetchFailed(ErrMediaType)
	}
	return handlers.HideBytes(data), contentType, nil
}

// genuine reports whether a JPEG or PNG has a readable header and ends as its
// format ends: nothing is cut off, and no second file hangs behind it. Of other
// types the first bytes must do.
func genuine(data []byte, contentType string) bool {
	end := ""
	switch contentType {
	case "image/jpeg":
		end = "\xff\xd9"
	case "image/png":
		end = "\x00\x00\x00\x00IEND\xaeB`\x82"
	default:
		return true
	}
	_, ok := imageSize(data)
	return ok && bytes.HasSuffix(data, []byte(end))
}

// brokenOff tells a refused address and an ended context from other trouble,
// whose text may hold the URL and is dropped.
func brokenOff(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errAddress):
		return ErrMediaURL
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return ErrMediaAnswer
	}
}

// fetchFailed gives the cause the kit's code.
func fetchFailed(cause error) error {
	return &handlers.Error{Code: handlers.CodeVendorUnavailable, Err: cause}
}
