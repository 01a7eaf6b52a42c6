package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/mail/sink"
	"einlass/internal/rehearsal"
	"einlass/internal/setup"
	"einlass/internal/staff"
	"einlass/internal/store"
	"einlass/scenarios"
)

// stage is everything a demo runs on: a database of its own with one sale, a
// server whose clock is the scenario's, a mail relay that keeps what it gets, and
// what the crowd will be told.
type stage struct {
	dir      string
	keep     bool        // the folder is the operator's
	lang     locale.Lang // of the inbox
	plan     *setup.Plan
	clock    Clock
	crowd    rehearsal.Config
	sink     *sink.Sink
	server   *Server
	password string // of the clerks
	report   atomic.Pointer[string]
	seen     watched // of the server, while the crowd was there
	draw     string  // folder for the files of the draw; in the stage's own where empty
}

// demoLead is how long, in real time, the server runs before anybody comes.
const demoLead = 2 * time.Second

// lead is how long, in real time, the server runs before the sale opens: those who come
// early to draw a number have their time.
func (st *stage) lead() time.Duration {
	return demoLead + time.Duration(st.crowd.Arrivals.EarlyMS)*time.Millisecond
}

// mailsKept is how many mails the inbox shows whole.
const mailsKept = 500

// stage sets everything up. What was set up is taken down again on an error.
func (c *demoCmd) stage(s *shell) (st *stage, err error) {
	st = &stage{lang: locale.Lang(c.Lang)}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.close())
		}
	}()
	if st.crowd, err = c.crowd(); err != nil {
		return st, err
	}
	if st.plan, err = scenario(c.Scenario, c.Places); err != nil {
		return st, err
	}
	if err = st.folder(c.Dir); err != nil {
		return st, err
	}
	if !st.keep && c.Report != "" { // all that is kept of it
		st.draw = filepath.Join(filepath.Dir(c.Report), drawDir)
	}
	st.password = strings.ToLower(rand.Text())
	if !c.Room {
		st.plan.Sale.Allocation, st.plan.Sale.DrawWindowFrom = catalog.AllocateOpen, time.Time{}
	}
	if st.plan.Sale.Allocation != catalog.AllocateRoom { // nothing to come early for
		st.crowd.Arrivals.Early, st.crowd.Arrivals.EarlyMS = 0, 0
	}
	begin := st.plan.Sale.Opens.Add(-time.Duration(float64(st.lead()) * c.Pace))
	if err = st.furnish(s.ctx, begin, c.Clerks); err != nil {
		return st, err
	}
	st.clock = StartClock(begin, c.Pace)
	if st.sink, err = sink.Start(sink.Options{Keep: mailsKept, Now: st.clock.Now}); err != nil {
		return st, err
	}
	st.server, err = Start(s.ctx, st.path("einlass.db"), st.config(c), Outside{
		Clock: st.clock, Log: slog.New(quiet{s.log.Handler()}), Extra: st.pages(), Hurry: true,
	})
	return st, err
}

// crowd is the scenario's crowd with what the flags change.
func (c *demoCmd) crowd() (rehearsal.Config, error) {
	cfg, ok := rehearsal.Preset(c.Scenario)
	if !ok {
		return cfg, fault.New(fault.Invalid, "--scenario: there is no %q: use %s", c.Scenario, strings.Join(scenarios.Names(), " or "))
	}
	if c.People > 0 {
		// A smaller crowd keeps its shape: the same share comes in the first second.
		share := float64(c.People) / float64(cfg.People)
		cfg.Arrivals.Burst = int(float64(cfg.Arrivals.Burst) * share)
		cfg.Arrivals.Early = int(float64(cfg.Arrivals.Early) * share)
		cfg.People = c.People
	}
	if c.Early >= 0 {
		cfg.Arrivals.Early = c.Early
	}
	if c.Burst >= 0 {
		cfg.Arrivals.Burst = c.Burst
	}
	if cfg.Arrivals.Early+cfg.Arrivals.Burst > cfg.People {
		return cfg, fault.New(fault.Invalid, "--early and --burst: %d and %d are more than the %d who come", cfg.Arrivals.Early, cfg.Arrivals.Burst, cfg.People)
	}
	if c.Pace < 1 || c.Pace > rehearsal.PaceMax {
		return cfg, fault.New(fault.Invalid, "--pace: %v is not between 1 and %d", c.Pace, rehearsal.PaceMax)
	}
	cfg.Pace, cfg.Seed, cfg.MinutesMax, cfg.Clerks.Count = c.Pace, c.Seed, c.Minutes, c.Clerks
	return cfg, nil
}

// scenario reads an embedded sale file. Fewer places leave out its last slots.
func scenario(name string, places int) (*setup.Plan, error) {
	if _, err := scenarios.File(name); err != nil {
		return nil, fault.New(fault.Invalid, "--scenario: %w", err)
	}
	plan, problems := setup.Load(name+".yaml", scenarios.Read)
	if plan == nil {
		return nil, fault.New(fault.Internal, "scenario %s: %s", name, strings.Join(lines(problems), "; "))
	}
	if places == 0 {
		return plan, nil
	}
	if places < 1 || places > plan.Places() {
		return nil, fault.New(fault.Invalid, "--places: %d is not between 1 and the %d of %s", places, plan.Places(), name)
	}
	return shorten(plan, places), nil
}

// shorten keeps the first slots until there are so many places; the last one
// gives up online places first.
func shorten(plan *setup.Plan, places int) *setup.Plan {
	for i := range plan.Slots {
		s := &plan.Slots[i]
		if s.Places < places {
			places -= s.Places
			continue
		}
		left := places
		for _, c := range []catalog.Channel{catalog.Counter, catalog.Phone, catalog.BoxOffice} {
			s.Allotments[c] = min(s.Allotments[c], left)
			left -= s.Allotments[c]
		}
		s.Places, s.Allotments[catalog.Online] = places, left
		plan.Slots = plan.Slots[:i+1]
		break
	}
	return plan
}

// folder makes the folder of the demo. One that is named must be empty of
// databases, so that nobody's real one is sold.
func (st *stage) folder(named string) (err error) {
	if named == "" {
		if st.dir, err = os.MkdirTemp("", "einlass-demo-"); err != nil {
			return fault.New(fault.Unavailable, "demo: %w", err)
		}
		return nil
	}
	st.dir, st.keep = named, true
	if err := os.MkdirAll(named, 0o700); err != nil {
		return fault.New(fault.Unavailable, "--dir: %w", err)
	}
	if exists(st.path("einlass.db")) {
		return fault.New(fault.Invalid, "--dir: there is a database in %s already; name an empty folder", named)
	}
	return nil
}

func (st *stage) path(name string) string { return filepath.Join(st.dir, name) }

// furnish puts the sale and the clerks' accounts into a new database.
func (st *stage) furnish(ctx context.Context, begin time.Time, clerks int) error {
	db, err := openStore(ctx, store.Options{Path: st.path("einlass.db")})
	if err != nil {
		return err
	}
	if _, err = setup.Apply(ctx, db, st.plan, begin, false); err == nil {
		err = st.hire(db, clerks)
	}
	return errors.Join(err, db.Close())
}

// demoClerk is what the demo's clerks log in with.
const demoClerk = "clerk%d"

func (st *stage) hire(db *store.Store, clerks int) error {
	accounts, err := staff.New(db, rand.Reader)
	if err != nil {
		return err
	}
	for i := range clerks {
		id := fmt.Sprintf(demoClerk, i+1)
		if err := accounts.Create(id, fmt.Sprintf("Kasse %d", i+1), inventory.RoleClerk, st.password); err != nil {
			return err
		}
	}
	return nil
}

// config is the server's: the crowd comes from eight addresses, so each of them
// may have what the house holds, and as many carts as it likes: each stands for
// thousands of people who would come from as many addresses.
func (st *stage) config(c *demoCmd) Config {
	return Config{
		Public: freeOr(c.Public), Staff: freeOr(c.Staff), Ops: freeOr(c.Ops), PerAddress: connectionsMax, CartsPerAddress: cartsMax, NumbersPerNetwork: numbersMax,
		Mail: MailConfig{Relay: relayAddress(st.sink), From: st.sender(), TLS: "none"},
	}
}

func (st *stage) sender() string {
	if m := st.plan.Sale.Organizer.Mail; m != "" {
		return m
	}
	return "demo@einlass.invalid"
}

// freeOr returns the address, or any free one of the same machine if it is taken.
func freeOr(address string) string {
	l, err := net.Listen("tcp", address)
	if err != nil {
		if host, _, err := net.SplitHostPort(address); err == nil {
			return net.JoinHostPort(host, "0")
		}
		return address // Config.Check says what is wrong with it
	}
	l.Close() //nolint:errcheck // it was only to see
	return address
}

// quiet keeps a demo's terminal for its progress: only what goes wrong is shown.
type quiet struct{ slog.Handler }

// Enabled lets warnings and errors pass.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

// rush waits for the opening, lets the crowd in and waits until it has gone.
func (st *stage) rush(ctx context.Context, progress func(rehearsal.Snapshot)) (*rehearsal.Result, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fault.New(fault.Unavailable, "demo: find this program: %w", err)
	}
	st.brief()
	wait := st.plan.Sale.Opens.Sub(st.clock.Now())
	if st.crowd.Arrivals.Early > 0 { // they come before
		st.crowd.OpensMS, wait = time.Now().Add(st.clock.wall(wait)).UnixMilli(), 0
	}
	select {
	case <-st.clock.After(wait):
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "demo: stopped before the sale opened")
	}
	p, err := rehearsal.Start(ctx, exe, st.crowd)
	if err != nil {
		return nil, err
	}
	defer st.watch(ctx)()
	return p.Wait(progress)
}

// brief tells the crowd where to go and who they are.
func (st *stage) brief() {
	c := &st.crowd
	c.Base, c.Staff = st.server.PublicURL(), st.server.StaffURL()
	c.Start = "/" + st.plan.Sale.Organizer.ID + "/" + st.plan.Sale.Event.Slug
	c.Places = st.plan.Places()
	c.Clerks.User, c.Clerks.Password = demoClerk, st.password
	for _, list := range st.plan.Codes {
		c.Who.Codes = append(c.Who.Codes, list.Codes...)
	}
	if c.People > 0 {
		// About as many have a code as there are codes.
		c.Habits.WithCode = min(float64(len(c.Who.Codes))/float64(c.People), codesShareMax)
	}
}

// codesShareMax keeps a small crowd from having nothing but codes.
const codesShareMax = 0.05

// stayUp tells where to click and waits until it is told to stop.
func (st *stage) stayUp(ctx context.Context, w io.Writer) {
	st.clock.Calm()
	fmt.Fprintf(w, `
The house stays open. In there it is `+st.clock.Now().Format("Monday 2 January 2006")+`, and the clock now runs at
the pace of real life. Look around, and end it with Ctrl-C:
  public pages   %s%s
  staff pages    %s/login   (%s, password %s)
  mails          %s/demo/mails
  report         %s/demo/report
  metrics        %s/metrics
`, st.server.PublicURL(), st.crowd.Start, st.server.StaffURL(), fmt.Sprintf(demoClerk, 1), st.password,
		st.server.OpsURL(), st.server.OpsURL(), st.server.OpsURL()) //nolint:errcheck // a courtesy
	<-ctx.Done()
}

// close takes the stage down.
func (st *stage) close() error {
	var errs []error
	if st.server != nil {
		errs = append(errs, st.server.Stop())
	}
	if st.sink != nil {
		st.sink.Close()
	}
	if st.dir != "" && !st.keep {
		if err := os.RemoveAll(st.dir); err != nil {
			errs = append(errs, fault.New(fault.Unavailable, "demo: %w", err))
		}
	}
	return errors.Join(errs...)
}
