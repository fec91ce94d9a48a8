package baidu

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func TestCase146OnlyPublicAddressesAreDialled(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200",
		"224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
		"::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::a00:1", "2001::1", "fec0::1", "2001:db8::1",
		"::ffff:0:10.0.0.1", "::ffff:0:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1", "3fff::1", "5f00::1", "4000::1",
		"0.1.2.3", "192.0.0.8", "192.88.99.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "fc00::a00:1", "2002:7f00:1::1", "2001:0:a00:1::1",
	} {
		assert.False(t, public(netip.MustParseAddr(address)), "case 146: %s", address)
		err := allowDial(false)("tcp", net.JoinHostPort(address, "443"), nil)
		assert.ErrorIs(t, err, errAddress, "case 146: %s", address)
	}
	for _, address := range []string{"180.76.76.76", "2400:da00::6666", "::ffff:180.76.76.76"} {
		assert.True(t, public(netip.MustParseAddr(address)), address)
		assert.NoError(t, allowDial(false)("tcp", net.JoinHostPort(address, "443"), nil), address)
	}
	assert.Error(t, allowDial(false)("tcp", "[fe80::1%eth0]:443", nil))
	assert.Error(t, allowDial(false)("tcp", "not an address", nil))
	assert.NoError(t, allowDial(true)("tcp", "127.0.0.1:80", nil))
	assert.Error(t, allowDial(true)("tcp", "169.254.169.254:80", nil), "development opens the loopback and nothing else")
}

func TestCase146URLsThatAreNotAsked(t *testing.T) {
	fetcher := NewFetcher(FetcherConfig{})
	for _, address := range []string{
		"", "https://127.0.0.1/a.jpg", "https://169.254.169.254/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://2130706433/",
		"https://0x7f000001/", "https://internal/", "https://evil.example/", "https://bj.bcebos.com.evil.example/", "https://evil.example/bj.bcebos.com",
		"https://user:pass@bj.bcebos.com/", "https://bj.bcebos.com:8443/", "http://bj.bcebos.com:8080/", "http://bj.bcebos.com:443/",
		"ftp://bj.bcebos.com/", "file:///etc/passwd", "javascript:alert(1)", "//bj.bcebos.com/a.jpg", "https:bj.bcebos.com", "bj.bcebos.com/a.jpg",
		"https://bj.bcebos.com.\n/", "https://localhost/",
	} {
		_, _, err := fetcher.Fetch(t.Context(), handlers.Hide(address))
		assert.ErrorIs(t, err, ErrMediaURL, "case 146: %s", address)
	}
}

func TestCase146ANameThatLeadsInsideIsRefusedAtTheDial(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	fetcher := NewFetcher(FetcherConfig{Hosts: []string{"localhost"}}) // listed, and still
	_, _, err := fetcher.Fetch(t.Context(), handlers.Hide("https://localhost/a.jpg"))
	assert.ErrorIs(t, err, ErrMediaURL, "case 146: DNS that says 127.0.0.1")
}

func TestCase148PlainHTTPIsUpgraded(t *testing.T) {
	u, ok := NewFetcher(FetcherConfig{}).target("http://bj.bcebos.com/v1/aa.mp4?x=1")
	require.True(t, ok)
	assert.Equal(t, "https://bj.bcebos.com/v1/aa.mp4?x=1", u.String())
	_, ok = NewFetcher(FetcherConfig{Hosts: []string{"Media.Example"}}).target("https://media.example/a.mp4")
	assert.True(t, ok, "a host's case means nothing")
	u, ok = NewFetcher(FetcherConfig{}).target("https://BJ.bcebos.com:443/v1/aa.mp4")
	require.True(t, ok)
	assert.Equal(t, "https://bj.bcebos.com/v1/aa.mp4", u.String())
}

