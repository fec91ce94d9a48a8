package main

import "github.com/facegate/facegate/handlers"

// words are the shop's texts in one language.
type words struct {
	Lang, Shop, Motto                    string
	SignIn, SignInText, UserLabel        string
	SignOut, Hello                       string
	Verified, VerifiedText               string
	Unverified, UnverifiedText           string
	Again, Methods                       string
	MegviiPost, MegviiPostText           string
	MegviiGet, MegviiGetText             string
	Baidu, BaiduText                     string
	Photo, PhotoText                     string
	NameLabel, IDNumberLabel, PhotoLabel string
	Start                                string
	History, NoHistory, Corrected        string
	Letters, LettersText, NoLetters      string
	Replay                               string
	Verdicts                             map[handlers.Verdict]string
	Vendors                              map[string]string
	Footnote                             string
}

var english = words{
	Lang: "en", Shop: "Camellia Tea", Motto: "Leaves worth waiting for",
	SignIn: "Sign in", SignInText: "Any name will do. This is a demonstration.", UserLabel: "Account name",
	SignOut: "Sign out", Hello: "Your account",
	Verified: "Verified", VerifiedText: "You can buy from the cellar now.",
	Unverified: "Not verified yet", UnverifiedText: "The cellar is for verified members. A face check takes about a minute.",
	Again: "Check again", Methods: "Verify with a face check",
	MegviiPost: "Verify by Megvii (POST return)", MegviiPostText: "The vendor's page sends the signed result back through your browser.",
	MegviiGet: "Verify by Megvii (GET return)", MegviiGetText: "The vendor's page only sends you back; we ask for the result.",
	Baidu: "Verify by Baidu", BaiduText: "With your name and ID number.",
	Photo: "Verify by Baidu with a photo", PhotoText: "Your face is compared with a picture of yours.",
	NameLabel: "Name", IDNumberLabel: "ID number", PhotoLabel: "Picture (JPEG, PNG or BMP)",
	Start:   "Start",
	History: "History", NoHistory: "Nothing yet.", Corrected: "corrected",
	Letters: "Dead letters", LettersText: "Results that the shop's hook refused until the kit gave up. For operators.",
	NoLetters: "None.", Replay: "Replay",
	Verdicts: map[handlers.Verdict]string{
		handlers.Passed: "passed", handlers.Failed: "failed", handlers.Review: "in review",
		handlers.Cancelled: "cancelled", handlers.Expired: "expired", handlers.Unsupported: "unsupported",
	},
	Vendors:  map[string]string{nameMegvii: "Megvii", nameBaidu: "Baidu", nameBaiduPhoto: "Baidu, with a photo"},
	Footnote: "A demonstration of facegate. Nothing here is real.",
}

var chinese = words{
	Lang: "zh-CN", Shop: "山茶茶铺", Motto: "好茶值得等待",
	SignIn: "登录", SignInText: "这是演示，任何名称都可以。", UserLabel: "账户名",
	SignOut: "退出登录", Hello: "我的账户",
	Verified: "已实名", VerifiedText: "现在可以选购窖藏老茶了。",
	Unverified: "尚未实名", UnverifiedText: "窖藏老茶仅对实名会员开放。人脸核验大约需要一分钟。",
	Again: "再次核验", Methods: "通过人脸核验完成实名",
	MegviiPost: "旷视核验（POST 返回）", MegviiPostText: "核验页面经由浏览器带回签名结果。",
	MegviiGet: "旷视核验（GET 返回）", MegviiGetText: "核验页面只带您回来，由我们查询结果。",
	Baidu: "百度核验", BaiduText: "填写姓名和身份证号。",
	Photo: "百度照片比对", PhotoText: "将您的面部与您上传的照片比对。",
	NameLabel: "姓名", IDNumberLabel: "身份证号", PhotoLabel: "照片（JPEG、PNG 或 BMP）",
	Start:   "开始",
	History: "核验记录", NoHistory: "暂无记录。", Corrected: "已更正",
	Letters: "死信", LettersText: "商铺的回调多次拒收、系统已停止投递的结果。仅供运维人员查看。",
	NoLetters: "暂无。", Replay: "重新投递",
	Verdicts: map[handlers.Verdict]string{
		handlers.Passed: "已通过", handlers.Failed: "未通过", handlers.Review: "人工复核",
		handlers.Cancelled: "已取消", handlers.Expired: "已过期", handlers.Unsupported: "设备不支持",
	},
	Vendors:  map[string]string{nameMegvii: "旷视", nameBaidu: "百度", nameBaiduPhoto: "百度照片比对"},
	Footnote: "facegate 演示程序，所有内容均为虚构。",
}
