// Package app puts the rooms together: it reads the configuration, opens the
// store, wires what needs each other, runs it and stops it. It has the commands
// of the program; the same Start that `einlass serve` calls is what end-to-end
// tests call on port 0.
//
// It promises: nothing is sold on a machine on which correctness cannot be kept
// (the reason is said in a sentence); the staff's listener has its own limits
// that the public side never takes away; a stop finishes what was begun and
// leaves nothing half done; when nobody knows what is on the disk the process
// ends at once without answering.
package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/booking"
	"einlass/internal/committer"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/onsale"
	"einlass/internal/outbox"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
	"einlass/internal/web"
)

// Outside is what a server takes from the world around it.
type Outside struct {
	Clock Clock
	Rand  io.Reader // secrets and names; crypto/rand when nil
	Log   *slog.Logger
	// Die ends the process at once; os.Exit when nil. It is called when nobody
	// knows what is on the disk, and must not return.
	Die func(code int)
	// Extra are further pages of the ops listener, by pattern: the demo's inbox.
	Extra Pages
	// Copy says that this is the server of a rehearsal's copy: it sells from a marked
	// database only, and the front stands before its public pages.
	Copy *copyFront
	// Hurry sends mail without pauses: to our own sink, never to a real relay.
	Hurry bool
	// Rate is how many numbers of a waiting room are called a second at most, on the
	// machine's clock; onsale.RateDefault where zero.
	Rate float64
}

func (o *Outside) defaults() {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Die == nil {
		o.Die = os.Exit
	}
}

// Server is a running installation.
type Server struct {
	cfg  Config
	out  Outside
	log  *slog.Logger
	path string // of the database

	lock      *os.File
	store     *store.Store
	secret    ident.Secret
	committer *committer.Committer
	booking   *booking.Service
	schedule  *onsale.Schedule
	rooms     *onsale.Rooms
	outbox    *outbox.Worker // nil without a relay
	site      *web.Site
	metrics   *metrics

	public, staff, ops *side

	closing  atomic.Bool
	lastPoll atomic.Int64   // unix nanoseconds of the last time the store answered
	lastBeat atomic.Int64   // unix nanoseconds of the last sign of life that was written
	failed   chan error     // a part ended by itself; room for each of them
	parts    sync.WaitGroup // everything but the committer
	stop     context.CancelFunc
	decided  chan struct{} // closed when the committer has finished
	stopOnce sync.Once
	stopErr  error
}

// Start opens and runs a server. What it returns is Invalid for a configuration
// that cannot work and Unavailable when something needed is away; nothing runs
// then. Stop must be called.
func Start(ctx context.Context, db string, cfg Config, out Outside) (*Server, error) {
	TuneMemory()
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	out.defaults()
	s := &Server{cfg: cfg, out: out, log: out.Log, path: db, failed: make(chan error, partsMax), decided: make(chan struct{})}
	if err := s.open(ctx, db); err != nil {
		s.close()
		return nil, err
	}
	s.run()
	s.ready()
	return s, nil
}

// partsMax is how many parts can end by themselves.
const partsMax = 16

// open does everything that can fail, in the order in which a failure costs least.
func (s *Server) open(ctx context.Context, db string) (err error) {
	checkMachine(s.log)
	public, err := checkFiles(s.log, s.cfg.Connections)
	if err != nil {
		return err
	}
	if err := checkDisk(s.log, db); err != nil {
		return err
	}
	if s.lock, err = lock(db); err != nil {
		return err
	}
	if s.store, err = openStore(ctx, store.Options{Path: db}); err != nil {
		return err
	}
	if err := checkStore(s.log, s.store); err != nil {
		return err
	}
	if err := s.checkCopy(ctx); err != nil {
		return err
	}
	alive, err := s.wakeUp(ctx)
	if err != nil {
		return err
	}
	if err := s.wire(ctx, alive); err != nil {
		return err
	}
	return s.listen(ctx, public)
}

