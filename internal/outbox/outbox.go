// Package outbox delivers what was committed: every message that was promised
// with a booking reaches the relay at least once, whatever the relay does and
// however often this program is killed.
//
// One goroutine takes the messages that are due, hands them over one by one and
// marks each in the database before the next is begun. The mark of one message
// and the claim of the next are one durable transaction. So after a crash at
// most one message is in doubt, the claim says which, and it is sent again with
// the same Message-ID. Nothing here is in the way of a booking, and nothing here
// logs an address: messages are called by their number.
package outbox

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"einlass/internal/fault"
	"einlass/internal/mail"
	"einlass/internal/store"
)

// How the outbox works.
const (
	batchMax   = 50               // messages read and written at a time
	idleMax    = 30 * time.Second // looks again after this even if nobody called Wake
	storePause = time.Second      // after the database refused something
	// paceDefault keeps delivery below a fifth of a core (a letter costs 3 ms) and
	// leaves the disk to the bookings: 4,000 letters in 80 s.
	paceDefault = 20 * time.Millisecond
	// Pace is what a rehearsal reckons with.
	Pace = paceDefault
	// domainPaceDefault is the pause between two messages to one domain: large
	// mail providers slow down or block whoever sends faster from one address.
	domainPaceDefault = 50 * time.Millisecond
)

// Options configure the worker.
type Options struct {
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time // time.After, or a clock that runs faster
	Log   *slog.Logger
	Seed  uint64 // of the jitter in pauses
	// Pace is the least pause between two messages, DomainPace between two to
	// the same domain; the constants above when zero, none when negative.
	Pace, DomainPace time.Duration
	// Crowded reports that people wait for the processor at this moment: each message
	// then waits for up to crowdedMax. Never when nil.
	Crowded func() bool
}

// How mail gives way to people, in the machine's time. What somebody has booked
// stands on their screen already; a message takes a millisecond of the processor and
// a commit of its own, in an opening a seventh of the machine.
const (
	crowdedMax = 200 * time.Millisecond
	crowdedLap = 10 * time.Millisecond
)

// Worker is the delivery. Run it once.
type Worker struct {
	store    *store.Store
	relay    *mail.Relay
	composer *mail.Composer
	o        Options
	chance   *rand.Rand
	wake     chan struct{}
	sales    directory
	pace     pacer
	troubles int              // times in a row that the relay was in trouble
	owed     []store.Delivery // ended attempts that could not be marked yet

	mu    sync.Mutex // guards stats
	stats Stats
}

// Stats are counters since the start. Messages in doubt may have reached the
// relay without our knowing; each is sent again.
type Stats struct {
	Sent    int64
	PutOff  int64 // attempts that will be repeated
	Parked  int64
	Dropped int64 // messages nobody needs any more: the booker asked for another way
	// InDoubt counts, by cause, what may have been sent twice.
	InDoubt InDoubt
	// AwaySince is when the relay stopped answering; zero while it does.
	AwaySince time.Time
	// AwayWhy is what it said or did, without personal data.
	AwayWhy string
}

// InDoubt counts by cause the messages of which a copy may exist.
type InDoubt struct {
	LostReply int64 // the relay had the whole message and its last reply never came
	Crash     int64 // an attempt had begun when the program last ended
}

// New returns a worker; relay and composer are its own from now on.
func New(s *store.Store, relay *mail.Relay, composer *mail.Composer, o Options) *Worker {
	if o.Pace == 0 {
		o.Pace = paceDefault
	}
	if o.DomainPace == 0 {
		o.DomainPace = domainPaceDefault
	}
	return &Worker{
		store: s, relay: relay, composer: composer, o: o, chance: rand.New(rand.NewPCG(o.Seed, o.Seed)),
		wake: make(chan struct{}, 1), sales: directory{store: s}, pace: newPacer(max(o.Pace, 0), max(o.DomainPace, 0)),
	}
}

// Wake says that something was committed. It never blocks.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

// Stats returns the counters.
func (w *Worker) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

func (w *Worker) count(f func(*Stats)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.stats)
}

// Run delivers until ctx ends, and then returns nil. It returns an error only
// when nobody knows any more what is on the disk (store.IsUncertain): the
// process must end then. A message on its way when ctx ends is cut off and stays
// due.
func (w *Worker) Run(ctx context.Context) error {
	defer w.relay.Close()
	if err := w.release(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		pause, err := w.round(ctx)
		if store.IsUncertain(err) {
			return err
		}
		if err != nil && ctx.Err() == nil {
			w.o.Log.Error("outbox: the database refuses; trying again", "err", err)
			pause = rest{lasts: storePause, deaf: true}
		}
		w.sleep(ctx, pause)
	}
	return w.settle()
}

// release counts what a crash has left in doubt and makes it due again.
func (w *Worker) release(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := w.store.ReleaseClaims()
		switch {
		case err == nil:
			if n > 0 {
				w.count(func(s *Stats) { s.InDoubt.Crash += n })
				w.o.Log.Warn("outbox: attempts were cut off by the last end of the program; they are repeated", "messages", n)
			}
			return nil
		case store.IsUncertain(err):
			return err
		}
		w.o.Log.Error("outbox: the database refuses; trying again", "err", err)
		w.sleep(ctx, rest{lasts: storePause, deaf: true})
	}
	return nil
}

// rest is a pause; a deaf one is not ended by Wake.
type rest struct {
	lasts time.Duration
	deaf  bool
}

func (w *Worker) sleep(ctx context.Context, r rest) {
	if r.lasts <= 0 {
		return
	}
	wake := w.wake
	if r.deaf {
		wake = nil
	}
	select {
	case <-ctx.Done():
	case <-wake:
	case <-w.o.After(r.lasts):
	}
}

// settle marks what is still owed, so that a clean end leaves nothing in doubt.
func (w *Worker) settle() error {
	if len(w.owed) == 0 {
		return nil
	}
	if err := w.mark(nil); err != nil {
		return fault.New(fault.Unavailable, "outbox: %d messages are sent and could not be marked: %w", len(w.owed), err)
	}
	return nil
}

// mark records every ended attempt that is owed and claims the next messages.
// What cannot be recorded stays owed: as long as we live, a sent message is not
// sent again because the disk was full.
func (w *Worker) mark(begun []int64) error {
	if len(w.owed) == 0 && len(begun) == 0 {
		return nil
	}
	if err := w.store.MarkMessages(w.owed, begun, w.o.Now()); err != nil {
		return err
	}
	w.owed = w.owed[:0]
	return nil
}
