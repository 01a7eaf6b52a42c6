package booking

import (
	"context"
	"time"

	"einlass/internal/inventory"
	"einlass/internal/store"
)

// ExpireEvery is how often RunExpiry wants to be ticked: with the grace of a second
// holds then end at most 1.25 s after the shown time.
const ExpireEvery = 250 * time.Millisecond

// expireAtOnce is how many holds are expired in one go, in holds.
const expireAtOnce = 500

// RunExpiry ends holds whose time is over until ctx ends. tick paces it: in
// production a ticker of ExpireEvery, in a demo a faster one.
func (b *Service) RunExpiry(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		if err := b.ExpireDue(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("holds were not expired", "err", err)
		}
	}
}

// ExpireDue ends every hold whose time and grace are over.
func (b *Service) ExpireDue(ctx context.Context) error {
	for {
		due, err := b.store.DueHolds(ctx, b.now().Add(-inventory.ExpireGrace), expireAtOnce)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := b.expire(ctx, due); err != nil || len(due) < expireAtOnce {
			return err
		}
	}
}

// expire submits all at once, so that they share a batch, and waits for all.
func (b *Service) expire(ctx context.Context, due []store.Due) error {
	errs := make(chan error, len(due))
	for _, d := range due {
		go func() {
			_, err := b.committer.Submit(ctx, inventory.Command{
				Sale: d.Sale, Role: inventory.RoleSystem, Arrived: b.now(), Action: inventory.Expire{Booking: d.Booking},
			})
			errs <- err
		}()
	}
	var first error
	for range due {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}
