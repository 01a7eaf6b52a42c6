package onsale

import (
	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/waitingroom"
)

// Prospect is what a number that waits can expect of the best of the groups that suit.
type Prospect struct {
	Group  int
	Called uint32 // up to which number that group was called
	Chance waitingroom.Chance
	until  *Forecast
}

// Prospect looks for the best group: one that is not gone, with the better chance, and
// among those the one that has come further. The page's script chooses alike.
func (r *Rooms) Prospect(sale ident.SaleID, number uint32, wants catalog.GroupSet) (best Prospect) {
	one := r.room(sale)
	if one == nil {
		return best
	}
	state, gone, first := one.roster.Room(), one.gone.Load(), true
	for _, g := range wants.Of(one.inside.callers.Groups()) {
		f := one.forecasts[g].Load()
		p := Prospect{Group: g, Called: state.By[g], Chance: f.Chance(number), until: f}
		mine, its := p.rank(gone), best.rank(gone)
		if first || mine < its || mine == its && p.Called > best.Called {
			best, first = p, false
		}
	}
	return best
}

// rank orders prospects, the best first.
func (p *Prospect) rank(gone uint32) int {
	switch {
	case gone&(1<<p.Group) != 0:
		return 3
	case p.Chance == waitingroom.ProbablyNot:
		return 2
	case p.Chance == waitingroom.Probably:
		return 0
	}
	return 1
}

// Range is the range of time until the number is called; the zero one if it cannot be told.
func (p *Prospect) Range(number uint32) waitingroom.Range { return p.until.Range(number, p.Called) }
