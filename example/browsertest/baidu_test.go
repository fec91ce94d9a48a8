package browsertest

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startBaidu opens a folded form of the home page and sends it as it is.
func (p *person) startBaidu(form string) {
	p.t.Helper()
	p.click("#" + form + " summary")
	p.shoot("shop-" + form)
	p.startAt(form)
}

func TestBaiduPass(t *testing.T) {
	t.Run("a person passes and the page jumps back by itself", func(t *testing.T) {
		s := startShop(t)
		p := newPerson(t, "zh-CN")
		p.signIn(s)
		p.startBaidu("baidu")
		p.shoot("baidu-page")
		p.choose("pass")
		p.landed("passed")
		e := s.only()
		assert.Equal(t, "passed", e.Verdict)
		assert.Equal(t, "baidu", e.Vendor)
		assert.Equal(t, "query", e.Via, "Baidu signs nothing: only our own query counts")
	})
	t.Run("a person passes and taps the finish button", func(t *testing.T) {
		s := startShop(t)
		s.nextBaidu(`{"return": "button"}`)
		p := newPerson(t, "en")
		p.signIn(s)
		p.startBaidu("baidu")
		p.choose("pass")
		p.see("#finish")
		p.shoot("baidu-finish")
		p.click("#finish")
		p.landed("passed")
		assert.Equal(t, "passed", s.only().Verdict)
	})
	t.Run("a photo is uploaded to compare with", func(t *testing.T) {
		s := startShop(t)
		p := newPerson(t, "en")
		p.signIn(s)
		p.click("#baidu-photo summary")
		p.do(chromedp.SetUploadFiles(chromedp.CSS(`input[type="file"]`), []string{photo(t, 64, 64)}))
		p.startAt("baidu-photo")
		p.choose("pass")
		p.landed("passed")
		e := s.only()
		assert.Equal(t, "passed", e.Verdict)
		assert.Equal(t, "baidu-photo", e.Vendor)
	})
	t.Run("the login cookie may be SameSite=Strict", func(t *testing.T) {
		s := startShop(t, "-login-samesite", "strict")
		p := newPerson(t, "en")
		p.signIn(s)
		p.startBaidu("baidu")
		p.choose("pass")
		p.landed("passed")
		assert.Equal(t, "passed", s.only().Verdict)
	})
}

func TestBaiduOtherEndings(t *testing.T) {
	for outcome, verdict := range map[string]string{
		"mismatch": "failed", "liveness_fail": "failed", "spoof": "failed", "risk": "review",
	} {
		t.Run("the shop shows how "+outcome+" ended", func(t *testing.T) {
			s := startShop(t)
			p := newPerson(t, "en")
			p.signIn(s)
			p.startBaidu("baidu")
			p.choose(outcome)
			p.landed(verdict)
			p.see(`#state[data-verified="false"]`)
			assert.NotEmpty(t, s.only().Reasons)
		})
	}
}

func TestBaiduNobodyComesBack(t *testing.T) {
	t.Run("a person passes and closes the tab; the vendor is asked", func(t *testing.T) {
		s := startShop(t, "-query-after", "2s")
		s.nextBaidu(`{"return": "none"}`)
		p := newPerson(t, "en")
		p.signIn(s)
		p.startBaidu("baidu")
		p.choose("pass")
		s.eventually("the reconciler asks", func() bool { return len(s.events()) == 1 })
		p.open(s.app + "/")
		p.landed("passed")
		assert.Equal(t, "query", s.only().Via)
	})
}

func TestBaiduPending(t *testing.T) {
	t.Run("case 87: the person is back before the vendor is done; the page turns final by itself", func(t *testing.T) {
		s := startShop(t, "-query-after", "5s")
		s.nextBaidu(`{"pending_queries": 1}`)
		p := newPerson(t, "en")
		p.signIn(s)
		p.startBaidu("baidu")
		p.choose("pass")
		p.see("#wait")
		p.landed("passed")
		assert.Equal(t, "passed", s.only().Verdict)
	})
}

func TestBaiduBadInput(t *testing.T) {
	t.Run("case 16: a wrong ID number is refused with a sentence for people", func(t *testing.T) {
		s := startShop(t)
		p := newPerson(t, "zh-CN")
		p.signIn(s)
		p.click("#baidu summary")
		p.do(chromedp.SetValue(chromedp.CSS(`input[name="id_number"]`), "000000199001010009"))
		p.click("#baidu button")
		p.see("main > svg")
		assert.Contains(t, p.text("main"), "证件号码")
		p.shoot("kit-problem-zh")
		assert.Empty(t, s.events())
	})
	t.Run("a photo that is too large is refused with a sentence for people", func(t *testing.T) {
		s := startShop(t)
		p := newPerson(t, "en")
		p.signIn(s)
		p.click("#baidu-photo summary")
		p.do(chromedp.SetUploadFiles(chromedp.CSS(`input[type="file"]`), []string{photo(t, 2000, 1200)}))
		p.click("#baidu-photo button")
		p.see("main > svg")
		assert.Contains(t, p.text("main"), "photo")
		assert.Empty(t, s.events())
	})
}

// photo writes a picture of nobody.
func photo(t *testing.T, width, height int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "photo.png")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, png.Encode(file, image.NewGray(image.Rect(0, 0, width, height))))
	require.NoError(t, file.Close())
	return path
}
