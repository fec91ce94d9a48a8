package baidu

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/handlerstest"
	"github.com/facegate/facegate/store"
)

// Markers that must never be seen outside of what the vendor is sent.
const (
	fakeAPIKey  = "FAKEapiKey0000CANARYkey1"
	fakeSecret  = "FAKEsecret0000CANARYsec1"
	fakeVerify  = "FAKEverifyToken000000001"
	fakeName    = "测试甲"
	fakeNumber  = "000000190001010009"
	wrongNumber = "000000190001010000" // of the samples: its check character is wrong
	fakeMessage = "CANARYmessage"
	tokenPrefix = "24.FAKECANARYtoken."
)

// double answers like the vendor: OAuth and the endpoints, at HTTP 200.
type double struct {
	mu       sync.Mutex
	life     int                                            // expires_in of the next tokens
	oauth    func(n int) (status int, body string, ok bool) // overrides OAuth's answer
	answer   map[string]func(n int, body []byte) any        // string, or status and string
	refuse   func(token string) bool                        // 110 for these access tokens
	calls    map[string]int                                 // per endpoint
	used     map[string][]string                            // access tokens, per endpoint
	bodies   map[string][]byte                              // last body, per endpoint
	requests []*http.Request
}

// refusal is an answer with a status of its own.
type httpAnswer struct {
	status int
	body   string
}

func newDouble() *double {
	return &double{
		life: 2592000, calls: map[string]int{}, used: map[string][]string{}, bodies: map[string][]byte{},
		answer: map[string]func(int, []byte) any{},
		refuse: func(string) bool { return false },
	}
}

// says fixes the answer of an endpoint.
func (d *double) says(endpoint, body string) {
	d.answer[endpoint] = func(int, []byte) any { return body }
}

// oauthSays overrides OAuth's answer, also while calls are under way.
func (d *double) oauthSays(answer func(n int) (status int, body string, ok bool)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.oauth = answer
}

// count returns how often an endpoint was called.
func (d *double) count(endpoint string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[endpoint]
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	endpoint := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, apiPath), "/")
	d.calls[endpoint]++
	n := d.calls[endpoint]
	token := r.URL.Query().Get("access_token")
	d.used[endpoint] = append(d.used[endpoint], token)
	d.bodies[endpoint] = body
	d.requests = append(d.requests, r)
	answer, refuse, oauth, life := d.answer[endpoint], d.refuse, d.oauth, d.life
	d.mu.Unlock()

	switch {
	case endpoint == endpointOAuth && oauth != nil:
		if status, body, ok := oauth(n); ok {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return
		}
		fallthrough
	case endpoint == endpointOAuth:
		fmt.Fprintf(w, `{"access_token":"%s%d","expires_in":%d,"refresh_token":"25.FAKE","scope":"x"}`, tokenPrefix, n, life)
	case refuse(token):
		_, _ = io.WriteString(w, `{"error_code":110,"error_msg":"Access token invalid or no longer valid"}`)
	case answer == nil:
		_, _ = io.WriteString(w, `{"error_code":3,"error_msg":"Unsupported openapi method"}`)
	default:
		switch a := answer(n, body).(type) {
		case httpAnswer:
			w.WriteHeader(a.status)
			_, _ = io.WriteString(w, a.body)
		case string:
			_, _ = io.WriteString(w, a)
		}
	}
}

// RoundTrip answers without a network, which testing/synctest can follow.
func (d *double) RoundTrip(r *http.Request) (*http.Response, error) {
	return handlerstest.InProcess(d).RoundTrip(r)
}

// config is a valid configuration that asks the double.
func (d *double) config() Config {
	return Config{
		APIKey: handlers.Hide(fakeAPIKey), SecretKey: handlers.Hide(fakeSecret), PlanID: "1",
		HTTPClient: &http.Client{Transport: d}, Tokens: store.NewMemory(),
	}
}

func (d *double) client(t testing.TB) *Client {
	t.Helper()
	c, err := NewClient(d.config())
	require.NoError(t, err)
	return c
}

func (d *double) vendor(t testing.TB, change func(*Config)) *Vendor {
	t.Helper()
	config := d.config()
	if change != nil {
		change(&config)
	}
	v, err := New(config)
	require.NoError(t, err)
	return v
}

// sample reads a file of testdata.
func sample(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(data)
}

// asked is the query for the sample's verify_token.
func asked() Query { return Query{VerifyToken: handlers.Hide(fakeVerify)} }

// plain returns what is hidden.
func plain(hidden []handlers.Private) []string {
	var texts []string
	for _, h := range hidden {
		texts = append(texts, h.Reveal())
	}
	return texts
}

// body decodes the last body that an endpoint got.
func (d *double) body(t testing.TB, endpoint string) map[string]any {
	t.Helper()
	var body map[string]any
	require.NoError(t, json.Unmarshal(d.bodies[endpoint], &body))
	return body
}

// begin opens a check for the fake person.
func begin(t testing.TB, v *Vendor, params any) handlers.Begun {
	t.Helper()
	begun, err := v.Begin(context.Background(), beginRequest(params))
	require.NoError(t, err)
	return begun
}

func beginRequest(params any) handlers.BeginRequest {
	return handlers.BeginRequest{
		Session: "SESSION", ReturnURL: "https://rp.example/face/return?session=SESSION",
		NotifyURL: "https://rp.example/face/notify", Language: "zh", Params: params,
	}
}

// session is the kit's view of a begun check.
func session(begun handlers.Begun) handlers.Session {
	return handlers.Session{
		ID: "SESSION", Vendor: "baidu", Ref: begun.Ref, Memory: begun.Memory,
		CreatedAt: begun.ExpiresAt.Add(-2 * time.Hour), ExpiresAt: begun.ExpiresAt,
	}
}

func person() Params {
	return Params{Name: handlers.Hide(fakeName), IDNumber: handlers.Hide(fakeNumber)}
}

// parseURL parses a URL that must parse.
func parseURL(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}
