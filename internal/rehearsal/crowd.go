package rehearsal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"einlass/internal/fault"
)

// crowd is one run: what all its people share.
type crowd struct {
	cfg      *Config
	host     *host
	gate     *gate
	lens     *lens
	tally    *tally
	book     *book
	agenda   *agenda
	registry registry
	punctual punctuality
	ctx      context.Context // of the run; ends when everybody is sent home
	wg       sync.WaitGroup  // people who have not finished
	notes    []string
}

// Run lets the crowd book until everybody has finished, the time is up or ctx
// ends; people still there are then sent home and counted so. progress is called
// about four times a second, from one goroutine, and may be nil. Errors are
// Invalid for the configuration and Unavailable when the host cannot be found;
// what goes wrong for people is in the Result and never an error.
func Run(ctx context.Context, cfg Config, progress func(Snapshot)) (*Result, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	target, err := mayCome(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	h, err := newHost(ctx, cfg.Base, cfg.RootPEM)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, time.Duration(cfg.MinutesMax)*time.Minute)
	defer stop()
	c := newCrowd(ctx, &cfg, h)
	desk, err := c.openDesk()
	if err != nil {
		return nil, err
	}
	cpu := cpuUsed()
	c.invite()

	var ticking sync.WaitGroup
	tickCtx, stopTicking := context.WithCancel(context.Background())
	ticking.Go(func() { c.tick(tickCtx, progress) })
	ticking.Go(func() { c.punctual.watch(tickCtx) })
	if target != nil {
		ticking.Go(func() { stayWelcome(tickCtx, target, stop) })
	}
	c.work(ctx, desk)
	stopTicking()
	ticking.Wait()
	return c.result(cpuUsed() - cpu), nil
}

func newCrowd(ctx context.Context, cfg *Config, h *host) *crowd {
	opens := time.Now()
	if cfg.OpensMS > 0 {
		opens = time.UnixMilli(cfg.OpensMS)
	}
	c := &crowd{
		cfg: cfg, host: h, lens: newLens(), tally: newTally(time.Now(), opens), book: newBook(),
		agenda: newAgenda(cfg.People), registry: newRegistry(cfg), ctx: ctx,
	}
	limit := cfg.ConnectionsMax
	if files := filesMax(); files > 0 && files-filesSpare < limit {
		limit = max(files-filesSpare, 1)
		c.notes = append(c.notes, fmt.Sprintf(
			"open files are limited to %d: at most %d connections at once instead of %d", files, limit, cfg.ConnectionsMax))
	}
	c.gate = newGate(limit)
	return c
}

// invite enters everybody's arrival.
func (c *crowd) invite() {
	if c.cfg.Part == PartClerks {
		return
	}
	a := &c.cfg.Arrivals
	for i := range c.cfg.People {
		chance := newChance(c.cfg.Seed, i)
		p := &person{crowd: c, chance: chance, who: newPersona(c.cfg, &c.registry, chance, i)}
		p.due = c.tally.start.Add(arrival(c.cfg, a, i, chance))
		c.wg.Add(1)
		c.agenda.at(p)
	}
}

// arrival is when person i comes, counted from the opening. Latecomers come more and
// more rarely: the square of a uniform number leans to the beginning.
func arrival(cfg *Config, a *Arrivals, i int, chance *rand.Rand) time.Duration {
	u := chance.Float64()
	burst := time.Duration(a.BurstMS) * time.Millisecond
	switch {
	case i < a.Early:
		return -time.Duration(u * float64(a.EarlyMS) * float64(time.Millisecond))
	case i < a.Early+a.Burst:
		return time.Duration(u * float64(burst))
	}
	return burst + time.Duration(u*u*float64(cfg.real(a.RestMS)))
}

// work runs people and clerks until the people have finished or ctx ends. The
// clerks go when the crowd has gone; clerks without a crowd beside them work on.
func (c *crowd) work(ctx context.Context, d *desk) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	clerksGone := d.work(ctx)
	finished := make(chan struct{})
	go func() {
		c.wg.Wait()
		if c.cfg.Part == PartClerks {
			<-clerksGone
		}
		close(finished)
	}()
	var running sync.WaitGroup
	running.Go(func() { c.agenda.run(ctx, func(p *person) { go p.turn() }) })
	select {
	case <-finished:
		stop()
		<-clerksGone // each finishes the click it is at
	case <-ctx.Done():
		if c.cfg.Part != PartClerks {
			c.notes = append(c.notes, "the time was up, or the rehearsal was stopped, before everybody had finished")
		}
	}
	running.Wait()
	c.sendHome(finished)
	<-clerksGone
}

// sendHome ends everybody's journey. People in the middle of a request get a
// closed connection and find the doors shut at their next turn.
func (c *crowd) sendHome(finished <-chan struct{}) {
	c.gate.hangUp()
	for {
		for _, p := range c.agenda.drain() {
			p.end(SentHome)
		}
		select {
		case <-finished:
			return
		case <-time.After(seriesStep): // somebody was just between two turns
		}
	}
}

// over reports whether everybody is being sent home.
func (c *crowd) over() bool { return c.ctx.Err() != nil }

// lateSince reports whether the crowd itself was late since then.
func (c *crowd) lateSince(since time.Time) bool { return c.punctual.lateSince(since, time.Now()) }

// tick closes the windows of the time series and reports progress.
func (c *crowd) tick(ctx context.Context, progress func(Snapshot)) {
	t := time.NewTicker(seriesStep)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			now := time.Now()
			open, _, _ := c.gate.figures()
			c.tally.tick(now, open)
			if progress != nil {
				progress(c.tally.snapshot(now, c.cfg.People, open))
			}
		}
	}
}

func (c *crowd) result(cpu time.Duration) *Result {
	open, peak, waited := c.gate.figures()
	r := c.tally.result(time.Now(), open)
	r.Config = *c.cfg
	r.Config.Clerks.Password, r.Config.Who.Codes, r.Config.Grant = "", nil, "" // secrets do not belong in a report
	r.Ledger = c.book.ledger()
	m := &r.Machine
	m.ConnectionsMax, m.ConnectionLimit, m.Waited = peak, c.gate.max, waited
	m.CPUSeconds = cpu.Seconds()
	if n := r.Counts.Requests + r.Desk.Requests; n > 0 {
		m.CPUMicrosPerReq = float64(cpu.Microseconds()) / float64(n)
	}
	if m.Waited > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%d times somebody had to wait for a connection: at most %d are open at once", m.Waited, m.ConnectionLimit))
	}
	if lateCrowd(m) {
		c.notes = append(c.notes, fmt.Sprintf("the crowd itself was late in %d of %d turns: its figures also measure this machine", m.Late, m.Offered))
	}
	r.Notes = c.notes
	return r
}

// openDesk prepares the clerks; without any it does nothing.
func (c *crowd) openDesk() (*desk, error) {
	if c.cfg.Clerks.Count == 0 || c.cfg.Part == PartPeople {
		return &desk{crowd: c}, nil
	}
	h, err := newHost(c.ctx, c.cfg.Staff, c.cfg.RootPEM)
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "rehearsal: staff listener: %w", err)
	}
	return &desk{crowd: c, host: h}, nil
}
