package rehearsal

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// shutting is a listener that shuts so many connections out unheard; then it lets everybody
// in.
type shutting struct {
	net.Listener
	left, shut atomic.Int64
}

// Accept implements net.Listener.
func (l *shutting) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.left.Add(-1) < 0 {
			return c, err
		}
		l.shut.Add(1) // before anybody can learn of it
		_ = c.Close()
	}
}

// visitor is a browser at a host that shuts so many connections out; its crowd is late or
// is not.
func visitor(t *testing.T, shut int64, late bool) (*browser, *shutting) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }))
	l := &shutting{Listener: s.Listener}
	l.left.Store(shut)
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	h, err := newHost(t.Context(), s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{
		host: h, lens: &lens{}, opened: func(*conn) {}, closed: func(c *conn) { c.Close() }, asked: func(int64, *answer) {},
		late: func(time.Time) bool { return late },
	}
	t.Cleanup(b.hangUp)
	return b, l
}

// TestLateConnectionsAreReplaced: what only the crowd's lateness has cost is asked again,
// more than once. A house that shuts out those who come in time has not answered, nor has
// one that never lets anybody in.
func TestLateConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	past, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	for name, c := range map[string]struct {
		ctx        context.Context // of what is asked; t.Context where nil
		shut, seen int64
		late       bool
		reconnects int
		ok         bool
		byLateness bool // that there is no answer
	}{
		"late twice":       {shut: 2, seen: 2, late: true, reconnects: 2, ok: true},
		"late always":      {shut: 100, seen: lateMost + 2, late: true, reconnects: lateMost + 1, byLateness: true},
		"in time":          {shut: 1, seen: 1},
		"connecting, late": {ctx: past, late: true, reconnects: lateMost + 1, byLateness: true},
		"connecting":       {ctx: past},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, l := visitor(t, c.shut, c.late)
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			a, err := b.once(ctx, ask{path: "/"}, nil)
			if l.shut.Load() != c.seen || b.reconnects != c.reconnects {
				t.Errorf("%d connections were shut, %d reconnects; want %d and %d", l.shut.Load(), b.reconnects, c.seen, c.reconnects)
			}
			if (err == nil) != c.ok || c.ok && a.status != http.StatusNotModified || errors.Is(err, errLate) != c.byLateness {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}
