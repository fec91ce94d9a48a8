package handlerstest_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/handlerstest"
)

// vendor counts what reaches it.
type vendor struct{ reached atomic.Int64 }

const said = `{"success":true}`

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.reached.Add(1)
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, said)
}

// ask makes a call, and returns its answer's status and body.
func ask(ctx context.Context, transport http.RoundTripper, path string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://vendor.example"+path, strings.NewReader("{}"))
	if err != nil {
		return 0, "", err
	}
	answer, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(read), err
}

func TestEveryKindOfFault(t *testing.T) {
	tests := map[handlerstest.Kind]struct {
		reached int64
		status  int
		body    string
		err     error
		took    time.Duration
	}{
		handlerstest.Refused:     {err: syscall.ECONNREFUSED},
		handlerstest.Unavailable: {status: 503, body: "<html><head><title>503 Service Unavailable</title></head><body><h1>503 Service Unavailable</h1></body></html>\n"},
		handlerstest.Page:        {status: 200, body: "<html><head><title>200 OK</title></head><body><h1>200 OK</h1></body></html>\n"},
		handlerstest.Lost:        {reached: 1, err: syscall.ECONNRESET},
		handlerstest.Cut:         {reached: 1, status: 200, body: said[:len(said)/2], err: io.ErrUnexpectedEOF},
		handlerstest.Hung:        {reached: 1, err: context.DeadlineExceeded, took: time.Hour},
		handlerstest.TimedOut:    {reached: 1, status: 504, body: "<html><head><title>504 Gateway Timeout</title></head><body><h1>504 Gateway Timeout</h1></body></html>\n"},
		handlerstest.Late:        {reached: 1, status: 200, body: said, took: 3 * time.Second},
	}
	for _, kind := range handlerstest.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want, ok := tests[kind]
				require.True(t, ok, "every kind has its row")
				v := &vendor{}
				line := &handlerstest.Transport{Base: handlerstest.InProcess(v)}
				line.Break(handlerstest.Fault{Kind: kind})
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				began := time.Now()
				status, body, err := ask(ctx, line, "/")
				assert.Equal(t, want.status, status)
				assert.Equal(t, want.body, body)
				assert.ErrorIs(t, err, want.err)
				assert.Equal(t, want.reached, v.reached.Load())
				assert.Equal(t, want.took, time.Since(began))

				_, body, err = ask(t.Context(), line, "/")
				require.NoError(t, err, "one call only")
				assert.Equal(t, said, body)
			})
		})
	}
	assert.Len(t, tests, len(handlerstest.Kinds()))
}

func TestALateAnswerComesWhenItsDelayIsOver(t *testing.T) {
	for name, tt := range map[string]struct {
		delay time.Duration
		body  string
		err   error
		took  time.Duration
	}{
		"in time for who waits":  {delay: 9 * time.Second, body: said, took: 9 * time.Second},
		"too late for who waits": {delay: 11 * time.Second, err: context.DeadlineExceeded, took: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := &vendor{}
				line := &handlerstest.Transport{Base: handlerstest.InProcess(v)}
				line.Break(handlerstest.Fault{Kind: handlerstest.Late, Delay: tt.delay})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				began := time.Now()
				_, body, err := ask(ctx, line, "/")
				assert.ErrorIs(t, err, tt.err)
				assert.Equal(t, tt.body, body)
				assert.Equal(t, tt.took, time.Since(began))
				assert.EqualValues(t, 1, v.reached.Load(), "the vendor did its work at once")
			})
		})
	}
}

