package app

import (
	"context"
	"time"

	"einlass/internal/booking"
	"einlass/internal/failpoint"
	"einlass/internal/store"
)

// jumpMin is how far the clock may run away from the time that has really passed
// before we call it a jump. Clock discipline slews by 500 ppm: in a minute 30 ms.
const jumpMin = 2 * time.Second

// pulse writes signs of life, watches the clock and paces expiry. It is one
// goroutine, so that a jump of the clock is seen before any hold is ended by it.
func (s *Server) pulse(ctx context.Context) {
	ticks := make(chan time.Time)
	done := make(chan struct{})
	go func() { // ends holds; owns the receiving end of ticks
		defer close(done)
		s.booking.RunExpiry(ctx, ticks)
	}()
	defer func() { <-done }()
	t := time.NewTicker(s.out.Clock.wall(booking.ExpireEvery))
	defer t.Stop()
	w := watch{last: s.out.Clock.Now()}
	beat := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if jump := w.jumped(s.out.Clock.Now()); jump != 0 {
			s.jumped(jump)
		}
		if time.Since(beat) >= beatEvery {
			beat = time.Now()
			s.beat()
		}
		select {
		case ticks <- time.Time{}:
		case <-ctx.Done():
			return
		}
	}
}

// watch compares the machine's clock with the time that has really passed. A
// machine that was asleep looks the same as a clock that was put forward, and is.
type watch struct{ last time.Time }

// jumped returns how far the clock ran ahead (+) or back (-) since the last call;
// 0 if it ran well. A clock without a monotonic reading cannot jump.
func (w *watch) jumped(now time.Time) time.Duration {
	passed := now.Sub(w.last)                  // monotonic, where there is one
	shown := now.Round(0).Sub(w.last.Round(0)) // what the clock shows
	w.last = now
	if d := shown - passed; d > jumpMin || d < -jumpMin {
		return d
	}
	return 0
}

// jumped gives open carts the time that a jump forward took from them. A jump
// back costs nobody anything: sale time stands still until it is reached again.
func (s *Server) jumped(by time.Duration) {
	s.log.Error("the clock has jumped; check the machine's time service", "by", by.Round(time.Millisecond))
	if by < 0 || failpoint.Bug(failpoint.BugJumpIgnored) {
		return
	}
	now := s.out.Clock.Now()
	n, err := s.store.AddOutage(now.Add(-by), now)
	s.wrote(err, "open carts did not get back the time of the jump")
	if err == nil {
		s.log.Info("open carts got back the time of the jump", "carts", n)
	}
}

// beat writes a sign of life, so that the next start knows how long we were away.
// It also shortens the log while nobody books and the committer has no reason to.
func (s *Server) beat() {
	tx, err := s.store.Begin()
	if err == nil {
		err = tx.Commit(s.out.Clock.Now())
		tx.End()
	}
	if err == nil {
		s.lastBeat.Store(time.Now().UnixNano())
	}
	s.wrote(err, "no sign of life was written")
	s.wrote(s.store.Checkpoint(), "checkpoint put off")
}

// wrote judges a write that was not the committer's.
func (s *Server) wrote(err error, what string) {
	switch {
	case store.IsUncertain(err):
		s.uncertain(err)
	case err != nil:
		s.log.Error(what, "err", err)
	}
}
