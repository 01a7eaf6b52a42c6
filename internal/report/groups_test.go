package report

import (
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// TestWaitsByGroup: who came after the opening waited until the first group that suits came
// to them; of the others it is known how many each call called.
func TestWaitsByGroup(t *testing.T) {
	sale := &store.StoredSale{}
	sale.Opens = opened
	after := func(d time.Duration) time.Time { return opened.Add(d) }
	f := &store.Figures{Room: waitingroom.Room{Phase: waitingroom.Calling, Entries: 120, Frozen: 60, FrozenAt: opened, Called: 120, People: 90}}
	f.Calls = []waitingroom.Called{
		{No: 0, Group: 0, To: 60, People: 30, At: after(10 * time.Second)},
		{No: 1, Group: 1, To: 90, People: 35, At: after(20 * time.Second)},
		{No: 2, Group: 0, To: 120, People: 25, At: after(40 * time.Second)},
	}
	for i := range 60 { // numbers 61 to 120, a second after the opening
		wants := []catalog.GroupSet{1, 2, catalog.AnyGroup, 4}[i%4]
		f.Late = append(f.Late, store.Late{At: after(time.Second), Wants: wants})
	}
	calls := byGroup(f.Calls)
	for number, c := range map[uint32][4]int{1: {0, 1, 0, -1}, 61: {2, 1, 1, -1}, 91: {2, -1, 2, -1}, 121: {-1, -1, -1, -1}} {
		for i, wants := range []catalog.GroupSet{1, 2, catalog.AnyGroup, 4} {
			if got := calls.of(number, wants); got != c[i] {
				t.Errorf("number %d that wishes for %b was called by call %d, want %d", number, wants, got, c[i])
			}
		}
	}
	// Drawn: 30 after 10 s; by the second call 35, of which 15 or 16 were late ones.
	w := waits(sale, f)
	if w == nil || w.Tenths[2] != 10*time.Second || w.Median() > 20*time.Second || w.Nine() != 39*time.Second || w.Longest() != 40*time.Second {
		t.Fatalf("%+v", w)
	}
}
