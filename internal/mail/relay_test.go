package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/mail"
	"einlass/internal/mail/sink"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"
)

func startSink(t testing.TB) *sink.Sink {
	t.Helper()
	s, err := sink.Start(sink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// impatient is how long the tests wait for a relay that says nothing.
const impatient = 300 * time.Millisecond

func relayTo(t testing.TB, port int) *mail.Relay {
	t.Helper()
	r, err := mail.NewRelay(mail.RelayConfig{Host: "127.0.0.1", Port: port, TLS: mail.NoTLS, Hello: "test.invalid", DialTimeout: impatient, MessageTimeout: impatient})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func message(t testing.TB, seq int64) *gomail.Msg {
	t.Helper()
	l := letter(inventory.AboutConfirmed, "de")
	l.Seq, l.To = seq, "erika@example.org"
	m, err := composer(t).Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestHowASendEnds tells apart what must not be confused, against a real relay
// that does each of them.
func TestHowASendEnds(t *testing.T) {
	for _, c := range []struct {
		fault sink.Fault
		class mail.Class
		code  int
		taken int
		says  string
	}{
		{sink.None, 0, 0, 1, ""},
		{sink.Slow, 0, 0, 1, ""},
		{sink.Refuse451, mail.Temporary, 451, 0, "Der Mailserver bittet, es später zu versuchen: 451 4.3.0 Local trouble"},
		{sink.Greylist, mail.Temporary, 450, 0, "Der Mailserver bittet, es später zu versuchen: 450 4.7.1 Greylisted <…>, come back later"},
		{sink.Refuse550, mail.Permanent, 550, 0, "Die Adresse gibt es nicht: 550 5.1.1 <…>: no such mailbox here"},
		{sink.Reject554, mail.Permanent, 554, 0, "Der Empfänger nimmt unsere Mail nicht an: 554 5.7.1"},
		{sink.HangUp, mail.Temporary, 0, 0, "Die Verbindung zum Mailserver brach ab"},
		{sink.Stall, mail.Uncertain, 0, 0, "nicht sicher"},
		{sink.LoseReply, mail.Uncertain, 0, 1, "nicht sicher"},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			s := startSink(t)
			s.Misbehave(sink.Always(c.fault))
			err := relayTo(t, s.Port()).Send(context.Background(), message(t, 1))
			if n := s.Counts().Taken; n != c.taken {
				t.Errorf("the sink took %d, want %d", n, c.taken)
			}
			if c.class == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			f := mail.AsFailure(err)
			if f.Class != c.class || f.Code != c.code || !strings.Contains(f.Trouble(), c.says) || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%v, code %d: %s", f.Class, f.Code, f.Trouble())
			}
			if strings.Contains(f.Trouble()+err.Error(), "erika@") {
				t.Errorf("an address is in %q or %q", f.Trouble(), err)
			}
			if s.Counts().Faults[c.fault] != 1 {
				t.Errorf("the fault did not happen: %v", s.Counts().Faults)
			}
		})
	}
}

// TestCutInTheMiddle: nothing is taken, and the end is never called permanent.
// Whether the last line had left our machine when the relay went away depends on
// its buffers.
func TestCutInTheMiddle(t *testing.T) {
	s := startSink(t)
	s.Misbehave(sink.Always(sink.Drop))
	f := mail.AsFailure(relayTo(t, s.Port()).Send(context.Background(), message(t, 1)))
	if f.Class != mail.Temporary && f.Class != mail.Uncertain || s.Counts().Taken != 0 || s.Counts().Faults[sink.Drop] != 1 {
		t.Errorf("%v, %+v", f, s.Counts())
	}
}

func TestUnreachedRelay(t *testing.T) {
	s := startSink(t)
	r := relayTo(t, s.Port())
	s.Down()
	if f := mail.AsFailure(r.Send(context.Background(), message(t, 1))); f.Class != mail.Unreached {
		t.Errorf("refused: %v", f)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	r = relayTo(t, silent.Addr().(*net.TCPAddr).Port)
	begun := time.Now()
	if f := mail.AsFailure(r.Send(context.Background(), message(t, 1))); f.Class != mail.Unreached || time.Since(begun) > 10*impatient {
		t.Errorf("silent: %v after %v", f, time.Since(begun))
	}
	if f := mail.AsFailure(errors.New("something else")); f.Class != mail.Unreached {
		t.Errorf("unclassified: %v", f)
	}
}

// TestOneConnectionForMany: reused, given back in time, and opened again when
// the relay hung up in between.
func TestOneConnectionForMany(t *testing.T) {
	const many = 230
	s := startSink(t)
	r := relayTo(t, s.Port())
	m := message(t, 1)
	for i := range many {
		if err := r.Send(context.Background(), m); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if c := s.Counts(); c.Taken != many || c.Connections != 3 || c.Distinct != 1 || c.Copies != many-1 {
		t.Errorf("%+v", c)
	}
	s.Down()
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	if err := r.Send(context.Background(), m); err != nil {
		t.Errorf("after a hang-up: %v", err)
	}
}

// TestCutOffByUs: when the program ends, a stalled relay does not hold it.
func TestCutOffByUs(t *testing.T) {
	s := startSink(t)
	s.Misbehave(sink.Always(sink.Stall))
	r, err := mail.NewRelay(mail.RelayConfig{Host: "127.0.0.1", Port: s.Port(), TLS: mail.NoTLS, Hello: "test.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if f := mail.AsFailure(r.Send(ctx, message(t, 1))); f.Class != mail.Uncertain || time.Since(begun) > 5*time.Second {
		t.Errorf("%v after %v", f, time.Since(begun))
	}
}

func TestRelayConfigurationIsCheckedAtStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []mail.RelayConfig{
		{}, {Host: "h", Port: 70000, TLS: mail.NoTLS}, {Host: "h", Port: 25}, {Host: "h", Port: 25, TLS: "ssl"},
		{Host: "h", Port: 25, TLS: mail.NoTLS, User: "u", PasswordFile: file}, {Host: "h", Port: 25, TLS: mail.TLS, User: "u"},
		{Host: "h", Port: 25, TLS: mail.TLS, User: "u", PasswordFile: file + "x"}, {Host: "h", Port: 25, TLS: mail.NoTLS, Hello: "a b"},
	} {
		if _, err := mail.NewRelay(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	for _, base := range []string{"", "kreis.example", "ftp://kreis.example", "https://kreis.example/?a=b", "javascript:alert(1)"} {
		if _, err := mail.NewComposer(base, "a@b.example"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("base %q: %v", base, err)
		}
	}
	if _, err := mail.NewComposer("https://kreis.example", "nobody"); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

// guarded is a relay that wants TLS and a password.
type guarded struct {
	taken chan string
	user  string
}

func (g *guarded) NewSession(*smtp.Conn) (smtp.Session, error) { return &guardedSession{g: g}, nil }

type guardedSession struct {
	g  *guarded
	in bool
}

func (*guardedSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *guardedSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.g.user || password != "secret" {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *guardedSession) Mail(string, *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	return nil
}
func (*guardedSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *guardedSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.g.taken <- string(raw)
	return err
}
func (*guardedSession) Reset()        {}
func (*guardedSession) Logout() error { return nil }

// TestEncryptedWithPassword: both ways of TLS, with log-in; a wrong password and
// a certificate of a stranger reach nobody and park nothing.
func TestEncryptedWithPassword(t *testing.T) {
	own, trust := certificate(t)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []mail.TLSMode{mail.StartTLS, mail.TLS} {
		g := &guarded{taken: make(chan string, 1), user: "einlass"}
		server := smtp.NewServer(g)
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{own}}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if mode == mail.TLS {
			l = tls.NewListener(l, server.TLSConfig)
		}
		go server.Serve(l) //nolint:errcheck // ends with Close
		t.Cleanup(func() { server.Close() })
		config := mail.RelayConfig{Host: "127.0.0.1", Port: port, TLS: mode, Hello: "test.invalid", User: "einlass", PasswordFile: file,
			TLSConfig: &tls.Config{RootCAs: trust, ServerName: "127.0.0.1"}, DialTimeout: 5 * time.Second, MessageTimeout: 5 * time.Second}
		if err := sendOne(t, config); err != nil {
			t.Errorf("%s: %v", mode, err)
			continue
		}
		if raw := <-g.taken; !strings.Contains(raw, "Message-ID:") {
			t.Errorf("%s: %s", mode, raw)
		}
		wrong := config
		wrong.User = "somebody"
		if f := mail.AsFailure(sendOne(t, wrong)); f.Class != mail.Unreached || f.Code != 535 {
			t.Errorf("%s, wrong user: %v %d", mode, f, f.Code)
		}
		strange := config
		strange.TLSConfig = nil
		if f := mail.AsFailure(sendOne(t, strange)); f.Class != mail.Unreached {
			t.Errorf("%s, unknown certificate: %v", mode, f)
		}
	}
}

func sendOne(t *testing.T, c mail.RelayConfig) error {
	t.Helper()
	r, err := mail.NewRelay(c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return r.Send(context.Background(), message(t, 1))
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTroubleInEveryLanguage(t *testing.T) {
	for _, reason := range []string{"no_address", "full", "disabled", "refused", "other", "later", "dropped", "uncertain", "unreached",
		mail.TroubleTooLong, mail.TroubleNowhere, mail.TroubleUnwritten} {
		german := mail.Trouble(reason, "")
		if english := mail.Explain(locale.English, german); strings.HasPrefix(german, "[") || english == german {
			t.Errorf("%q: %q, %q", reason, german, english)
		}
	}
	for stored, want := range map[string]string{
		"Die Adresse gibt es nicht: 550 5.1.1 no such user":                        "The address does not exist: 550 5.1.1 no such user",
		"Das Postfach ist voll":                                                    "The mailbox is full",
		mail.Trouble(mail.TroubleTooLong, "Das Postfach ist voll: 452 4.2.2 over"): "The mail could not be delivered for several days: The mailbox is full: 452 4.2.2 over",
		"niemand da": "niemand da", "": "",
	} {
		if got := mail.Explain(locale.English, stored); got != want {
			t.Errorf("%q in English is %q, want %q", stored, got, want)
		}
		if got := mail.Explain(locale.German, stored); got != stored {
			t.Errorf("%q in German is %q", stored, got)
		}
	}
}
