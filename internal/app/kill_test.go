//go:build failpoints

package app

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/store"
)

// What a run must have exercised; below it proves nothing.
const (
	killsDefault    = 100
	killsInside     = 20   // by a failpoint between BEGIN and the answer
	killsBookings   = 1000 // acknowledged
	killWorkers     = 12
	killReadyWithin = 5 * time.Second // P17: selling again
)

// killFile is a sale that is open now and has room for a run.
const killFile = `organizer: {id: kreis, name: Kreis, accent: "#005a9c", contact: {mail: a@kreis.example, phone: "02336 930"}}
venue: {id: halle, name: Halle, address: "Straße 1, 58332 Schwelm"}
event: {id: impfung, title: {de: Impfung, en: Vaccination}, zone: Europe/Berlin}
slots:
  - {dates: [%s], from: "08:00", to: "18:00", every: 6m, places: 4000}
offers:
  - {id: impfung, name: {de: Impftermin, en: Appointment}, price: 0.00 EUR}
sale:
  opens: %s
  closes: %s
  allocation: open
  hold: {online: 15m, extend: 15m, desk: 30m}
  party: {max: 2}
  limit: {per_person: 1, scope: event, person: [name, birth_date]}
  ask: [contact]
`

// acked is what one simulated person knows of: kept outside the server.
type acked struct {
	person  int
	cookies []*http.Cookie
	slot    string
	cart    string // answered; "" if the answer of the hold never came
	booking string // answered; "" if the answer of the confirm never came
	tried   bool   // the confirm was sent
}

// ledger is everything that was answered, over all lives of the server.
type ledger struct {
	mu     sync.Mutex // guards all
	all    []*acked
	people int
}

func (l *ledger) add(a *acked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, a)
}

func (l *ledger) next() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.people++
	return l.people
}

// visitor books over HTTP without following redirects.
type visitor struct {
	c    *http.Client
	base string
}

