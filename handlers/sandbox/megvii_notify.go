package sandbox

import (
	"context"
	"crypto/sha1" //nolint:gosec // the vendor's formula
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	megviiNotifiesAtOnce  = 64     // calls in flight
	megviiNotifiesWaiting = 10_000 // copies in flight or waiting
	megviiNotifiesKept    = 1_000  // tries that a session remembers
	megviiNotifyAnswer    = 64 << 10
)

// megviiNotifyPorts are the ports that the vendor's servers call.
var megviiNotifyPorts = []int{443, 5000, 16003, 8883, 8028}

// errMegviiClosed says that the sandbox was closed.
var errMegviiClosed = errors.New("sandbox: closed")

// A megviiNotifier runs the notifies in the background, a bounded number at a
// time, and knows when they are done.
type megviiNotifier struct {
	client  *http.Client
	own     *http.Transport // nil when the client is the caller's
	timeout time.Duration
	slots   chan struct{}
	ctx     context.Context
	cancel  context.CancelCauseFunc

	mu      sync.Mutex
	idle    *sync.Cond
	running int
}

func newMegviiNotifier(config MegviiConfig) *megviiNotifier {
	n := &megviiNotifier{timeout: config.NotifyTimeout, slots: make(chan struct{}, megviiNotifiesAtOnce)}
	n.ctx, n.cancel = context.WithCancelCause(context.Background())
	n.idle = sync.NewCond(&n.mu)
	var client http.Client
	if config.HTTPClient != nil {
		client = *config.HTTPClient
	} else {
		n.own = &http.Transport{MaxIdleConnsPerHost: megviiNotifiesAtOnce, IdleConnTimeout: time.Minute}
		if !config.AllowAnyHost {
			n.own.DialContext = loopbackDialer().DialContext
		}
		client.Transport = n.own
	}
	// Whoever answers with a redirect has not taken the notify.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	n.client = &client
	return n
}

// start runs task in the background, unless there are too many or it is closed.
func (n *megviiNotifier) start(task func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx.Err() != nil || n.running >= megviiNotifiesWaiting {
		return false
	}
	n.running++
	go func() {
		defer n.done()
		task()
	}()
	return true
}

func (n *megviiNotifier) done() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.running--
	n.idle.Broadcast()
}

func (n *megviiNotifier) wait() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.running > 0 {
		n.idle.Wait()
	}
}

func (n *megviiNotifier) close() {
	n.mu.Lock()
	n.cancel(errMegviiClosed)
	n.mu.Unlock()
	n.wait()
	if n.own != nil {
		n.own.CloseIdleConnections()
	}
}

// post sends one notify and returns the status of the answer, or a word for why
// there is none.
func (n *megviiNotifier) post(ctx context.Context, to *url.URL, form url.Values) (status int, problem string) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(n.ctx, stop)()
	select {
	case n.slots <- struct{}{}:
		defer func() { <-n.slots }()
	case <-ctx.Done():
		return 0, "broken_off"
	}
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "bad_url"
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := n.client.Do(req)
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded):
		return 0, "timeout"
	case ctx.Err() != nil:
		return 0, "broken_off"
	case errors.Is(err, errNotLoopback):
		return 0, "not_loopback"
	default:
		return 0, "no_answer"
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, megviiNotifyAnswer)
	return res.StatusCode, ""
}

// pause waits, and reports whether it got to the end.
func (n *megviiNotifier) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-n.ctx.Done():
		return false
	}
}

// SendNotify sends a session's notify once more and returns the try; a session
// that has not ended says NOT_STARTED or PROCESSING. Switches about the number,
// the moment and repeated tries do not hold for it; those about spelling, signature
// and members do. It returns [ErrMegviiSession] when there is no session of that
// biz_no.
func (m *Megvii) SendNotify(ctx context.Context, bizNo string) (MegviiNotify, error) {
	s, ok := m.session(bizNo)
	if !ok {
		return MegviiNotify{}, ErrMegviiSession
	}
	return m.sendOnce(ctx, s), nil
}

// notify sends copies of a session's notify side by side and waits for them.
func (m *Megvii) notify(ctx context.Context, s *megviiSession, copies int) {
	var all sync.WaitGroup
	for range copies {
		all.Add(1)
		if !m.notifier.start(func() { defer all.Done(); m.send(context.WithoutCancel(ctx), s) }) {
			all.Done()
		}
	}
	all.Wait()
}

