package megvii

import (
	"slices"
	"strings"

	"github.com/facegate/facegate/handlers"
)

// brokenLiveness returns the reasons of the rules about liveness and spoofs.
func brokenLiveness(l *LivenessResult) []handlers.Reason {
	if l == nil {
		return []handlers.Reason{ReasonLivenessMissing}
	}
	var broken []handlers.Reason
	if l.Result != ResultPass {
		broken = append(broken, ReasonLivenessFailed)
	}
	if l.FaceGenuineness == nil {
		return append(broken, ReasonSpoofScoresMissing)
	}
	return append(broken, l.FaceGenuineness.broken()...)
}

// broken compares every spoof score with its own threshold.
func (g *FaceGenuineness) broken() []handlers.Reason {
	var broken []handlers.Reason
	for _, spoof := range []struct {
		confidence, threshold *float64
		attack                handlers.Reason
	}{
		{g.SyntheticFaceConfidence, g.SyntheticFaceThreshold, ReasonSpoofSynthetic},
		{g.MaskConfidence, g.MaskThreshold, ReasonSpoofMask},
		{g.ScreenReplayConfidence, g.ScreenReplayThreshold, ReasonSpoofScreenReplay},
	} {
		switch {
		case spoof.confidence == nil:
			broken = append(broken, ReasonSpoofScoresMissing)
		case spoof.threshold == nil || !within(*spoof.threshold, 1):
			broken = append(broken, ReasonSpoofThresholdMissing)
		case !within(*spoof.confidence, *spoof.threshold): // NaN is an attack, too
			broken = append(broken, spoof.attack)
		}
	}
	if g.FaceReplaced != nil && *g.FaceReplaced != 0 {
		broken = append(broken, ReasonFaceReplaced)
	}
	if raised(g.SelfieInconsistent) || raised(g.SelfieMetadataInconsistent) {
		broken = append(broken, ReasonSelfieInconsistent)
	}
	return broken
}

// raised reports whether a flag in text form came and is not "0".
func raised(flag string) bool { return flag != "" && flag != "0" }

// within reports whether value is a number from 0 to top.
func within(value, top float64) bool { return value >= 0 && value <= top }

// brokenVerify returns the reasons of the rules about the comparison.
func (p Policy) brokenVerify(v *VerifyResult, asked Asked) []handlers.Reason {
	var broken []handlers.Reason
	explained := false // the error tells why there are no scores
	if v != nil && v.ErrorMessage != nil && *v.ErrorMessage != "" {
		reason := verifyErrorReason(*v.ErrorMessage)
		explained = p.verdict(reason) != handlers.Passed
		broken = append(broken, reason)
	}
	if !explained && p.comparisonMissing(v, asked) {
		broken = append(broken, ReasonComparisonMissing)
	}
	return append(broken, p.brokenScores(v)...)
}

// comparisonMissing reports whether a comparison that must be there is not. The
// vendor's overall score must not be made up for by a match with the card's photo.
func (p Policy) comparisonMissing(v *VerifyResult, asked Asked) bool {
	if asked.LivenessOnly {
		return false
	}
	came := p.judged(v)
	demanded := p.Comparisons
	if len(demanded) == 0 {
		demanded = asked.Comparisons
	}
	for _, name := range demanded {
		if !slices.ContainsFunc(came, func(c namedComparison) bool { return c.name == name }) {
			return true
		}
	}
	return len(came) == 0
}

// verifyErrorReason maps an error_message. Some of the vendor's answers have
// ": detail" behind the code.
func verifyErrorReason(message string) handlers.Reason {
	code, _, _ := strings.Cut(message, ":")
	switch strings.TrimSpace(code) {
	case "NO_SUCH_ID_NUMBER":
		return ReasonNoSuchIDNumber
	case "ID_NUMBER_NAME_NOT_MATCH":
		return ReasonIDNumberNameNotMatch
	case "IMAGE_ERROR_UNSUPPORTED_FORMAT":
		return ReasonImageUnsupported
	case "NO_FACE_FOUND":
		return ReasonNoFaceFound
	case "DATA_SOURCE_ERROR":
		return ReasonDataSourceError
	case "INTERNAL_ERROR":
		return ReasonInternalError
	default:
		return ReasonUnknownError
	}
}

// brokenWill returns the reasons of the rules about the spoken answers. Answers
// that came count, asked for or not.
func brokenWill(answers WillResult, asked bool) []handlers.Reason {
	if len(answers) == 0 && asked {
		return []handlers.Reason{ReasonWillMissing}
	}
	var broken []handlers.Reason
	for _, answer := range answers {
		if answer.Result != ResultPass || answer.ErrorMessage != "" {
			broken = append(broken, willReason(answer.ErrorMessage))
		}
	}
	return broken
}

func willReason(message string) handlers.Reason {
	switch message {
	case WillAnswerInconsistent:
		return ReasonWillInconsistent
	case WillNoAudio:
		return ReasonWillNoAudio
	case WillSpeechError:
		return ReasonWillASRError
	default:
		return ReasonWillFailed
	}
}

// brokenIdentity compares who came back with who was asked for.
func brokenIdentity(card *IDCardInfo, asked Asked) []handlers.Reason {
	if card == nil {
		return nil
	}
	var broken []handlers.Reason
	compare := func(same func(handlers.Private) bool, came handlers.Private) {
		switch {
		case same == nil:
		case came.IsZero():
			broken = append(broken, ReasonIdentityMissing)
		case !same(came):
			broken = append(broken, handlers.ReasonIdentityMismatch)
		}
	}
	compare(asked.SameName, card.Name)
	compare(asked.SameIDNumber, card.Number)
	return broken
}

// flagged returns the reasons of the flags that are no failure by themselves.
func flagged(r *Result) []handlers.Reason {
	var flags []handlers.Reason
	if r.Verify != nil && r.Verify.IDExceptions != nil {
		exceptions := r.Verify.IDExceptions
		if exceptions.IDAttacked != nil && *exceptions.IDAttacked != 0 {
			flags = append(flags, ReasonIDAttacked)
		}
		if exceptions.IDPhotoMonochrome != nil && *exceptions.IDPhotoMonochrome != 0 {
			flags = append(flags, ReasonIDPhotoMonochrome)
		}
	}
	if raised(r.MultiFacesTag) {
		flags = append(flags, ReasonMultipleFaces)
	}
	return flags
}
