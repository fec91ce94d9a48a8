package megvii

// Status is Megvii's word for where a session stands. It is not a verdict: OK says
// only that the page ended normally.
type Status string

// The statuses of the vendor's table. Treat any other as unknown: it passes nobody.
const (
	StatusNotStarted        Status = "NOT_STARTED"        // get_token was called, the page never opened
	StatusProcessing        Status = "PROCESSING"         // the person is on the page
	StatusWebRTCUnsupported Status = "WEBRTC_UNSUPPORTED" // the browser cannot do it; see Result.FailReason
	StatusOK                Status = "OK"                 // the page ended normally, which is not "passed"
	StatusFailed            Status = "FAILED"             // the flow broke off or went wrong
	StatusCancelled         Status = "CANCELLED"          // the person gave up
	StatusTimeout           Status = "TIMEOUT"            // the person did not finish in time
)

// cleanStatus returns word if it looks like a status, and [Unreadable] for text
// that must not travel on into logs and pages.
func cleanStatus(word Status) Status {
	if word == "" || len(word) > 40 {
		return Unreadable
	}
	for _, c := range []byte(word) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return Unreadable
		}
	}
	return word
}
