package sandbox

import (
	"cmp"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The sandbox's own credentials, taken where [BaiduConfig] names none. They are
// made up and open nothing at Baidu.
const (
	BaiduAPIKey    = "FakeBaiduApiKey00sandbox"         // the API key, OAuth's client_id
	BaiduSecretKey = "FakeBaiduSecretKey0000000sandbox" // the secret key, OAuth's client_secret
	BaiduAppID     = "00000001"                         // the application's id
)

// The endpoints by name: in [Baidu.Calls], in the control answers and, the first
// nine, in [BaiduFault]. All from BaiduGenerate to BaiduGetAll stand below
// /rpc/2.0/brain/solution/faceprint/.
const (
	BaiduToken       = "oauth/2.0/token"      // gives access tokens
	BaiduGenerate    = "verifyToken/generate" // makes a verify_token
	BaiduSubmit      = "idcard/submit"        // takes name and ID number
	BaiduUpload      = "uploadMatchImage"     // takes the photo to compare with
	BaiduSimple      = "result/simple"        // the result in short
	BaiduDetail      = "result/detail"        // the result with scores and identity
	BaiduStat        = "result/stat"          // counts of the backends' calls
	BaiduMedia       = "result/media/query"   // addresses of pictures and videos
	BaiduGetAll      = "result/getall"        // every attempt
	BaiduPage        = "face/print/"          // the person's page
	BaiduFaceImage   = "image/query"          // a face picture that getall points to
	BaiduAnyEndpoint = "*"                    // in a fault: any of the eight, not the token's
)

const (
	baiduAPI = "/rpc/2.0/brain/solution/faceprint/"

	// The lives the vendor states for its verify_token.
	baiduUsable = 2 * time.Hour      // from generate to the end of the check
	baiduKept   = 3 * 24 * time.Hour // results, from the end of the check
	baiduMedia  = 24 * time.Hour     // media addresses

	baiduTokenTTL = 30 * 24 * time.Hour
)

// BaiduConfig sets up a [Baidu]. The zero value works.
type BaiduConfig struct {
	// APIKey is the application's API key. Default: [BaiduAPIKey].
	APIKey string

	// SecretKey is the application's secret key. Default: [BaiduSecretKey].
	SecretKey string

	// AppID ends every access token of the application. Default: [BaiduAppID].
	AppID string

	// OtherApps are more applications of the same vendor. A verify_token answers
	// only to access tokens of the application that made it.
	OtherApps []BaiduApp

	// PlanIDs are plans with default settings, see [BaiduPlan]. Default, when
	// Plans is empty too: "1".
	PlanIDs []string

	// Plans are plans whose console settings matter.
	Plans []BaiduPlan

	// TokenTTL is the life of an access token, in whole seconds. Default: 30
	// days, as the vendor's.
	TokenTTL time.Duration

	// Now is the clock of tokens, sessions and results. Default: time.Now.
	Now func() time.Time

	// ClockSkew is how far the Date header of every answer is ahead of Now; negative:
	// behind it. Default: 0. A client that checks its own clock by the vendor's must
	// notice.
	ClockSkew time.Duration

	// Seed makes tokens, ids and log ids repeatable. Default: unpredictable.
	Seed string

	// BaseURL is the sandbox's own address as clients see it, without a slash at
	// the end, for the media addresses in answers. Default: taken from the
	// request; set it when the sandbox is mounted below a prefix.
	BaseURL string

	// AllowAnyHost lets the H5 page send people to return addresses that are not
	// on this machine. Default: loopback addresses only, so that a sandbox left
	// open is no redirector.
	AllowAnyHost bool
}

// BaiduApp is an application in the vendor's console. All its fields are
// required.
type BaiduApp struct {
	APIKey    string // the OAuth client_id
	SecretKey string // the OAuth client_secret
	AppID     string // ends the application's access tokens
}

// Baidu is a fake of Baidu's H5 real-name face verification: the OAuth endpoint,
// the eight server endpoints, the page people see and a control surface. It is
// an [http.Handler], safe for concurrent use, and keeps everything in memory.
// BAIDU.md beside this file shows every endpoint and switch.
type Baidu struct {
	config BaiduConfig
	apps   []BaiduApp
	plans  map[string]BaiduPlan
	pages  *template.Template
	mux    *http.ServeMux

	mu       sync.Mutex
	random   *rand.ChaCha8
	logged   int64 // log ids given out
	calls    map[string]int
	faults   []BaiduFault
	next     BaiduSwitches // of the next switched sessions
	switched int
	tokens   map[string]*baiduToken
	issued   []*baiduToken // oldest first
	sessions map[string]*baiduSession
	created  []*baiduSession // oldest first
}

// NewBaidu makes a fake vendor.
func NewBaidu(config BaiduConfig) *Baidu {
	config.APIKey = cmp.Or(config.APIKey, BaiduAPIKey)
	config.SecretKey = cmp.Or(config.SecretKey, BaiduSecretKey)
	config.AppID = cmp.Or(config.AppID, BaiduAppID)
	if config.TokenTTL <= 0 {
		config.TokenTTL = baiduTokenTTL
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	seed := cmp.Or(config.Seed, crand.Text())
	b := &Baidu{
		config:   config,
		apps:     append([]BaiduApp{{config.APIKey, config.SecretKey, config.AppID}}, config.OtherApps...),
		plans:    baiduPlans(config),
		pages:    parsePages("baidu.html"),
		random:   rand.NewChaCha8(sha256.Sum256([]byte(seed))),
		calls:    map[string]int{},
		tokens:   map[string]*baiduToken{},
		sessions: map[string]*baiduSession{},
	}
	b.mux = b.routes()
	return b
}

// Format prints the type's name alone: the fake holds tokens and what was
// submitted.
func (b *Baidu) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sandbox.Baidu") }

// ServeHTTP serves the vendor's addresses and the control surface.
func (b *Baidu) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	stampDate(w, b.config.Now().Add(b.config.ClockSkew))
	b.mux.ServeHTTP(w, r)
}

// routes is the table of addresses. Faults hit the server endpoints only, not
// what a browser or a media fetcher asks for.
func (b *Baidu) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/oauth/2.0/token", b.endpoint(BaiduToken, b.oauth))
	for name, serve := range map[string]func(*baiduCall) baiduAnswer{
		BaiduGenerate: b.generate,
		BaiduSubmit:   b.submit,
		BaiduUpload:   b.upload,
		BaiduSimple:   b.result(b.simple),
		BaiduDetail:   b.result(b.detail),
		BaiduStat:     b.result(b.stat),
		BaiduMedia:    b.result(b.media),
		BaiduGetAll:   b.result(b.getAll),
	} {
		limit := int64(baiduBodyLimit)
		if name == BaiduUpload {
			limit = baiduUploadLimit
		}
		mux.Handle(baiduAPI+name, b.endpoint(name, b.api(limit, serve)))
	}
	mux.HandleFunc("/rpc/", func(w http.ResponseWriter, _ *http.Request) { baiduGateway(3, "").write(w) })
	mux.HandleFunc("/face/print/{$}", b.page)
	mux.HandleFunc("/face/print", b.page)
	mux.HandleFunc("GET /solution/faceprint/image/query", b.faceImage)
	mux.HandleFunc("GET /media/{file}", b.mediaFile)
	mux.Handle("POST /control/next", controlled(b.controlNext))
	mux.Handle("POST /control/revoke", controlled(b.controlRevoke))
	mux.HandleFunc("GET /control/sessions", b.controlSessions)
	return mux
}

