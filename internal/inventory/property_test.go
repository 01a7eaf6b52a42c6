package inventory

import (
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"

	"pgregory.net/rapid"
)

// The world of the random walks: few pools, few people, so that everything
// collides all the time.
const (
	worldSlots    = 3
	worldCapacity = 3
	worldPeople   = 4
	worldPasses   = 12
)

// walk is one random history. peer is the independent bookkeeping it is
// compared with: a slow, literal account kept beside the core.
type walk struct {
	*memory
	now   time.Time
	next  int // numbers keys and bookings
	peer  *peer
	made  []Command         // everything with a key, for replays
	carts []ident.BookingID // every booking that was asked for
}

func newWalk() *walk {
	w := &walk{memory: newMemory(), now: opens, peer: newPeer()}
	for s := range ident.SlotID(worldSlots) {
		for _, c := range []catalog.Channel{catalog.Online, catalog.Phone} {
			w.addPool(Allotment(s+1, c), worldCapacity, s == 0)
			w.peer.wanted[Allotment(s+1, c)] = worldCapacity
		}
		w.addPool(Returned(s+1), 0, false)
	}
	return w
}

func (w *walk) slotPool(t *rapid.T, label string) PoolID {
	slot := ident.SlotID(rapid.IntRange(1, worldSlots).Draw(t, label+" slot"))
	if rapid.IntRange(0, 3).Draw(t, label+" phone") == 0 {
		return Allotment(slot, catalog.Phone)
	}
	return Allotment(slot, catalog.Online)
}

func (w *walk) someBooking(t *rapid.T, label string) ident.BookingID {
	if len(w.carts) == 0 || rapid.IntRange(0, 19).Draw(t, label+" unknown") == 0 {
		return bookingN(1 << 40)
	}
	recent := w.carts[max(0, len(w.carts)-5):]
	return rapid.SampledFrom(recent).Draw(t, label)
}

func (w *walk) line(t *rapid.T, link int) LineRequest {
	req := LineRequest{Link: link}
	for range rapid.IntRange(1, 2).Draw(t, "candidates") {
		p := w.slotPool(t, "candidate")
		draws := []Draw{{Pool: p, Units: rapid.IntRange(1, 2).Draw(t, "units")}}
		if rapid.Bool().Draw(t, "two pools") {
			draws = append(draws, Draw{Pool: w.slotPool(t, "second"), Units: 1})
		}
		req.Candidates = append(req.Candidates, Candidate{Slot: p.Slot(), Draws: draws})
	}
	return req
}

func (w *walk) drawHold(t *rapid.T) Hold {
	old := w.someBooking(t, "old")
	w.carts = append(w.carts, bookingN(w.next))
	h := Hold{Booking: bookingN(w.next), Until: w.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)}
	link := rapid.IntRange(0, 1).Draw(t, "link")
	for range rapid.IntRange(1, 3).Draw(t, "lines") {
		h.Lines = append(h.Lines, w.line(t, link))
	}
	if rapid.Bool().Draw(t, "person") {
		h.Shared = append(h.Shared, Draw{Pool: personN(rapid.IntRange(1, worldPeople).Draw(t, "who")), Units: 1, Lazy: 1})
	}
	if rapid.Bool().Draw(t, "pass") {
		h.Shared = append(h.Shared, Draw{Pool: passN(rapid.IntRange(1, worldPasses).Draw(t, "which pass")), Units: 1, Lazy: 1, Spent: true})
	}
	if rapid.IntRange(0, 2).Draw(t, "replaces") == 0 {
		h.Replaces = old
	}
	return h
}

func (w *walk) action(t *rapid.T) (Action, Role) {
	switch rapid.SampledFrom([]string{"hold", "hold", "hold", "hold", "confirm", "confirm", "release", "expire", "cancel", "cancel", "extend", "capacity", "move", "block", "unblock"}).Draw(t, "action") {
	case "hold":
		return w.drawHold(t), RolePublic
	case "confirm":
		return Confirm{Booking: w.someBooking(t, "b"), Contact: catalog.Contact{Kind: catalog.ContactMail}}, RolePublic
	case "release":
		return Release{w.someBooking(t, "b")}, RolePublic
	case "expire":
		return Expire{w.someBooking(t, "b")}, RoleSystem
	case "cancel":
		c := Cancel{Booking: w.someBooking(t, "b")}
		if rapid.IntRange(0, 2).Draw(t, "part") == 0 {
			c.Lines = []int{rapid.IntRange(1, 2).Draw(t, "line")}
		}
		return c, RolePublic
	case "extend":
		return Extend{w.someBooking(t, "b"), time.Minute}, RolePublic
	case "capacity":
		return SetCapacity{w.slotPool(t, "p"), rapid.IntRange(0, 2*worldCapacity).Draw(t, "wanted")}, RoleOrganizer
	case "move":
		from := w.slotPool(t, "from")
		if rapid.Bool().Draw(t, "returned") {
			from = Returned(from.Slot())
		}
		return Move{from, w.slotPool(t, "to"), rapid.IntRange(0, 2).Draw(t, "n")}, RoleSystem
	case "block":
		return Block{Pool: w.slotPool(t, "p"), Units: rapid.IntRange(1, 2).Draw(t, "n")}, RoleOrganizer
	}
	return Unblock{w.slotPool(t, "p"), rapid.IntRange(1, 2).Draw(t, "n")}, RoleOrganizer
}

