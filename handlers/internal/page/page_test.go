package page_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers/internal/page"
)

// samples has every kind of page with every field filled in.
func samples() map[string]page.Page {
	return map[string]page.Page{
		"moving":  page.Moving{To: "/face/finish?session=ABC&n=1"},
		"neutral": page.Neutral{ContinueTo: "https://shop.example/account"},
		"pending": page.Pending{
			Status: "/face/status?session=ABC&wait=20", Finish: "/face/finish?session=ABC",
			GiveUp: 90 * time.Second, ContinueTo: "/account",
		},
		"pending, given up": page.Pending{Status: "/s", Finish: "/f", GivenUp: true, ContinueTo: "/account"},
		"problem":           page.Problem{Title: "Slow down", Sentence: "Too many attempts.", RetryTo: "/start", RetryAfter: 90 * time.Second},
		"consent":           consent(),
	}
}

func consent() page.Consent {
	return page.Consent{
		Title:       page.Text{ZH: "人脸核验授权", EN: "Face check"},
		Purpose:     page.Text{ZH: "确认账户由本人操作。", EN: "To make sure that it is you."},
		Operator:    page.Text{ZH: "示例商店", EN: "Example Shop"},
		Processed:   page.Text{ZH: "人脸视频、姓名、证件号码。", EN: "A video of your face, your name, your ID number."},
		Vendor:      page.Text{ZH: "示例核验公司", EN: "Example Checks Ltd"},
		Retention:   page.Text{ZH: "三十天。", EN: "Thirty days."},
		CrossBorder: page.Text{ZH: "不出境。", EN: "Your data stay in the country."},
		Withdraw:    page.Text{ZH: "在账户设置中撤回。", EN: "In your account's settings."},
		Agree:       page.Form{Action: "/face/start", Fields: []page.Field{{Name: "vendor", Value: "megvii"}, {Name: "consent", Value: "v3"}}},
		Vendors:     []string{"https://api.megvii.com"},
		Other:       page.Form{Action: "/face/other", Fields: []page.Field{{Name: "way", Value: "counter"}}},
	}
}

func render(t testing.TB, status int, language string, p page.Page) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	require.NoError(t, page.Write(w, status, language, p))
	return w.Result(), w.Body.String()
}

var nonceOf = regexp.MustCompile(`style-src 'nonce-([^']*)'`)

func nonce(t testing.TB, answer *http.Response) string {
	t.Helper()
	found := nonceOf.FindStringSubmatch(answer.Header.Get("Content-Security-Policy"))
	require.Len(t, found, 2, "the policy names a nonce")
	return found[1]
}

func TestEveryPage(t *testing.T) {
	outside := regexp.MustCompile(`(?i)(\ssrc=|<link|@import|url\(|<iframe|<object|<base|\son[a-z]+=|\sstyle=|javascript:)`)
	tags := regexp.MustCompile(`<(?:style|script)[^>]*>`)
	for name, p := range samples() {
		for language, lang := range map[string]string{"zh": "zh-CN", "en": "en", "fr": "en"} {
			t.Run("case 89: "+name+" in "+language+" has the headers and the bones of a safe page", func(t *testing.T) {
				answer, body := render(t, http.StatusAccepted, language, p)

				assert.Equal(t, http.StatusAccepted, answer.StatusCode)
				h := answer.Header
				assert.Equal(t, "text/html; charset=utf-8", h.Get("Content-Type"))
				assert.Equal(t, strconv.Itoa(len(body)), h.Get("Content-Length"))
				assert.Equal(t, "no-store", h.Get("Cache-Control"))
				assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
				assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
				assert.Equal(t, "Accept-Language", h.Get("Vary"))

				assert.Contains(t, body, `<html lang="`+lang+`">`)
				assert.Regexp(t, `<title>[^<]+</title>`, body)
				assert.Regexp(t, `<h1>[^<]+</h1>`, body)
				assert.Contains(t, body, `name="viewport"`)
				assert.NotContains(t, body, "ZgotmplZ", "nothing was dropped by the template's escaper")
				assert.NotRegexp(t, outside, body)
				assert.Less(t, len(body), 8<<10, "a page is tiny")

				for _, tag := range tags.FindAllString(body, -1) {
					assert.Contains(t, tag, `nonce="`+nonce(t, answer)+`"`)
				}
			})
		}
	}
}

