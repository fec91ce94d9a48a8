package browsertest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMegviiPass(t *testing.T) {
	for name, form := range map[string]string{"POST": "megvii-post", "GET": "megvii-get"} {
		t.Run("a person passes, comes back by "+name+", and the shop shows it", func(t *testing.T) {
			s := startShop(t)
			p := newPerson(t, "en")
			p.open(s.app + "/")
			p.shoot("shop-sign-in")
			p.signIn(s)
			p.shoot("shop-unverified")
			p.startAt(form)
			assert.True(t, strings.HasPrefix(p.where(), s.vendor), "the vendor is another site")
			p.shoot("megvii-page")
			p.choose("pass")
			p.landed("passed")
			assert.Contains(t, strings.ToLower(p.text("#history")), "passed")
			p.see(`#state[data-verified="true"]`)
			p.shoot("shop-passed-" + strings.ToLower(name))

			e := s.only()
			assert.Equal(t, "passed", e.Verdict)
			assert.Equal(t, "alice", e.Subject)
			assert.Equal(t, "megvii", e.Vendor)
			assert.Equal(t, 1, e.Revision)
			assert.Equal(t, 1, e.Attempt)
		})
	}
}

func TestMegviiOtherEndings(t *testing.T) {
	for outcome, want := range map[string]struct{ verdict, reason string }{
		"cancel":              {"cancelled", ""},
		"spoof_screen_replay": {"failed", "spoof_screen_replay"},
		"id_attacked":         {"review", "id_attacked"},
		"webrtc_permissions":  {"unsupported", ""},
	} {
		t.Run("the shop shows how "+outcome+" ended, and nobody is verified", func(t *testing.T) {
			s := startShop(t)
			p := newPerson(t, "zh-CN,zh;q=0.9,en;q=0.8")
			p.signIn(s)
			p.startAt("megvii-post")
			p.choose(outcome)
			p.landed(want.verdict)
			p.see(`#state[data-verified="false"]`)
			p.shoot("shop-" + want.verdict)

			e := s.only()
			assert.Equal(t, want.verdict, e.Verdict)
			if want.reason != "" {
				assert.Contains(t, e.Reasons, want.reason)
				assert.Contains(t, p.text("#history"), want.reason)
			}
		})
	}
}

func TestMegviiStrictLogin(t *testing.T) {
	for name, form := range map[string]string{"POST": "megvii-post", "GET": "megvii-get"} {
		t.Run("case 71: after a return by "+name+" a SameSite=Strict login is still there", func(t *testing.T) {
			s := startShop(t, "-login-samesite", "strict")
			p := newPerson(t, "en")
			p.signIn(s)
			p.startAt(form)
			p.choose("pass")
			p.landed("passed")
			assert.Contains(t, p.text("#state"), "alice")
			assert.Equal(t, "passed", s.only().Verdict)
		})
	}
}

func TestMegviiLost(t *testing.T) {
	t.Run("case 86: the return is lost, the notify arrives, the person opens the shop later", func(t *testing.T) {
		s := startShop(t)
		s.nextMegvii(`{"return_lost": true}`)
		p := newPerson(t, "en")
		p.signIn(s)
		p.startAt("megvii-post")
		p.choose("pass")
		s.eventually("the notify is delivered", func() bool { return len(s.events()) == 1 })
		p.open(s.app + "/")
		p.landed("passed")
		assert.Equal(t, "notify", s.only().Via)
	})
	t.Run("the notify is lost, the return brings the result", func(t *testing.T) {
		s := startShop(t)
		s.nextMegvii(`{"notify": 0}`)
		p := newPerson(t, "en")
		p.signIn(s)
		p.startAt("megvii-post")
		p.choose("pass")
		p.landed("passed")
		assert.Equal(t, "return", s.only().Via)
	})
	t.Run("both are lost, and the vendor is asked", func(t *testing.T) {
		s := startShop(t, "-query-after", "2s")
		s.nextMegvii(`{"notify": 0, "return_lost": true}`)
		p := newPerson(t, "en")
		p.signIn(s)
		p.startAt("megvii-post")
		p.choose("pass")
		s.eventually("the reconciler asks", func() bool { return len(s.events()) == 1 })
		p.open(s.app + "/")
		p.landed("passed")
		assert.Equal(t, "query", s.only().Via)
	})
}

func TestMegviiPending(t *testing.T) {
	t.Run("case 87: the person is back before the vendor has finished; the page turns final by itself", func(t *testing.T) {
		s := startShop(t)
		s.nextMegvii(`{"processing": 1, "notify_when": "late", "notify_delay": "4s"}`)
		p := newPerson(t, "en")
		p.signIn(s)
		p.startAt("megvii-get")
		p.choose("pass")
		p.see("#wait")
		p.shoot("kit-pending")
		p.landed("passed")
		assert.Equal(t, "passed", s.only().Verdict)
	})
	t.Run("case 87: without scripts the waiting page loads itself anew until it is over", func(t *testing.T) {
		s := startShop(t)
		s.nextMegvii(`{"processing": 1, "notify_when": "late", "notify_delay": "4s"}`)
		p := newPerson(t, "en")
		p.signIn(s)
		p.noScripts()
		p.startAt("megvii-get")
		p.choose("pass")
		p.see("#wait")
		p.landed("passed")
		assert.Equal(t, "passed", s.only().Verdict)
	})
}

