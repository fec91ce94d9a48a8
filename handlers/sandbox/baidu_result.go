package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The person who holds an ID card up to the page or types on it.
const (
	baiduPersonName   = "测试甲"
	baiduPersonNumber = "000000190001010000"
)

// result wraps a query in what the five share: the token must be the
// application's own and young enough, and there must be something to tell.
func (b *Baidu) result(answer func(*baiduCall, *baiduSession) baiduAnswer) func(*baiduCall) baiduAnswer {
	return func(call *baiduCall) baiduAnswer {
		var request struct {
			VerifyToken string `json:"verify_token"`
		}
		if err := json.Unmarshal(call.body, &request); err != nil {
			return b.fail(nil, baiduInvalid())
		}
		session := b.find(call, request.VerifyToken)
		if session == nil || session.switches.ResultGone {
			return b.tokenInvalid(session)
		}
		switch state := session.state(call.now); {
		case state == baiduExpired || state == baiduGone:
			return b.tokenInvalid(session)
		case len(session.attempts) == 0:
			return b.unfinished(session)
		case session.pending > 0:
			session.pending--
			return b.unfinished(session)
		}
		return answer(call, session)
	}
}

// unfinished answers a query for which there is no result yet.
func (b *Baidu) unfinished(s *baiduSession) baiduAnswer {
	switch s.switches.Unfinished {
	case BaiduUnfinishedServiceError:
		return b.fail(s.shapes(), baiduUnavailable())
	case BaiduUnfinishedBare:
		return b.envelope(s.shapes(), baiduObject{{"success", s.shapes().success(false)}})
	case BaiduUnfinishedNullResult:
		return b.succeed(s.shapes(), nil)
	}
	return b.tokenInvalid(s)
}

// simple gives the address of the final face picture.
func (b *Baidu) simple(call *baiduCall, s *baiduSession) baiduAnswer {
	last := s.last()
	if !last.passed() {
		return b.fail(s.shapes(), baiduFailure{last.code, last.message})
	}
	return b.succeed(s.shapes(), baiduObject{{"image", s.faceURL(call.base)}})
}

func (s *baiduSession) faceURL(base string) string {
	return base + "/solution/faceprint/image/query?verify_token=" + s.token
}

// detail says whether the identity was verified: its success means that.
func (b *Baidu) detail(_ *baiduCall, s *baiduSession) baiduAnswer {
	last, shapes := s.last(), s.shapes()
	if !last.passed() {
		return b.fail(shapes, baiduFailure{last.code, last.message})
	}
	verified := baiduObject{
		{"score", shapes.score(s.score())},
		{"liveness_score", shapes.score(0.9672966)},
		{"spoofing", shapes.score(last.spoofing)},
	}
	if !shapes.has(BaiduNoRisk) {
		level, tag := s.risk(last)
		verified = append(verified, baiduObject{
			{"verify_log_id", s.verifyLogID(len(s.attempts))}, {"risk_level", level}, {"risk_tag", tag},
		}...)
	}
	result := baiduObject{{"verify_result", verified}}
	if s.plan.Identity == BaiduIdentityOCR {
		result = append(result, s.detailCard()...)
	}
	result = append(result, baiduMember{"idcard_confirm", s.confirmed()})

	demote := baiduMember{"is_demote", last.demoted}
	if shapes.has(BaiduDemoteInside) {
		return b.succeed(shapes, append(result, demote))
	}
	return b.succeed(shapes, result, demote)
}

// score is the similarity of a pass.
func (s *baiduSession) score() float64 {
	switch {
	case s.plan.Comparison == BaiduCompareNothing:
		return 0
	case s.switches.Score != nil:
		return *s.switches.Score
	}
	return 93.7835
}

// risk is the level and tag of an attempt: 1 and 2 mean a hit.
func (s *baiduSession) risk(attempt baiduAttempt) (level any, tag string) {
	word := "3"
	if attempt.risky {
		word, tag = cmp.Or(s.switches.RiskLevel, "1"), "fake_camera"
	}
	if s.shapes().has(BaiduNumberRisk) {
		return jsontext.Value(word), tag
	}
	return word, tag
}

// verifyLogID is the id of the comparison's own log record.
func (s *baiduSession) verifyLogID(order int) string {
	return strconv.FormatInt(s.made.Unix()*1_000_000_000+int64(order), 10)
}

