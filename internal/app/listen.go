package app

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"

	"einlass/internal/fault"
)

// patience is how long one listener waits for the other side. These are network
// time-outs: they stay in real time, however fast the sale's clock runs.
type patience struct {
	head  time.Duration // a request's head, from its first byte or the connection's beginning
	read  time.Duration // head and body
	write time.Duration // from the head's end to the answer's last byte
	idle  time.Duration // between two requests
}

var (
	// publicPatience: a phone at the edge of the network sends a form of 2 kB
	// within seconds; who sends its head in drops is gone after five. An answer of
	// 14 kB at 2 kB/s takes seven seconds, and a full queue two more. Ten idle
	// seconds cover the next click of a hurried person; everybody else reconnects
	// for one round trip, and meanwhile costs no 19 KiB (LIMITS 1d).
	publicPatience = patience{head: 5 * time.Second, read: 15 * time.Second, write: 30 * time.Second, idle: 10 * time.Second}
	// staffPatience: few connections from few desks; a clerk's next key must not
	// wait for a handshake.
	staffPatience = patience{head: 5 * time.Second, read: 15 * time.Second, write: 30 * time.Second, idle: 5 * time.Minute}
	// opsPatience: a scraper on the same machine or network.
	opsPatience = patience{head: 5 * time.Second, read: 5 * time.Second, write: 30 * time.Second, idle: time.Minute}
)

// Limits of requests and listeners.
const (
	// headBytes bounds a request's head: our cookies have about 2 kB, browsers
	// send about 1 kB beside them.
	headBytes = 16 << 10
	// staffConnections is the staff side's own share, never given to the public:
	// 200 desks with five connections each.
	staffConnections = 1_000
	// staffPerAddress is an office behind one address: fifty desks. A machine in it
	// that has gone wild leaves the other offices their share.
	staffPerAddress = 250
	// streamsMax is how many requests one HTTP/2 connection may have open. Room is
	// given by the connection; with the usual 250 one address had 64,000 requests
	// waiting. A page of ours with all it brings along needs five.
	streamsMax = 8
	// streamBytes is what may arrive on an HTTP/2 connection before anybody reads
	// it: one form at its largest. The protocol allows no less.
	streamBytes = 64 << 10
	// opsConnections is for scrapers and health checks.
	opsConnections = 64
	// filesSpare is what the database, the log, the relay and the rest may open.
	filesSpare = 200
)

// side is one listener with its server.
type side struct {
	name   string
	door   *door
	server *http.Server
	tls    bool
}

// sideOptions are what a side is made of.
type sideOptions struct {
	name       string
	address    string
	total      int // connections
	perAddress int // connections; 0: no limit
	exempt     []netip.Prefix
	turns      turnstile // nil: everybody is read at once
	patience   patience
	handler    http.Handler
	tls        *tls.Config
}

// openSide opens the listener. Unavailable if the address is taken.
func openSide(ctx context.Context, o sideOptions) (*side, error) {
	// Every wait has an end of its own (patience), so probes of the kernel find nothing more;
	// asking for them is four system calls a connection.
	l, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", o.address)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "--%s %s cannot be opened; is another server running? %w", o.name, o.address, err)
	}
	d := newDoor(l, o.total, o.perAddress, o.exempt)
	d.turns = o.turns
	return &side{name: o.name, door: d, tls: o.tls != nil, server: &http.Server{
		Handler: through(within(o.handler)), TLSConfig: o.tls.Clone(), // a server changes its own
		ConnState: d.watch, ConnContext: remember, MaxHeaderBytes: headBytes,
		ReadHeaderTimeout: o.patience.head, ReadTimeout: o.patience.read, WriteTimeout: o.patience.write, IdleTimeout: o.patience.idle,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: streamsMax, MaxReceiveBufferPerConnection: streamBytes, MaxReceiveBufferPerStream: streamBytes},
		ErrorLog: log.New(io.Discard, "", 0), // it writes people's addresses; what matters is counted
	}}, nil
}

// serve answers until the side is shut down.
func (s *side) serve() error {
	var err error
	if s.tls {
		err = s.server.ServeTLS(s.door, "", "")
	} else {
		err = s.server.Serve(s.door)
	}
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fault.New(fault.Unavailable, "listener %s: %w", s.name, err)
}

// shut lets nobody in any more and waits for requests under way until ctx ends;
// then it cuts them off.
func (s *side) shut(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fault.New(fault.Unavailable, "listener %s: requests were cut off: %w", s.name, err), s.server.Close())
	}
	return err
}

// url is the address of the side as a browser on this machine writes it.
func (s *side) url() string {
	scheme := "http://"
	if s.tls {
		scheme = "https://"
	}
	return scheme + s.door.Addr().String()
}

// loadTLS reads the certificate; nil without one. Unavailable if it cannot be
// used.
func loadTLS(cert, key string) (*tls.Config, error) {
	if cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "certificate %s: %w", cert, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}