func (w *walk) command(t *rapid.T) Command {
	if len(w.made) > 0 && rapid.IntRange(0, 9).Draw(t, "replay") == 0 {
		return rapid.SampledFrom(w.made).Draw(t, "which")
	}
	w.next++
	a, role := w.action(t)
	c := public(w.next, w.now.Add(-time.Duration(rapid.IntRange(0, 2000).Draw(t, "waited ms"))*time.Millisecond), a)
	if c.Arrived.Before(opens) && rapid.IntRange(0, 9).Draw(t, "early") > 0 {
		c.Arrived = opens
	}
	c.Role = role
	w.made = append(w.made, c)
	return c
}

// TestRandomHistories walks at random and compares every decision and every
// count with the peer, and the books with themselves, after each step.
func TestRandomHistories(t *testing.T) {
	seen := map[Reason]int{}
	steps := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWalk()
		for range rapid.IntRange(5, 60).Draw(t, "steps") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
			c := w.command(t)
			d := w.run(t, w.now, c)[0]
			w.peer.expect(t, w.now, c, d)
			w.check(t)
			w.peer.compare(t, w.memory)
			seen[d.Reason]++
			steps++
		}
	})
	t.Logf("%d steps; decisions by reason: %v", steps, seen)
	for _, r := range []Reason{Granted, SoldOut, FullyHeld, TooFew, HasOne, PassSpent, HoldEnded, NotHeld, TooEarly, NothingFree, AlreadyDone, BeingRebooked, AlreadyExtended} {
		if seen[r] == 0 {
			t.Errorf("reason %q never came up: the walks prove nothing about it", r)
		}
	}
}

// TestBatchEqualsOneByOne decides the same commands as one batch and one after
// the other in rank order: the answers and the books must be the same.
func TestBatchEqualsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		together, alone := newWalk(), newWalk()
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			together.now = together.now.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms")) * time.Millisecond)
			var batch []Command
			for range rapid.IntRange(1, 12).Draw(t, "size") {
				batch = append(batch, together.command(t))
			}
			got := together.run(t, together.now, batch...)
			want := make([]Decision, len(batch))
			for rank := Rank(0); rank < Ranks; rank++ {
				for i := range batch {
					if batch[i].Rank() == rank {
						want[i] = alone.run(t, together.now, batch[i])[0]
					}
				}
			}
			for i := range batch {
				if got[i].Reason != want[i].Reason || got[i].Booking != want[i].Booking || got[i].Units != want[i].Units || got[i].Repeated != want[i].Repeated {
					t.Fatalf("command %d %T: in a batch %+v, alone %+v", i, batch[i].Action, got[i], want[i])
				}
			}
			together.check(t)
			sameBooks(t, together.memory, alone.memory)
		}
	})
}

func sameBooks(t *rapid.T, a, b *memory) {
	if len(a.pools) != len(b.pools) || len(a.bookings) != len(b.bookings) || len(a.outbox) != len(b.outbox) {
		t.Fatalf("books differ in size")
	}
	for id, p := range a.pools {
		if b.pools[id] != p {
			t.Fatalf("pool %s: %+v and %+v", id, p, b.pools[id])
		}
	}
	for id, x := range a.bookings {
		if y := b.bookings[id]; x.State != y.State || !x.Expires.Equal(y.Expires) {
			t.Fatalf("booking %s: %v and %v", id, x.State, y.State)
		}
	}
}

// TestEverybodyCancelsAndAllIsFreeAgain: from any history, when everything is
// given back, every unit that staff want is free or blocked.
func TestEverybodyCancelsAndAllIsFreeAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWalk()
		for range rapid.IntRange(5, 60).Draw(t, "steps") {
			w.now = w.now.Add(time.Second)
			w.run(t, w.now, w.command(t))
		}
		end := w.now.Add(time.Hour)
		for id, b := range w.bookings {
			w.next++
			switch b.State {
			case Held:
				w.run(t, end, Command{Sale: testSale, Role: RoleSystem, Action: Expire{id}})
			case Confirmed:
				w.run(t, end, public(w.next, end, Cancel{Booking: id}))
			}
		}
		w.check(t)
		for id, p := range w.pools {
			if p.Held != 0 || p.Booked != 0 && id.Kind() != KindPass || p.Over() != max(0, p.Blocked-p.Wanted) {
				t.Fatalf("pool %s is left with %+v", id, p)
			}
		}
	})
}