func TestMegviiWithoutScripts(t *testing.T) {
	t.Run("case 70: without scripts the way back goes by meta refresh", func(t *testing.T) {
		s := startShop(t, "-login-samesite", "strict")
		p := newPerson(t, "en")
		p.signIn(s)
		p.noScripts()
		p.startAt("megvii-post")
		p.choose("pass")
		p.click("#return button") // the vendor's own page needs a script or a hand
		p.landed("passed")
		assert.Equal(t, "passed", s.only().Verdict)
	})
}

func TestMegviiHookFails(t *testing.T) {
	t.Run("case 103: the hook fails three times, the fourth run delivers, with the same key", func(t *testing.T) {
		s := startShop(t, "-hook-fail", "3")
		p := newPerson(t, "en")
		p.signIn(s)
		p.startAt("megvii-post")
		p.choose("pass")
		p.see("#state")
		s.eventually("the fourth run", func() bool { return len(s.events()) == 4 })
		p.open(s.app + "/")
		p.landed("passed")
		for i, e := range s.events() {
			assert.Equal(t, s.events()[0].Key, e.Key)
			assert.Equal(t, i+1, e.Attempt)
			assert.Equal(t, i == 3, e.OK)
		}
	})
}

func TestStrangers(t *testing.T) {
	// returnLink lets alice finish by GET and takes the link that the vendor sends
	// her back by.
	returnLink := func(t *testing.T, s *running) string {
		p := newPerson(t, "en")
		p.signIn(s)
		p.startAt("megvii-get")
		p.choose("cancel")
		p.landed("cancelled")
		return s.app + "/face/finish?" + url.Values{"session": {s.only().Session}}.Encode()
	}
	t.Run("cases 75 and 81: another browser that opens the link sees a page that says nothing", func(t *testing.T) {
		s := startShop(t)
		link := returnLink(t, s)
		stranger := newPerson(t, "zh-CN")
		stranger.open(link)
		assert.Contains(t, stranger.text("main"), "关闭此页面")
		stranger.shoot("kit-neutral")

		mallory := newPerson(t, "en")
		mallory.signIn(s) // even under the same name, in another browser
		mallory.open(link)
		assert.Contains(t, mallory.text("main"), "You can close this page")
	})
	t.Run("case 84: a forged return gets the same page", func(t *testing.T) {
		s := startShop(t)
		p := newPerson(t, "en")
		p.signIn(s)
		p.do(submitTo(s.app+"/face/return", "data", `{"status":"OK"}`, "sign", strings.Repeat("0", 40)))
		p.see("main > svg")
		assert.Contains(t, p.text("main"), "You can close this page")
		assert.Empty(t, s.events())
	})
	t.Run("case 3: nobody signed in gets a page that says so", func(t *testing.T) {
		s := startShop(t)
		p := newPerson(t, "en")
		p.open(s.app + "/")
		p.do(submitTo(s.app+"/face/start", "vendor", "megvii"))
		p.see("main > svg")
		assert.Contains(t, p.text("main"), "sign in")
		p.shoot("kit-problem")
	})
}

// submitTo sends a form that no page of ours offers.
func submitTo(action string, fields ...string) chromedp.Action[chromedp.Void] {
	script := `(() => { const f = document.createElement("form"); f.method = "post"; f.action = ` + quote(action) + `;`
	for i := 0; i < len(fields); i += 2 {
		script += `{ const i = document.createElement("input"); i.name = ` + quote(fields[i]) + `; i.value = ` + quote(fields[i+1]) + `; f.append(i); }`
	}
	return chromedp.Evaluate[chromedp.Void](script + ` document.body.append(f); f.submit(); })()`)
}

// quote writes a script's string.
func quote(text string) string { return "`" + strings.ReplaceAll(text, "`", "") + "`" }

func TestGivenUp(t *testing.T) {
	t.Run("case 87: the waiting page that has given up is shown for people to look at", func(t *testing.T) {
		s := startShop(t)
		s.nextMegvii(`{"processing": 9, "notify": 0}`)
		p := newPerson(t, "zh-CN")
		p.signIn(s)
		p.startAt("megvii-get")
		p.choose("pass")
		p.see("#wait")
		p.shoot("kit-pending-zh")
		require.NoError(t, p.try(chromedp.Evaluate[chromedp.Void](
			`document.getElementById("wait").hidden = true; document.getElementById("stop").hidden = false;`)))
		assert.Contains(t, p.text("#stop"), "结果出来后会通知您")
		p.shoot("kit-given-up")
	})
}