func TestPolicy(t *testing.T) {
	const frame = "frame-ancestors 'none'; base-uri 'none'"
	for name, want := range map[string]string{
		"moving":            "default-src 'none'; script-src 'nonce-N'; style-src 'nonce-N'; form-action 'none'; " + frame,
		"neutral":           "default-src 'none'; style-src 'nonce-N'; form-action 'self'; " + frame,
		"pending":           "default-src 'none'; script-src 'nonce-N'; style-src 'nonce-N'; connect-src 'self'; form-action 'self'; " + frame,
		"pending, given up": "default-src 'none'; style-src 'nonce-N'; form-action 'self'; " + frame,
		"problem":           "default-src 'none'; style-src 'nonce-N'; form-action 'self'; " + frame,
		"consent":           "default-src 'none'; style-src 'nonce-N'; form-action 'self' https://api.megvii.com; " + frame,
	} {
		t.Run("the policy of "+name+" allows its own style and script and nothing else", func(t *testing.T) {
			answer, body := render(t, http.StatusOK, "en", samples()[name])
			got := strings.ReplaceAll(answer.Header.Get("Content-Security-Policy"), nonce(t, answer), "N")
			assert.Equal(t, want, got)
			assert.Equal(t, strings.Contains(want, "script-src"), strings.Contains(body, "<script"))
		})
	}
}

func TestNonce(t *testing.T) {
	t.Run("a nonce has 128 random bits and is never used twice", func(t *testing.T) {
		seen := map[string]bool{}
		for range 2000 {
			answer, _ := render(t, http.StatusOK, "en", page.Neutral{})
			n := nonce(t, answer)
			require.Regexp(t, `^[A-Za-z0-9+/_-]{22,}$`, n)
			require.False(t, seen[n])
			seen[n] = true
		}
	})
}

func TestVary(t *testing.T) {
	t.Run("what the app varies on stays", func(t *testing.T) {
		w := httptest.NewRecorder()
		w.Header().Set("Vary", "Cookie")
		require.NoError(t, page.Write(w, http.StatusOK, "en", page.Neutral{}))
		assert.Equal(t, []string{"Cookie", "Accept-Language"}, w.Header().Values("Vary"))
	})
}

func TestMoving(t *testing.T) {
	_, body := render(t, http.StatusOK, "zh", samples()["moving"])
	t.Run("case 70: the return page moves on by script, by meta refresh and by a visible link", func(t *testing.T) {
		assert.Contains(t, body, `location.replace(document.getElementById("to").href)`)
		assert.Contains(t, body, `<noscript><meta http-equiv="refresh" content="0;url=/face/finish?session=ABC&amp;n=1"></noscript>`)
		assert.Contains(t, body, `<a class="go quiet" id="to" href="/face/finish?session=ABC&amp;n=1">继续</a>`)
	})
}

func TestNeutral(t *testing.T) {
	t.Run("case 81: a stranger is sent back to where he started, in both languages", func(t *testing.T) {
		_, body := render(t, http.StatusOK, "zh", page.Neutral{})
		assert.Contains(t, body, "您可以关闭此页面，回到最初打开的应用或设备。")
		_, body = render(t, http.StatusOK, "en", page.Neutral{})
		assert.Contains(t, body, "You can close this page and go back to the app or device where you started.")
		assert.NotContains(t, body, "<a ", "there is no link unless one is given")
	})
	t.Run("the link to go on is optional", func(t *testing.T) {
		_, body := render(t, http.StatusOK, "en", page.Neutral{ContinueTo: "https://shop.example/a?b=c&d=e"})
		assert.Contains(t, body, `href="https://shop.example/a?b=c&amp;d=e"`)
	})
}

