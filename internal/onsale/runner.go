package onsale

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"einlass/internal/committer"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// TickEvery is how often Schedule.Run wants to be ticked: returned places are on
// sale within about a second of the published time.
const TickEvery = 500 * time.Millisecond

// movesAtOnce is how many moves wait for their answer together. It fills a batch
// well and stays below the staff's share of the queue, which a sale of thousands
// of slots would otherwise take away from the clerks.
const movesAtOnce = 250

// Options are what a Schedule works with.
type Options struct {
	Sales     func() []*store.StoredSale
	Free      func(inventory.PoolID) int // a hint: pools with nothing free are left out
	Committer *committer.Committer
	Secret    ident.Secret
	Now       func() time.Time
	Log       *slog.Logger
}

// Schedule makes the moves of all sales when they fall due.
type Schedule struct {
	opt   Options
	after time.Time // up to here everything due was made; owned by Run
}

// NewSchedule returns a schedule that makes what fell due after a moment: the
// last sign of life before the start, or now on a new installation.
func NewSchedule(o Options, after time.Time) *Schedule {
	o.Secret = o.Secret.Derive("schedule")
	return &Schedule{opt: o, after: after}
}

// Run makes moves at every tick until ctx ends. A tick that failed is made up for
// by the next one.
func (s *Schedule) Run(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		moved, err := s.Step(ctx)
		if moved > 0 {
			s.opt.Log.Info("places moved on to the public as published", "places", moved)
		}
		if err != nil && ctx.Err() == nil {
			s.opt.Log.Error("places were not moved on; the next try follows at once", "err", err)
		}
	}
}

// Step makes everything that is due now and returns how many places it moved.
func (s *Schedule) Step(ctx context.Context) (places int, err error) {
	now := s.opt.Now()
	var errs []error // one sale's trouble stops no other sale
	for _, sale := range s.opt.Sales() {
		n, err := s.make(ctx, sale.ID, Due(sale, s.after, now))
		places += n
		errs = append(errs, err)
	}
	if err = errors.Join(errs...); err == nil && now.After(s.after) {
		s.after = now
	}
	return places, err
}

// make submits those moves that have something to move, a batch at a time.
func (s *Schedule) make(ctx context.Context, sale ident.SaleID, due []Move) (places int, err error) {
	var some []Move
	for _, m := range due {
		if s.opt.Free(m.From) > 0 {
			some = append(some, m)
		}
	}
	for len(some) > 0 {
		n := min(len(some), movesAtOnce)
		moved, err := s.submit(ctx, sale, some[:n])
		places += moved
		if err != nil {
			return places, err
		}
		some = some[n:]
	}
	return places, nil
}

func (s *Schedule) submit(ctx context.Context, sale ident.SaleID, some []Move) (places int, err error) {
	type answer struct {
		decision inventory.Decision
		err      error
	}
	answers := make(chan answer, len(some))
	for _, m := range some {
		go func() {
			d, err := s.opt.Committer.Submit(ctx, s.command(sale, m))
			answers <- answer{d, err}
		}()
	}
	for range some {
		a := <-answers
		switch {
		case a.err != nil:
			err = a.err
		case a.decision.OK() && !a.decision.Repeated:
			places += a.decision.Units
		case a.decision.Reason == inventory.NoSuchThing:
			err = fault.New(fault.Internal, "move from %s: there is no such pool", a.decision.Pool)
		}
	}
	return places, err
}

// command names a move by its moment, so that a second runner or a restart in the
// middle repeats the answer instead of moving again.
func (s *Schedule) command(sale ident.SaleID, m Move) inventory.Command {
	items := append(m.From[:], m.To[:]...)
	return inventory.Command{
		Key:     ident.Key{ID: s.opt.Secret.Name("move", ident.Moment(m.At), items, []byte(m.At.UTC().Format(time.RFC3339Nano)))},
		Content: ident.DigestOf(items),
		Sale:    sale, Role: inventory.RoleSystem, Reason: "published time", Arrived: m.At,
		Action: inventory.Move{From: m.From, To: m.To},
	}
}
