package baidu

import (
	"context"

	"github.com/facegate/facegate/handlers"
)

// Query asks for the results of a check. Ask after the person has been on the
// page; what the vendor answers before is not documented.
type Query struct {
	// VerifyToken names the check. Required.
	VerifyToken handlers.Private

	// Generation is [VerifyToken.Generation]: the access token that made the
	// verify_token is used first, then the current one, because the vendor refuses a
	// verify_token under an access token that does not match it and does not say
	// which match. Empty: the current one only.
	Generation string

	// Images asks [Client.ResultDetail] for the pictures of the ID card, which may
	// be megabytes. Default false: they are skipped unread.
	Images bool
}

// queryBody is what all query endpoints take.
type queryBody struct {
	VerifyToken string `json:"verify_token"`
}

// query asks one endpoint. own is as in sendAs.
func (c *Client) query(ctx context.Context, endpoint string, q Query, decode decoder) (own bool, err error) {
	if err := checkVerifyToken(q.VerifyToken); err != nil {
		return false, err
	}
	call, err := newCall(endpoint, queryTries, queryBody{q.VerifyToken.Reveal()})
	if err != nil {
		return false, err
	}
	return c.sendAs(ctx, call, q.Generation, decode)
}

// Simple is the final picture of the person's face.
type Simple struct {
	// Image is the URL of the picture; it carries the verify_token. Load it with
	// [Fetcher]. Empty when the check failed.
	Image handlers.Private

	// Failure says why the person's check failed; nil when it passed.
	Failure *APIError

	// LogID names the call in the vendor's console.
	LogID string
}

type simpleAnswer struct {
	envelope
	Result object[struct {
		Image text `json:"image"`
	}] `json:"result"`
}

// ResultSimple asks for the picture that the check was made with. It is kept for
// three days.
func (c *Client) ResultSimple(ctx context.Context, q Query) (Simple, error) {
	var answer simpleAnswer
	if _, err := c.query(ctx, endpointSimple, q, into(&answer)); err != nil {
		return Simple{}, err
	}
	simple := Simple{Failure: answer.scheme(endpointSimple), LogID: identifier(string(answer.LogID))}
	if answer.Result.value != nil {
		simple.Image = handlers.Hide(string(answer.Result.value.Image))
	}
	return simple, nil
}

// Stat counts the backend calls of one check, by the vendor's name of the backend
// (Verify_FIN, Sessioncode, OCR, verify, VideoLiveness, Livenesscolorful,
// VerifySec; older plans answer with Chinese names).
type Stat struct {
	// Calls maps the backend's name to its counters.
	Calls map[string][]StatCount

	// LogID names the call in the vendor's console.
	LogID string
}

// StatCount says how often a backend answered with one code.
type StatCount struct {
	// Code is the backend's code; 0 means success.
	Code int
	// Count is how many calls ended so.
	Count int
}

type statAnswer struct {
	envelope
	Result object[map[string]list[struct {
		ErrorCode integer `json:"error_code"`
		Count     integer `json:"count"`
	}]] `json:"result"`
}

// ResultStat asks for the counters of the backend calls. They are kept for three
// days.
func (c *Client) ResultStat(ctx context.Context, q Query) (Stat, error) {
	var answer statAnswer
	if _, err := c.query(ctx, endpointStat, q, into(&answer)); err != nil {
		return Stat{}, err
	}
	if refused := answer.scheme(endpointStat); refused != nil {
		return Stat{}, wrap(refused)
	}
	stat := Stat{Calls: map[string][]StatCount{}, LogID: identifier(string(answer.LogID))}
	if answer.Result.value == nil {
		return stat, nil
	}
	for backend, counters := range *answer.Result.value {
		for _, counter := range counters {
			stat.Calls[backend] = append(stat.Calls[backend], StatCount{counter.ErrorCode.int(), counter.Count.int()})
		}
	}
	return stat, nil
}

// Media lists what was recorded during the check. The vendor records nothing
// until its sales team has switched it on for the plan. The URLs live for a day;
// load them with [Fetcher], some are plain http as handed out.
type Media struct {
	// ProcessVideo are the videos of the real-time plans (dazzle-colour, action,
	// silent).
	ProcessVideo []handlers.Private
	// Video are the videos of the recorded plans (digits, action, video, picture).
	Video []handlers.Private
	// Images are four pictures of the face, of the real-time plans.
	Images []handlers.Private
	// ExtInfo tells what went wrong while the video was processed; empty as a rule.
	ExtInfo handlers.Private
	// LogID names the call in the vendor's console.
	LogID string
}

type mediaAnswer struct {
	envelope
	Result object[struct {
		ProcessVideo list[text] `json:"processVideo"`
		Video        list[text] `json:"video"`
		Images       list[text] `json:"images"`
		ExtInfo      text       `json:"extInfo"`
	}] `json:"result"`
}

// MediaQuery asks for the recorded videos and pictures.
func (c *Client) MediaQuery(ctx context.Context, q Query) (Media, error) {
	var answer mediaAnswer
	if _, err := c.query(ctx, endpointMedia, q, into(&answer)); err != nil {
		return Media{}, err
	}
	if refused := answer.scheme(endpointMedia); refused != nil {
		return Media{}, wrap(refused)
	}
	media := Media{LogID: identifier(string(answer.LogID))}
	if result := answer.Result.value; result != nil {
		media.ProcessVideo, media.Video = hideAll(result.ProcessVideo), hideAll(result.Video)
		media.Images, media.ExtInfo = hideAll(result.Images), handlers.Hide(string(result.ExtInfo))
	}
	return media, nil
}

// hideAll wraps the texts that are not empty.
func hideAll(texts []text) []handlers.Private {
	var hidden []handlers.Private
	for _, t := range texts {
		if t != "" {
			hidden = append(hidden, handlers.Hide(string(t)))
		}
	}
	return hidden
}
