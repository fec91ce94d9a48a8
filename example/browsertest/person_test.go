package browsertest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// person is somebody with a browser of his own: no cookies are shared.
type person struct {
	t   *testing.T
	ctx context.Context
}

// newPerson opens a private window, as wide as a phone. language is what the
// browser asks for.
func newPerson(t *testing.T, language string) *person {
	t.Helper()
	ctx, closeWindow := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(closeWindow)
	p := &person{t, ctx}
	p.do(phone())
	_, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
		Headers: network.Headers{"Accept-Language": language},
	})
	require.NoError(t, err)
	return p
}

func phone() chromedp.Action[chromedp.Void] {
	return chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile)
}
func desktop() chromedp.Action[chromedp.Void] { return chromedp.EmulateViewport(1280, 900) }

// do runs browser actions within patience.
func (p *person) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, p.try(actions...), "at %s", p.where())
}

func (p *person) try(actions ...chromedp.Action[chromedp.Void]) error {
	if err := chromedp.Do(p.ctx); err != nil { // the first call decides over the window's life
		return err
	}
	ctx, cancel := p.patient()
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// patient bounds what the browser is asked for, so that a page which hangs fails the
// test and says where.
func (p *person) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, patience)
}

// where is the address that the browser shows, for messages.
func (p *person) where() string {
	ctx, cancel := p.patient()
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return at
}

func (p *person) open(url string)  { p.t.Helper(); p.do(chromedp.Navigate(url)) }
func (p *person) click(css string) { p.t.Helper(); p.do(chromedp.Click(chromedp.CSS(css))) }
func (p *person) see(css string)   { p.t.Helper(); p.do(chromedp.WaitVisible(chromedp.CSS(css))) }
func (p *person) noScripts()       { p.t.Helper(); p.scripts(false) }
func (p *person) choose(id string) {
	p.t.Helper()
	p.click(`button[value="` + id + `"]`)
}
func (p *person) landed(css string) { p.t.Helper(); p.see(`#history li[data-verdict="` + css + `"]`) }

func (p *person) scripts(on bool) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	require.NoError(p.t, err)
}

// has tells whether the page holds an element at this moment.
func (p *person) has(css string) bool {
	ctx, cancel := p.patient()
	defer cancel()
	there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("`+css+`") !== null`))
	return err == nil && there
}

// text is what an element shows.
func (p *person) text(css string) string {
	p.t.Helper()
	ctx, cancel := p.patient()
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(css)))
	require.NoError(p.t, err)
	return text
}

// signIn opens the shop and signs in.
func (p *person) signIn(s *running) {
	p.t.Helper()
	p.open(s.app + "/")
	p.click(`form[action="/login"] button`)
	p.see("#state")
}

// startAt presses one of the home page's buttons and waits for the vendor's page.
func (p *person) startAt(form string) {
	p.t.Helper()
	p.click("#" + form + " button")
	p.see(`button[value="pass"]`)
}

// shoot writes pictures of the page for people to look at, as wide as a phone and
// as a desktop.
func (p *person) shoot(name string) {
	p.t.Helper()
	p.picture(name + "-phone")
	p.do(desktop())
	p.picture(name + "-desktop")
	p.do(phone())
}

// picture writes the page as it is.
func (p *person) picture(name string) {
	p.t.Helper()
	dir := os.Getenv("FACEGATE_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := p.patient()
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	require.NoError(p.t, err)
	require.NoError(p.t, os.MkdirAll(dir, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
}