func TestPending(t *testing.T) {
	t.Run("case 87: the page polls, goes to finish, and says after a time that the person will be told", func(t *testing.T) {
		_, body := render(t, http.StatusOK, "zh", samples()["pending"])
		assert.Contains(t, body, `data-status="/face/status?session=ABC&amp;wait=20"`)
		assert.Contains(t, body, `data-finish="/face/finish?session=ABC"`)
		assert.Contains(t, body, `data-giveup="90000"`)
		assert.Contains(t, body, "结果出来后会通知您")
		assert.Contains(t, body, `<noscript><meta http-equiv="refresh" content="5;url=/face/finish?session=ABC"></noscript>`)
	})
	t.Run("without a time the page gives up after a minute", func(t *testing.T) {
		_, body := render(t, http.StatusOK, "en", page.Pending{Status: "s", Finish: "f"})
		assert.Contains(t, body, `data-giveup="60000"`)
		assert.Contains(t, body, "We will tell you")
	})
	t.Run("a page that has given up asks nothing any more, with or without scripts", func(t *testing.T) {
		_, body := render(t, http.StatusOK, "en", samples()["pending, given up"])
		assert.Contains(t, body, "We will tell you")
		assert.NotContains(t, body, "<script")
		assert.NotContains(t, body, "refresh")
		assert.NotContains(t, body, " hidden")
	})
}

func TestProblem(t *testing.T) {
	t.Run("title, sentence, link and time to wait are shown", func(t *testing.T) {
		answer, body := render(t, http.StatusTooManyRequests, "en", samples()["problem"])
		assert.Contains(t, body, "<title>Slow down</title>")
		assert.Contains(t, body, "Too many attempts.")
		assert.Contains(t, body, `href="/start"`)
		assert.Contains(t, body, "Please wait 90 seconds")
		assert.Equal(t, "90", answer.Header.Get("Retry-After"))
	})
	t.Run("nothing given is still a page for people", func(t *testing.T) {
		answer, body := render(t, http.StatusInternalServerError, "zh", page.Problem{})
		assert.Contains(t, body, "未能完成")
		assert.Empty(t, answer.Header.Get("Retry-After"))
		assert.NotContains(t, body, "<a ")
	})
	for wait, want := range map[time.Duration][2]string{
		-time.Second:            {"", ""},
		time.Millisecond:        {"1", "1 second before"},
		1500 * time.Millisecond: {"2", "2 seconds"},
		2 * time.Minute:         {"120", "120 seconds"},
		121 * time.Second:       {"121", "3 minutes"},
		time.Hour:               {"3600", "60 minutes"},
	} {
		t.Run(fmt.Sprintf("a wait of %v is told as %q and sent as %q", wait, want[1], want[0]), func(t *testing.T) {
			answer, body := render(t, http.StatusServiceUnavailable, "en", page.Problem{RetryAfter: wait})
			assert.Equal(t, want[0], answer.Header.Get("Retry-After"))
			assert.Contains(t, body, want[1])
			assert.Equal(t, want[1] != "", strings.Contains(body, "Please wait"))
		})
	}
}

