package baidu

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/strictjson"
)

// tokenFormat is the version of the stored record. Another one is refused and
// left alone, so that an older replica never rewrites a newer record.
const tokenFormat = 1

// errTokenRecord says that the stored record makes no sense here.
var errTokenRecord = errors.New("baidu: the stored access tokens are unreadable")

// generation is one access token with its times.
type generation struct {
	id        string // random, says nothing about the token
	token     handlers.Private
	refreshAt time.Time // from here on somebody fetches the next one
	expiresAt time.Time
	keepUntil time.Time // zero while it is the current one
}

// good reports whether g can still be used.
func (g *generation) good(now time.Time) bool { return g != nil && now.Before(g.expiresAt) }

// fresh reports whether g needs no successor yet.
func (g *generation) fresh(now time.Time) bool { return g.good(now) && now.Before(g.refreshAt) }

// access is g as calls use it.
func (g *generation) access() access { return access{g.token, g.id, g.expiresAt} }

// tokenRecord is the one record that a fleet shares for one key pair. It is never
// changed in place, only replaced.
type tokenRecord struct {
	current    *generation
	older      []*generation // newest first, kept for the verify_tokens that they made
	leaseUntil time.Time     // somebody is fetching a token until then
	version    int64
}

// leased reports whether somebody is fetching a token. A lease that ends later than
// any lease can is that of a machine whose clock is wrong, and binds nobody.
func (r *tokenRecord) leased(now time.Time, longest time.Duration) bool {
	return now.Before(r.leaseUntil) && r.leaseUntil.Before(now.Add(2*longest))
}

// find returns the generation of that id, or nil.
func (r *tokenRecord) find(id string) *generation {
	if r == nil || id == "" {
		return nil
	}
	if r.current != nil && r.current.id == id {
		return r.current
	}
	if i := slices.IndexFunc(r.older, func(g *generation) bool { return g.id == id }); i >= 0 {
		return r.older[i]
	}
	return nil
}

// claimed returns the record with a lease, and without a current token that was
// refused.
func (r *tokenRecord) claimed(until time.Time, refused string) *tokenRecord {
	next := *r
	next.leaseUntil = until
	if next.current != nil && next.current.id == refused {
		next.current = nil
	}
	return &next
}

// rotated returns the record with a new current token and without lease. The old
// one is kept for keep, if it lives as long: an expired one serves nobody, and
// tokens of a second's life would pile up.
func (r *tokenRecord) rotated(fresh *generation, now time.Time, keep time.Duration) *tokenRecord {
	next := &tokenRecord{current: fresh, version: r.version}
	if r.current.good(now) {
		old := *r.current
		old.keepUntil = now.Add(keep)
		next.older = append(next.older, &old)
	}
	for _, g := range r.older {
		if g.good(now) && now.Before(g.keepUntil) {
			next.older = append(next.older, g)
		}
	}
	return next
}

// without returns the record without that older generation.
func (r *tokenRecord) without(id string) *tokenRecord {
	next := *r
	next.older = slices.DeleteFunc(slices.Clone(r.older), func(g *generation) bool { return g.id == id })
	return &next
}

// life is how long the record must be stored.
func (r *tokenRecord) life(now time.Time) time.Duration {
	until := r.leaseUntil
	if r.current != nil && r.current.expiresAt.After(until) {
		until = r.current.expiresAt
	}
	for _, g := range r.older {
		if g.keepUntil.After(until) {
			until = g.keepUntil
		}
	}
	return max(until.Sub(now), time.Minute)
}

// storedTokens is the record on its way to the store. Here alone a token stands in
// plain text; [store.Seal] keeps it from the engine.
type storedTokens struct {
	Format     int                `json:"v"`
	Current    *storedGeneration  `json:"current,omitzero"`
	Older      []storedGeneration `json:"older,omitzero"`
	LeaseUntil time.Time          `json:"lease_until,omitzero"`
}

type storedGeneration struct {
	ID        string    `json:"id"`
	Token     string    `json:"token"`
	RefreshAt time.Time `json:"refresh_at"`
	ExpiresAt time.Time `json:"expires_at"`
	KeepUntil time.Time `json:"keep_until,omitzero"`
}

// encode returns the stored form.
func (r *tokenRecord) encode() ([]byte, error) {
	stored := storedTokens{Format: tokenFormat, LeaseUntil: r.leaseUntil}
	if r.current != nil {
		current := toStored(r.current)
		stored.Current = &current
	}
	for _, g := range r.older {
		stored.Older = append(stored.Older, toStored(g))
	}
	return json.Marshal(stored)
}

func toStored(g *generation) storedGeneration {
	return storedGeneration{ID: g.id, Token: g.token.Reveal(), RefreshAt: g.refreshAt, ExpiresAt: g.expiresAt, KeepUntil: g.keepUntil}
}

// decodeTokens reads the stored form.
func decodeTokens(value []byte, version int64) (*tokenRecord, error) {
	var stored storedTokens
	if err := strictjson.Unmarshal(value, &stored); err != nil {
		return nil, fmt.Errorf("%w: %w", errTokenRecord, err)
	}
	if stored.Format != tokenFormat {
		return nil, fmt.Errorf("%w: they have format %d, and this version knows %d", errTokenRecord, stored.Format, tokenFormat)
	}
	record := &tokenRecord{leaseUntil: stored.LeaseUntil, version: version}
	if stored.Current != nil {
		record.current = stored.Current.generation()
	}
	for _, g := range stored.Older {
		record.older = append(record.older, g.generation())
	}
	return record, nil
}

func (g storedGeneration) generation() *generation {
	return &generation{id: g.ID, token: handlers.Hide(g.Token), refreshAt: g.RefreshAt, expiresAt: g.ExpiresAt, keepUntil: g.KeepUntil}
}

// tokenKey names the record of one key pair at one base URL. It holds a hash of
// both keys: with another secret there is nothing in the cache that could work.
func tokenKey(baseURL string, apiKey, secretKey handlers.Private) string {
	hash := sha256.New()
	for _, part := range []string{"facegate baidu access token", baseURL, apiKey.Reveal(), secretKey.Reveal()} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	return "baidu/token/" + hex.EncodeToString(hash.Sum(nil)[:16])
}
