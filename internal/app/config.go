package app

import (
	"cmp"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"

	"einlass/internal/fault"
	"einlass/internal/mail"
)

// Config is how one server is run. Every field is a flag and an environment
// variable: --per-address is EINLASS_PER_ADDRESS.
type Config struct {
	Public string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address of the public pages (${default})."`
	Staff  string `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Address of the staff pages (${default})."`
	Ops    string `default:"127.0.0.1:8082" placeholder:"HOST:PORT" help:"Address of health and metrics (${default}). Keep it from the internet."`

	Rehearsal string `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Address of a rehearsal's pages, open only while one was granted (${default}: any free one, for a crowd on this machine)."`

	BaseURL      string   `name:"base-url" placeholder:"URL" help:"Address of the public pages as people see it; it stands in mails and codes."`
	StaffBaseURL string   `name:"staff-base-url" placeholder:"URL" help:"Address of the staff pages as clerks see it, if a proxy is in front of them."`
	TrustProxy   []string `placeholder:"CIDR" help:"Networks of the proxies in front of us, whose X-Forwarded-For and X-Forwarded-Proto are believed."`
	TLSCert      string   `name:"tls-cert" placeholder:"FILE" help:"Certificate of the public and staff pages, with its chain."`
	TLSKey       string   `name:"tls-key" placeholder:"FILE" help:"Key of the certificate."`

	Connections     int `default:"0" placeholder:"N" help:"Most public connections at once; 0 is what the open-files limit carries, at most 18,000."`
	PerAddress      int `default:"256" placeholder:"N" help:"Most public connections from one address (${default}: some forty browsers behind one router)."`
	CartsPerAddress int `default:"100" placeholder:"N" help:"Most carts open at once from one address (${default}); raise it where many people share one, such as in a school."`

	NumbersPerNetwork int `default:"1000" placeholder:"N" help:"Numbers that any network may draw in a sale that asks nothing, before it must be a share of the crowd (${default})."`

	Mail MailConfig `embed:"" prefix:"mail-"`
}

// MailConfig is where mail is handed over.
type MailConfig struct {
	Relay        string `placeholder:"HOST:PORT" help:"Mail relay. Without one, messages wait in the outbox."`
	From         string `placeholder:"ADDRESS" help:"Sender of our mails."`
	User         string `placeholder:"NAME" help:"User at the relay."`
	PasswordFile string `placeholder:"FILE" help:"File with the password at the relay."`
	TLS          string `name:"tls" enum:"starttls,tls,none" default:"starttls" help:"How the way to the relay is protected: ${enum} (${default})."`
}

// connectionsMax is the most public connections at once: 18,000 at 19.4 KiB idle
// are 350 MB (LIMITS 1d), what a machine with 4 GB can spare. It lies above the
// 16,000 of a rehearsal's crowd: a connection that its client has closed is still
// inside until we have noticed, and whoever comes meanwhile would wait outside.
const connectionsMax = 18_000

// cartsMax is the largest number of carts from one address that can be asked for:
// more places than any sale of ours has, so it is the same as no limit.
const cartsMax = 100_000

// numbersMax is the largest number of numbers from one network that can be asked for:
// more than any crowd, so it is the same as no limit.
const numbersMax = 1_000_000

// Check returns an Invalid error that says in a sentence what cannot work.
func (c *Config) Check() error {
	for _, l := range []struct{ flag, address string }{{"public", c.Public}, {"staff", c.Staff}, {"ops", c.Ops}, {"rehearsal", cmp.Or(c.Rehearsal, anyPort)}} {
		if _, port, err := net.SplitHostPort(l.address); err != nil || !isPort(port) {
			return fault.New(fault.Invalid, "--%s: %q is no address; write 127.0.0.1:8080", l.flag, l.address)
		}
	}
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return fault.New(fault.Invalid, "--tls-cert and --tls-key go together")
	case c.Connections < 0 || c.Connections > connectionsMax:
		return fault.New(fault.Invalid, "--connections: %d is not between 0 and %d", c.Connections, connectionsMax)
	case c.PerAddress < 1 || c.PerAddress > connectionsMax:
		return fault.New(fault.Invalid, "--per-address: %d is not between 1 and %d", c.PerAddress, connectionsMax)
	case c.CartsPerAddress < 1 || c.CartsPerAddress > cartsMax:
		return fault.New(fault.Invalid, "--carts-per-address: %d is not between 1 and %d", c.CartsPerAddress, cartsMax)
	case c.NumbersPerNetwork < 0 || c.NumbersPerNetwork > numbersMax:
		return fault.New(fault.Invalid, "--numbers-per-network: %d is not between 0 and %d", c.NumbersPerNetwork, numbersMax)
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	if err := errors.Join(checkBase("base-url", c.BaseURL), checkBase("staff-base-url", c.StaffBaseURL)); err != nil {
		return err
	}
	return c.Mail.check()
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}

func checkBase(flag, s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || (u.Path != "" && u.Path != "/") || u.RawQuery != "" {
		return fault.New(fault.Invalid, "--%s: %q is no address of a site; write https://termine.example", flag, s)
	}
	return nil
}

// proxies parses the networks of trusted proxies; a single address is a network
// of one.
func (c *Config) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range c.TrustProxy {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fault.New(fault.Invalid, "--trust-proxy: %q is no network; write 10.0.0.0/8", s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (m *MailConfig) check() error {
	if m.Relay == "" {
		return nil
	}
	if m.From == "" {
		return fault.New(fault.Invalid, "--mail-relay needs --mail-from: mails must have a sender")
	}
	c, err := m.relay()
	if err != nil {
		return err
	}
	if _, err = mail.NewRelay(c); err != nil {
		return err
	}
	_, err = mail.NewComposer("https://einlass.invalid", m.From) // only looks at the sender here
	return err
}

func (m *MailConfig) relay() (mail.RelayConfig, error) {
	host, port, err := net.SplitHostPort(m.Relay)
	if err != nil || !isPort(port) {
		return mail.RelayConfig{}, fault.New(fault.Invalid, "--mail-relay: %q is no address; write mail.example:587", m.Relay)
	}
	n, _ := strconv.Atoi(port) // isPort has read it
	return mail.RelayConfig{Host: host, Port: n, User: m.User, PasswordFile: m.PasswordFile, TLS: mail.TLSMode(m.TLS)}, nil
}

// databasePath checks what --db names and returns the file.
func databasePath(db string) (string, error) {
	switch {
	case strings.HasPrefix(db, "postgres://"), strings.HasPrefix(db, "postgresql://"):
		return "", fault.New(fault.Invalid, "--db: this version keeps its data in one SQLite file; write --db einlass.db")
	case db == "":
		return "", fault.New(fault.Invalid, "--db: the name of a file is needed")
	}
	if info, err := os.Stat(db); err == nil && info.IsDir() {
		return "", fault.New(fault.Invalid, "--db: %s is a folder; name a file in it", db)
	}
	return db, nil
}
