package app

import (
	"context"
	"sync"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/rehearsal"
	"einlass/internal/waitingroom"
)

// watched is what the server's side of a demo looked like while the crowd was there.
type watched struct {
	noneFree time.Duration // after the opening, until nothing was free; 0 = never
	room     *rehearsal.RoomFacts
	told     []told // what waiting people were told, as it changed
}

// told is where the numbers parted at a moment.
type told struct{ called, probably, not uint32 }

// How often a demo looks at its server: for the moment when nothing is free, and for
// the curves.
const (
	lookEvery  = 5 * time.Millisecond
	curveEvery = 250 * time.Millisecond
)

// watch looks until the function it returns is called; then what it saw is in st.seen.
func (st *stage) watch(ctx context.Context) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		opens := time.Now().Add(time.Duration(float64(st.plan.Sale.Opens.Sub(st.clock.Now())) / st.clock.Pace))
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			st.look(opens, n%int(curveEvery/lookEvery) == 0)
		}
	})
	return func() {
		stop()
		done.Wait()
		st.seen.judge(st.server)
	}
}

// look notes how it stands; drawn is set when it is time for a point of the curves.
func (st *stage) look(opens time.Time, drawn bool) {
	w, sale := &st.seen, st.server.sales()[0]
	free := catalog.Sum(st.server.booking.Available.Public(sale)).Free
	since := time.Since(opens)
	if free == 0 && w.noneFree == 0 && since > 0 {
		w.noneFree = since
	}
	roster := st.server.rooms.Roster(sale.ID)
	if !drawn || roster == nil {
		return
	}
	if w.room == nil {
		w.room = &rehearsal.RoomFacts{StepMS: curveEvery.Milliseconds(), OpenedMS: -since.Milliseconds()}
	}
	now := st.server.rooms.Standing(sale.ID)
	r := w.room
	r.Entries, r.Drawn, r.Called = now.Entries, int(roster.Room().Frozen), now.Called
	r.CalledBy, r.WaitingBy, r.InsideBy, r.FreeBy = append(r.CalledBy, now.Called), append(r.WaitingBy, now.Waiting), append(r.InsideBy, now.Inside), append(r.FreeBy, free)
	if f := st.server.rooms.Forecast(sale.ID, 0); f != nil && f.Known && !sale.Grouped() {
		w.told = append(w.told, told{uint32(now.Called), f.Probably, f.Not}) //nolint:gosec // numbers
	}
}

// judge holds what every number was first told against what came true.
func (w *watched) judge(s *Server) {
	if w.room == nil {
		return
	}
	roster := s.rooms.Roster(s.sales()[0].ID)
	for no := range uint32(w.room.Entries) { //nolint:gosec // numbers
		if roster.Passes(no) > 0 {
			w.room.Came++
		}
	}
	first := make([]waitingroom.Chance, w.room.Entries+1)
	for _, t := range w.told {
		for n := t.called + 1; int(n) < len(first); n++ {
			if first[n] != waitingroom.Unknown {
				continue
			}
			switch {
			case n <= t.probably:
				first[n] = waitingroom.Probably
			case t.not > 0 && n >= t.not:
				first[n] = waitingroom.ProbablyNot
			}
		}
	}
	for n, chance := range first {
		called := n <= w.room.Called
		switch chance {
		case waitingroom.Probably:
			w.room.Probably.Add(called)
		case waitingroom.ProbablyNot:
			w.room.ProbablyNot.Add(called)
		}
	}
}
