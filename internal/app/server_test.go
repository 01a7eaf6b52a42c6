package app

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/mail/sink"
)

func TestAnEmptyFolderIsEnough(t *testing.T) {
	db := filepath.Join(t.TempDir(), "einlass.db")
	s := serve(t, db, anyPorts(), Clock{})
	for url, want := range map[string]int{
		s.OpsURL() + "/healthz": 200, s.OpsURL() + "/readyz": 200, s.OpsURL() + "/metrics": 200, s.PublicURL() + "/": 200, s.PublicURL() + "/amt/termin": 404,
	} {
		if got, body := get(t, url); got != want {
			t.Errorf("%s: %d, want %d\n%s", url, got, want, body)
		}
	}
	begin := time.Now()
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("an idle stop took %v", took)
	}
	verify(t, db)
}

func TestASaleAppliedMeanwhileIsThereAtOnce(t *testing.T) {
	db := filepath.Join(t.TempDir(), "einlass.db")
	s := serve(t, db, anyPorts(), Clock{})
	if code, out, log := tell(t, "", "apply", "--db", db, saleFile(t, time.Now().Add(-time.Hour), 6, 10)); code != 0 {
		t.Fatalf("apply: %d\n%s%s", code, out, log)
	}
	deadline := time.Now().Add(pollEvery + 300*time.Millisecond)
	for len(s.sales()) == 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if code, body := get(t, s.PublicURL()+"/amt/termin"); code != 200 || !strings.Contains(body, "Termin") {
		t.Errorf("page of the new sale: %d\n%s", code, body)
	}
	d := hold(t, s)
	if d = confirm(t, s, d.Booking); d.State != inventory.Confirmed {
		t.Errorf("confirm: %+v", d)
	}
	_, body := get(t, s.OpsURL()+"/metrics")
	for _, want := range []string{
		`einlass_places{channel="online",sale="amt/termin",state="booked"} 1`, `einlass_places{channel="phone",sale="amt/termin",state="free"} 12`,
		`einlass_http_requests_total{listener="public",route="GET /{org}/{event}",status="200"} 1`, `einlass_outbox_messages{kind="mail",state="due"} 1`, `einlass_outbox_messages{kind="call",state="due"} 0`, `einlass_outbox_messages{kind="print",state="due"} 0`, "einlass_batches_total 2",
		"process_resident_memory_bytes", "go_goroutines", "einlass_ready 1",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics do not say %s", want)
		}
	}
	if strings.Contains(body, "erika") {
		t.Error("metrics hold personal data")
	}
}

// Time that we were away is given back to open carts, once, and not to anything
// else; a clock that was set back far is refused.
func TestOpenCartsGetTheTimeBackThatWeWereAway(t *testing.T) {
	db := database(t, 6, 10)
	begin := time.Now()
	at := func(d time.Duration) Clock { return StartClock(begin.Add(d), 1) }
	s := serve(t, db, anyPorts(), at(0))
	d := hold(t, s)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = serve(t, db, anyPorts(), at(time.Hour))
	r, _, err := s.booking.Booking(context.Background(), d.Booking)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Expires.Sub(d.Expires)
	if got < 59*time.Minute || got > time.Hour+time.Second {
		t.Errorf("prolonged by %v, want an hour", got)
	}
	if c := confirm(t, s, d.Booking); c.State != inventory.Confirmed {
		t.Errorf("confirm after the outage: %+v", c)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	verify(t, db)
	_, err = Start(context.Background(), db, anyPorts(), Outside{Clock: at(30 * time.Minute)})
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "set it right") {
		t.Errorf("clock set back: %v", err)
	}
}

