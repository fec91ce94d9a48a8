package megvii

import (
	"slices"

	"github.com/facegate/facegate/handlers"
)

// rates returns the vendor's false accept rates, weakest first.
func rates() []string { return []string{Rate3, Rate4, Rate5, Rate6} }

// judged returns the comparisons that came and that the policy looks at.
func (p Policy) judged(v *VerifyResult) []namedComparison {
	if v == nil {
		return nil
	}
	return slices.DeleteFunc(v.allComparisons(), func(c namedComparison) bool {
		ignored := len(p.Comparisons) > 0 && !slices.Contains(p.Comparisons, c.name)
		return c.comparison == nil || ignored
	})
}

// brokenScores returns the reasons of the rules about scores. Of the scores that
// are too low only the lowest is named, by the weakest rate that it misses.
func (p Policy) brokenScores(v *VerifyResult) []handlers.Reason {
	var broken []handlers.Reason
	lowest := len(rates())
	for _, c := range p.judged(v) {
		confidence, ok := c.comparison.score()
		if !ok {
			broken = append(broken, ReasonScoreMissing)
			continue
		}
		if _, ok := c.comparison.Thresholds.at(p.rate()); !ok {
			broken = append(broken, ReasonThresholdMissing)
		}
		for i, rate := range rates() {
			threshold, ok := c.comparison.Thresholds.at(rate)
			if ok && confidence < threshold {
				lowest = min(lowest, i)
			}
			if rate == p.rate() {
				break
			}
		}
	}
	if lowest < len(rates()) {
		broken = append(broken, "score_below_"+handlers.Reason(rates()[lowest]))
	}
	return broken
}

// score returns the confidence if it is a number on the vendor's scale.
func (c *Comparison) score() (float64, bool) {
	if c.Confidence == nil || !within(*c.Confidence, 100) {
		return 0, false
	}
	return *c.Confidence, true
}

// at returns the threshold of a rate. One of 0 would let everybody pass and counts
// as missing.
func (t Thresholds) at(rate string) (float64, bool) {
	threshold, ok := t[rate]
	return threshold, ok && threshold > 0 && within(threshold, 100)
}

// scoreBucket returns the strictest rate that the weakest of the comparisons
// reaches, or "below_" and the weakest rate that came if it reaches none. It is
// empty if nothing was compared, or if a comparison cannot be read.
func scoreBucket(comparisons []namedComparison) string {
	weakest, bucket := len(rates())+1, ""
	for _, c := range comparisons {
		rank, name := c.comparison.bucket()
		if name == "" {
			return ""
		}
		if rank < weakest {
			weakest, bucket = rank, name
		}
	}
	return bucket
}

// bucket returns the strictest rate that the score reaches, and how many rates
// that is from below. A rate counts only if every weaker one is reached as well.
func (c *Comparison) bucket() (rank int, name string) {
	confidence, ok := c.score()
	if !ok {
		return 0, ""
	}
	for i, rate := range rates() {
		threshold, ok := c.Thresholds.at(rate)
		switch {
		case !ok:
			continue
		case confidence >= threshold:
			rank, name = i+1, rate
		case name == "":
			return 0, "below_" + rate
		default:
			return rank, name
		}
	}
	return rank, name
}
