package rehearsal

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// shutting is a listener that shuts so many connections out unheard, each after its
// handshake and so much time; then it lets everybody in.
type shutting struct {
	net.Listener
	config *tls.Config
	after  time.Duration
	left   atomic.Int64
	shut   atomic.Int64
}

// Accept implements net.Listener.
func (l *shutting) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.left.Add(-1) < 0 {
			return tls.Server(c, l.config), nil
		}
		time.Sleep(l.after) // before the handshake: the connection is open late
		secured := tls.Server(c, l.config)
		_ = secured.HandshakeContext(context.Background())
		l.shut.Add(1) // before anybody can learn of it
		_ = secured.Close()
	}
}

// visitor is a browser at a host that shuts so many connections out.
func visitor(t *testing.T, shut int64, after time.Duration) (*browser, *shutting) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }))
	plain := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(plain.Close)
	l := &shutting{Listener: s.Listener, config: &tls.Config{Certificates: plain.TLS.Certificates, MinVersion: tls.VersionTLS13}, after: after}
	l.left.Store(shut)
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: plain.Certificate().Raw})
	h, err := newHost(t.Context(), "https://"+s.Listener.Addr().String(), string(root))
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{host: h, lens: &lens{}, opened: func(*conn) {}, closed: func(c *conn) { c.Close() }, asked: func(int64, *answer) {}}
	t.Cleanup(b.hangUp)
	return b, l
}

// errInTime stands for any error but errLate.
var errInTime = errors.New("shut out in time")

// TestLateConnectionsAreReplaced: what only the crowd's lateness has cost is asked again,
// more than once; a house that shuts out those who come in time has not answered, and one
// that never lets anybody in has not either.
func TestLateConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shut, seen int64
		after      time.Duration
		want       error
	}{
		"late twice":  {shut: 2, seen: 2, after: dialLate + 100*time.Millisecond},
		"late always": {shut: 100, seen: lateMost + 2, after: dialLate + 100*time.Millisecond, want: errLate},
		"in time":     {shut: 1, seen: 1, want: errInTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, l := visitor(t, c.shut, c.after)
			a, err := b.once(t.Context(), ask{path: "/"}, nil)
			if l.shut.Load() != c.seen {
				t.Errorf("%d connections were shut, want %d", l.shut.Load(), c.seen)
			}
			switch {
			case c.want == nil && (err != nil || a.status != http.StatusNotModified || int64(b.reconnects) != c.shut):
				t.Errorf("%+v, %d reconnects, %v", a, b.reconnects, err)
			case c.want != nil && err == nil, errors.Is(c.want, errLate) != errors.Is(err, errLate):
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}
