package rehearsal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"strings"
	"sync/atomic"

	"einlass/internal/fault"
)

// host is one listener the crowd talks to.
type host struct {
	base    string // scheme and authority: also the Origin of every POST
	name    string // authority, for the Host field
	address string // literal IP and port, resolved once
	local   bool   // loopback: connections come from several source addresses
	tls     *tls.Config
	turn    atomic.Uint32
}

// newHost resolves base once; a look-up per person would rehearse the resolver.
func newHost(ctx context.Context, base, rootPEM string) (*host, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fault.New(fault.Invalid, "rehearsal: address %q: %w", base, err)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, u.Hostname())
	if err != nil || len(ips) == 0 {
		return nil, fault.New(fault.Unavailable, "rehearsal: look up %q: %w", u.Hostname(), err)
	}
	ip := ips[0].IP
	for _, other := range ips { // the source addresses are IPv4
		if other.IP.To4() != nil {
			ip = other.IP
			break
		}
	}
	h := &host{
		base: u.Scheme + "://" + u.Host, name: u.Host, address: net.JoinHostPort(ip.String(), port),
		local: ip.IsLoopback() && ip.To4() != nil && loopbackIsWide,
	}
	if u.Scheme == "https" {
		h.tls, err = tlsConfig(u.Hostname(), rootPEM)
	}
	return h, err
}

func tlsConfig(name, rootPEM string) (*tls.Config, error) {
	c := &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if rootPEM == "" {
		return c, nil
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM([]byte(rootPEM)) {
		return nil, fault.New(fault.Invalid, "rehearsal: root_pem holds no certificate")
	}
	return c, nil
}

// dial opens one connection. On loopback the source address goes round
// 127.0.0.1 .. 127.0.0.8, so that the crowd does not run out of ports.
func (h *host) dial(ctx context.Context) (*conn, error) {
	d := net.Dialer{Timeout: dialMax, KeepAlive: -1}
	if h.local {
		last := byte(1 + h.turn.Add(1)%loopbacks)
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}
		d.Control = latePort
	}
	raw, err := d.DialContext(ctx, "tcp", h.address)
	if err != nil {
		return nil, err
	}
	if h.tls != nil {
		secured := tls.Client(raw, h.tls)
		if err := handshake(ctx, secured); err != nil {
			return nil, err
		}
		return &conn{Conn: secured}, nil
	}
	return &conn{Conn: raw}, nil
}

func handshake(ctx context.Context, c *tls.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, dialMax)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		_ = c.Close() // the handshake's error says more
		return err
	}
	return nil
}

// path resolves a link found on the page at from. An address of another host is
// refused: a rehearsal never reaches somebody else.
func (h *host) path(from, link string) (string, error) {
	if strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") && cleanPath(link) {
		return link, nil
	}
	at, err := url.Parse(h.base + from)
	if err != nil {
		return "", fault.New(fault.Invalid, "rehearsal: address %q: %w", from, err)
	}
	to, err := at.Parse(link)
	if err != nil {
		return "", fault.New(fault.Invalid, "rehearsal: link %q: %w", link, err)
	}
	if to.Host != at.Host || to.Scheme != at.Scheme {
		return "", fault.New(fault.Forbidden, "rehearsal: the link %q leads to another host", link)
	}
	p := to.RequestURI()
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return p, nil
}

// cleanPath reports whether a path can stand in a request line as it is.
func cleanPath(p string) bool {
	for i := range len(p) {
		if p[i] <= ' ' || p[i] >= 0x7f || p[i] == '#' {
			return false
		}
	}
	return !strings.Contains(p, "/.")
}
