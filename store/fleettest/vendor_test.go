package fleettest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/sandbox"
)

// vendor is a fake Megvii on loopback. It sends no notify by itself: the tests do,
// to the member of their choice.
type vendor struct {
	*sandbox.Megvii
	url    string
	tokens atomic.Int64 // get_token calls
}

// mostSessions is more than any test begins.
const mostSessions = 10_000

func serveVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{Megvii: sandbox.NewMegvii(sandbox.MegviiConfig{})}
	require.NoError(t, v.Next(sandbox.MegviiSwitches{Sessions: mostSessions, NotifyWhen: sandbox.MegviiManual}))
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	t.Cleanup(v.Close)
	v.url = server.URL
	return v
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/faceid/lite/get_token" {
		v.tokens.Add(1)
	}
	v.Megvii.ServeHTTP(w, r)
}

// passes lets the person of a session pass.
func (v *vendor) passes(t *testing.T, session string) {
	t.Helper()
	assert.NoError(t, v.Finish(t.Context(), session, "pass"))
}

// notice is the signed form of a session's notify.
func (v *vendor) notice(t *testing.T, session string) url.Values {
	t.Helper()
	data, sign, err := v.Callback(session)
	assert.NoError(t, err)
	return url.Values{"data": {data}, "sign": {sign}}
}

// notices are those of several sessions.
func (v *vendor) notices(t *testing.T, sessions []string) []url.Values {
	t.Helper()
	notices := make([]url.Values, len(sessions))
	for i, session := range sessions {
		notices[i] = v.notice(t, session)
	}
	return notices
}

// knows returns what the vendor tells about a session, and whether there is one.
func (v *vendor) knows(session string) (sandbox.MegviiSession, bool) {
	for _, s := range v.Sessions() {
		if s.BizNo == session {
			return s, true
		}
	}
	return sandbox.MegviiSession{}, false
}
