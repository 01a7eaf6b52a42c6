package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"

	"einlass/internal/fault"

	gomail "github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

// TLSMode is how the connection to the relay is protected.
type TLSMode string

// The modes.
const (
	StartTLS TLSMode = "starttls" // RFC 3207, refused without it
	TLS      TLSMode = "tls"      // from the first byte, RFC 8314
	NoTLS    TLSMode = "none"     // a relay on the same machine; no password is sent
)

// Patience with a relay. The reply to a whole message may take long, and whoever
// hangs up too early makes copies: RFC 5321 §4.5.3.2.6 asks for ten minutes.
const (
	dialTimeout    = 30 * time.Second // connect, greet, encrypt, log in
	messageTimeout = 10 * time.Minute // one message from MAIL to the last reply
	quitTimeout    = 2 * time.Second  // a farewell nobody depends on
	perConnection  = 100              // messages on one connection; many relays end it there
	secretMax      = 4 << 10          // bytes of a password file
)

// RelayConfig says where mail is handed over.
type RelayConfig struct {
	Host         string
	Port         int
	User         string // empty: no log-in
	PasswordFile string // read at every connection, so that it can be changed
	TLS          TLSMode
	Hello        string      // our name in EHLO; empty: the machine's
	TLSConfig    *tls.Config // empty: the system's authorities, the host's name
	// DialTimeout and MessageTimeout replace the constants when set.
	DialTimeout, MessageTimeout time.Duration
}

// Relay hands messages over, several on one connection. It belongs to one
// goroutine.
type Relay struct {
	config RelayConfig
	open   *connection // nil when there is none
}

// connection is one SMTP conversation.
type connection struct {
	client *gomail.Client
	smtp   *gosmtp.Client
	raw    net.Conn // below any encryption: closing it ends everything
	sent   int
}

// NewRelay checks the configuration; it does not connect. Invalid if it cannot
// work, so that the mistake shows at start and not in the outbox.
func NewRelay(c RelayConfig) (*Relay, error) {
	switch {
	case c.Host == "" || c.Port < 1 || c.Port > 65535:
		return nil, fault.New(fault.Invalid, "relay %q port %d: want a host and a port", c.Host, c.Port)
	case c.TLS != StartTLS && c.TLS != TLS && c.TLS != NoTLS:
		return nil, fault.New(fault.Invalid, "relay: no TLS mode %q: use starttls, tls or none", c.TLS)
	case c.User != "" && c.TLS == NoTLS:
		return nil, fault.New(fault.Invalid, "relay: a password is never sent without TLS")
	case (c.User == "") != (c.PasswordFile == ""):
		return nil, fault.New(fault.Invalid, "relay: user and password file go together")
	case strings.ContainsAny(c.Hello, "\r\n "):
		return nil, fault.New(fault.Invalid, "relay: %q is no host name", c.Hello)
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = dialTimeout
	}
	if c.MessageTimeout == 0 {
		c.MessageTimeout = messageTimeout
	}
	r := &Relay{config: c}
	if _, err := r.password(); err != nil {
		return nil, err
	}
	return r, nil
}

