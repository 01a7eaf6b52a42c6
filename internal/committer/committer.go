// Package committer turns many wishes into few transactions. Whoever wants
// something submits a command and waits; while one batch commits, the next one
// gathers. Per batch there is one load, one decision and one durable save with
// bookings, audit and outbox rows; then everybody is answered.
//
// It promises: nobody is answered before the commit is on the disk; the same key
// gets the same answer, whether it is queued, in flight or committed; one bad
// command never fails its batch; a full queue says so at once. It never decides:
// that is inventory.Decide.
package committer

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// BatchMax is the most commands one transaction carries. Larger ones gain
// nothing on SQLite and lengthen the wait of the next (LIBRARIES, measured).
const BatchMax = 500

// Options are what a committer needs beside the store.
type Options struct {
	Now func() time.Time
	// OnSaved is told what was committed, before anybody is answered. It must be
	// quick and must not call the committer.
	OnSaved func(*inventory.Changes)
	// OnRooms is told what was committed of waiting rooms, likewise.
	OnRooms func(*waitingroom.Changes)
	// Uncertain is called when nobody knows whether a commit is on the disk. It
	// must end the process: nobody is answered, recovery decides.
	Uncertain func(error)
	Log       *slog.Logger
}

// Committer owns the store's write side. Run is its one goroutine.
type Committer struct {
	store *store.Store
	opt   Options

	mu      sync.Mutex // guards queue, acts, pending, closing, ended
	queue   queue
	acts    lane[*act]
	pending map[pendingKey]*entry
	closing bool
	ended   bool // Run has returned: nobody would answer

	wake chan struct{} // capacity 1: something was queued
	last time.Time     // owned by Run: sale time never goes back

	batches, commands, halvings, busy atomic.Int64
}

// entry is a queued command and, once done is closed, its answer.
type entry struct {
	cmd      inventory.Command
	done     chan struct{}
	decision inventory.Decision
	err      error
}

// New returns a committer for s. Nothing happens until Run.
func New(s *store.Store, o Options) *Committer {
	if o.OnSaved == nil {
		o.OnSaved = func(*inventory.Changes) {}
	}
	if o.OnRooms == nil {
		o.OnRooms = func(*waitingroom.Changes) {}
	}
	return &Committer{store: s, opt: o, queue: newQueue(), acts: newLane[*act](actsMax), pending: make(map[pendingKey]*entry), wake: make(chan struct{}, 1)}
}

// Submit queues a command and waits for its answer. Busy if its lane is full;
// Unavailable if we are closing or the disk failed. When ctx ends first the
// command may still be carried out: the same key will tell.
func (c *Committer) Submit(ctx context.Context, cmd inventory.Command) (inventory.Decision, error) {
	e, err := c.enqueue(cmd)
	if err != nil {
		return inventory.Decision{}, err
	}
	defer away(ctx)()
	select {
	case <-e.done:
	case <-ctx.Done():
		return inventory.Decision{}, fault.New(fault.Unavailable, "gave up waiting for the answer: %w", ctx.Err())
	}
	if e.err == nil && e.cmd.Content != cmd.Content {
		return inventory.Decision{Reason: inventory.KeyReused}, nil
	}
	return e.decision, e.err
}

// Post queues a command whose answer nobody waits for.
func (c *Committer) Post(cmd inventory.Command) error {
	_, err := c.enqueue(cmd)
	return err
}

// enqueue adds the command to its lane, or finds the one with the same key that
// is already waiting or in flight.
func (c *Committer) enqueue(cmd inventory.Command) (*entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, keyed := pendingKeyOf(&cmd)
	if e := c.pending[key]; keyed && e != nil {
		return e, nil
	}
	if c.ended || c.closing && cmd.Rank() >= inventory.RankStaff {
		return nil, fault.New(fault.Unavailable, "the server is being stopped")
	}
	e := &entry{cmd: cmd, done: make(chan struct{})}
	if !c.queue.push(e) {
		c.busy.Add(1)
		return nil, fault.BusyFor(busyPause, "the queue of sale is full")
	}
	if keyed {
		c.pending[key] = e
	}
	c.poke()
	return e, nil
}

// busyPause is after what time asking again makes sense when a lane was full: a
// full lane is worked off in well under a second, so this is mostly spreading.
const busyPause = 3 * time.Second

func (c *Committer) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Close lets no new holds in and makes Run return when the queue is finished.
func (c *Committer) Close() {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	c.poke()
}

