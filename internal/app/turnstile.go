package app

import (
	"context"
	"net"
	"net/http"
	"runtime"
)

// turnstile lets only so many connections of a listener have their bytes looked at
// at the same time: reading a request's head and a TLS handshake are work as well,
// and sixteen thousand that arrive in one second would stand in the run queue before
// every step of a clerk's request. A turn lasts from the moment at which bytes came
// until more are asked for, something is sent, the handler begins or the connection
// ends, so that a connection which sends a byte and waits keeps nobody out.
type turnstile chan struct{}

// readersPerCore is how many connections of one listener may be read at once on
// each core: more keep no core busier, and each stands before the clerks.
const readersPerCore = 2

func newTurnstile() turnstile { return make(turnstile, readersPerCore*runtime.GOMAXPROCS(0)) }

// passage is a connection's state at the turnstile, guarded by guest.mu. While a
// handler works for the connection nobody takes a turn for it.
type passage struct {
	in        bool // has a turn
	serving   bool // a handler has begun and has not answered
	fresh     bool // bytes have come since the last answer was sent
	pipelined bool // has the token of door.pipelined
}

// Read waits for bytes without a turn, and takes one for looking at them.
func (g *guest) Read(p []byte) (int, error) {
	g.leave()
	n, err := g.Conn.Read(p)
	if n > 0 {
		g.awake()
		g.enter()
	}
	return n, err
}

// Write sends without a turn: the other side may not read, and net/http waits half
// a second after it has refused a head that is too large.
func (g *guest) Write(p []byte) (int, error) {
	g.leave()
	g.answer()
	return g.Conn.Write(p)
}

// enter takes a turn for bytes that have come, where turns are taken.
func (g *guest) enter() {
	g.mu.Lock()
	g.pass.fresh = true
	serving := g.pass.serving // the rest of a form, or the look whether the browser is still there
	g.mu.Unlock()
	if serving || g.door.turns == nil {
		return
	}
	select {
	case g.door.turns <- struct{}{}:
	default:
		select {
		case g.door.turns <- struct{}{}:
			runtime.Gosched() // as in the lanes: whoever is called stands at the end of the scheduler's queue
		case <-g.gone:
			return
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pass.serving { // it began meanwhile and does not know of this turn
		<-g.door.turns
		return
	}
	g.pass.in = true
}

// leave gives the turn back, if there is one.
func (g *guest) leave() {
	g.mu.Lock()
	had := g.pass.in
	g.pass.in = false
	g.mu.Unlock()
	if had {
		<-g.door.turns
	}
}

type guestKey struct{}

// remember puts a connection into the context of its requests.
func remember(ctx context.Context, c net.Conn) context.Context {
	if g := guestOf(c); g != nil {
		return context.WithValue(ctx, guestKey{}, g)
	}
	return ctx
}

// through gives the turn back when the handler begins: it has lanes of its own.
func through(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g, ok := r.Context().Value(guestKey{}).(*guest); ok {
			pipelined := r.ProtoMajor < 2 && g.begin() // HTTP/2 reads on meanwhile, for other requests
			g.leave()
			if pipelined && !g.inTurn(r.Context()) {
				panic(http.ErrAbortHandler) // no answer is better than an empty one
			}
		}
		next.ServeHTTP(w, r)
	})
}
