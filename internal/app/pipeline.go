package app

import (
	"context"

	"einlass/internal/failpoint"
)

// A request is pipelined if its connection sent it before it had the answer to the last
// one (RFC 9112 §9.3.2). No browser does so, and hundreds of requests of somebody who reads
// no answer are pages made for nobody, before everybody else's (ADR 8). Of those of a
// listener only one is therefore worked for at a time, until its answer is sent.

// begin notes that a handler works for the connection now, and tells whether its request
// lay here before the last answer was sent.
func (g *guest) begin() (pipelined bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass.serving = true
	return !g.pass.fresh && !failpoint.Bug(failpoint.BugPipelined)
}

// inTurn waits until no other pipelined request is worked for; false if nobody waits for
// its answer any more.
func (g *guest) inTurn(ctx context.Context) bool {
	select {
	case g.door.pipelined <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	g.mu.Lock()
	g.pass.pipelined = true
	g.mu.Unlock()
	return true
}

// answer notes that an answer is sent, and makes room for the next pipelined request.
func (g *guest) answer() {
	g.mu.Lock()
	had := g.pass.pipelined
	g.pass.pipelined = false
	if g.pass.serving { // a handshake's bytes answer no request
		g.pass.fresh = false
	}
	g.mu.Unlock()
	if had {
		<-g.door.pipelined
	}
}

// finish notes that the handler has answered.
func (g *guest) finish() {
	g.mu.Lock()
	g.pass.serving = false
	g.mu.Unlock()
}