func TestConsent(t *testing.T) {
	t.Run("every text that the law asks for is shown in the person's language", func(t *testing.T) {
		_, body := render(t, http.StatusUnprocessableEntity, "zh", consent())
		for _, text := range []string{"人脸核验授权", "确认账户由本人操作。", "示例商店", "人脸视频、姓名、证件号码。", "示例核验公司", "三十天。", "不出境。", "在账户设置中撤回。"} {
			assert.Contains(t, body, text)
		}
		assert.NotContains(t, body, "Thirty days")
	})
	t.Run("both choices are offered", func(t *testing.T) {
		_, body := render(t, http.StatusUnprocessableEntity, "en", consent())
		assert.Contains(t, body, `<form method="post" action="/face/start">`)
		assert.Contains(t, body, `<input type="hidden" name="vendor" value="megvii">`)
		assert.Contains(t, body, `<input type="hidden" name="consent" value="v3">`)
		assert.Contains(t, body, `<form method="post" action="/face/other">`)
		assert.Contains(t, body, `<input type="hidden" name="way" value="counter">`)
	})
	t.Run("the other way may be a link", func(t *testing.T) {
		c := consent()
		c.OtherTo = "https://shop.example/counter"
		_, body := render(t, http.StatusUnprocessableEntity, "en", c)
		assert.Contains(t, body, `href="https://shop.example/counter"`)
		assert.NotContains(t, body, "/face/other")
	})
	t.Run("the redirect to a vendor whose host is not known beforehand can be allowed", func(t *testing.T) {
		c := consent()
		c.Vendors = []string{"https:"}
		answer, _ := render(t, http.StatusUnprocessableEntity, "en", c)
		assert.Contains(t, answer.Header.Get("Content-Security-Policy"), "form-action 'self' https:; ")
	})
	t.Run("a text in one language serves both, and an empty one has no row", func(t *testing.T) {
		_, body := render(t, http.StatusOK, "en", page.Consent{Purpose: page.Text{ZH: "只有中文"}, Agree: page.Form{Action: "/s"}})
		assert.Contains(t, body, "只有中文")
		assert.NotContains(t, body, "Kept for")
		assert.Contains(t, body, "Before the face check")
		assert.Equal(t, 1, strings.Count(body, "<form"))
	})
}

func TestHostileText(t *testing.T) {
	const hostile = "<script>alert(1)</script>\"'`><img src=x onerror=alert(2)>\r\nSet-Cookie: a=b\x1b[31m\x00</style>{{.Nonce}}"
	text := page.Text{ZH: hostile, EN: hostile}
	for name, p := range map[string]page.Page{
		"problem": page.Problem{Title: hostile, Sentence: hostile},
		"consent": page.Consent{
			Title: text, Purpose: text, Operator: text, Processed: text, Vendor: text, Retention: text, CrossBorder: text, Withdraw: text,
			Agree: page.Form{Action: "/s", Fields: []page.Field{{Name: hostile, Value: hostile}}},
			Other: page.Form{Action: "/s", Fields: []page.Field{{Name: hostile, Value: hostile}}},
		},
	} {
		t.Run("case 90: markup in the texts of "+name+" is shown as text", func(t *testing.T) {
			answer, body := render(t, http.StatusOK, "en", p)
			assert.NotContains(t, body, "<script")
			assert.NotContains(t, body, "<img")
			assert.Contains(t, body, "&lt;script&gt;")
			assert.NotContains(t, body, "\x00")
			assert.Equal(t, 1, strings.Count(body, "</style>"))
			assert.Contains(t, body, "{{.Nonce}}", "text is not a template")
			for name := range answer.Header {
				assert.NotEqual(t, "Set-Cookie", name)
			}
		})
	}
}

// unfit are URLs that must not stand in any page.
func unfit() []string {
	return []string{
		"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "https:evil.example", "https:///evil.example",
		"javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "ftp://evil.example/",
		"https://user@evil.example/", "http:\\\\evil.example", " /a", "/a b", "/a\r\nb", "/a\x00b", "/%zz", "/é", "httpſ://evil.example",
		`/a"onclick=x`, "/<script>", "mailto:a@b.example", "#:", "finish?at=12:30", "blob:https://shop.example/x", "/" + strings.Repeat("a", 8<<10),
	}
}

