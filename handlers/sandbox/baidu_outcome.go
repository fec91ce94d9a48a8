package sandbox

// baiduOutcome is one way a person's attempt can end.
type baiduOutcome struct {
	id    string
	label text
	group baiduGroup // of buttons on the page

	// What the vendor says: the code is 0 for a pass. The codes and texts are
	// those of the backends the scheme wraps.
	code    int
	message string

	// compared tells whether the paid comparison was reached: it has a log id,
	// and the attempt is charged.
	compared bool

	// Circumstances of a pass.
	spoofing float64
	risky    bool
	demoted  bool

	// then is the outcome of a second attempt that follows at once.
	then string

	// leaves means the person goes away: no attempt, no way back to the app.
	leaves bool
}

// baiduGroup is a heading of the page. Its zero value is the button on top.
type baiduGroup int

const (
	baiduGroupPass baiduGroup = iota
	baiduGroupFail
	baiduGroupOdd
	baiduGroupOther
)

func (g baiduGroup) label() text {
	return [...]text{
		{},
		{"It fails", "认证失败"},
		{"It passes, with a catch", "认证通过，但有异常"},
		{"Something else", "其他情况"},
	}[g]
}

func (o baiduOutcome) passed() bool { return o.code == 0 && !o.leaves }

// baiduOutcomes is the table the H5 page shows, in its order.
func baiduOutcomes() []baiduOutcome {
	return []baiduOutcome{
		{id: "pass", label: text{"Pass the check", "认证通过"}, compared: true},
		{id: "mismatch", label: text{"Name and number do not match", "姓名与身份证号不匹配"}, group: baiduGroupFail, code: 222351,
			message: "id number and name not match or id number not exist", compared: true},
		{id: "liveness_fail", label: text{"Liveness check fails", "活体检测未通过"}, group: baiduGroupFail, code: 223120, message: "liveness check fail"},
		{id: "no_face", label: text{"No face in the picture", "未检测到人脸"}, group: baiduGroupFail, code: 222202, message: "pic not has face"},
		{id: "occlusion", label: text{"Face is covered", "面部被遮挡"}, group: baiduGroupFail, code: 223121, message: "left eye is occlusion"},
		{id: "spoof", label: text{"Picture looks synthetic", "疑似合成图"}, group: baiduGroupOdd, compared: true, spoofing: 0.987},
		{id: "risk", label: text{"Risk control is hit", "触发安全风控"}, group: baiduGroupOdd, compared: true, risky: true},
		{id: "demoted", label: text{"Recorded video, not live", "降级为录制视频"}, group: baiduGroupOdd, compared: true, demoted: true},
		{id: "fail_then_pass", label: text{"Fails once, then passes", "先失败，再通过"}, group: baiduGroupOther, code: 223120, message: "liveness check fail", then: "pass"},
		{id: "abandon", label: text{"Close the page", "关闭页面"}, group: baiduGroupOther, leaves: true},
	}
}

func baiduOutcomeByID(id string) (baiduOutcome, bool) {
	for _, outcome := range baiduOutcomes() {
		if outcome.id == id {
			return outcome, true
		}
	}
	return baiduOutcome{}, false
}

func baiduOutcomeIDs() []string {
	var ids []string
	for _, outcome := range baiduOutcomes() {
		ids = append(ids, outcome.id)
	}
	return ids
}