// notifyBehind starts the session's notifies after a delay and does not wait for
// them.
func (m *Megvii) notifyBehind(s *megviiSession, delay time.Duration) {
	for range s.switches.copies() {
		m.notifier.start(func() {
			if delay == 0 || m.notifier.pause(delay) {
				m.send(context.Background(), s)
			}
		})
	}
}

// notifyLate starts the notifies of a session that wants them after the browser's
// answer.
func (m *Megvii) notifyLate(s *megviiSession) {
	if s.switches.NotifyWhen != MegviiLate {
		return
	}
	delay := s.switches.NotifyDelay
	if delay == 0 {
		delay = 2 * time.Second
	}
	m.notifyBehind(s, delay)
}

// send sends one copy, and again as often as the switches say while nobody takes
// it.
func (m *Megvii) send(ctx context.Context, s *megviiSession) {
	delay := s.switches.NotifyRetryDelay
	if delay == 0 {
		delay = time.Second
	}
	for try := 0; ; try++ {
		sent := m.sendOnce(ctx, s)
		taken := sent.Status >= 200 && sent.Status < 300
		if taken || try >= s.switches.NotifyRetries || !m.notifier.pause(delay) {
			return
		}
	}
}

// sendOnce sends one copy and remembers how it went.
func (m *Megvii) sendOnce(ctx context.Context, s *megviiSession) MegviiNotify {
	var sent MegviiNotify
	if s.switches.unreachable(megviiURLKind(s.params.notifyURL)) == MegviiCall {
		sent.Status, sent.Error = m.notifier.post(ctx, s.params.notifyURL, m.callback(s, MegviiNotifyCarrier))
	} else {
		sent.Error = "not_called"
	}
	sent.At = m.config.Now()
	m.config.Logger.Info("megvii notify", "biz_no", s.params.bizNo, "status", sent.Status, "error", sent.Error)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(s.notifies) < megviiNotifiesKept {
		s.notifies = append(s.notifies, sent)
	}
	return sent
}

// megviiURLKind tells whether a notify_url has a port that the vendor does not
// call, and whether it is not https.
func megviiURLKind(u *url.URL) (badPort, plainHTTP bool) {
	plainHTTP = u.Scheme != "https"
	port, err := strconv.Atoi(u.Port())
	if u.Port() == "" {
		return plainHTTP, plainHTTP // 443 is called, 80 is not
	}
	return err != nil || !slices.Contains(megviiNotifyPorts, port), plainHTTP
}

// megviiNoCarrier is for a callback that nobody sends; its signature is right.
const megviiNoCarrier MegviiCarrier = ""

// callback returns the form that tells how a session stands, as carrier sends it.
func (m *Megvii) callback(s *megviiSession, carrier MegviiCarrier) url.Values {
	result := m.result(s, megviiResultOptions{})
	if s.switches.ExtraFields { // an old page of the vendor lists these two
		result = result.with("request_id", megviiRequestID(m.config.Now())).with("time_used", megviiTimeUsed)
	}
	data := m.spell(s, result)
	sign := megviiSign(m.secret.reveal(), data)
	if bad := s.switches.BadSign; carrier != megviiNoCarrier && (bad == carrier || bad == MegviiBothCarriers) {
		sign = megviiSign(m.secret.reveal()+"?", data)
	}
	return url.Values{"data": {string(data)}, "sign": {sign}}
}

// Callback returns the data and sign of a session as the vendor would send them
// now; BadSign does not hold for them. It returns [ErrMegviiSession] when there is no session of that biz_no.
func (m *Megvii) Callback(bizNo string) (data, sign string, err error) {
	s, ok := m.session(bizNo)
	if !ok {
		return "", "", ErrMegviiSession
	}
	form := m.callback(s, megviiNoCarrier)
	return form.Get("data"), form.Get("sign"), nil
}

// megviiSign is the lower-case hex SHA-1 of the secret followed by the data.
func megviiSign(secret string, data []byte) string {
	h := sha1.New() //nolint:gosec // the vendor's formula
	_, _ = io.WriteString(h, secret)
	_, _ = h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}
