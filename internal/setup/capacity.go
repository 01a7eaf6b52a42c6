package setup

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
)

// slotPools is what stands in the pools of one slot.
type slotPools struct {
	channels map[catalog.Channel]inventory.Pool
	returned inventory.Pool
}

func used(p inventory.Pool) int { return p.Held + p.Booked + p.Blocked }

// places is the capacity that staff want of the slot now, over all its pools.
func (s *slotPools) places() int {
	n := s.returned.Wanted
	for _, p := range s.channels {
		n += p.Wanted
	}
	return n
}

// used is how many of them are in use.
func (s *slotPools) used() int {
	n := used(s.returned)
	for _, p := range s.channels {
		n += used(p)
	}
	return n
}

// wanted is what the pools of one slot shall have.
type wanted struct {
	channels map[catalog.Channel]int
	returned int
}

// capacities divides a slot's places among its pools when a sale is applied to a
// slot that may have sold already. places is what the file gives the slot, file
// how it divides them. Places that have moved between channels since, or wait to
// be handed on, count where they are now; otherwise applying a file in the middle
// of a sale would sell them twice. Whatever the file says, the free places of all
// pools together never exceed what the slot has left:
//
//   - keep says for which channels the rule is what it was: while the slot's places
//     stay too, they keep what they have;
//   - moved says which allotments have had their time: they keep what is in use;
//   - online gets the rest, and carries the minus when more is in use than there is.
func capacities(now *slotPools, places int, file map[catalog.Channel]int, keep, moved func(catalog.Channel) bool) wanted {
	out := wanted{channels: make(map[catalog.Channel]int)}
	left := max(0, places-now.used())
	same := places == now.places()
	rest := places
	for _, c := range catalog.Channels {
		if c == catalog.Online {
			continue
		}
		p := now.channels[c]
		goal := file[c]
		switch {
		case same && keep(c):
			goal = p.Wanted
		case moved(c):
			goal = 0
		}
		free := min(max(0, goal-used(p)), left)
		left -= free
		out.channels[c] = used(p) + free
		rest -= out.channels[c]
	}
	out.returned = used(now.returned) + min(max(0, now.returned.Wanted-used(now.returned)), left)
	out.channels[catalog.Online] = max(0, rest-out.returned)
	return out
}

// movedBy tells which allotments have had their time.
func movedBy(rules []catalog.Allotment, now time.Time) func(catalog.Channel) bool {
	return func(c catalog.Channel) bool {
		for i := range rules {
			if rules[i].Channel == c {
				return !rules[i].Moves.IsZero() && !rules[i].Moves.After(now)
			}
		}
		return false
	}
}

// sameRule tells for which channels two files say the same.
func sameRule(old, next []catalog.Allotment) func(catalog.Channel) bool {
	of := func(rules []catalog.Allotment, c catalog.Channel) catalog.Allotment {
		for _, r := range rules {
			if r.Channel == c {
				r.Moves = r.Moves.UTC()
				return r
			}
		}
		return catalog.Allotment{}
	}
	return func(c catalog.Channel) bool {
		a, b := of(old, c), of(next, c)
		return a.Share == b.Share && a.Places == b.Places && a.Moves.Equal(b.Moves)
	}
}
