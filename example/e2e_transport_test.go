package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/store"
)

// counted counts the writes of a store, and can break down.
type counted struct {
	store.Store
	writes atomic.Int64
	down   atomic.Bool
}

func (c *counted) Get(ctx context.Context, key string) (store.Record, error) {
	if c.down.Load() {
		return store.Record{}, errors.New("the store is down")
	}
	return c.Store.Get(ctx, key)
}

func (c *counted) Put(ctx context.Context, rec store.Record) (int64, error) {
	if c.down.Load() {
		return 0, errors.New("the store is down")
	}
	c.writes.Add(1)
	return c.Store.Put(ctx, rec)
}

func (c *counted) Delete(ctx context.Context, key string, version int64) error {
	c.writes.Add(1)
	return c.Store.Delete(ctx, key, version)
}

// guarded is a shop whose store counts, that does nothing by itself, and that has
// little patience with slow bodies.
func guarded(t *testing.T) (*assembled, *counted) {
	kept := &counted{Store: store.NewMemory()}
	key, err := store.RandomKey("test")
	require.NoError(t, err)
	a := assemble(t, setup{options: func(o *handlers.Options) {
		o.Store, o.Keys = kept, []store.Key{key}
		o.ReadTimeout = 300 * time.Millisecond
	}})
	return a, kept
}

// marker is in everything that a stranger sends, and must be in no answer.
const marker = "ECHO-<b>-4711"

// abuse is a request to return or notify that must be refused.
type abuse struct {
	name        string
	contentType string
	header      map[string]string
	body        string
	query       string // behind the URL's own
	want        int
}

const form = "application/x-www-form-urlencoded"

// abuses are requests built around a genuine pair that was not yet delivered.
func abuses(t *testing.T, pair url.Values) []abuse {
	t.Helper()
	genuine := pair.Encode()
	data, sign := url.Values{"data": pair["data"]}.Encode(), url.Values{"sign": pair["sign"]}.Encode()
	var parts, zipped bytes.Buffer
	multi := multipart.NewWriter(&parts)
	for name := range pair {
		require.NoError(t, multi.WriteField(name, pair.Get(name)))
	}
	require.NoError(t, multi.Close())
	zip := gzip.NewWriter(&zipped)
	_, err := zip.Write([]byte(genuine))
	require.NoError(t, err)
	require.NoError(t, zip.Close())

	list := []abuse{
		{name: "case 19: no content type", body: genuine, want: 415},
		{name: "case 19: JSON", contentType: "application/json", body: `{"data":"` + marker + `","sign":""}`, want: 415},
		{name: "case 19: text", contentType: "text/plain", body: genuine, want: 415},
		{name: "case 19: another charset", contentType: form + "; charset=GBK", body: genuine, want: 415},
		{name: "case 20: multipart", contentType: multi.FormDataContentType(), body: parts.String(), want: 415},
		{name: "case 21: 300 KB", contentType: form, body: genuine + "&x=" + strings.Repeat("a", 300<<10), want: 413},
		{name: "case 25: gzip", contentType: form, header: map[string]string{"Content-Encoding": "gzip"}, body: zipped.String(), want: 415},
		{name: "case 26: 100,000 parameters", contentType: form, body: strings.Repeat("a&", 100_000) + genuine, want: 400},
		{name: "case 27: data twice", contentType: form, body: genuine + "&" + data, want: 400},
		{name: "case 27: sign twice", contentType: form, body: sign + "&" + genuine, want: 400},
		{name: "case 27: another data in front", contentType: form, body: "data=" + marker + "&" + genuine, want: 400},
		{name: "case 28: all in the query", contentType: form, query: "&" + genuine, want: 400},
		{name: "case 28: sign in the query", contentType: form, body: data, query: "&" + sign, want: 400},
		{name: "case 28: no sign", contentType: form, body: data, want: 400},
		{name: "case 28: no data", contentType: form, body: sign, want: 400},
		{name: "case 28: nothing", contentType: form, want: 400},
		{name: "case 30: semicolons", contentType: form, body: data + ";" + sign, want: 400},
		{name: "case 30: a bad escape beside both", contentType: form, body: genuine + "&x=%zz", want: 400},
		{name: "case 30: NUL", contentType: form, body: genuine + "&x=%00", want: 400},
		{name: "an account that does not exist", contentType: form, body: genuine, query: "&vendor=" + marker, want: 400},
	}
	return append(list, badData(pair.Get("data"))...)
}

