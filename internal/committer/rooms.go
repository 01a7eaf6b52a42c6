package committer

import (
	"context"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// Acts of waiting rooms have a lane and batches of their own, between those of the
// bookings: whoever joins waits for nobody's cart, and a storm of joins delays a
// confirmation by one batch at most. In it the sales take turns, as with bookings.
const (
	// actsMax is how many acts of one sale may wait: a second's worth on a slow disk.
	actsMax = 1 << 14
	// actsBatch is the most acts one transaction carries, as of commands.
	actsBatch = BatchMax
)

// act is a queued act and, once done is closed, its answer.
type act struct {
	do      waitingroom.Act
	done    chan struct{}
	outcome waitingroom.Outcome
	err     error
}

// Act queues an act and waits for its answer. Busy if the lane is full; Unavailable if
// we are closing or the disk failed. When ctx ends first the act may still be carried
// out: repeating it leads to the same answer.
func (c *Committer) Act(ctx context.Context, do waitingroom.Act) (waitingroom.Outcome, error) {
	a := &act{do: do, done: make(chan struct{})}
	if err := c.enqueueAct(a); err != nil {
		return waitingroom.Outcome{}, err
	}
	defer away(ctx)()
	select {
	case <-a.done:
		return a.outcome, a.err
	case <-ctx.Done():
		return waitingroom.Outcome{}, fault.New(fault.Unavailable, "gave up waiting for the answer: %w", ctx.Err())
	}
}

func (c *Committer) enqueueAct(a *act) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.closing {
		return fault.New(fault.Unavailable, "the server is being stopped")
	}
	sale := a.do.Sale
	if failpoint.Bug(failpoint.BugActsStarve) {
		sale = 0 // one line for everybody
	}
	if !c.acts.push(sale, a) {
		c.busy.Add(1)
		return fault.BusyFor(busyPause, "the queue of the waiting room is full")
	}
	c.poke()
	return nil
}

// takeActs takes the next batch of acts.
func (c *Committer) takeActs() []*act {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acts.take(nil, actsBatch)
}

// processActs commits a batch of acts and answers it, as process does for commands.
func (c *Committer) processActs(batch []*act) {
	if len(batch) == 0 {
		return
	}
	outcomes, changes, err := c.commitActs(batch)
	switch {
	case err == nil:
		c.opt.OnRooms(changes)
		for i, a := range batch {
			a.outcome = outcomes[i]
			failpoint.Hit(failpoint.CommitterAnswer)
			close(a.done)
		}
		c.checkpoint()
	case store.IsUncertain(err):
		c.opt.Uncertain(err)
	case fault.KindOf(err) == fault.Unavailable, len(batch) == 1:
		c.opt.Log.Error("acts of the waiting room not saved", "acts", len(batch), "err", err)
		failActs(batch, err)
	default:
		c.halvings.Add(1)
		c.opt.Log.Warn("batch halved: one of its acts is refused by the database", "acts", len(batch), "err", err)
		c.processActs(batch[:len(batch)/2])
		c.processActs(batch[len(batch)/2:])
	}
}

func failActs(batch []*act, err error) {
	for _, a := range batch {
		a.err = err
		close(a.done)
	}
}

// commitActs is the one way from acts to disk.
func (c *Committer) commitActs(batch []*act) ([]waitingroom.Outcome, *waitingroom.Changes, error) {
	acts := make([]waitingroom.Act, len(batch))
	for i, a := range batch {
		acts[i] = a.do
	}
	tx, err := c.store.Begin()
	if err != nil {
		return nil, nil, err
	}
	defer tx.End()
	state, err := tx.LoadRooms(acts)
	if err != nil {
		return nil, nil, err
	}
	now := c.now().Truncate(time.Microsecond) // as it is stored, so that a restart tells the same
	outcomes, changes := waitingroom.Decide(state, acts, now)
	c.batches.Add(1)
	if changes.Empty() {
		return outcomes, changes, nil
	}
	if err := tx.SaveRooms(changes); err != nil {
		return nil, nil, err
	}
	return outcomes, changes, tx.Commit(now)
}
