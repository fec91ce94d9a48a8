package page

import (
	"net/http"
	"strconv"
	"strings"
)

// Language is "zh" or "en", whichever the request's Accept-Language prefers.
// fallback, itself "zh" or "en", decides when the header leaves it open; any
// other fallback means "en".
func Language(r *http.Request, fallback string) string {
	if fallback != "zh" {
		fallback = "en"
	}
	zh, en, star := preferences(r.Header.Values("Accept-Language"))
	zh, en = zh.or(star), en.or(star)
	switch {
	case zh.quality > en.quality:
		return "zh"
	case en.quality > zh.quality:
		return "en"
	case zh.place < en.place:
		return "zh"
	case en.place < zh.place:
		return "en"
	}
	return fallback
}

// preference is what the header says about a language: how much, from 0 to 1000,
// and how early.
type preference struct {
	quality int
	place   int
}

// The two preferences that no header states: nothing said, which ranks below
// every wish but above an explicit refusal.
const (
	unsaid  = 0
	refused = -1
)

// or is p, or what "*" says when p is not mentioned.
func (p preference) or(star preference) preference {
	if p.quality == unsaid {
		return star
	}
	return p
}

// mostRanges bounds the work that a header can cause.
const mostRanges = 32

func preferences(headers []string) (zh, en, star preference) {
	left := mostRanges
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			if left--; left < 0 {
				return zh, en, star
			}
			tag, parameters, _ := strings.Cut(item, ";")
			primary, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
			p := preference{quality(parameters), mostRanges - left}
			switch strings.ToLower(primary) {
			case "zh":
				zh = better(zh, p)
			case "en":
				en = better(en, p)
			case "*":
				star = better(star, p)
			}
		}
	}
	return zh, en, star
}

// better keeps the stronger of two statements about one language, such as zh-CN
// and zh.
func better(have, next preference) preference {
	if have.quality == unsaid || next.quality > have.quality {
		return next
	}
	return have
}

// quality is the q parameter times 1000, 1000 without one, and refused for zero
// or something that is not a number from 0 to 1.
func quality(parameters string) int {
	name, value, found := strings.Cut(strings.TrimSpace(parameters), "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1000
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if thousandths := int(q * 1000); err == nil && q <= 1 && thousandths > 0 {
		return thousandths
	}
	return refused
}