func TestURLs(t *testing.T) {
	holders := map[string]func(string) page.Page{
		"Moving.To":          func(u string) page.Page { return page.Moving{To: u} },
		"Neutral.ContinueTo": func(u string) page.Page { return page.Neutral{ContinueTo: u} },
		"Pending.Status":     func(u string) page.Page { return page.Pending{Status: u, Finish: "/f"} },
		"Pending.Finish":     func(u string) page.Page { return page.Pending{Status: "/s", Finish: u} },
		"Pending.ContinueTo": func(u string) page.Page { return page.Pending{Status: "/s", Finish: "/f", ContinueTo: u} },
		"Problem.RetryTo":    func(u string) page.Page { return page.Problem{RetryTo: u} },
		"Consent.Agree":      func(u string) page.Page { return page.Consent{Agree: page.Form{Action: u}} },
		"Consent.Other": func(u string) page.Page {
			return page.Consent{Agree: page.Form{Action: "/s"}, Other: page.Form{Action: u}}
		},
		"Consent.OtherTo": func(u string) page.Page { return page.Consent{Agree: page.Form{Action: "/s"}, OtherTo: u} },
		"Consent.Vendors": func(u string) page.Page {
			return page.Consent{Agree: page.Form{Action: "/s"}, Vendors: []string{u}}
		},
	}
	for field, holder := range holders {
		for _, raw := range unfit() {
			t.Run("case 13: "+field+" refuses "+strconv.Quote(raw[:min(len(raw), 30)]), func(t *testing.T) {
				w := httptest.NewRecorder()
				err := page.Write(w, http.StatusOK, "en", holder(raw))
				require.ErrorContains(t, err, field)
				assert.NotContains(t, err.Error(), raw)
				assert.Equal(t, http.StatusInternalServerError, w.Code)
				assert.NotContains(t, w.Body.String(), "evil")
				assert.NotContains(t, w.Body.String(), "href")
			})
		}
	}
	for _, field := range []string{"Moving.To", "Pending.Status", "Pending.Finish", "Consent.Agree"} {
		for _, raw := range []string{"", "https://shop.example/finish"} {
			t.Run(field+" stays on the site: "+strconv.Quote(raw)+" is refused", func(t *testing.T) {
				require.ErrorContains(t, page.Write(httptest.NewRecorder(), http.StatusOK, "en", holders[field](raw)), field)
			})
		}
	}
	for _, raw := range []string{"finish?session=A", "/face/finish?session=A&b=%2C,c#d", "../x", "?a=b"} {
		t.Run("a relative URL is fine: "+raw, func(t *testing.T) {
			_, body := render(t, http.StatusOK, "en", page.Moving{To: raw})
			assert.Contains(t, body, `href="`+strings.ReplaceAll(raw, "&", "&amp;")+`"`)
		})
	}
	for _, raw := range []string{"https://api.megvii.com/path", "https://a.example; script-src *", "https://*.example", "/x", "'self'", ""} {
		t.Run("an origin is scheme and host alone: "+strconv.Quote(raw)+" is refused", func(t *testing.T) {
			require.ErrorContains(t, page.Write(httptest.NewRecorder(), http.StatusOK, "en", holders["Consent.Vendors"](raw)), "Consent.Vendors")
		})
	}
}

func FuzzURL(f *testing.F) {
	for _, raw := range append(unfit(), "/a?b=c", "https://shop.example/", "finish") {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		w := httptest.NewRecorder()
		if err := page.Write(w, http.StatusOK, "en", page.Moving{To: raw}); err != nil {
			return
		}
		body := w.Body.String()
		if strings.Count(body, "<a ") != 1 || strings.Contains(body, "ZgotmplZ") || strings.Count(body, "<script") != 1 {
			t.Fatalf("%q broke the page", raw)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	for _, name := range []string{"moving", "neutral", "pending", "problem", "consent"} {
		p := samples()[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := page.Write(httptest.NewRecorder(), http.StatusOK, "zh", p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
