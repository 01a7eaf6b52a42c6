package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/mail/sink"
	"einlass/internal/onsale"
	"einlass/internal/rehearsal"
	"einlass/internal/setup"
	"einlass/internal/staff"
	"einlass/internal/store"
	"einlass/scenarios"
)

// The Ennepe-Ruhr morning, as it was reported (SHAPES, scenarios).
const (
	replayPeople = 16_000 // in the first second
	replayPeak   = 3_000  // people of the run without a room, in which the peak is measured
	replayClerks = 2
	// replayPace is how much faster than life people think, and numbers are called in
	// their time; with more, a tick of the room would stand for less than it lasts.
	replayPace   = 10.0
	replayLead   = 2 * time.Second // real, before the opening
	replayWithin = 3 * time.Minute // real; then a run has failed
	replayMins   = 2
	// replayLinger is how long the morning goes on when nothing is free: for the bookings
	// of those who have a cart. Carts that are left come back a minute and a half later.
	replayLinger = 3 * time.Second
	// replayLate is the share of turns, of 1, that a crowd may begin late before its times
	// are those of the machine it runs on (the same as in a rehearsal's judgement).
	replayLate = 0.01
)

// replay is one run of the morning.
type replay struct {
	gone                       // real, after the opening
	peak               float64 // bookings in the densest second
	places             int     // online
	held               rehearsal.Timing
	busy, broken, lost int
	server, crowd      time.Duration
	late               float64 // share of the crowd's turns that it began late itself
	booked             int64   // what people saw
}

// morningReplay is G12: how long 4,000 places last with 16,000 people in the first second
// ÷ how long the calling needs, which calls half of what the same house sells at its peak.
// One round, since a morning takes a minute; if the crowd was late it is void.
func morningReplay(o *options) ([]figure, error) {
	open, err := runReplay(o, catalog.AllocateOpen, 0, replayPeak)
	if err != nil {
		return nil, fmt.Errorf("peak: %w", err)
	}
	rate := max(onsale.RateDefault, open.peak/2)
	r, err := runReplay(o, catalog.AllocateRoom, rate, replayPeople)
	if err != nil {
		return nil, err
	}
	return []figure{replayFigure(&open, &r, rate)}, nil
}

// replayFigure makes the line of a morning and of the run for the peak before it.
func replayFigure(open, r *replay, rate float64) figure {
	broken := open.broken + r.broken
	f := atMost("G12", "replay_vs_calling", 1.1, []float64{r.after.Seconds() / (float64(r.places) / rate)})
	f.Pass = f.Pass && broken == 0
	if r.late > replayLate {
		f.Pass, f.Rounds, f.Void = false, 0, 1
	}
	f.PerSec = rate
	f.Extra = fmt.Sprintf("%d people in a second, each alone and none a ghost, %d places online: none free after %.1f s (%d numbers drawn by then, %d called); calling %.0f/s, peak without a room %.0f bookings/s; hold p99 %.0f ms; other 5xx %d, busy %d, unanswered %d; CPU server %.1f s, crowd %.1f s on %d cores, crowd late in %.1f %% of turns (void above %.0f %%); clock ×%.0f",
		replayPeople, r.places, r.after.Seconds(), r.drawn, r.serving, rate, open.peak, r.held.P99, broken, r.busy, r.lost,
		r.server.Seconds(), r.crowd.Seconds(), cpuCount(), 100*r.late, 100*replayLate, replayPace)
	return f
}