func TestHoldsEndByThemselves(t *testing.T) {
	db := database(t, 6, 10)
	const pace = 1_000
	s := serve(t, db, anyPorts(), StartClock(time.Now(), pace)) // 15 minutes are 0.9 s
	d := hold(t, s)
	deadline := time.Now().Add(5 * time.Second)
	for time.Now().Before(deadline) {
		r, _, err := s.booking.Booking(context.Background(), d.Booking)
		if err != nil {
			t.Fatal(err)
		}
		if r.State == inventory.Expired {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the hold did not end")
}

func TestAPromisedMailArrives(t *testing.T) {
	relay, err := sink.Start(sink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	cfg := anyPorts()
	cfg.Mail = MailConfig{Relay: relayAddress(relay), From: "amt@example.org", TLS: "none"}
	s := serve(t, database(t, 6, 10), cfg, Clock{})
	confirm(t, s, hold(t, s).Booking)
	deadline := time.Now().Add(5 * time.Second)
	for relay.Counts().Taken == 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	got := relay.Messages()
	if len(got) != 1 || got[0].To != "erika@example.org" || !strings.Contains(string(got[0].Raw), "127.0.0.1") {
		t.Errorf("%d mails arrived: %+v", len(got), got)
	}
}

func TestWhatKeepsAServerFromStarting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	busy := database(t, 1, 3)
	serve(t, busy, anyPorts(), Clock{})
	broken := filepath.Join(t.TempDir(), "broken.db")
	if err := os.WriteFile(broken, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		db   string
		cfg  func(*Config)
		kind fault.Kind
		says string
	}{
		"taken port":         {"", func(c *Config) { c.Public = l.Addr().String() }, fault.Unavailable, "--public 127.0.0.1:"},
		"taken staff port":   {"", func(c *Config) { c.Staff = l.Addr().String() }, fault.Unavailable, "--staff 127.0.0.1:"},
		"second server":      {busy, nil, fault.Unavailable, "another server runs on"},
		"no database":        {broken, nil, fault.Unavailable, "broken.db"},
		"no folder":          {"/nowhere/at/all/e.db", nil, fault.Unavailable, "nowhere"},
		"too many":           {"", func(c *Config) { c.Connections = connectionsMax + 1 }, fault.Invalid, "--connections"},
		"no carts":           {"", func(c *Config) { c.CartsPerAddress = 0 }, fault.Invalid, "--carts-per-address"},
		"no address":         {"", func(c *Config) { c.Ops = "8082" }, fault.Invalid, "--ops"},
		"no certificate":     {"", func(c *Config) { c.TLSCert, c.TLSKey = "/nowhere", "/nowhere" }, fault.Unavailable, "certificate"},
		"half a certificate": {"", func(c *Config) { c.TLSCert = "/nowhere" }, fault.Invalid, "go together"},
		"no network":         {"", func(c *Config) { c.TrustProxy = []string{"10.0.0.0/99"} }, fault.Invalid, "--trust-proxy"},
		"no base":            {"", func(c *Config) { c.BaseURL = "termine.example" }, fault.Invalid, "--base-url"},
		"no staff base":      {"", func(c *Config) { c.StaffBaseURL = "https://x/y" }, fault.Invalid, "--staff-base-url"},
		"a name as sender":   {"", func(c *Config) { c.Mail.Relay, c.Mail.From = "127.0.0.1:25", "Amt" }, fault.Invalid, "sender"},
		"relay without from": {"", func(c *Config) { c.Mail.Relay = "127.0.0.1:25" }, fault.Invalid, "--mail-from"},
	} {
		cfg, db := anyPorts(), c.db
		if db == "" {
			db = filepath.Join(t.TempDir(), "einlass.db")
		}
		if c.cfg != nil {
			c.cfg(&cfg)
		}
		s, err := Start(context.Background(), db, cfg, Outside{})
		if err == nil {
			t.Errorf("%s: it started", name)
			s.Stop()
			continue
		}
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v (%s)", name, err, fault.KindOf(err))
		}
	}
}

func TestClocksThatAreWrong(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		alive, built time.Time
		fine         bool
	}{
		"new installation":    {time.Time{}, time.Time{}, true},
		"as it should be":     {now.Add(-time.Hour), now.Add(-24 * time.Hour), true},
		"a little back":       {now.Add(time.Minute), time.Time{}, true},
		"far back":            {now.Add(time.Hour), time.Time{}, false},
		"before it was built": {time.Time{}, now.Add(time.Second), false},
	} {
		if err := checkClock(now, c.alive, c.built); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotReadySaysWhy(t *testing.T) {
	s := serve(t, database(t, 1, 3), anyPorts(), Clock{})
	now, long := time.Now().UnixNano(), time.Now().Add(-time.Hour).UnixNano()
	for _, c := range []struct {
		poll, beat int64
		closing    bool
		code       int
		says       string
	}{
		{now, now, false, 200, "ready"},
		{long, now, false, 503, "does not answer"},
		{now, long, false, 503, "nothing can be saved"},
		{now, now, true, 503, "being stopped"},
	} {
		s.lastPoll.Store(c.poll)
		s.lastBeat.Store(c.beat)
		s.closing.Store(c.closing)
		if c.poll == now {
			s.lastPoll.Store(time.Now().UnixNano())
		}
		code, body := get(t, s.OpsURL()+"/readyz")
		if c.poll == long && code == 200 {
			continue // the poll came in between and found the database well
		}
		if code != c.code || !strings.Contains(body, c.says) {
			t.Errorf("%d %s, want %d %s", code, body, c.code, c.says)
		}
		if code, _ := get(t, s.OpsURL()+"/healthz"); code != 200 {
			t.Errorf("healthz %d", code)
		}
	}
}

func TestAClockThatJumps(t *testing.T) {
	now := time.Now()
	w := watch{last: now}
	if j := w.jumped(now.Add(time.Minute)); j != 0 {
		t.Errorf("a minute that passed is no jump: %v", j)
	}
	w = watch{last: now}
	// What time.Now returns after the machine slept: the wall has moved, the
	// monotonic reading has not. Round strips it, so the difference is made by hand.
	forward := now.Round(0).Add(time.Hour)
	if d := forward.Sub(w.last.Round(0)); d < jumpMin {
		t.Fatal(d)
	}
	if j := w.jumped(forward); j != 0 {
		t.Errorf("without a monotonic reading nothing can be said: %v", j)
	}
}