func newVisitor(base string) *visitor {
	return &visitor{base: base, c: &http.Client{
		Timeout:       5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// post sends a form and returns where it leads to, and the cookies it sets.
func (v *visitor) post(path string, form url.Values, cookies []*http.Cookie) (int, string, []*http.Cookie, error) {
	req, err := http.NewRequest(http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := v.c.Do(req)
	if err != nil {
		return 0, "", nil, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, "", nil, err
	}
	return res.StatusCode, res.Header.Get("Location"), res.Cookies(), nil
}

var confirmForm = url.Values{"contact": {"mail"}, "mail": {"erika@example.org"}}

// nameOf is the name of the n-th of many; nobody has a digit in their name.
func nameOf(n int) string {
	return "Erika " + strings.Map(func(r rune) rune { return rune("bcdfghjkmn"[r-'0']) }, strconv.Itoa(n))
}

// book goes as far as the server lives and writes down what it was told.
func (v *visitor) book(l *ledger, slots []string) error {
	a := &acked{person: l.next()}
	who := url.Values{"size": {"1"}, "name-1": {nameOf(a.person)}, "birth-1": {"24.12.1950"}}
	status, to, cookies, err := v.post("/kreis/impfung/eligible", who, nil)
	if err != nil {
		return err
	}
	if status != http.StatusSeeOther || !strings.HasSuffix(to, "/slots") {
		return fmt.Errorf("eligible: %d %s", status, to)
	}
	a.cookies, a.slot = cookies, slots[a.person%len(slots)]
	l.add(a)
	if status, a.cart, _, err = v.post("/kreis/impfung/hold", url.Values{"slot": {a.slot}}, a.cookies); err != nil {
		a.cart = ""
		return err
	}
	if status != http.StatusSeeOther || !strings.HasPrefix(a.cart, "/cart/") {
		return fmt.Errorf("hold: %d %s", status, a.cart)
	}
	a.tried = true
	if status, a.booking, _, err = v.post(a.cart+"/confirm", confirmForm, nil); err != nil {
		a.booking = ""
		return err
	}
	if status != http.StatusSeeOther || !strings.HasPrefix(a.booking, "/b/") {
		return fmt.Errorf("confirm: %d %s", status, a.booking)
	}
	return nil
}

// TestKills ends the real server 100 times with SIGKILL while people book, and
// checks against a ledger of its own that nothing answered was lost, nothing sold
// twice, and every repeated request gets the first answer.
func TestKills(t *testing.T) {
	kills := killsDefault
	if n, err := strconv.Atoi(os.Getenv("EINLASS_KILLS")); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	db := filepath.Join(t.TempDir(), "e.db")
	slots := applyKillFile(t, db)
	l := &ledger{}
	inside, replays, slowest := 0, 0, time.Duration(0)
	checked := 0
	for k := range kills {
		env := ""
		if k%3 == 0 { // every third dies inside a commit
			env = fmt.Sprintf("EINLASS_FAILPOINTS=store.%s-commit=kill@%d", []string{"before", "after"}[k/3%2], 5+rnd.IntN(60))
		}
		start := time.Now()
		p := startKillable(t, db, env)
		v := newVisitor(p.public)
		n, err := replay(v, l.all[checked:])
		if err != nil && env == "" {
			t.Fatalf("life %d: %v\n%s", k, err, p.log)
		}
		replays += n
		if err == nil {
			checked = len(l.all)
			slowest = max(slowest, sellsAgain(t, v, l, slots, start, env != ""))
		}
		if crowd(v, l, slots, p, time.Duration(100+rnd.IntN(300))*time.Millisecond) {
			inside++
		}
		<-p.done
	}
	bookings := countBooked(l)
	t.Logf("%d kills, %d inside a commit, %d people, %d bookings acknowledged, %d replays, selling again after %s at most", kills, inside, len(l.all), bookings, replays, slowest.Round(time.Millisecond))
	compare(t, db, l)
	if kills == killsDefault && (inside < killsInside || bookings < killsBookings) {
		t.Errorf("void: %d kills inside a commit (want %d), %d bookings (want %d)", inside, killsInside, bookings, killsBookings)
	}
	if slowest > killReadyWithin {
		t.Errorf("selling again took %s, want %s", slowest, killReadyWithin)
	}
}

func applyKillFile(t *testing.T, db string) []string {
	t.Helper()
	now := time.Now()
	day := now.AddDate(0, 0, 7).Format(time.DateOnly)
	text := fmt.Sprintf(killFile, day, now.AddDate(0, 0, -1).Format("2006-01-02T15:04"), now.AddDate(0, 0, 6).Format("2006-01-02T15:04"))
	file := filepath.Join(t.TempDir(), "sale.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if plan, problems := setup.Load(file, os.ReadFile); plan == nil {
		t.Fatal(problems)
	}
	if code := Main(context.Background(), []string{"apply", file, "--db", db}, Console{In: strings.NewReader(""), Out: io.Discard, Err: os.Stderr}); code != 0 {
		t.Fatalf("apply: exit %d", code)
	}
	p := startKillable(t, db, "")
	defer func() {
		p.Process.Kill() //nolint:errcheck // ours
		<-p.done
	}()
	v := newVisitor(p.public)
	_, _, cookies, err := v.post("/kreis/impfung/eligible", url.Values{"size": {"1"}, "name-1": {"Späher"}, "birth-1": {"1.1.1950"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, p.public+"/kreis/impfung/slots", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := v.c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var slots []string
	for _, m := range regexp.MustCompile(`name="slot" value="(\d+)"`).FindAllStringSubmatch(string(page), -1) {
		slots = append(slots, m[1])
	}
	if len(slots) < 50 {
		t.Fatalf("only %d slots found", len(slots))
	}
	return slots
}

// startKillable starts the program with failpoints set, beside those from outside.
func startKillable(t *testing.T, db, env string) *program {
	t.Helper()
	_, spec, _ := strings.Cut(env, "=")
	t.Setenv(failpoint.Env, spec+";"+plantedOutside)
	return startProgram(t, db)
}

// plantedOutside are the planted bugs that the test itself was started with: every life of
// the server has them.
var plantedOutside = os.Getenv(failpoint.Env)

// crowd books until the time is over, then ends the server while people are
// still booking. It reports whether the server had ended itself before: inside a
// commit, by its failpoint.
func crowd(v *visitor, l *ledger, slots []string, p *program, d time.Duration) (byItself bool) {
	over := make(chan struct{})
	var wg sync.WaitGroup
	for range killWorkers {
		wg.Go(func() {
			mine := newVisitor(v.base)
			for {
				select {
				case <-over:
					return
				default:
				}
				if mine.book(l, slots) != nil {
					return
				}
			}
		})
	}
	select {
	case err := <-p.done:
		p.done <- err
		byItself = true
	case <-time.After(d):
		p.Process.Kill() //nolint:errcheck // under load: the workers are still booking
	}
	close(over)
	wg.Wait()
	return byItself
}

// sellsAgain returns how long after the start somebody could book.
func sellsAgain(t *testing.T, v *visitor, l *ledger, slots []string, start time.Time, mayDie bool) time.Duration {
	t.Helper()
	if err := v.book(l, slots); err != nil && !mayDie {
		t.Fatalf("does not sell again: %v", err)
	}
	return time.Since(start)
}

// replay sends again what was sent before the kill and compares the answers.
func replay(v *visitor, before []*acked) (n int, err error) {
	for _, a := range before {
		status, to, _, err := v.post("/kreis/impfung/hold", url.Values{"slot": {a.slot}}, a.cookies)
		if err != nil {
			return n, err
		}
		n++
		if status != http.StatusSeeOther || a.cart != "" && to != a.cart {
			return n, fmt.Errorf("person %d: hold answered %q, now %d %q", a.person, a.cart, status, to)
		}
		a.cart = to
		if !a.tried {
			continue
		}
		if status, to, _, err = v.post(a.cart+"/confirm", confirmForm, nil); err != nil {
			return n, err
		}
		n++
		if status != http.StatusSeeOther || a.booking != "" && to != a.booking {
			return n, fmt.Errorf("person %d: confirm answered %q, now %d %q", a.person, a.booking, status, to)
		}
		a.booking = to
	}
	return n, nil
}

func countBooked(l *ledger) (n int) {
	for _, a := range l.all {
		if a.booking != "" {
			n++
		}
	}
	return n
}

// compare reads the database after the last kill: every acknowledged booking
// stands, the books balance, one message per booking.
func compare(t *testing.T, db string, l *ledger) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Path: db})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	seen := map[string]int{}
	for _, a := range l.all {
		if a.booking == "" {
			continue
		}
		seen[a.booking]++
		id, err := ident.ParseID(strings.TrimPrefix(a.booking, "/b/"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Booking(ctx, ident.BookingID{ID: id})
		if err != nil || r.State != inventory.Confirmed {
			t.Errorf("person %d was told %s: %v", a.person, a.booking, err)
			continue
		}
		if len(r.People) != 1 || r.People[0].Name != nameOf(a.person) {
			t.Errorf("booking %s belongs to %+v, not to person %d", a.booking, r.People, a.person)
		}
		if len(r.Messages) != 1 {
			t.Errorf("booking %s has %d messages", a.booking, len(r.Messages))
		}
	}
	for b, n := range seen {
		if n > 1 {
			t.Errorf("%d people were told %s", n, b)
		}
	}
	v, err := s.Verify(ctx)
	if err != nil || len(v.Differences) > 0 {
		t.Errorf("verify: %v %v", err, v)
	}
}
