package page

// texts are the words of every page in one language.
type texts struct {
	MovingTitle, MovingText, MovingLink string

	NeutralTitle, NeutralText, NeutralLink string

	PendingTitle, PendingText, PendingLink string
	GivenUpTitle, GivenUpText              string

	ProblemTitle, ProblemText, ProblemLink string
	WaitSecond, WaitSeconds, WaitMinutes   string

	ConsentTitle, ConsentText              string
	Purpose, Operator, Processed, Vendor   string
	Retention, CrossBorder, Withdraw       string
	ConsentNote, ConsentAgree, ConsentElse string
}

var english = texts{
	MovingTitle: "One moment",
	MovingText:  "You are being taken back.",
	MovingLink:  "Continue",

	NeutralTitle: "Nothing more to do here",
	NeutralText:  "You can close this page and go back to the app or device where you started.",
	NeutralLink:  "Continue",

	PendingTitle: "Waiting for your result",
	PendingText:  "This usually takes a few seconds. You can stay on this page.",
	PendingLink:  "Check now",
	GivenUpTitle: "This takes a little longer",
	GivenUpText:  "We will tell you as soon as there is a result. You can close this page.",

	ProblemTitle: "This did not work",
	ProblemText:  "Something went wrong on our side. Please try again later.",
	ProblemLink:  "Try again",
	WaitSecond:   "Please wait 1 second before you try again.",
	WaitSeconds:  "Please wait %d seconds before you try again.",
	WaitMinutes:  "Please wait %d minutes before you try again.",

	ConsentTitle: "Before the face check",
	ConsentText:  "Your face is sensitive information. Please read how it is used, then choose.",
	Purpose:      "What for",
	Operator:     "Who asks",
	Processed:    "What is used",
	Vendor:       "Who checks",
	Retention:    "Kept for",
	CrossBorder:  "Across borders",
	Withdraw:     "Changing your mind",
	ConsentNote:  "The choice is yours. Nothing is sent before you agree.",
	ConsentAgree: "I agree, continue",
	ConsentElse:  "Use another way",
}

var chinese = texts{
	MovingTitle: "请稍候",
	MovingText:  "正在返回。",
	MovingLink:  "继续",

	NeutralTitle: "此处无需其他操作",
	NeutralText:  "您可以关闭此页面，回到最初打开的应用或设备。",
	NeutralLink:  "继续",

	PendingTitle: "正在等待结果",
	PendingText:  "通常只需几秒钟，您可以停留在此页面。",
	PendingLink:  "立即查看",
	GivenUpTitle: "还需要一点时间",
	GivenUpText:  "结果出来后会通知您。您可以关闭此页面。",

	ProblemTitle: "未能完成",
	ProblemText:  "系统出错，请稍后再试。",
	ProblemLink:  "重试",
	WaitSecond:   "请等待 1 秒后再试。",
	WaitSeconds:  "请等待 %d 秒后再试。",
	WaitMinutes:  "请等待 %d 分钟后再试。",

	ConsentTitle: "人脸核验须知",
	ConsentText:  "人脸属于敏感个人信息。请先了解如何使用，再做选择。",
	Purpose:      "用途",
	Operator:     "处理者",
	Processed:    "使用的信息",
	Vendor:       "核验服务方",
	Retention:    "保存期限",
	CrossBorder:  "跨境提供",
	Withdraw:     "撤回同意",
	ConsentNote:  "是否同意由您决定。您同意之前不会发送任何信息。",
	ConsentAgree: "同意并继续",
	ConsentElse:  "使用其他方式",
}