// badData are documents with a right signature that no vendor would send.
func badData(genuine string) (list []abuse) {
	status := `"status":"OK"`
	for name, data := range map[string]string{
		"case 47: empty data":                     "",
		"case 47: null":                           "null",
		"case 47: an array":                       "[]",
		"case 47: a number":                       "1",
		"case 50: a name twice":                   strings.Replace(genuine, status, status+`,"status":"FAILED"`, 1),
		"case 50: a name in two cases":            strings.Replace(genuine, status, status+`,"Status":"OK"`, 1),
		"case 50: a name with a long s":           strings.Replace(genuine, status, status+`,"ſtatus":"OK"`, 1),
		"case 51: invalid UTF-8":                  strings.Replace(genuine, `"OK"`, "\"OK\xff\"", 1),
		"case 51: half a surrogate":               strings.Replace(genuine, `"OK"`, `"OK\ud800"`, 1),
		"case 51: a byte order mark":              "\ufeff" + genuine,
		"case 52: trailing bytes":                 genuine + marker,
		"case 52: two documents":                  genuine + genuine,
		"case 52: a comment":                      genuine + "//" + marker,
		"case 53: 200 deep":                       strings.Replace(genuine, status, status+`,"x":`+strings.Repeat("[", 200)+strings.Repeat("]", 200), 1),
		"case 53: an array of 10,000":             strings.Replace(genuine, status, status+`,"x":[`+strings.Repeat("0,", 10_000)+`0]`, 1),
		"an object that is no result of a person": `{"biz_info":{"biz_id":"1","biz_no":"2"}}`,
	} {
		list = append(list, abuse{name: name, contentType: form, body: signed(data).Encode(), want: 400})
	}
	return list
}

// send makes the request.
func (a abuse) send(t *testing.T, p *person, to string) answer {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, to+a.query, strings.NewReader(a.body))
	require.NoError(t, err)
	if a.contentType != "" {
		req.Header.Set("Content-Type", a.contentType)
	}
	for name, value := range a.header {
		req.Header.Set(name, value)
	}
	return p.do(req)
}

func TestMalformedCallbacksAreRefusedAndWriteNothing(t *testing.T) {
	t.Parallel()
	a, kept := guarded(t)
	a.next(`{"notify":0}`)
	c := a.person("alice").begin("post").choose("pass")
	before := kept.writes.Load()
	for _, bad := range abuses(t, c.pair) {
		for name, to := range map[string]string{"notify": a.app + "/face/notify?x=", "return": c.action} {
			t.Run(bad.name+", at "+name, func(t *testing.T) {
				said := bad.send(t, a.visitor(), to)
				assert.Equal(t, bad.want, said.status)
				assert.NotContains(t, said.body, marker)
				assert.NotContains(t, said.body, "4711")
				assert.Equal(t, "no-store", said.header.Get("Cache-Control"))
				assert.Equal(t, "nosniff", said.header.Get("X-Content-Type-Options"))
				assert.Equal(t, "no-referrer", said.header.Get("Referrer-Policy"))
				kind := "text/html; charset=utf-8"
				if name == "notify" {
					kind = "application/problem+json"
				}
				assert.Equal(t, kind, said.header.Get("Content-Type"))
			})
		}
	}
	assert.Equal(t, before, kept.writes.Load(), "strangers cost no write")
	c.untouched()
	t.Run("case 29: fields that nobody knows, and a charset of utf-8, do no harm", func(t *testing.T) {
		good := abuse{contentType: form + ";charset=UTF-8", body: "x=1&" + c.pair.Encode() + "&y=2"}
		assert.Equal(t, http.StatusOK, good.send(t, a.visitor(), a.notifyURL()).status)
		assert.Equal(t, "passed", c.once().Verdict)
	})
}

func TestCase23ASlowBodyIsCutOff(t *testing.T) {
	t.Parallel()
	a, _ := guarded(t)
	for _, endpoint := range []string{"notify", "return", "start"} {
		t.Run(endpoint, func(t *testing.T) {
			body, feed := io.Pipe()
			defer feed.Close()
			go func() { _, _ = feed.Write([]byte("data=")) }()
			req, err := http.NewRequest(http.MethodPost, a.app+"/face/"+endpoint, body)
			require.NoError(t, err)
			req.Header.Set("Content-Type", form)
			req.ContentLength = 1000
			assert.Equal(t, http.StatusRequestTimeout, a.person("alice").do(req).status)
		})
	}
	assert.Empty(t, a.allAtVendor())
}

func TestCase18WrongMethods(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.person("alice")
	for endpoint, allowed := range map[string]string{
		"start": "POST", "notify": "POST", "return": "GET, POST", "finish": "GET", "status": "GET",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"} {
			if strings.Contains(allowed, method) {
				continue
			}
			t.Run(method+" "+endpoint, func(t *testing.T) {
				req, err := http.NewRequest(method, s.app+"/face/"+endpoint, nil)
				require.NoError(t, err)
				said := p.do(req)
				assert.Equal(t, http.StatusMethodNotAllowed, said.status)
				assert.Equal(t, allowed, said.header.Get("Allow"))
			})
		}
	}
	assert.Empty(t, s.allAtVendor(), "case 1: no session was begun")
}