// runReplay is one morning: a house, a crowd and clerks in processes of their own, until
// soon after nothing is free, or until everybody has gone home. Its books are checked at
// the end.
func runReplay(o *options, by catalog.Allocation, rate float64, people int) (r replay, err error) {
	dir, err := os.MkdirTemp(tempDir(o), "einlass-g12-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the temporary folder
	relay, err := sink.Start(sink.Options{})
	if err != nil {
		return r, err
	}
	defer relay.Close()
	db := filepath.Join(dir, roomDB)
	plan, err := furnishReplay(db, by)
	if err != nil {
		return r, err
	}
	r.places = plan.ByChannel()[catalog.Online]
	brief := roomBrief{
		DB: db, Now: plan.Sale.Opens.Add(-time.Duration(replayPace * float64(replayLead))), Opens: plan.Sale.Opens,
		Path: "/" + plan.Sale.Organizer.ID + "/" + plan.Sale.Event.Slug, Rate: rate, Pace: replayPace, Relay: relay.Port(),
	}
	c, err := startBriefed(o, "room", brief, anyCore)
	if err != nil {
		return r, err
	}
	defer func() {
		c.stop()
		err = errors.Join(err, checkBooks(db, r.booked))
	}()
	opens, err := strconv.ParseInt(c.slot[2], 10, 64)
	if err != nil {
		return r, err
	}
	err = r.rush(c, time.UnixMilli(opens), people)
	return r, err
}

// furnishReplay makes the database of a morning.
func furnishReplay(db string, by catalog.Allocation) (*setup.Plan, error) {
	plan, problems := setup.Load("ennepe-ruhr.yaml", scenarios.Read)
	if plan == nil {
		return nil, fmt.Errorf("scenario: %v", problems)
	}
	if by == catalog.AllocateOpen {
		unnumbered(plan)
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Path: db})
	if err != nil {
		return nil, err
	}
	if _, err := setup.Apply(ctx, s, plan, plan.Sale.WindowFrom().Add(-time.Hour), false); err != nil {
		return nil, err
	}
	accounts, err := staff.New(s, rand.Reader)
	if err != nil {
		return nil, err
	}
	for i := range replayClerks {
		if err := accounts.Create(fmt.Sprintf(houseClerk, i+1), fmt.Sprintf("Clerk %d", i+1), inventory.RoleClerk, housePassword); err != nil {
			return nil, err
		}
	}
	return plan, s.Close()
}

// rush lets the crowd come and watches the places.
func (r *replay) rush(c *child, opens time.Time, people int) error {
	cfg, known := rehearsal.Preset("ennepe-ruhr")
	if !known {
		return errors.New("there is no such crowd")
	}
	cfg.Base, cfg.Staff, cfg.Start, cfg.Seed, cfg.Pace = "http://"+c.addr, c.slot[0], c.path, 1, replayPace
	cfg.People, cfg.Arrivals.Early, cfg.Arrivals.Burst, cfg.OpensMS, cfg.MinutesMax = people, 0, people, opens.UnixMilli(), replayMins
	// Everybody alone, so that a number is a place; and whoever is there at eight wants one.
	cfg.Habits.PartyOfTwo, cfg.Habits.Ghost = 0, 0
	cfg.Clerks.Count, cfg.Clerks.User, cfg.Clerks.Password = replayClerks, houseClerk, housePassword
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), replayWithin)
	defer cancel()
	p, err := rehearsal.Start(ctx, self, cfg)
	if err != nil {
		return err
	}
	noneFree := make(chan gone, 1)
	go func() { // ends when no place is free, or with ctx
		g := untilNoneFree(ctx, c, opens)
		if noneFree <- g; g.after > 0 {
			time.Sleep(replayLinger)
			p.Stop() //nolint:errcheck // it may have ended; Wait tells
		}
	}()
	before, err := c.cpu()
	seen, failed := p.Wait(nil)
	after, ended := c.cpu()
	if err := errors.Join(err, failed, ended); err != nil {
		return err
	}
	cancel()
	r.gone, r.server = <-noneFree, after-before
	r.read(seen)
	if r.after == 0 && people == replayPeople {
		return fmt.Errorf("places were free when everybody had gone: %+v", seen.Outcomes)
	}
	return nil
}

// read takes over what the crowd saw.
func (r *replay) read(seen *rehearsal.Result) {
	const perSecond = 4 // windows of the series (250 ms)
	r.booked = int64(seen.Counts.Booked)
	sum := 0
	for i, n := range seen.Series.Booked {
		if sum += n; i >= perSecond {
			sum -= seen.Series.Booked[i-perSecond]
		}
		r.peak = max(r.peak, float64(sum))
	}
	r.held, r.busy, r.broken, r.lost = seen.Latency["hold"], seen.Counts.Busy, seen.Counts.HTTP5xx, seen.Counts.Unanswered
	r.crowd = time.Duration(seen.Machine.CPUSeconds * float64(time.Second))
	r.late = float64(seen.Machine.Late) / float64(max(1, seen.Machine.Offered))
}

// gone is when the house says for the first time that nothing is free, and how far its
// room is then; zero if it never does.
type gone struct {
	after          time.Duration
	drawn, serving uint32
}

func untilNoneFree(ctx context.Context, c *child, opens time.Time) (g gone) {
	const every = 50 * time.Millisecond
	for ; ctx.Err() == nil; time.Sleep(every) {
		s, err := statusOf(c.addr, c.path)
		if err != nil || s.Free > 0 || time.Now().Before(opens) {
			continue
		}
		if g.after = time.Since(opens); s.Room != nil {
			g.drawn, g.serving = s.Room.Numbers, s.Room.Serving
		}
		return g
	}
	return g
}
