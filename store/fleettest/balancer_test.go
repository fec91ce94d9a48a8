package fleettest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// balancer spreads requests over the members in rotation. Where one does not answer,
// or says 503, it asks the others.
type balancer struct {
	client *http.Client

	mu      sync.Mutex
	members []*backend
	turn    int

	// How the members' answers came out, request by request.
	taken, refused, unreached atomic.Int64
}

// backend is a member as the balancer sees it.
type backend struct {
	address string
	busy    sync.WaitGroup // requests that it has got
	leaving bool           // gets no more
}

func newBalancer() *balancer {
	return &balancer{client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: mostConnections, IdleConnTimeout: time.Minute},
		Timeout:   time.Minute,
	}}
}

// add takes a member into rotation.
func (b *balancer) add(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.members = append(b.members, &backend{address: address})
}

// remove takes it out and waits until it has no request any more.
func (b *balancer) remove(address string) {
	b.mu.Lock()
	var gone []*backend
	b.members = slices.DeleteFunc(b.members, func(member *backend) bool {
		if member.address != address {
			return false
		}
		member.leaving = true
		gone = append(gone, member)
		return true
	})
	b.mu.Unlock()
	for _, member := range gone {
		member.busy.Wait()
	}
}

// enter takes a place for a request at a member, unless that is leaving.
func (b *balancer) enter(member *backend) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if member.leaving {
		return false
	}
	member.busy.Add(1)
	return true
}

// inTurn lists the members in the order in which the next request asks them.
func (b *balancer) inTurn() []*backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.members) == 0 {
		return nil
	}
	b.turn = (b.turn + 1) % len(b.members)
	return slices.Concat(b.members[b.turn:], b.members[:b.turn])
}

// answer is what a member said.
type answer struct {
	status     int
	retryAfter string
	body       []byte
}

var errNobodyAnswers = errors.New("no member answers")

// post sends a form to one endpoint of the kit, as a person or the vendor. It
// returns the first answer that is no 503, else the last 503, and fails if there is
// none at all.
func (b *balancer) post(ctx context.Context, endpoint, subject string, form url.Values) (answer, error) {
	last, err := answer{}, errNobodyAnswers
	for _, member := range b.inTurn() {
		if !b.enter(member) {
			continue
		}
		got, sendErr := b.send(ctx, "http://"+member.address+"/face/"+endpoint, subject, form)
		member.busy.Done()
		switch {
		case sendErr != nil:
			b.unreached.Add(1)
		case got.status == http.StatusServiceUnavailable:
			b.refused.Add(1)
			last, err = got, nil
		default:
			b.taken.Add(1)
			return got, nil
		}
	}
	return last, err
}

func (b *balancer) send(ctx context.Context, address, subject string, form url.Values) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set(subjectHeader, subject)
	res, err := b.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header.Get("Retry-After"), body}, err
}

// insist sends a notify until it is acknowledged, as a vendor does that never gives
// up, and reports whether that happened before ctx ended.
func (b *balancer) insist(ctx context.Context, form url.Values) bool {
	for {
		got, err := b.post(ctx, "notify", "", form)
		if err == nil && got.status == http.StatusOK {
			return true
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return false
		}
	}
}