func TestAGETReturnOfAStrangerCostsNothing(t *testing.T) {
	t.Parallel()
	a, kept := guarded(t)
	a.next(`{"sessions":3,"notify":0}`)
	c := a.person("alice").begin("get").choose("pass")
	mallory := a.person("mallory").begin("get").choose("cancel")
	elsewhere := a.person("alice").begin("post") // she has another browser, and a check there
	before := kept.writes.Load()
	base := a.app + "/face/return?session=" + c.session + "&vendor=megvii"
	for name, query := range map[string]string{
		"case 77: no biz_id":              "",
		"case 77: two":                    "&biz_id=a&biz_id=b",
		"case 77: biz_id[]":               "&biz_id[]=a",
		"case 77: 4 KB":                   "&biz_id=" + strings.Repeat("a", 4<<10),
		"case 77: a newline":              "&biz_id=a%0d%0aX:" + url.QueryEscape(marker),
		"case 77: a bad escape":           "&biz_id=%zz",
		"case 77: a second session of us": "&biz_id=a&session=" + mallory.session,
	} {
		t.Run(name, func(t *testing.T) {
			said := a.visitor().get(base + query)
			assert.Equal(t, http.StatusBadRequest, said.status)
			assert.NotContains(t, said.body, c.session)
			assert.NotContains(t, said.body, "4711")
		})
	}
	t.Run("case 75: another's return, in a browser that did not begin it", func(t *testing.T) {
		for _, stranger := range []*person{a.visitor(), mallory.person, a.person("alice"), elsewhere.person} {
			assert.Equal(t, http.StatusOK, stranger.get(c.action).status)
			landed := stranger.get(a.app + "/face/finish?session=" + c.session)
			assert.Equal(t, http.StatusOK, landed.status)
			assert.NotContains(t, landed.body, c.session)
			assert.Equal(t, http.StatusNotFound, stranger.get(a.app+"/face/status?session="+c.session).status)
		}
	})
	t.Run("case 74: a session and a biz_id that nobody knows", func(t *testing.T) {
		back := a.visitor().get(fmt.Sprintf("%s/face/return?session=%026d&vendor=megvii&biz_id=1,x", a.app, 2))
		assert.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, back.status)
		assert.Equal(t, http.StatusOK, mallory.get(a.app+"/face/finish?session=AAAAAAAAAAAAAAAAAAAAAAAAAA").status)
	})
	assert.Equal(t, before, kept.writes.Load())
	assert.Zero(t, a.atVendor(c.session).GetResult, "the victim's budget is whole")

	t.Run("another's biz_id at one's own return asks about one's own session", func(t *testing.T) {
		own := a.app + "/face/return?session=" + mallory.session + "&vendor=megvii&biz_id=" + url.QueryEscape(a.atVendor(c.session).BizID)
		mallory.finish(mallory.get(own))
		assert.Equal(t, "cancelled", mallory.once().Verdict)
		assert.Zero(t, a.atVendor(c.session).GetResult)
		c.untouched()
	})
	t.Run("case 76: 300 reloads of the one who began it spend one query", func(t *testing.T) {
		together(10, func(int) {
			for range 30 {
				c.get(a.app + "/face/finish?session=" + c.session)
			}
		})
		assert.Equal(t, "passed", c.once().Verdict)
		assert.Equal(t, 1, a.atVendor(c.session).GetResult)
	})
}

func TestCase76AnImpatientPersonLeavesTheLastQueryToTheReconciler(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	a := assemble(t, setup{options: func(o *handlers.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	}})
	a.next(`{"notify":0,"processing":2}`)
	c := a.person("alice").begin("get").choose("pass")
	c.comeBack()
	for range 20 { // over ten minutes
		waiting := c.get(a.app + "/face/finish?session=" + c.session)
		assert.Equal(t, http.StatusOK, waiting.status)
		later.Add(int64(30 * time.Second))
	}
	assert.Equal(t, 2, a.atVendor(c.session).GetResult)
	later.Store(int64(70 * time.Minute)) // she is gone, and the reconciler's time has come
	assert.Equal(t, "passed", c.once().Verdict)
	assert.Equal(t, 3, a.atVendor(c.session).GetResult)
}

func TestCase115WhileTheStoreIsDownNothingIsAcknowledgedAndNothingIsLost(t *testing.T) {
	t.Parallel()
	a, kept := guarded(t)
	a.next(`{"sessions":2,"notify":0}`)
	posted, asked := a.person("alice").begin("post").choose("pass"), a.person("bob").begin("get").choose("cancel")
	kept.down.Store(true)
	refused := map[string]answer{
		"notify":      a.visitor().post(a.notifyURL(), posted.pair),
		"POST return": posted.comeBack(),
		"finish":      posted.get(a.app + "/face/finish?session=" + posted.session),
		"status":      posted.get(a.app + "/face/status?session=" + posted.session),
		"start":       a.person("carol").post(a.app+"/face/start", url.Values{"vendor": {"megvii"}}),
	}
	for name, said := range refused {
		assert.Equal(t, http.StatusServiceUnavailable, said.status, name)
		assert.NotEmpty(t, said.header.Get("Retry-After"), name)
	}
	assert.Len(t, a.allAtVendor(), 2, "case 116: no session that could not be stored was begun")
	assert.Equal(t, http.StatusOK, asked.comeBack().status, "a GET return needs no store")

	kept.down.Store(false)
	posted.untouched()
	posted.finish(posted.comeBack())
	assert.Equal(t, "passed", posted.once().Verdict)
	asked.finish(asked.comeBack())
	assert.Equal(t, "cancelled", asked.once().Verdict)
}