// password reads the password file. Unavailable if it cannot be read.
func (r *Relay) password() (string, error) {
	if r.config.PasswordFile == "" {
		return "", nil
	}
	f, err := os.Open(r.config.PasswordFile)
	if err != nil {
		return "", fault.New(fault.Unavailable, "relay password: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, secretMax))
	if err != nil {
		return "", fault.New(fault.Unavailable, "relay password: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// Send hands one message over and returns nil when the relay has taken it. Every
// other end is a *Failure. When ctx ends, the conversation is cut off.
func (r *Relay) Send(ctx context.Context, m *gomail.Msg) error {
	reused := r.open != nil
	f := r.sendOnce(ctx, m)
	if f != nil && reused && f.Class == Unreached && ctx.Err() == nil {
		// The relay hung up while we had nothing to say, as it may.
		f = r.sendOnce(ctx, m)
	}
	if f == nil {
		return nil
	}
	return f
}

func (r *Relay) sendOnce(ctx context.Context, m *gomail.Msg) *Failure {
	if err := r.connect(ctx); err != nil {
		return &Failure{Class: Unreached, Code: replyCode(err), err: errors.New(withoutAddresses(err.Error()))}
	}
	c := r.open
	stop := context.AfterFunc(ctx, func() { c.raw.Close() }) //nolint:errcheck // closing is how a blocked call is ended
	err := c.client.SendWithSMTPClient(c.smtp, m)
	stop()
	c.sent++
	if err == nil {
		if c.sent >= perConnection {
			r.Close()
		}
		return nil
	}
	f := failed(err)
	if f.Code == 0 || f.Code == shuttingDown || f.Class == Unreached {
		r.drop()
	}
	return f
}

// replyCode finds the reply code in a failed greeting or log-in; 0 without one.
func replyCode(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

// connect opens a conversation unless there is one. The library looks at ctx
// only while it dials; what follows is ended by closing the connection below it.
func (r *Relay) connect(ctx context.Context) error {
	if r.open != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.DialTimeout)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(r.config.Host, strconv.Itoa(r.config.Port)))
	if err != nil {
		return fault.New(fault.Unavailable, "relay: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() }) //nolint:errcheck // closing is how a blocked call is ended
	c, err := r.greet(ctx, raw)
	if !stop() && err == nil {
		err = fault.New(fault.Unavailable, "relay: %w", ctx.Err())
	}
	if err != nil {
		raw.Close() //nolint:errcheck // the first error is the one to tell
		return err
	}
	r.open = c
	return nil
}

// greet says hello, encrypts and logs in.
func (r *Relay) greet(ctx context.Context, raw net.Conn) (*connection, error) {
	options, err := r.options(raw)
	if err != nil {
		return nil, err
	}
	c := &connection{raw: raw}
	if c.client, err = gomail.NewClient(r.config.Host, options...); err != nil {
		return nil, fault.New(fault.Invalid, "relay: %w", err)
	}
	if c.smtp, err = c.client.DialToSMTPClientWithContext(ctx); err != nil {
		return nil, fault.New(fault.Unavailable, "relay: %w", err)
	}
	return c, nil
}

// options configures the library. It sends neither NOOP before nor RSET after a
// message: a failed RSET would call a message failed that the relay has taken.
func (r *Relay) options(raw net.Conn) ([]gomail.Option, error) {
	o := []gomail.Option{
		gomail.WithPort(r.config.Port), gomail.WithTimeout(r.config.MessageTimeout), gomail.WithTLSConfig(r.tlsConfig()),
		gomail.WithoutNoop(), gomail.WithoutRset(), gomail.WithDialContextFunc(r.dialer(raw)), gomail.WithTLSPolicy(r.policy()),
	}
	if r.config.Hello != "" {
		o = append(o, gomail.WithHELO(r.config.Hello))
	}
	password, err := r.password()
	if err != nil {
		return nil, err
	}
	if r.config.User != "" {
		o = append(o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(r.config.User), gomail.WithPassword(password))
	}
	return o, nil
}

// policy asks the library for STARTTLS, or only to notice the encryption that is
// already there.
func (r *Relay) policy() gomail.TLSPolicy {
	switch r.config.TLS {
	case StartTLS:
		return gomail.TLSMandatory
	case TLS:
		return gomail.TLSOpportunistic
	}
	return gomail.NoTLS
}

func (r *Relay) tlsConfig() *tls.Config {
	if r.config.TLSConfig != nil {
		return r.config.TLSConfig.Clone()
	}
	return &tls.Config{ServerName: r.config.Host, MinVersion: tls.VersionTLS12}
}

// dialer hands the connection we have to the library, encrypted from the first
// byte where that is the mode.
func (r *Relay) dialer(raw net.Conn) gomail.DialContextFunc {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		if r.config.TLS != TLS {
			return raw, nil
		}
		c := tls.Client(raw, r.tlsConfig())
		return c, c.HandshakeContext(ctx)
	}
}

// Close says goodbye and closes the connection, if there is one.
func (r *Relay) Close() {
	if r.open == nil {
		return
	}
	if r.open.raw.SetDeadline(time.Now().Add(quitTimeout)) == nil {
		r.open.smtp.Quit() //nolint:errcheck // a farewell: the relay has taken every message already
	}
	r.drop()
}

// drop closes the connection without a word.
func (r *Relay) drop() {
	r.open.raw.Close() //nolint:errcheck // nothing is waiting to be written
	r.open = nil
}
