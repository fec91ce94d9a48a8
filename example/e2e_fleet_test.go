package main

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fleet is two instances of the shop on one store, and fake vendors that survive
// them both.
type fleet struct {
	vendor        *started
	first, second *started
}

// startFleet starts all of it, with the flags for both instances. They start
// together, and both find an empty store.
func startFleet(t *testing.T, flags ...string) fleet {
	t.Helper()
	f := fleet{vendor: start(t)}
	shared := append([]string{
		"-vendor", f.vendor.vendor, "-store", "sqlite:" + filepath.Join(t.TempDir(), "shop.db"),
	}, flags...)
	together(2, func(i int) { *[]**started{&f.first, &f.second}[i] = start(t, shared...) })
	return f
}

// insist sends a notify until it is taken, as writers of SQLite wait for each other
// and one may be told to come again.
func (s *started) insist(pair url.Values) {
	s.t.Helper()
	assert.Eventually(s.t, func() bool {
		status := s.visitor().post(s.notifyURL(), pair).status
		assert.Contains(s.t, []int{http.StatusOK, http.StatusServiceUnavailable}, status)
		return status == http.StatusOK
	}, time.Minute, 50*time.Millisecond)
}

// goTo takes the browser to another instance: the same person with the same cookies.
func (c *check) goTo(s *started) {
	c.action = strings.Replace(c.action, c.app, s.app, 1)
	c.person = &person{s, c.client}
}

// home is the person's page at an instance.
func (p *person) home(s *started) string {
	p.t.Helper()
	said := p.get(s.app + "/")
	require.Equal(p.t, http.StatusOK, said.status)
	return said.body
}

// verifiedAt waits until an instance shows the person as verified.
func (p *person) verifiedAt(s *started) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Contains(p.home(s), `data-verified="true"`) },
		time.Minute, 50*time.Millisecond)
}

func TestTwoInstancesShareAStore(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	t.Run("the second one prints whose vendors it uses", func(t *testing.T) {
		assert.Contains(t, f.second.lines, "vendor "+f.vendor.vendor)
	})
	t.Run("who signs in at one is signed in at the other", func(t *testing.T) {
		p := f.first.person("alice")
		assert.Contains(t, p.home(f.second), "· alice<")
		p.post(f.second.app+"/logout", nil)
		assert.NotContains(t, p.home(f.first), `id="state"`)
	})
	t.Run("both show the same ledger, and only one ran the hook", func(t *testing.T) {
		c := f.first.person("bob").begin("post").choose("spoof_mask")
		c.finish(c.comeBack())
		assert.Equal(t, "failed", c.once().Verdict)
		at := find(t, c.home(f.first), `<time datetime="([^"]*)"`)
		for _, s := range []*started{f.first, f.second} {
			assert.Equal(t, 1, strings.Count(c.home(s), "<li data-verdict="))
			assert.Contains(t, c.home(s), `data-verdict="failed"`)
			assert.Contains(t, c.home(s), "spoof_mask")
			assert.Contains(t, c.home(s), at)
		}
		assert.Empty(t, f.second.eventsOf(c.session))
	})
	t.Run("case 93: the same notify 100 times, to both at once, has one effect", func(t *testing.T) {
		f.vendor.next(`{"notify_when":"manual"}`)
		c := f.first.person("carol").begin("post").choose("pass")
		together(100, func(i int) {
			to := []*started{f.first, f.second}[i%2]
			to.insist(c.pair)
		})
		c.delivered()
		assert.Len(t, append(f.first.eventsOf(c.session), f.second.eventsOf(c.session)...), 1)
		assert.Equal(t, 1, strings.Count(c.home(f.second), "<li data-verdict="))
	})
}

func TestAnInstanceStopsUnderAPerson(t *testing.T) {
	t.Parallel()
	t.Run("a person starts at the first, it stops before the notify, and the second takes the return", func(t *testing.T) {
		t.Parallel()
		f := startFleet(t)
		f.vendor.next(`{"notify_when":"manual"}`)
		c := f.first.person("alice").begin("post").choose("pass")
		f.first.stop()
		c.goTo(f.second)
		c.finish(c.comeBack())
		assert.Equal(t, "return", c.once().Via)
		assert.Contains(t, c.home(f.second), `data-verified="true"`)
	})
	for name, begin := range map[string]func(*person) string{
		"Megvii": func(p *person) string { return p.begin("get").page },
		"Baidu": func(p *person) string { // whose access token is shared, too
			return p.post(p.app+"/face/start",
				url.Values{"vendor": {"baidu"}, "name": {sampleName}, "id_number": {sampleIDNumber}}).location()
		},
	} {
		t.Run("a person is at "+name+" while the first stops, nothing comes back, and the second asks", func(t *testing.T) {
			t.Parallel()
			f := startFleet(t, "-query-after", "2s")
			p := f.first.person("bob")
			page := begin(p)
			f.first.stop()
			p.post(page, url.Values{"outcome": {"pass"}})
			p.verifiedAt(f.second)
			heard := f.second.subject("bob", 1)[0]
			assert.Equal(t, "query", heard.Via)
			assert.Equal(t, 1, strings.Count(p.home(f.second), "<li data-verdict="))
		})
	}
	t.Run("what the first could not deliver, the second does, and a third finds in the ledger", func(t *testing.T) {
		t.Parallel()
		vendor := start(t)
		store := "sqlite:" + filepath.Join(t.TempDir(), "shop.db")
		first := start(t, "-store", store, "-vendor", vendor.vendor, "-hook-fail", "1000000")
		c := first.person("carol").begin("post").choose("pass")
		require.Equal(t, http.StatusOK, c.comeBack().status)
		require.Eventually(t, func() bool { return len(first.events()) > 0 }, 30*time.Second, 10*time.Millisecond)
		assert.NotContains(t, c.home(first), "<li data-verdict=")
		first.stop()

		second := start(t, "-store", store, "-vendor", vendor.vendor)
		c.verifiedAt(second)
		assert.Equal(t, c.session+"-1", second.subject("carol", 1)[0].Key)
		second.stop()

		third := start(t, "-store", store, "-vendor", vendor.vendor)
		assert.Contains(t, c.home(third), `data-verified="true"`)
		assert.Empty(t, third.events())
	})
}

func TestInstancesWithDifferentKeys(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	store := "sqlite:" + filepath.Join(t.TempDir(), "shop.db")
	other := start(t, "-vendor", f.vendor.vendor, "-store", store, "-key", base64.StdEncoding.EncodeToString(randomSecret()))
	t.Run("do not take each other's logins", func(t *testing.T) {
		p := f.first.person("alice")
		assert.Contains(t, p.home(f.second), `id="state"`)
		assert.NotContains(t, p.home(other), `id="state"`)
	})
}