func TestCase147FilesAreCappedSniffedAndRefused(t *testing.T) {
	photo := jpegOf(t, 40, 30)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.Copy(z, io.LimitReader(zeroes{}, 1<<20))
	require.NoError(t, z.Close())
	video := append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), make([]byte, 600)...)
	tests := map[string]struct {
		serve func(http.ResponseWriter)
		kind  string
		err   error
	}{
		"a JPEG":                      {func(w http.ResponseWriter) { _, _ = w.Write(photo) }, "image/jpeg", nil},
		"a PNG":                       {func(w http.ResponseWriter) { _, _ = w.Write(pngOf(t, 4, 4)) }, "image/png", nil},
		"an MP4 that says it is text": {func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/plain"); _, _ = w.Write(video) }, "video/mp4", nil},
		"HTML that says it is a JPEG": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = io.WriteString(w, "<html>")
		}, "", ErrMediaType},
		"an SVG":                               {func(w http.ResponseWriter) { _, _ = io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`) }, "", ErrMediaType},
		"a GIF":                                {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "GIF89a") }, "", ErrMediaType},
		"a polyglot with a JPEG's first bytes": {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "\xff\xd8\xff<script>alert(1)</script>") }, "", ErrMediaType},
		"a JPEG with another file behind":      {func(w http.ResponseWriter) { _, _ = w.Write(append(bytes.Clone(photo), "PK\x03\x04<script>"...)) }, "", ErrMediaType},
		"a JPEG that is cut short":             {func(w http.ResponseWriter) { _, _ = w.Write(photo[:len(photo)-9]) }, "", ErrMediaType},
		"a PNG with another file behind":       {func(w http.ResponseWriter) { _, _ = w.Write(append(pngOf(t, 4, 4), "<html>"...)) }, "", ErrMediaType},
		"a PNG that is cut short":              {func(w http.ResponseWriter) { _, _ = w.Write(pngOf(t, 4, 4)[:40]) }, "", ErrMediaType},
		"nothing":                              {func(http.ResponseWriter) {}, "", ErrMediaType},
		"too large and says so":                {func(w http.ResponseWriter) { w.Header().Set("Content-Length", "9999999"); _, _ = w.Write(photo) }, "", ErrMediaSize},
		"endless":                              {func(w http.ResponseWriter) { _, _ = w.Write(photo); _, _ = io.Copy(w, io.LimitReader(zeroes{}, 8<<20)) }, "", ErrMediaSize},
		"a gzip bomb": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped.Bytes())
		}, "", ErrMediaAnswer},
		"a redirect inside": {func(w http.ResponseWriter) { w.Header().Set("Location", "http://169.254.169.254/"); w.WriteHeader(302) }, "", ErrMediaAnswer},
		"not found":         {func(w http.ResponseWriter) { w.WriteHeader(404); _, _ = w.Write(photo) }, "", ErrMediaAnswer},
	}
	for name, tt := range tests {
		t.Run("case 147: "+name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tt.serve(w) }))
			defer server.Close()
			fetcher := NewFetcher(FetcherConfig{MaxBytes: 64 << 10, InsecureDevelopment: true})
			data, kind, err := fetcher.Fetch(t.Context(), handlers.Hide(server.URL+"/file?verify_token="+fakeVerify))
			if tt.err != nil {
				assert.ErrorIs(t, err, tt.err)
				assert.True(t, data.IsZero())
				assert.NotContains(t, err.Error()+errors.Unwrap(err).Error(), fakeVerify)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.kind, kind)
			assert.NotZero(t, data.Len())
		})
	}
}

func TestAFileOverTLSIgnoresProxies(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(jpegOf(t, 4, 4)) }))
	defer server.Close()
	fetcher := NewFetcher(FetcherConfig{InsecureDevelopment: true})
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	fetcher.client.Transport.(*http.Transport).TLSClientConfig.RootCAs = pool
	_, kind, err := fetcher.Fetch(t.Context(), handlers.Hide(server.URL))
	require.NoError(t, err)
	assert.Equal(t, "image/jpeg", kind)
	assert.Nil(t, fetcher.client.Transport.(*http.Transport).Proxy)
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func FuzzTarget(f *testing.F) {
	f.Add("http://bj.bcebos.com/v1/aa.mp4")
	f.Add("https://bj.bcebos.com@evil.example/")
	fetcher := NewFetcher(FetcherConfig{})
	f.Fuzz(func(t *testing.T, address string) {
		u, ok := fetcher.target(address)
		if !ok {
			return
		}
		again, err := url.Parse(u.String())
		if err != nil || again.Scheme != "https" || again.Port() != "" || again.User != nil ||
			!(again.Hostname() == "bj.bcebos.com" || again.Hostname() == "brain.baidu.com") || strings.ContainsAny(again.Host, "@ ") {
			t.Fatalf("%q would be asked", u)
		}
	})
}