// wakeUp checks the clock against the last sign of life and gives holds the time
// back that we were away.
func (s *Server) wakeUp(ctx context.Context) (alive time.Time, err error) {
	now := s.out.Clock.Now()
	if alive, err = s.store.Alive(ctx); err != nil {
		return alive, err
	}
	built := time.Time{}
	if s.out.Clock.Real() {
		built = builtAt()
	}
	if err := checkClock(now, alive, built); err != nil {
		return alive, err
	}
	if alive.IsZero() {
		return now, nil
	}
	if away := now.Sub(alive); away > outageMin && !failpoint.Bug(failpoint.BugOutageForgotten) {
		n, err := s.store.AddOutage(alive, now)
		if err != nil {
			return alive, err
		}
		say(s.log, "away: %s since the last sign of life; %s open carts got that time back", away.Round(time.Second), number(int(n)))
	}
	return alive, nil
}

// wire makes the parts and introduces them to each other. Nothing runs yet.
func (s *Server) wire(ctx context.Context, alive time.Time) (err error) {
	if s.secret, err = s.store.Secret(store.MasterSecret, s.out.Rand); err != nil {
		return err
	}
	available := booking.NewAvailability()
	s.committer = committer.New(s.store, committer.Options{
		Now: s.out.Clock.Now, Log: s.log, Uncertain: s.uncertain,
		OnSaved: func(c *inventory.Changes) {
			available.Follow(c)
			s.rooms.Follow(c)
			if len(c.Outbox) > 0 && s.outbox != nil {
				s.outbox.Wake()
			}
		},
		OnRooms: func(c *waitingroom.Changes) {
			s.rooms.FollowRooms(c)
			if len(c.Told) > 0 && s.outbox != nil {
				s.outbox.Wake()
			}
		},
	})
	s.booking = booking.New(booking.Options{
		Store: s.store, Committer: s.committer, Available: available, Secret: s.secret,
		Rand: s.out.Rand, Now: s.out.Clock.Now, Log: s.log, Rehearsal: s.out.Copy != nil,
	})
	if err := s.booking.Refresh(ctx); err != nil {
		return err
	}
	s.schedule = onsale.NewSchedule(onsale.Options{
		Sales: s.sales, Free: available.Free, Committer: s.committer, Secret: s.secret, Now: s.out.Clock.Now, Log: s.log,
	}, alive.Add(-scheduleAgain))
	s.rooms = onsale.NewRooms(onsale.RoomOptions{
		Store: s.store, Committer: s.committer, Sales: s.sales, Free: available.Public, Secret: s.secret,
		// What the machine can do in a second, it can do in one of its own.
		Rate: cmp.Or(s.out.Rate, onsale.RateDefault) / s.out.Clock.speed(), Polls: waitingroom.PollsMost / s.out.Clock.speed(),
		Rand: s.out.Rand, Now: s.out.Clock.Now, Log: s.log,
		Lag: func() time.Duration { return s.out.Clock.shown(s.site.Lag()) },
		Answered: func(sale *store.StoredSale) (float64, bool) {
			perSecond, waited := s.site.Answered(sale)
			return perSecond / s.out.Clock.speed(), waited
		},
	})
	if err := s.rooms.Restore(ctx); err != nil {
		return err
	}
	s.metrics = newMetrics(s)
	return nil
}

// scheduleAgain is how far before the last sign of life the schedule looks again:
// a crash may have come between a published time and its moves.
const scheduleAgain = time.Minute

func (s *Server) sales() []*store.StoredSale {
	all := s.booking.Sales.All()
	out := make([]*store.StoredSale, len(all))
	for i, sale := range all {
		out[i] = &sale.StoredSale
	}
	return out
}

// uncertain ends the process: nobody knows whether a commit is on the disk, so
// nobody may be answered. Recovery at the next start decides.
func (s *Server) uncertain(err error) {
	s.log.Error("nobody knows what is on the disk; the program ends so that the next start can find out", "err", err)
	s.out.Die(exitUnavailable)
	select {} // Die does not return in production; a test's must not let us go on either
}

// Run serves until ctx ends or a part fails, then stops.
func Run(ctx context.Context, db string, cfg Config, out Outside) error {
	s, err := Start(ctx, db, cfg, out)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-s.failed:
		s.log.Error("a part of the server ended by itself", "err", err)
	}
	if stopErr := s.Stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return fault.New(fault.Unavailable, "serve: %w", err)
	}
	return nil
}
