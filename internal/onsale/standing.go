package onsale

import (
	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/waitingroom"
)

// Standing is how a sale's room stands, in numbers.
type Standing struct {
	Phase   waitingroom.Phase // 0: it has not opened
	Entries int               // numbers drawn so far
	Called  int               // up to which number the furthest group has come
	Waiting int               // numbers that were not called yet
	Inside  int               // were let in, and look around or have a cart
	by      [catalog.GroupsMax]uint32
}

// By is up to which number a group was called.
func (s *Standing) By(group int) int { return int(s.by[group]) }

// Standing tells how a sale's room stands now; zero if it has not opened.
func (r *Rooms) Standing(sale ident.SaleID) Standing {
	one := r.room(sale)
	if one == nil {
		return Standing{}
	}
	one.mu.Lock()
	inside := one.inside.people(r.opt.Now())
	one.mu.Unlock()
	state := one.roster.Room()
	return Standing{
		Phase: state.Phase, Entries: int(state.Entries), Called: int(state.Called),
		Waiting: int(state.Entries) - state.People, Inside: inside, by: state.By,
	}
}
