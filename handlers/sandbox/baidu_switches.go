package sandbox

import "slices"

// BaiduReturn is how the H5 page sends a person back.
type BaiduReturn string

// The return styles.
const (
	BaiduReturnRedirect BaiduReturn = "redirect" // at once; the default
	BaiduReturnButton   BaiduReturn = "button"   // when the person taps "finish"
	BaiduReturnNone     BaiduReturn = "none"     // never: the person closes the page
)

// BaiduUnfinished is what result endpoints say while there is no result. What
// Baidu says then is not documented.
type BaiduUnfinished string

// The answers before there is a result.
const (
	BaiduUnfinishedTokenInvalid BaiduUnfinished = "token_invalid" // the text Token无效或者已过期; the default
	BaiduUnfinishedServiceError BaiduUnfinished = "service_error" // code 283400
	BaiduUnfinishedBare         BaiduUnfinished = "bare"          // success false and nothing else
	BaiduUnfinishedNullResult   BaiduUnfinished = "null_result"   // success true and a null result
)

// BaiduSwitches change what happens. All but Faults are for the next sessions
// that verifyToken/generate makes. The zero value changes nothing. The JSON
// names are those of POST /control/next.
type BaiduSwitches struct {
	// Sessions is how many of the following sessions the switches hold for.
	// Default: 1; at most 10,000.
	Sessions int `json:"sessions,omitzero"`

	// Outcome is taken by the page itself as soon as it is opened, as if its
	// button had been pressed. Default: the person chooses.
	Outcome string `json:"outcome,omitzero"`

	// Return is how the page sends the person back: redirect (default), button
	// or none, where the person just closes the page.
	Return BaiduReturn `json:"return,omitzero"`

	// AppendParams adds query parameters to the return address that the app did
	// not put there. Default: the address is used byte for byte.
	AppendParams bool `json:"append_params,omitzero"`

	// URLSurvivesFailure lets this person try again after a failure, whatever
	// the plan says. Default: the plan's setting.
	URLSurvivesFailure bool `json:"url_survives_failure,omitzero"`

	// PendingQueries is how many result queries, of any kind, are answered as
	// unfinished after the person is done. Default: none.
	PendingQueries int `json:"pending_queries,omitzero"`

	// Unfinished is the answer to a query without a result: token_invalid
	// (default), service_error, bare or null_result.
	Unfinished BaiduUnfinished `json:"unfinished,omitzero"`

	// TokenInvalidCode is the code beside the text Token无效或者已过期. Default:
	// none, as the number is not published.
	TokenInvalidCode int `json:"token_invalid_code,omitzero"`

	// ResultGone makes every result query say that the token is invalid, as
	// after three days. Default: false.
	ResultGone bool `json:"result_gone,omitzero"`

	// TokenBound makes the verify_token answer only to the access token that made
	// it, as the vendor's FAQ can be read. Default: to all of its application.
	TokenBound bool `json:"token_bound,omitzero"`

	// RiskLevel is the level of the outcome risk: "1" or "2". Default: "1".
	RiskLevel string `json:"risk_level,omitzero"`

	// Score is the similarity of a pass, 0 to 100. Default: 93.7835.
	Score *float64 `json:"score,omitzero"`

	// ImageBytes pads each picture inside result/detail to this size, before
	// base64. Default: as small as it is.
	ImageBytes int `json:"image_bytes,omitzero"`

	// Shapes are deviations of the session's answers. Default: none.
	Shapes []BaiduShape `json:"shapes,omitzero"`

	// Faults spoil the next calls of endpoints, whatever session they are for.
	// They add up over several Next, to 1,000 at most, and of two for the same
	// call the earlier one goes first.
	Faults []BaiduFault `json:"faults,omitzero"`
}

// baiduMostFaults is how many faults may wait.
const baiduMostFaults = 1_000

// Next sets the switches of the next sessions, in place of those set before and
// not used yet, and adds the faults. It changes nothing when a value is unknown;
// the error lists the known ones.
func (b *Baidu) Next(switches BaiduSwitches) error {
	if err := switches.check(); err != nil {
		return err
	}
	switches.Shapes = slices.Clone(switches.Shapes)
	if switches.Score != nil {
		score := *switches.Score
		switches.Score = &score
	}
	faults := slices.Clone(switches.Faults)
	for i := range faults {
		faults[i].Calls = max(faults[i].Calls, 1)
	}
	switches.Faults = nil

	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults)+len(faults) > baiduMostFaults {
		return &controlError{Message: "too many faults wait for calls"}
	}
	b.next, b.switched = switches, max(switches.Sessions, 1)
	b.faults = append(b.faults, faults...)
	return nil
}

// use returns the switches of a new session. The caller holds the lock.
func (b *Baidu) use() BaiduSwitches {
	if b.switched == 0 {
		return BaiduSwitches{}
	}
	b.switched--
	return b.next
}

func (s BaiduSwitches) check() error {
	const picture = 16 << 20
	switch {
	case s.Sessions < 0 || s.Sessions > 10_000:
		return &controlError{Message: "sessions must be from 0 to 10,000"}
	case s.PendingQueries < 0:
		return &controlError{Message: "pending_queries cannot be negative"}
	case s.ImageBytes < 0 || s.ImageBytes > picture:
		return &controlError{Message: "image_bytes must be from 0 to 16 MiB"}
	}
	for _, shape := range s.Shapes {
		if err := oneOf("a shape", string(shape), baiduShapeNames()...); err != nil {
			return err
		}
	}
	for _, fault := range s.Faults {
		if err := fault.check(); err != nil {
			return err
		}
	}
	for name, choice := range map[string]struct {
		value string
		known []string
	}{
		"outcome":    {s.Outcome, baiduOutcomeIDs()},
		"risk_level": {s.RiskLevel, []string{"1", "2"}},
		"return": {string(s.Return), []string{
			string(BaiduReturnRedirect), string(BaiduReturnButton), string(BaiduReturnNone),
		}},
		"unfinished": {string(s.Unfinished), []string{
			string(BaiduUnfinishedTokenInvalid), string(BaiduUnfinishedServiceError),
			string(BaiduUnfinishedBare), string(BaiduUnfinishedNullResult),
		}},
	} {
		if err := oneOf(name, choice.value, choice.known...); err != nil {
			return err
		}
	}
	return nil
}

func (f BaiduFault) check() error {
	endpoints := []string{
		BaiduToken, BaiduGenerate, BaiduSubmit, BaiduUpload, BaiduSimple, BaiduDetail, BaiduStat, BaiduMedia,
		BaiduGetAll, BaiduAnyEndpoint,
	}
	var damages []string
	for _, damage := range baiduDamages() {
		damages = append(damages, string(damage))
	}
	switch {
	case f.Endpoint == "":
		return &controlError{Message: "a fault needs an endpoint", Known: endpoints}
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return &controlError{Message: "a fault's status must be from 200 to 599"}
	case f.Calls < 0 || f.Delay < 0 || f.ByteDelay < 0:
		return &controlError{Message: "a fault's calls and delays cannot be negative"}
	}
	if err := oneOf("a fault's endpoint", f.Endpoint, endpoints...); err != nil {
		return err
	}
	return oneOf("a fault's damage", string(f.Damage), damages...)
}

// shapes of a session's answers; none for no session.
func (s *baiduSession) shapes() baiduShapes {
	if s == nil {
		return nil
	}
	return s.switches.Shapes
}