// Run commits batches until Close was called and the queue is finished, or until
// ctx ends. It must be called once.
func (c *Committer) Run(ctx context.Context) error {
	defer c.end()
	for {
		batch, closing := c.take()
		c.process(batch)
		acts := c.takeActs() // after: nobody's cart waits for more than one batch of them
		c.processActs(acts)
		switch n := len(batch) + len(acts); {
		case n > 0:
			c.linger(n)
		case closing:
			return nil
		default:
			select {
			case <-c.wake:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// How the next batch is given to gather while there is a crowd: those who were just
// answered are about to ask again, and a fuller batch shares its pages and its sync
// among more. First everybody who is ready to run has a turn, some times over; that
// takes no time on an idle machine and a batch's worth on a busy one. If that was not
// enough, a moment passes. Nobody lingers for somebody who is alone.
const (
	lingerRounds = 4
	lingerMax    = time.Millisecond
)

func (c *Committer) linger(last int) {
	if last == 1 {
		return
	}
	for range lingerRounds {
		if c.enough(last) {
			return
		}
		runtime.Gosched()
	}
	if !c.enough(last) {
		time.Sleep(lingerMax)
	}
}

// enough reports whether as many wait as were in the last batch, or half of the
// largest; or a clerk, who waits for no crowd.
func (c *Committer) enough(last int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing || c.queue.lanes[inventory.RankStaff].len() > 0 || c.queue.len()+c.acts.len() >= min(last, BatchMax/2)
}

// end answers whoever is still waiting: nothing of theirs was saved.
func (c *Committer) end() {
	c.mu.Lock()
	c.ended = true
	rest, acts := c.queue.take(c.queue.len()), c.acts.take(nil, c.acts.len())
	c.mu.Unlock()
	stopped := fault.New(fault.Unavailable, "the server was stopped before this was saved")
	c.fail(rest, stopped)
	failActs(acts, stopped)
}

func (c *Committer) take() ([]*entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.take(BatchMax), c.closing
}

// process commits a batch and answers it. Refused data halves the batch until
// the bad command stands alone; trouble with the disk never does.
func (c *Committer) process(batch []*entry) {
	if len(batch) == 0 {
		return
	}
	decisions, changes, err := c.commit(batch)
	switch {
	case err == nil:
		c.opt.OnSaved(changes)
		c.answer(batch, decisions)
		c.checkpoint()
	case store.IsUncertain(err):
		c.opt.Uncertain(err)
	case fault.KindOf(err) == fault.Unavailable:
		c.opt.Log.Error("batch not saved", "commands", len(batch), "err", err)
		c.fail(batch, err)
	case len(batch) == 1 || failpoint.Bug(failpoint.BugPoisonsBatch):
		c.opt.Log.Error("command refused by the database", "verb", batch[0].cmd.Verb().String(), "err", err)
		c.fail(batch, fault.New(fault.Internal, "command refused by the database: %w", err))
	default:
		c.halvings.Add(1)
		c.opt.Log.Warn("batch halved: one of its commands is refused by the database", "commands", len(batch), "err", err)
		c.process(batch[:len(batch)/2])
		c.process(batch[len(batch)/2:])
	}
}

// checkpoint shortens the log. It happens after the answers: what they promise is
// in the log already.
func (c *Committer) checkpoint() {
	err := c.store.Checkpoint()
	switch {
	case store.IsUncertain(err):
		c.opt.Uncertain(err)
	case err != nil:
		c.opt.Log.Error("checkpoint put off", "err", err)
	}
}

// commit is the one way from commands to disk.
func (c *Committer) commit(batch []*entry) ([]inventory.Decision, *inventory.Changes, error) {
	cmds := make([]inventory.Command, len(batch))
	for i, e := range batch {
		cmds[i] = e.cmd
	}
	tx, err := c.store.Begin()
	if err != nil {
		return nil, nil, err
	}
	defer tx.End()
	state, err := tx.Load(cmds)
	if err != nil {
		return nil, nil, err
	}
	now := c.now()
	decisions, changes := inventory.Decide(state, cmds, now)
	if failpoint.Bug(failpoint.BugAnswerEarly) {
		c.answer(batch, decisions)
	}
	c.batches.Add(1)
	c.commands.Add(int64(len(batch)))
	if changes.Empty() {
		return decisions, changes, nil // only refusals and repeated answers: nothing to save
	}
	if err := tx.Save(changes); err != nil {
		return nil, nil, err
	}
	return decisions, changes, tx.Commit(now)
}

// now is the sale's clock, clamped so that it never goes back.
func (c *Committer) now() time.Time {
	if t := c.opt.Now(); t.After(c.last) {
		c.last = t
	}
	return c.last
}

func (c *Committer) answer(batch []*entry, decisions []inventory.Decision) {
	c.forget(batch)
	for i, e := range batch {
		select {
		case <-e.done: // answered already: only with the planted bug answer-early
			continue
		default:
		}
		e.decision = decisions[i]
		failpoint.Hit(failpoint.CommitterAnswer)
		close(e.done)
	}
}

func (c *Committer) fail(batch []*entry, err error) {
	c.forget(batch)
	for _, e := range batch {
		e.err = err
		close(e.done)
	}
}

// forget takes the keys out of the map of what is waiting: from now on the
// stored answer is found.
func (c *Committer) forget(batch []*entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range batch {
		if key, keyed := pendingKeyOf(&e.cmd); keyed {
			delete(c.pending, key)
		}
	}
}

// Stats are counters since the start.
type Stats struct {
	Batches, Commands, Halvings, Busy int64
	Waiting                           int // commands in the queue now
}

// Stats returns the counters.
func (c *Committer) Stats() Stats {
	c.mu.Lock()
	waiting := c.queue.len()
	c.mu.Unlock()
	return Stats{Batches: c.batches.Load(), Commands: c.commands.Load(), Halvings: c.halvings.Load(), Busy: c.busy.Load(), Waiting: waiting}
}