// endpoint counts a call, lets a waiting fault have its way, and serves it.
func (b *Baidu) endpoint(name string, serve func(*http.Request) baiduAnswer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := b.arrive(name)
		fault.serve(w, r, serve)
	})
}

// arrive counts one call of an endpoint and takes the fault that waits for it,
// the zero fault if none does.
func (b *Baidu) arrive(name string) BaiduFault {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[name]++
	i := slices.IndexFunc(b.faults, func(f BaiduFault) bool { return f.hits(name) })
	if i < 0 {
		return BaiduFault{}
	}
	fault := b.faults[i]
	fault.logID = b.logID()
	if b.faults[i].Calls--; b.faults[i].Calls == 0 {
		b.faults = slices.Delete(b.faults, i, i+1)
	}
	return fault
}

// Calls returns how often each endpoint was called since the start, refused and
// faulty calls included. Endpoints never called are absent.
func (b *Baidu) Calls() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.calls)
}

// baiduHash names a token without giving it away.
func baiduHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// text draws n characters of an alphabet. The caller holds the lock.
func (b *Baidu) text(alphabet string, n int) string {
	var text strings.Builder
	for range n {
		text.WriteByte(alphabet[b.random.Uint64()%uint64(len(alphabet))])
	}
	return text.String()
}
