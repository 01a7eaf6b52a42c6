package waitingroom

import (
	"encoding/binary"
	"runtime"
	"testing"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // of one process
}

// TestWishesAreOneByteAPerson: with everything else that is kept of a person, at most 32
// bytes before the draw and after it; nothing where everything suits everybody.
func TestWishesAreOneByteAPerson(t *testing.T) {
	const people, most = 300_000, 32.0
	for name, wish := range map[string]func(i int) catalog.GroupSet{
		"wishes": func(i int) catalog.GroupSet { return catalog.GroupsOf(8, i%8, i%3) },
		"none":   func(int) catalog.GroupSet { return catalog.AnyGroup },
	} {
		state, before := NewState(), heap()
		roster := NewRoster(Room{Sale: sale})
		step := func(acts ...Act) {
			_, c := Decide(state, acts, now)
			roster.Follow(c)
			room := state.Rooms[sale]
			state = NewState() // what the database keeps is not in memory
			state.Rooms[sale] = room
		}
		step(Act{sale, Open{}})
		for i := range people {
			var owner ident.Digest
			binary.BigEndian.PutUint32(owner[:], uint32(i)) //nolint:gosec // small
			j := Join{Owner: owner, Size: 1, Wants: wish(i)}
			binary.BigEndian.PutUint32(j.Alias[:], uint32(i)) //nolint:gosec // small
			step(Act{sale, j})
		}
		waiting := float64(heap()-before) / people
		step(Act{sale, Freeze{}})
		step(Act{sale, Draw{}})
		drawn := float64(heap()-before) / people
		if waiting > most || drawn > most {
			t.Errorf("%s: %.1f bytes a person before the draw, %.1f after it", name, waiting, drawn)
		}
		t.Logf("%s: %.1f bytes a person before the draw, %.1f after it", name, waiting, drawn)
		for i := range people {
			if got := roster.Wants(uint32(i)); got != wish(i) { //nolint:gosec // small
				t.Fatalf("%s: place %d wishes for %b, want %b", name, i, got, wish(i))
			}
		}
		runtime.KeepAlive(roster)
	}
}
