package sandbox

// Statuses of a Megvii session, as the wire spells them.
const (
	megviiNotStarted  = "NOT_STARTED"
	megviiProcessing  = "PROCESSING"
	megviiOK          = "OK"
	megviiFailed      = "FAILED"
	megviiCancelled   = "CANCELLED"
	megviiTimeout     = "TIMEOUT"
	megviiUnsupported = "WEBRTC_UNSUPPORTED"
)

// A megviiOutcome is one way a check can end. A member that an outcome is about
// is sent even where the session's parameters alone would leave it out; only
// fail_reason keeps to get_fail_reason=1, because the status tells the outcome
// already.
type megviiOutcome struct {
	id    string
	label text

	status       string
	failReason   string // of WEBRTC_UNSUPPORTED
	livenessFail bool   // liveness_result.result is FAIL
	spoof        string // the face_genuineness pair whose confidence is above its threshold
	below        string // the threshold that every comparison stays below, and no lower one
	verifyError  string // verify_result.error_message
	willError    string // will_result's will_error_message
	attacked     bool   // id_exceptions.id_attacked is 1
	multifaces   bool   // multifaces_tag is "1"
}

// A megviiOutcomeGroup is a headed list of outcomes on the person's page.
type megviiOutcomeGroup struct {
	label    text
	outcomes []megviiOutcome
}

// megviiOutcomeGroups lists every outcome, in the order of the person's page.
var megviiOutcomeGroups = []megviiOutcomeGroup{
	{text{"The check is done", "完成核身"}, []megviiOutcome{
		{id: "pass", status: megviiOK, label: text{"Pass", "通过"}},
	}},
	{text{"Liveness", "活体检测"}, []megviiOutcome{
		{id: "liveness_fail", status: megviiOK, livenessFail: true, label: text{"Liveness check fails", "活体检测未通过"}},
		{id: "spoof_synthetic", status: megviiOK, spoof: "synthetic_face", label: text{"Synthetic face", "合成脸攻击"}},
		{id: "spoof_mask", status: megviiOK, spoof: "mask", label: text{"Mask", "面具攻击"}},
		{id: "spoof_screen_replay", status: megviiOK, spoof: "screen_replay", label: text{"Screen replay", "屏幕翻拍攻击"}},
		{id: "multifaces", status: megviiOK, multifaces: true, label: text{"Several faces", "画面中有多张人脸"}},
	}},
	{text{"Comparison score", "比对分数"}, []megviiOutcome{
		{id: "below_1e-6", status: megviiOK, below: "1e-6", label: text{"Below 1e-6 only", "仅低于百万分之一阈值"}},
		{id: "below_1e-5", status: megviiOK, below: "1e-5", label: text{"Below 1e-5", "低于十万分之一阈值"}},
		{id: "below_1e-4", status: megviiOK, below: "1e-4", label: text{"Below 1e-4", "低于万分之一阈值"}},
		{id: "below_1e-3", status: megviiOK, below: "1e-3", label: text{"Below 1e-3", "低于千分之一阈值"}},
	}},
	{text{"Identity data", "身份数据"}, []megviiOutcome{
		{id: "no_such_id_number", status: megviiOK, verifyError: "NO_SUCH_ID_NUMBER", label: text{"No such ID number", "无此身份证号码"}},
		{id: "id_number_name_not_match", status: megviiOK, verifyError: "ID_NUMBER_NAME_NOT_MATCH", label: text{"Name mismatch", "姓名不匹配"}},
		{id: "image_unsupported", status: megviiOK, verifyError: "IMAGE_ERROR_UNSUPPORTED_FORMAT", label: text{"No usable photo", "没有可比对照片"}},
		{id: "no_face_found", status: megviiOK, verifyError: "NO_FACE_FOUND", label: text{"No face in photo", "照片中没有人脸"}},
		{id: "id_attacked", status: megviiOK, attacked: true, label: text{"ID used in attacks", "证件号码曾被冒用"}},
		{id: "data_source_error", status: megviiOK, verifyError: "DATA_SOURCE_ERROR", label: text{"Data source error", "比对数据源出错"}},
		{id: "internal_error", status: megviiOK, verifyError: "INTERNAL_ERROR", label: text{"Internal error", "服务器内部错误"}},
	}},
	{text{"Spoken answer", "意愿确认"}, []megviiOutcome{
		{id: "will_inconsistent", status: megviiOK, willError: "ANSWER_INCONSISTENT", label: text{"Wrong answer", "回答与标准答案不一致"}},
		{id: "will_no_audio", status: megviiOK, willError: "NO_AUDIO", label: text{"Silence", "没有声音"}},
	}},
	{text{"The check is broken off", "中断核身"}, []megviiOutcome{
		{id: "cancel", status: megviiCancelled, label: text{"Cancel", "取消"}},
		{id: "timeout", status: megviiTimeout, label: text{"Time out", "超时"}},
		{id: "failed", status: megviiFailed, label: text{"Flow fails", "流程异常"}},
		{id: "webrtc_network", status: megviiUnsupported, failReason: "NETWORK_ERROR", label: text{"No network", "网络无法连接"}},
		{id: "webrtc_permissions", status: megviiUnsupported, failReason: "PERMISSIONS_ERROR", label: text{"Camera refused", "摄像头被拒绝"}},
		{id: "webrtc_support", status: megviiUnsupported, failReason: "SUPPORT_ERROR", label: text{"No WebRTC", "不支持 WebRTC"}},
	}},
}

// findMegviiOutcome looks an outcome up by its id.
func findMegviiOutcome(id string) (megviiOutcome, bool) {
	for _, group := range megviiOutcomeGroups {
		for _, outcome := range group.outcomes {
			if outcome.id == id {
				return outcome, true
			}
		}
	}
	return megviiOutcome{}, false
}

// megviiOutcomeIDs lists the ids of every outcome.
func megviiOutcomeIDs() []string {
	var ids []string
	for _, group := range megviiOutcomeGroups {
		for _, outcome := range group.outcomes {
			ids = append(ids, outcome.id)
		}
	}
	return ids
}
