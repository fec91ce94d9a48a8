package testserver

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy stands between a client and a server and spoils their talk: it holds
// back answers or loses them.
type Proxy struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	moved sync.Cond // on mu: held or done has changed
	held  bool
	lose  int // answers still to lose
	conns map[net.Conn]struct{}
	done  bool
}

// StartProxy passes connections on to the target until the end of the test.
func StartProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("testserver: %v", err)
	}
	p := &Proxy{listener: listener, target: target, conns: map[net.Conn]struct{}{}}
	p.moved.L = &p.mu
	var running sync.WaitGroup
	running.Go(func() { p.serve(&running) })
	tb.Cleanup(func() {
		p.close()
		running.Wait()
	})
	return p
}

// Address returns the host and port for the client.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Hold keeps back everything the server says from now on, as a server that
// hangs does, until Release.
func (p *Proxy) Hold() { p.hold(true) }

// Release lets through what was kept back.
func (p *Proxy) Release() { p.hold(false) }

// LoseAnswers cuts the connection in place of each of the next n answers: the
// server has done what it was asked, the client never hears of it.
func (p *Proxy) LoseAnswers(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = n
}

// Cut closes all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *Proxy) hold(held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held
	p.moved.Broadcast()
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.done = true
	p.moved.Broadcast()
	p.mu.Unlock()
	p.Cut()
}

func (p *Proxy) serve(running *sync.WaitGroup) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.track(client, server) {
			return
		}
		running.Go(func() {
			_, _ = io.Copy(server, client)
			p.drop(client, server)
		})
		running.Go(func() {
			p.answer(client, server)
			p.drop(client, server)
		})
	}
}

// answer passes on what the server says, as long as the test lets it.
func (p *Proxy) answer(client, server net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil || !p.allowed() {
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// allowed waits while answers are held and reports whether this one may pass.
func (p *Proxy) allowed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held && !p.done {
		p.moved.Wait()
	}
	if p.lose > 0 {
		p.lose--
		return false
	}
	return !p.done
}

// track notes connections to close in the end; false says that the end is here.
func (p *Proxy) track(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = struct{}{}
		if p.done {
			_ = conn.Close()
		}
	}
	return !p.done
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close()
		delete(p.conns, conn)
	}
}