func TestWhichCallsAreSpoilt(t *testing.T) {
	paths := []string{"/token", "/result", "/token", "/result", "/result", "/result"}
	for name, tt := range map[string]struct {
		fault  handlerstest.Fault
		spoilt []int // by their place in paths
	}{
		"no fault":                 {handlerstest.Fault{}, nil},
		"the first by default":     {handlerstest.Fault{Kind: handlerstest.Lost}, []int{0}},
		"the third":                {handlerstest.Fault{Kind: handlerstest.Lost, Nth: 3}, []int{2}},
		"three in a row":           {handlerstest.Fault{Kind: handlerstest.Lost, Nth: 2, Calls: 3}, []int{1, 2, 3}},
		"all from the fourth on":   {handlerstest.Fault{Kind: handlerstest.Lost, Nth: 4, Calls: math.MaxInt}, []int{3, 4, 5}},
		"by path":                  {handlerstest.Fault{Kind: handlerstest.Lost, Path: "res"}, []int{1}},
		"the second two of a path": {handlerstest.Fault{Kind: handlerstest.Lost, Path: "res", Nth: 2, Calls: 2}, []int{3, 4}},
		"one that never comes":     {handlerstest.Fault{Kind: handlerstest.Lost, Nth: 7}, nil},
		"another path":             {handlerstest.Fault{Kind: handlerstest.Lost, Path: "media"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			line := &handlerstest.Transport{Base: handlerstest.InProcess(&vendor{})}
			_, _, err := ask(t.Context(), line, "/token")
			require.NoError(t, err, "before Break nothing is spoilt")
			line.Break(tt.fault)
			var spoilt []int
			for i, path := range paths {
				if _, _, err := ask(t.Context(), line, path); err != nil {
					spoilt = append(spoilt, i)
				}
			}
			assert.Equal(t, tt.spoilt, spoilt)
			assert.Equal(t, len(tt.spoilt), line.Spoilt())
			assert.Equal(t, 1+len(paths), line.Calls(), "all calls count, whatever became of them")
		})
	}
}

func TestBreakCountsAnewAndMendEndsIt(t *testing.T) {
	line := &handlerstest.Transport{Base: handlerstest.InProcess(&vendor{})}
	failed := func() bool {
		_, _, err := ask(t.Context(), line, "/")
		return err != nil
	}
	line.Break(handlerstest.Fault{Kind: handlerstest.Refused, Calls: 1000})
	assert.True(t, failed())
	assert.True(t, failed())
	line.Mend()
	assert.False(t, failed())
	assert.Equal(t, 2, line.Spoilt(), "what was spoilt is still told")
	line.Break(handlerstest.Fault{Kind: handlerstest.Refused, Nth: 2})
	assert.Zero(t, line.Spoilt())
	assert.False(t, failed())
	assert.True(t, failed())
}

func TestARefusedCallLooksLikeADialToWhoWatchesTheConnection(t *testing.T) {
	for kind, sent := range map[handlerstest.Kind]bool{handlerstest.Refused: false, handlerstest.Lost: true} {
		t.Run(string(kind), func(t *testing.T) {
			server := httptest.NewServer(&vendor{})
			defer server.Close()
			line := &handlerstest.Transport{} // over a real network
			line.Break(handlerstest.Fault{Kind: kind})
			var asked, got atomic.Bool
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				GetConn: func(string) { asked.Store(true) },
				GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
			})
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
			require.NoError(t, err)
			_, err = (&http.Client{Transport: line}).Do(r) //nolint:bodyclose // there is no answer
			require.Error(t, err)
			assert.True(t, asked.Load())
			assert.Equal(t, sent, got.Load())
		})
	}
}

func TestTheRequestsBodyIsClosedEvenIfItGoesNowhere(t *testing.T) {
	for _, kind := range handlerstest.Kinds() {
		line := &handlerstest.Transport{Base: handlerstest.InProcess(&vendor{})}
		line.Break(handlerstest.Fault{Kind: kind})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		body := &closing{Reader: strings.NewReader("{}")}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://vendor.example/", body)
		require.NoError(t, err)
		answer, err := line.RoundTrip(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		assert.True(t, body.closed, kind)
		cancel()
	}
}

// closing is a body that remembers its end.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestCallsSideBySideAreEachCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{}
		line := &handlerstest.Transport{Base: handlerstest.InProcess(v)}
		line.Break(handlerstest.Fault{Kind: handlerstest.Refused, Nth: 11, Calls: 30})
		var failed atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, _, err := ask(t.Context(), line, "/"); err != nil {
					failed.Add(1)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 30, failed.Load())
		assert.EqualValues(t, 70, v.reached.Load())
		assert.Equal(t, 100, line.Calls())
	})
}

func TestAnErrorBelowGoesThrough(t *testing.T) {
	broken := errors.New("no route")
	for _, kind := range []handlerstest.Kind{"", handlerstest.Lost, handlerstest.Cut, handlerstest.Hung, handlerstest.TimedOut, handlerstest.Late} {
		line := &handlerstest.Transport{Base: failing{broken}}
		line.Break(handlerstest.Fault{Kind: kind})
		_, _, err := ask(t.Context(), line, "/")
		assert.ErrorIs(t, err, broken, kind)
	}
}

// failing is a transport that never gets an answer.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }
