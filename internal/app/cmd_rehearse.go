package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/rehearsal"
	"einlass/internal/store"
)

// rehearseCmd is `einlass rehearse`: a crowd for one's own sale, on a marked copy.
type rehearseCmd struct {
	Sale    string  `arg:"" optional:"" placeholder:"ORGANIZER/EVENT" help:"The sale, as in its address; a server must run on its database."`
	People  int     `default:"0" placeholder:"N" help:"How many people come; 0 is as many as the sale expects, or ten for each place."`
	Burst   int     `default:"-1" placeholder:"N" help:"How many come in the first second; -1 is a quarter."`
	Early   int     `default:"-1" placeholder:"N" help:"How many draw a number before the opening, where there is a room; -1 is a quarter."`
	Minutes int     `default:"15" placeholder:"N" help:"Send everybody home, and close the copy, after so many minutes (${default})."`
	Rude    float64 `default:"0.05" placeholder:"SHARE" help:"Share of people who reload without waiting, in several windows at once (${default})."`
	Pace    float64 `default:"4" placeholder:"N" help:"How much faster than real life people think and holds end (${default}). The first second stays a second."`
	Clerks  int     `default:"2" placeholder:"N" help:"Clerks who book all the time (${default})."`
	Seed    uint64  `default:"1" placeholder:"N" help:"Seed of all chance in the crowd (${default})."`
	Report  string  `placeholder:"FILE" help:"Write the report to this HTML file."`
	Lang    string  `enum:"de,en" default:"${lang}" help:"Language of table and report: ${enum} (${default})."`

	Remote  bool   `help:"Only open the copy, and say how a crowd comes from another machine."`
	Target  string `placeholder:"URL" help:"Come to a copy that was opened on another machine, with its --grant."`
	Grant   string `placeholder:"TOKEN" help:"What the server there has printed."`
	RootPEM string `name:"root-pem" placeholder:"FILE" help:"Certificate to trust at the target, beside those of the system."`
}

// How long a grant waits.
const (
	// grantValid is how long nobody may have begun: to walk to another machine.
	grantValid = 10 * time.Minute
	// serverWithin is how long a server may take to open the copy: it looks five times
	// a second, and stores at most 20,000 codes.
	serverWithin = 30 * time.Second
)

func (c *rehearseCmd) run(s *shell) (result, error) {
	if err := c.check(); err != nil {
		return result{}, err
	}
	if c.Target != "" {
		return c.come(s, c.Target, c.Grant)
	}
	g, err := c.grant(s)
	if err != nil {
		return result{}, err
	}
	token := hex.EncodeToString(g.Token[:])
	if c.Remote {
		how := fmt.Sprintf("einlass rehearse --target %s --grant %s", g.Address, token)
		text := fmt.Sprintf("The copy is open at %s until %s for up to %s people.\nOn the other machine, with an address by which it reaches this one:\n  %s\n", g.Address, g.Until.Local().Format(time.TimeOnly), number(g.People), how)
		return result{Object: map[string]any{"target": g.Address, "grant": token, "people": g.People, "minutes": g.Minutes, "until": g.Until}, Text: text}, nil
	}
	return c.come(s, g.Address, token)
}

func (c *rehearseCmd) check() error {
	switch {
	case (c.Target == "") != (c.Grant == ""):
		return fault.New(fault.Invalid, "--target and --grant go together")
	case (c.Sale == "") == (c.Target == ""):
		return fault.New(fault.Invalid, "name a sale of this database, ORGANIZER/EVENT, or a --target; not both")
	case c.People < 0 || c.People > rehearsal.PeopleMax:
		return fault.New(fault.Invalid, "--people: %d is not between 0 and %s", c.People, number(rehearsal.PeopleMax))
	case c.Minutes < 1 || c.Minutes > rehearsal.MinutesMax:
		return fault.New(fault.Invalid, "--minutes: %d is not between 1 and %d", c.Minutes, rehearsal.MinutesMax)
	case !(c.Rude >= 0 && c.Rude <= 1):
		return fault.New(fault.Invalid, "--rude: %v is no share; write 0.05", c.Rude)
	case !(c.Pace >= 1 && c.Pace <= rehearsal.PaceMax):
		return fault.New(fault.Invalid, "--pace: %v is not between 1 and %d", c.Pace, rehearsal.PaceMax)
	case c.Clerks < 0 || c.Clerks > rehearsal.ClerksMax:
		return fault.New(fault.Invalid, "--clerks: %d is not between 0 and %d", c.Clerks, rehearsal.ClerksMax)
	}
	return nil
}

// grant writes the grant into the database and waits until a server has opened the copy.
func (c *rehearseCmd) grant(s *shell) (g store.Grant, err error) {
	err = s.withStore(false, func(st *store.Store) error {
		if g, err = c.newGrant(s, st); err != nil {
			return err
		}
		if g.ID, err = st.AddGrant(g); err != nil {
			return err
		}
		g, err = awaitCopy(s.ctx, st, g.ID)
		return err
	})
	return g, err
}

func (c *rehearseCmd) newGrant(s *shell, st *store.Store) (store.Grant, error) {
	now := time.Now()
	g := store.Grant{People: c.People, Minutes: c.Minutes, Pace: c.Pace, Clerks: c.Clerks, Asked: now, Until: now.Add(grantValid)}
	if _, err := rand.Read(g.Token[:]); err != nil {
		return g, fault.New(fault.Unavailable, "draw a token: %w", err)
	}
	sales, err := st.Sales(s.ctx)
	if err != nil {
		return g, err
	}
	for i := range sales {
		if saleName(&sales[i]) == c.Sale {
			g.Sale = sales[i].ID
			if g.People == 0 {
				g.People, err = onsale.ExpectedOf(s.ctx, st, &sales[i])
			}
			return g, err
		}
	}
	return g, fault.New(fault.NotFound, "there is no sale %s", c.Sale)
}

// awaitCopy waits until the server has opened the copy or refused to.
func awaitCopy(ctx context.Context, st *store.Store, id int64) (store.Grant, error) {
	for deadline := time.Now().Add(serverWithin); ; {
		g, err := st.Grant(ctx, id)
		switch {
		case err != nil:
			return g, err
		case g.State == store.GrantOpen:
			return g, nil
		case g.State != store.GrantAsked:
			return g, fault.New(fault.Forbidden, "the server refuses: %s", g.Why)
		case time.Now().After(deadline) || ctx.Err() != nil:
			err := st.SetGrant(id, store.GrantOver, "", "nobody opened it")
			if err == nil {
				err = fault.New(fault.Unavailable, "no server has opened a copy: einlass serve must run on this database")
			}
			return g, err
		}
		select {
		case <-ctx.Done(): // looked at above
		case <-time.After(pollEvery):
		}
	}
}

// come lets the crowd come to a copy, hands in what it saw and tells the judgement.
func (c *rehearseCmd) come(s *shell, at, token string) (result, error) {
	target, cfg, err := c.meet(s, at, token)
	if err != nil {
		return result{}, err
	}
	exe, err := os.Executable()
	if err != nil {
		return result{}, fault.New(fault.Unavailable, "rehearse: find this program: %w", err)
	}
	p, err := rehearsal.Start(s.ctx, exe, cfg)
	if err != nil {
		return result{}, err
	}
	seen, err := p.Wait(rehearsal.ProgressWriter(s.Err, isTerminal(s.Err), locale.Lang(c.Lang)))
	if err != nil {
		return result{}, err
	}
	fmt.Fprintln(s.Err) //nolint:errcheck // ends the line of progress
	judged, err := target.Report(context.WithoutCancel(s.ctx), seen)
	if err != nil {
		return result{}, err
	}
	return c.tell(s, seen, judged)
}

// meet asks the target, says who comes, and returns the crowd that may.
func (c *rehearseCmd) meet(s *shell, at, token string) (*rehearsal.Target, rehearsal.Config, error) {
	root := ""
	if c.RootPEM != "" {
		text, err := os.ReadFile(c.RootPEM)
		if err != nil {
			return nil, rehearsal.Config{}, fault.New(fault.Unavailable, "--root-pem: %w", err)
		}
		root = string(text)
	}
	target, err := rehearsal.NewTarget(at, token, root)
	if err != nil {
		return nil, rehearsal.Config{}, err
	}
	i, err := target.Ask(s.ctx)
	if err != nil {
		return nil, rehearsal.Config{}, err
	}
	cfg, err := c.crowd(i, at, token)
	if err != nil {
		return nil, cfg, err
	}
	cfg.RootPEM = root
	if err := i.Allows(cfg.People, cfg.MinutesMax); err != nil {
		return nil, cfg, err
	}
	if err := cfg.Validate(); err != nil {
		return nil, cfg, err
	}
	err = target.Begin(s.ctx, rehearsal.Announcement{People: cfg.People, Minutes: cfg.MinutesMax})
	cfg.OpensMS = time.Now().Add(time.Duration(i.LeadMS) * time.Millisecond).UnixMilli()
	return target, cfg, err
}

// burstShare and earlyShare are how many of a crowd come in the first second and before
// the opening, where nobody says: those of the Ennepe-Ruhr morning, 16,000 and 20,000 of
// 66,000, rounded.
const burstShare, earlyShare = 0.25, 0.25

// crowd is what the target says of who comes, with what the flags say of how many.
func (c *rehearseCmd) crowd(i *rehearsal.Invitation, at, token string) (rehearsal.Config, error) {
	cfg := i.Crowd
	cfg.Base, cfg.Grant, cfg.Seed, cfg.MinutesMax = strings.TrimSuffix(at, "/"), token, c.Seed, min(c.Minutes, i.Minutes)
	cfg.People, cfg.Habits.Rude = c.People, c.Rude
	if cfg.People == 0 {
		cfg.People = i.People
	}
	cfg.Arrivals.Burst, cfg.Arrivals.Early = c.Burst, c.Early
	if c.Burst < 0 {
		cfg.Arrivals.Burst = int(float64(cfg.People) * burstShare)
	}
	if c.Early < 0 {
		cfg.Arrivals.Early = int(float64(cfg.People) * earlyShare)
	}
	if !i.Room {
		cfg.Arrivals.Early, cfg.Arrivals.EarlyMS = 0, 0
	}
	if n := len(cfg.Who.Codes); n > 0 && cfg.Habits.WithCode < 1 { // about as many have a code as there are codes
		cfg.Habits.WithCode = min(float64(n)/float64(cfg.People), codesShareMax)
	}
	if i.StaffPort == 0 {
		cfg.Clerks.Count = 0
		return cfg, nil
	}
	u, err := url.Parse(cfg.Base)
	if err != nil {
		return cfg, fault.New(fault.Invalid, "--target: %w", err)
	}
	cfg.Staff = u.Scheme + "://" + net.JoinHostPort(u.Hostname(), strconv.Itoa(i.StaffPort))
	return cfg, nil
}

// summary is the one object of a rehearsal: the demo's line, and the judgement.
type summary struct {
	rehearsal.Line
	rehearsal.Judgement
	Sentences []string `json:"sentences"`
}

// tell writes table, judgement and report. With --json standard output has one object.
func (c *rehearseCmd) tell(s *shell, seen *rehearsal.Result, judged *rehearsal.Judged) (result, error) {
	lang := locale.Lang(c.Lang)
	facts := judged.Facts
	facts.Lang, facts.Title, facts.Judgement = lang, seen.Config.Scenario, &judged.Judgement
	line := rehearsal.NewLine(seen, facts)
	out := s.Out
	if s.JSON {
		out = s.Err
	}
	if err := line.WriteTable(out, seen, lang); err != nil {
		return result{}, err
	}
	sentences := judged.Judgement.Sentences(lang)
	fmt.Fprintf(out, "\n%s\n", strings.Join(sentences, "\n")) //nolint:errcheck // the table was written
	if s.JSON {
		if err := json.NewEncoder(s.Out).Encode(summary{line, judged.Judgement, sentences}); err != nil {
			return result{}, fault.New(fault.Unavailable, "standard output: %w", err)
		}
	}
	if c.Report != "" {
		var text strings.Builder
		if err := rehearsal.WriteReport(&text, seen, facts); err != nil {
			return result{}, err
		}
		if err := os.WriteFile(c.Report, []byte(text.String()), reportMode); err != nil {
			return result{}, fault.New(fault.Unavailable, "report: %w", err)
		}
		fmt.Fprintf(s.Err, "report: %s\n", c.Report) //nolint:errcheck // a courtesy
	}
	code := exitFailed
	if judged.Judgement.Verdict == rehearsal.Holds {
		code = exitOK
	}
	return result{Code: code, written: true}, nil
}
