package onsale

import (
	"sync"
	"time"

	"einlass/internal/ident"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// How often the forecast is noted for the report after the sale.
const (
	// toldMoved is by how much a border must have moved, as a part of itself: 1 in 100.
	toldMoved = 100
	// toldEvery is the shortest time between two notes of a sale.
	toldEvery = time.Second
	// toldMost is how many notes wait to be stored: an hour's of one sale. Beyond it the
	// disk has not taken any for long, and there is worse to see to.
	toldMost = 3600
)

// told notes what those who wait are told, so that it can be held against what came
// true. It keeps no request and no call waiting: what is noted is stored by whoever takes
// it.
type told struct {
	mu   sync.Mutex // guards last and notes
	last map[ident.SaleID]toldLast
	// notes wait to be stored.
	notes []store.Told
}

// toldLast is the last note of a sale. Ahead says that numbers beyond those called were
// told "probably" then.
type toldLast struct {
	store.Told
	ahead bool
}

// note takes down the forecast if it has moved.
func (t *told) note(state waitingroom.Room, f *Forecast, now time.Time) {
	if f == nil || !f.Known {
		return
	}
	n := toldLast{Told: store.Told{Sale: state.Sale, At: now, Probably: f.Probably, Not: f.Not}, ahead: f.Probably > state.Called}
	t.mu.Lock()
	defer t.mu.Unlock()
	last, known := t.last[n.Sale]
	if known && (!n.differs(last) || now.Sub(last.At) < toldEvery) || len(t.notes) >= toldMost {
		return
	}
	if t.last == nil {
		t.last = make(map[ident.SaleID]toldLast)
	}
	t.last[n.Sale] = n
	t.notes = append(t.notes, n.Told)
}

func (n *toldLast) differs(last toldLast) bool {
	return n.ahead != last.ahead || moved(last.Probably, n.Probably) || moved(last.Not, n.Not)
}

func moved(from, to uint32) bool {
	return max(from, to)-min(from, to) > from/toldMoved
}

// TakeTold hands over the forecasts that were noted since the last time.
func (r *Rooms) TakeTold() []store.Told {
	r.told.mu.Lock()
	defer r.told.mu.Unlock()
	notes := r.told.notes
	r.told.notes = nil
	return notes
}

// KeepTold takes forecasts back that could not be stored.
func (r *Rooms) KeepTold(notes []store.Told) {
	r.told.mu.Lock()
	defer r.told.mu.Unlock()
	r.told.notes = append(notes, r.told.notes...)
}
