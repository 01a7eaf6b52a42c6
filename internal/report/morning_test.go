package report

import (
	"math/rand/v2"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

var opened = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)

// morning is a sale with its figures.
type morning struct {
	sale    *store.StoredSale
	figures *store.Figures
	now     time.Time
}

// some is a count that is often nothing, often small, often just above.
func some(rng *rand.Rand) int {
	switch rng.IntN(5) {
	case 0:
		return 0
	case 1:
		return 1 + rng.IntN(4)
	case 2:
		return 5 + rng.IntN(6)
	}
	return rng.IntN(3000)
}

// randomMorning makes up a sale whose figures hang together.
func randomMorning(rng *rand.Rand) *morning {
	m := &morning{sale: &store.StoredSale{}, now: opened.Add(time.Hour)}
	m.sale.Opens, m.sale.Closes, m.sale.Party.Max = opened, opened.Add(30*time.Minute), 1+rng.IntN(2)
	f := &store.Figures{Booked: map[catalog.Channel]store.Booked{}, Entries: map[catalog.Channel]int{}, Second: some(rng)}
	m.figures = f
	for _, c := range catalog.Channels {
		b := store.Booked{Bookings: some(rng)}
		b.Places = b.Bookings
		if m.sale.Party.Max > 1 && b.Bookings > 0 {
			b.Places += min(some(rng), b.Bookings)
		}
		f.Booked[c] = b
		f.Places.Booked += b.Places
	}
	f.Places.Held, f.Places.Blocked = some(rng), some(rng)
	f.Places.Capacity = f.Places.Booked + f.Places.Held + f.Places.Blocked + some(rng)
	for _, reason := range []inventory.Reason{inventory.SoldOut, inventory.FullyHeld, inventory.HasOne, "busy"}[:rng.IntN(5)] {
		f.Refused = append(f.Refused, store.Refused{Reason: reason, Times: max(1, some(rng))})
	}
	if rng.IntN(4) > 0 {
		randomRoom(rng, f)
	}
	return m
}

// randomRoom gives it a waiting room, of which the bookings online came.
func randomRoom(rng *rand.Rand, f *store.Figures) {
	f.ByRoom = f.Booked[catalog.Online].Bookings
	f.Came = f.ByRoom + some(rng)
	called := f.Came + some(rng)
	entries := called + some(rng)
	frozen := rng.IntN(entries + 1)
	if rng.IntN(2) == 0 { // near the border
		frozen = min(entries, max(0, called-3+rng.IntN(7)))
	}
	f.Room = waitingroom.Room{Phase: waitingroom.Calling, Entries: uint32(entries), Frozen: uint32(frozen), FrozenAt: opened, Called: uint32(called), People: called}
	left := entries
	for _, c := range []catalog.Channel{catalog.Phone, catalog.Counter} {
		n := min(left, some(rng))
		f.Entries[c], left = n, left-n
	}
	f.Entries[catalog.Online] = left
	at := opened
	for range entries - frozen {
		at = at.Add(time.Duration(rng.IntN(2000)) * time.Millisecond)
		f.Late = append(f.Late, store.Late{At: at})
	}
	at = opened
	for to := 0; to < called; {
		from := to
		to = min(called, to+1+rng.IntN(1+called/4))
		at = at.Add(time.Duration(1+rng.IntN(60)) * time.Second)
		// nobody is called before they came
		if late := to - frozen; late > 0 && f.Late[late-1].At.After(at) {
			at = f.Late[late-1].At.Add(time.Second)
		}
		f.Calls = append(f.Calls, waitingroom.Called{No: len(f.Calls), To: uint32(to), People: to - from, At: at})
	}
	at = opened.Add(45 * time.Second)
	for range rng.IntN(5) {
		at = at.Add(time.Duration(rng.IntN(120)) * time.Second)
		told := store.Told{At: at, Probably: uint32(rng.IntN(entries + 1))}
		if rng.IntN(3) > 0 {
			told.Not = told.Probably + 1 + uint32(rng.IntN(entries+1))
		}
		f.Told = append(f.Told, told)
	}
}
