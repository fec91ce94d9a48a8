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
// [NewBaidu] returns the fake of Baidu's H5 check; [Baidu] tells what it answers.
// Both have a POST /control/next of their own, so give each an address of its own.
package sandbox
