package sandbox

// getAll lists every attempt with its charges. It alone tells a call that
// worked from a person who passed.
func (b *Baidu) getAll(call *baiduCall, s *baiduSession) baiduAnswer {
	attempts := []baiduObject{}
	charged := map[string]int{}
	for i := range s.attempts {
		if s.attempts[i].compared {
			charged[s.chargeType()]++
		}
		attempts = append(attempts, s.attempt(call.base, i))
	}
	ocr := 0
	if s.plan.Identity == BaiduIdentityOCR {
		ocr = len(s.attempts)
	}
	result := baiduObject{
		{"verify_count", len(s.attempts)},
		{"ocr_charge_count", ocr},
		{"match_charge_count", charged["match"]},
		{"verify_charge_count", charged["verify"]},
		{"verify_result", attempts},
	}
	if s.shapes().has(BaiduExtraFields) {
		result = append(result, baiduObject{{"live_charge_count", 0}, {"will_verify", nil}}...)
	}
	return b.succeed(s.shapes(), result)
}

// chargeType is the paid backend of the plan.
func (s *baiduSession) chargeType() string {
	switch s.plan.Comparison {
	case BaiduComparePhoto:
		return "match"
	case BaiduCompareNothing:
		return "live"
	}
	return "verify"
}

// attempt is one element of verify_result.
func (s *baiduSession) attempt(base string, i int) baiduObject {
	attempt, shapes := s.attempts[i], s.shapes()
	passed, code, message := attempt.passed(), attempt.code, attempt.message
	switch {
	case passed && shapes.has(BaiduDisagree) && i == len(s.attempts)-1:
		passed, code, message = false, 222351, "身份证姓名不匹配"
	case passed && shapes.has(BaiduGetAllTable):
		message = "核验成功"
	}
	at := s.wireTime(attempt.at)
	object := baiduObject{
		{"order", i + 1},
		{"is_verify_passed", passed},
		{"code", shapes.attemptCode(code)},
		{"message", message},
		{"verify_time", at},
		{"is_charged", attempt.compared},
		{"charge_type", s.chargeType()},
		{"charge_time", shapes.moment(at, attempt.compared)},
	}
	if s.plan.Identity == BaiduIdentityOCR {
		object = append(object, baiduObject{
			{"is_ocr_charge", true}, {"ocr_count", 1}, {"ocr_charge_time", at},
		}...)
	}
	object = append(object, baiduMember{"verify_detail", s.attemptDetail(base, i)})
	return append(object, s.attemptCard(base)...)
}

// moment writes a time that may not apply.
func (s baiduShapes) moment(at string, applies bool) any {
	switch {
	case applies:
		return at
	case s.has(BaiduNullTimes):
		return nil
	}
	return ""
}

// attemptDetail is verify_detail. An attempt that never reached the comparison
// has no log id and an empty score.
func (s *baiduSession) attemptDetail(base string, i int) baiduObject {
	attempt, shapes := s.attempts[i], s.shapes()
	level, tag := s.risk(attempt)
	logID := ""
	if attempt.compared {
		logID = s.verifyLogID(i + 1)
	}
	var score any
	if attempt.passed() {
		score = shapes.score(s.score())
	}
	detail := baiduObject{
		{"face_image", s.faceURL(base)},
		{"verify_log_id", logID},
		{"score", score},
		{"threshold", shapes.score(s.plan.Threshold)},
		{"liveness_score", shapes.score(0)},
		{"spoofing_score", shapes.score(attempt.spoofing)},
		{"risk_level", level},
		{"risk_tag", tag},
		{"is_demote", attempt.demoted},
	}
	if shapes.has(BaiduExtraFields) {
		detail = append(detail, baiduMember{"app", false})
	}
	return detail
}

// attemptCard is the confirmed identity and, for plans that read the ID card,
// its text and pictures: inside idcard_confirm as in the vendor's example, or
// beside it as in the vendor's table. The number is called idcard_number here,
// and the pictures are addresses.
func (s *baiduSession) attemptCard(base string) baiduObject {
	var card baiduObject
	name, number := s.person()
	if s.plan.Identity == BaiduIdentityOCR {
		card = baiduObject{
			{"idcard_ocr_result", baiduObject{
				{"address", "测试省测试市测试路0号"},
				{"birthday", "1900-01-01 00:00:00"},
				{"name", name},
				{"idcard_number", number},
				{"idcard_type", "0"},
				{"gender", "女"},
				{"nation", "汉族"},
				{"issue_time", "2012-11-03 00:00:00"},
				{"expire_time", "2032-11-03 00:00:00"},
				{"issue_authority", "测试市公安局"},
			}},
			{"idcard_images", baiduObject{
				{"front_image", s.mediaURL(base, "-front.jpg")}, {"back_image", s.mediaURL(base, "-back.jpg")},
			}},
		}
	}
	switch {
	case !s.identified():
		return card
	case s.shapes().has(BaiduNullConfirm):
		return append(baiduObject{{"idcard_confirm", nil}}, card...)
	}
	confirm := baiduObject{{"name", name}, {"idcard_number", number}, {"idcard_type", "0"}}
	if s.shapes().has(BaiduGetAllTable) {
		return append(baiduObject{{"idcard_confirm", confirm}}, card...)
	}
	return baiduObject{{"idcard_confirm", append(confirm, card...)}}
}
