package sandbox

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"time"
)

// controlNext is [Baidu.Next] over HTTP.
func (b *Baidu) controlNext(w http.ResponseWriter, r *http.Request) {
	var switches BaiduSwitches
	err := decodeControl(w, r, &switches)
	var refusal *controlError
	if errors.As(err, &refusal) && strings.Contains(refusal.Message, "/faults/") {
		refusal.Known = memberNames(&BaiduFault{})
	}
	if err == nil {
		err = b.Next(switches)
	}
	writeControl(w, baiduObject{{"ok", true}}, err)
}

// controlRevoke is [Baidu.RevokeAll] and [Baidu.Revoke] over HTTP.
func (b *Baidu) controlRevoke(w http.ResponseWriter, r *http.Request) {
	var which struct {
		All  bool   `json:"all"`
		Hash string `json:"hash"`
	}
	err := decodeControl(w, r, &which)
	revoked := 0
	switch {
	case err != nil:
	case which.All == (which.Hash != ""):
		err = &controlError{Message: `give either "all": true or the "hash" of one token`, Known: memberNames(&which)}
	case which.All:
		revoked = b.RevokeAll()
	case b.Revoke(which.Hash):
		revoked = 1
	}
	writeControl(w, baiduObject{{"revoked", revoked}}, err)
}

// controlSessions tells what happened: no names, numbers or whole tokens.
func (b *Baidu) controlSessions(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	now := b.config.Now()
	sessions, tokens, calls := []baiduObject{}, []baiduObject{}, maps.Clone(b.calls)
	for _, session := range b.created {
		sessions = append(sessions, session.summary(now))
	}
	for _, token := range b.issued {
		tokens = append(tokens, baiduObject{
			{"hash", baiduHash(token.text)},
			{"app", token.appID},
			{"state", token.state(now)},
			{"expires", token.expires.UTC().Format(time.RFC3339)},
		})
	}
	b.mu.Unlock()
	writeJSON(w, http.StatusOK, baiduObject{{"sessions", sessions}, {"tokens", tokens}, {"calls", calls}})
}

func (s *baiduSession) summary(now time.Time) baiduObject {
	outcomes := []string{}
	for _, attempt := range s.attempts {
		outcomes = append(outcomes, attempt.id)
	}
	return baiduObject{
		{"hash", baiduHash(s.token)},
		{"app", s.appID},
		{"plan", s.plan.ID},
		{"state", s.state(now)},
		{"submitted", s.submitted},
		{"uploaded", s.uploaded},
		{"outcomes", outcomes},
		{"pending_queries", s.pending},
		{"created", s.made.UTC().Format(time.RFC3339)},
	}
}
