package fleettest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/store/internal/testserver"
)

// onRedisCluster is a kind that only the example is tried on.
const onRedisCluster kind = "Redis Cluster"

// buildShop builds the program in example.
func buildShop(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "example")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	build.Dir = filepath.Join("..", "..", "example")
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return binary
}

// shopStore starts a server of the kind and returns what the example is told of it,
// for somebody who signs in to it as account, if that is not empty.
func shopStore(t *testing.T, k kind) func(account string) string {
	t.Helper()
	var at url.URL
	switch k {
	case onRedisCluster:
		at = url.URL{Scheme: "redis+cluster", Host: testserver.StartRedisCluster(t, 3)[0].Address()}
	case onRedis:
		at = url.URL{Scheme: "redis", Host: testserver.StartRedis(t).Address(), Path: "/3"}
	case onPostgreSQL:
		e, _ := startEngine(t, k)
		parsed, err := url.Parse(e.Address)
		require.NoError(t, err)
		at = *parsed
	case onMariaDB:
		_, server := startEngine(t, k)
		at = url.URL{Scheme: "mysql", User: url.User("root"), Host: server.(*testserver.MariaDB).Address(), Path: "/app"}
	default:
		require.FailNow(t, "no server of this kind", "%s", k)
	}
	return func(account string) string {
		if account == "" {
			return at.String()
		}
		other := at
		other.User = url.UserPassword(account, canaryPassword)
		return other.String()
	}
}

// canaryPassword must come up nowhere.
const canaryPassword = "canary/7f3a@b?c#d%"

// shop is a process of the example.
type shop struct {
	*testserver.Process
	binary, url, health string
	flags               []string
}

// newShop is the example with ports of its own.
func newShop(t *testing.T, binary string, flags ...string) *shop {
	t.Helper()
	at, operators := "localhost:"+strconv.Itoa(testserver.FreePort(t)), testserver.Address(testserver.FreePort(t))
	return &shop{
		binary: binary, url: "http://" + at, health: "http://" + operators + "/healthz",
		flags: append([]string{"-addr", at, "-operator-addr", operators}, flags...),
	}
}

// startShops starts shops together, for the first time or again, and waits until all are
// well.
func startShops(t *testing.T, shops ...*shop) {
	t.Helper()
	for _, s := range shops {
		s.Process = testserver.Start(t, exec.Command(s.binary, s.flags...))
	}
	for _, s := range shops {
		s.ready(t)
	}
}

func (s *shop) ready(t *testing.T) {
	t.Helper()
	s.WaitReady(t, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.health, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			err = errors.New(res.Status)
		}
		return errors.Join(err, res.Body.Close())
	})
}

// customer is a person with a browser: it keeps cookies and follows no redirect.
type customer struct {
	t      *testing.T
	client *http.Client
}

func newCustomer(t *testing.T) customer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return customer{t, &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send posts a form and returns where the answer leads, if anywhere.
func (c customer) send(to string, form url.Values) (location string) {
	c.t.Helper()
	res, err := c.client.PostForm(to, form)
	require.NoError(c.t, err)
	require.NoError(c.t, res.Body.Close())
	require.Less(c.t, res.StatusCode, http.StatusBadRequest)
	return res.Header.Get("Location")
}

func (c customer) read(from string) string {
	c.t.Helper()
	res, err := c.client.Get(from)
	require.NoError(c.t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(c.t, errors.Join(err, res.Body.Close()))
	require.Equal(c.t, http.StatusOK, res.StatusCode)
	return string(body)
}

// results counts the lines of the customer's history.
func results(page string) int { return strings.Count(page, "<li data-verdict=") }

func verified(page string) bool { return strings.Contains(page, `data-verified="true"`) }

func TestExampleOnSharedStores(t *testing.T) {
	t.Parallel()
	binary := buildShop(t)
	for _, k := range []kind{onRedis, onRedisCluster, onPostgreSQL, onMariaDB} {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			store := shopStore(t, k)
			t.Run("case 86: a person starts at one instance, it is killed, and the other learns the result", func(t *testing.T) {
				vendorAddress := testserver.Address(testserver.FreePort(t))
				startShops(t, newShop(t, binary, "-vendor-addr", vendorAddress)) // only its fake vendors are used
				flags := []string{"-store", store(""), "-vendor", "http://" + vendorAddress, "-query-after", "2s"}
				first, second := newShop(t, binary, flags...), newShop(t, binary, flags...)
				startShops(t, first, second) // both find an empty database

				alice := newCustomer(t)
				alice.send(first.url+"/login", url.Values{"user": {"alice"}})
				vendorPage := alice.send(first.url+"/face/start", url.Values{"vendor": {"megvii"}})
				require.Contains(t, vendorPage, vendorAddress)
				first.Kill(t)
				alice.send(vendorPage, url.Values{"outcome": {"pass"}}) // the notify finds nobody

				require.Eventually(t, func() bool { return verified(alice.read(second.url + "/")) }, time.Minute, 100*time.Millisecond)
				assert.Equal(t, 1, results(alice.read(second.url+"/")))
				assert.Equal(t, 1, strings.Count(alice.read(second.url+"/events"), `"key"`), "the hook ran once")

				startShops(t, first)
				assert.True(t, verified(alice.read(first.url+"/")), "the login and the ledger outlive the process")
				assert.Equal(t, 1, results(alice.read(first.url+"/")))
				assert.JSONEq(t, "[]", alice.read(first.url+"/events"))
			})
			t.Run("case 108: the hook fails when it has written, runs again with the same key, and the shop shows it once", func(t *testing.T) {
				s := newShop(t, binary, "-vendor-addr", "127.0.0.1:0", "-store", store(""), "-hook-fail-late", "2")
				startShops(t, s)
				carol := newCustomer(t)
				carol.send(s.url+"/login", url.Values{"user": {"carol"}})
				carol.send(carol.send(s.url+"/face/start", url.Values{"vendor": {"megvii"}}), url.Values{"outcome": {"pass"}})
				require.Eventually(t, func() bool { return strings.Contains(carol.read(s.url+"/events"), `"ok":true`) }, time.Minute, 100*time.Millisecond)
				assert.Equal(t, 2, strings.Count(carol.read(s.url+"/events"), `"ok":false`))
				assert.Equal(t, 1, results(carol.read(s.url+"/")))
				assert.True(t, verified(carol.read(s.url+"/")))
			})
			t.Run("two people whose names differ by one capital letter are two", func(t *testing.T) {
				s := newShop(t, binary, "-vendor-addr", "127.0.0.1:0", "-store", store(""))
				startShops(t, s)
				lower, upper := newCustomer(t), newCustomer(t)
				lower.send(s.url+"/login", url.Values{"user": {"bob"}})
				upper.send(s.url+"/login", url.Values{"user": {"Bob"}})
				lower.send(lower.send(s.url+"/face/start", url.Values{"vendor": {"megvii"}}), url.Values{"outcome": {"pass"}})
				require.Eventually(t, func() bool { return verified(lower.read(s.url + "/")) }, time.Minute, 100*time.Millisecond)
				assert.Zero(t, results(upper.read(s.url+"/")))
			})
			t.Run("an account that the server does not know is reported without its password", func(t *testing.T) {
				said, err := exec.CommandContext(t.Context(), binary,
					"-addr", "localhost:0", "-vendor-addr", "127.0.0.1:0", "-store", store("stranger")).CombinedOutput()
				require.Error(t, err)
				assert.Contains(t, string(said), "-store cannot be used: ")
				assert.NotContains(t, string(said), "canary")
				assert.NotContains(t, string(said), "7f3a")
			})
		})
	}
}
