// Package sandbox has the fake vendors: ordinary http.Handlers that speak the
// vendors' wire formats, show a page where a person chooses how the check ends,
// and can be told to misbehave.
//
// It is for demos, development and tests; it imports no other package of the
// module, so that its copy of the wire rules is independent of the code that is
// tried against it, and it does not import testing, so it can be run anywhere.
//
// # Megvii
//
// [NewMegvii] returns the fake of FaceID Lite H5. It answers
//
//	POST /faceid/lite/get_token    makes a session
//	GET  /faceid/lite/do           the person's page, one form per outcome
//	POST /faceid/lite/do           ends the session with the form value outcome
//	GET  /faceid/lite/get_result   the pull, with retention and a call budget
//	POST /control/next             switches for the next session, as a JSON object
//	GET  /control/sessions         what happened, without personal data
//	POST /control/finish           ends a session without a browser
//	POST /control/notify           sends a session's notify again
//
// [Megvii.Next], [Megvii.Sessions], [Megvii.Finish] and [Megvii.SendNotify] do
// the same from Go. [MegviiSwitches] lists the switches with their JSON names.
//
// # Baidu
//
// [NewBaidu] returns the fake of Baidu's H5 real-name check. It answers
//
//	POST /oauth/2.0/token                        an access token
//	POST /rpc/2.0/brain/solution/faceprint/...   the eight server endpoints
//	GET  /face/print/                            the person's page, one form per outcome
//	POST /face/print/                            an attempt with the form value outcome
//	GET  /solution/faceprint/image/query         the picture of the face
//	GET  /media/...                              recordings and pictures of cards
//	POST /control/next                           switches for the next sessions, and faults
//	POST /control/revoke                         makes access tokens invalid
//	GET  /control/sessions                       what happened, without personal data
//
// [Baidu.Next], [Baidu.RevokeAll], [Baidu.Revoke] and [Baidu.Calls] do the same
// from Go. BAIDU.md beside this file shows each by curl, with the outcomes, the
// [BaiduSwitches] and the [BaiduShape] values.
//
// Both fakes have a POST /control/next, so give each an address of its own.
package sandbox
