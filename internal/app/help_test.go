package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// tell runs the program in this process and returns code, output and log.
func tell(t *testing.T, in string, args ...string) (code int, out, log string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(context.Background(), args, Console{In: strings.NewReader(in), Out: &o, Err: &e})
	return code, o.String(), e.String()
}

// saleFile writes a sale file: slots of 10 minutes ten days after opens, with the
// given places and two of them by phone. Everybody may book.
func saleFile(t *testing.T, opens time.Time, slots, places int) string {
	t.Helper()
	day := opens.Add(10 * 24 * time.Hour)
	text := fmt.Sprintf(`organizer: {id: amt, name: Amt, accent: "#005a9c", contact: {mail: amt@example.org, phone: "02336 930"}}
venue: {id: halle, name: Halle, address: "Weg 1, 58332 Schwelm"}
event:
  id: termin
  title: {de: Termin, en: Appointment}
  lead: {de: Ein Termin., en: An appointment.}
  zone: UTC
slots:
  - {date: %s, from: "08:00", to: "%02d:%02d", every: 10m, places: %d}
allotments:
  - {channel: phone, places: 2}
offers:
  - {id: t, name: {de: Termin, en: Appointment}, price: 0.00 EUR}
sale:
  opens: %s
  closes: %s
  allocation: open
  hold: {online: 15m, extend: 15m, desk: 30m}
  party: {max: 2}
  ask: [contact]
`, day.Format(time.DateOnly), 8+slots/6, slots%6*10, places,
		opens.UTC().Format("2006-01-02T15:04"), day.UTC().Format("2006-01-02T15:04"))
	name := filepath.Join(t.TempDir(), "sale.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// database makes a database with one sale, open since an hour.
func database(t *testing.T, slots, places int) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "einlass.db")
	if code, out, log := tell(t, "", "apply", "--db", db, saleFile(t, time.Now().Add(-time.Hour), slots, places)); code != 0 {
		t.Fatalf("apply: %d\n%s%s", code, out, log)
	}
	return db
}

func anyPorts() Config {
	return Config{Public: "127.0.0.1:0", Staff: "127.0.0.1:0", Ops: "127.0.0.1:0", PerAddress: 256, CartsPerAddress: 100, Mail: MailConfig{TLS: "none"}}
}

// serve starts a server that is stopped with the test, and checks its books then.
func serve(t *testing.T, db string, cfg Config, clock Clock) *Server {
	t.Helper()
	s, err := Start(context.Background(), db, cfg, Outside{Clock: clock, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)), Die: func(code int) { t.Errorf("died with %d", code) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// testLog writes a server's log into the test's.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func verify(t *testing.T, db string) *store.Verification {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{Path: db})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	v, err := st.Verify(context.Background())
	if err != nil || len(v.Differences) > 0 {
		t.Fatalf("verify: %+v %v", v, err)
	}
	return v
}

// get asks for a page on a connection of its own and returns status and body.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Get(url)
	if err != nil {
		t.Errorf("%s: %v", url, err)
		return 0, ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%s: %v", url, err)
	}
	return res.StatusCode, string(body)
}

// hold puts one place of the first sale's first slot into a cart.
func hold(t *testing.T, s *Server) inventory.Decision { return holdIn(t, s, 0) }

func holdIn(t *testing.T, s *Server, slot int) inventory.Decision {
	t.Helper()
	sale := s.booking.Sales.All()[0]
	now := s.out.Clock.Now()
	cart, err := ident.New(rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.booking.Hold(context.Background(), booking.Public(now), booking.HoldRequest{Sale: sale, Cart: cart, Slot: sale.Slots[slot].ID})
	if err != nil || !d.OK() {
		t.Fatalf("hold: %+v %v", d, err)
	}
	return d
}

func confirm(t *testing.T, s *Server, id ident.BookingID) inventory.Decision {
	t.Helper()
	d, err := s.booking.Confirm(context.Background(), booking.Public(s.out.Clock.Now()), id, catalog.Contact{Kind: catalog.ContactMail, Mail: "erika@example.org", Lang: "de"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}