// person is whose identity is verified.
func (s *baiduSession) person() (name, number string) {
	switch {
	case s.shapes().has(BaiduOtherPerson):
		return "测试乙", "000000190001010019"
	case s.submitted:
		return s.name.reveal(), s.number.reveal()
	}
	return baiduPersonName, baiduPersonNumber
}

// confirmed is detail's idcard_confirm. Plans that ask for no identity have
// none.
func (s *baiduSession) confirmed() any {
	switch {
	case !s.identified():
		return baiduAbsent{}
	case s.shapes().has(BaiduNullConfirm):
		return nil
	}
	name, number := s.person()
	return baiduObject{{"idcard_number", number}, {"name", name}}
}

func (s *baiduSession) identified() bool {
	return s.submitted || s.plan.Comparison == BaiduCompareAuthority
}

// detailCard is what detail adds for a plan that reads the ID card. The number
// is called id_card_number here, and the pictures are base64.
func (s *baiduSession) detailCard() baiduObject {
	name, number := s.person()
	picture := baiduPicture(s.switches.ImageBytes)
	return baiduObject{
		{"idcard_ocr_result", baiduObject{
			{"birthday", "19000101"},
			{"issue_authority", "测试市公安局"},
			{"address", "测试省测试市测试路0号"},
			{"gender", "女"},
			{"nation", "汉"},
			{"expire_time", "20321103"},
			{"name", name},
			{"issue_time", "20121103"},
			{"id_card_number", number},
		}},
		{"idcard_images", baiduObject{{"front_base64", picture}, {"back_base64", picture}}},
	}
}

// stat counts the calls each backend had for the session.
func (b *Baidu) stat(_ *baiduCall, s *baiduSession) baiduAnswer {
	counts := map[string]map[int]int{}
	add := func(backend string, code int) {
		if counts[backend] == nil {
			counts[backend] = map[int]int{}
		}
		counts[backend][code]++
	}
	for _, attempt := range s.attempts {
		add("Sessioncode", 0)
		if s.plan.Identity == BaiduIdentityOCR {
			add("OCR", 0)
		}
		liveness := "Livenesscolorful"
		if attempt.demoted {
			liveness = "VideoLiveness"
		}
		if !attempt.compared {
			add(liveness, attempt.code)
			continue
		}
		add(liveness, 0)
		if s.plan.Comparison == BaiduCompareAuthority {
			add("Verify_FIN", attempt.code)
		}
	}
	shapes, result := s.shapes(), baiduObject{}
	for _, backend := range []string{"Verify_FIN", "Sessioncode", "OCR", "verify", "VideoLiveness", "Livenesscolorful", "VerifySec"} {
		items := []baiduObject{}
		for _, code := range slices.Sorted(maps.Keys(counts[backend])) {
			items = append(items, baiduObject{
				{"error_code", shapes.count(code)}, {"count", shapes.count(counts[backend][code])},
			})
		}
		result = append(result, baiduMember{shapes.statKey(backend), items})
	}
	return b.succeed(shapes, result)
}

// mediaURL is the address of one of the session's files.
func (s *baiduSession) mediaURL(base, rest string) string {
	return base + "/media/" + baiduHash(s.token) + rest
}

// media gives the addresses of the recording, for a day, where the plan has one.
func (b *Baidu) media(call *baiduCall, s *baiduSession) baiduAnswer {
	videos, recorded, images := []string{}, []string{}, []string{}
	last := s.last()
	if s.plan.Recording && call.now.Sub(last.at) < baiduMedia {
		videos = []string{s.mediaURL(call.base, ".mp4")}
		for i := range 4 {
			images = append(images, s.mediaURL(call.base, fmt.Sprintf("-%d.jpg", i+1)))
		}
		switch {
		case s.shapes().has(BaiduBothVideos):
			recorded = videos
		case last.demoted: // recorded first, then sent: the other kind of video, no pictures
			videos, recorded, images = []string{}, videos, []string{}
		}
	}
	return b.succeed(s.shapes(), baiduObject{
		{"processVideo", videos}, {"video", recorded}, {"images", images}, {"extInfo", nil},
	})
}

// wireTime writes a moment as getall does, in Beijing's zone.
func (s *baiduSession) wireTime(at time.Time) string {
	layout := time.DateTime
	if s.shapes().has(BaiduUnpaddedTimes) {
		layout = "2006-1-2 15:04:05"
	}
	return at.In(time.FixedZone("CST", 8*60*60)).Format(layout)
}
