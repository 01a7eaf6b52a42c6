package booking_test

import (
	"testing"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// Free tells of every pool of a known slot what Slot tells of its channel, and of
// any other pool that nothing is free.
func TestFreeOfAPool(t *testing.T) {
	const slot = ident.SlotID(7)
	online, phone, returned := inventory.Allotment(slot, catalog.Online), inventory.Allotment(slot, catalog.Phone), inventory.Returned(slot)
	a := booking.NewAvailability()
	a.Track(1, []catalog.Slot{{ID: slot}})
	a.Set([]inventory.Pool{
		{ID: online, Wanted: 10, Capacity: 10, Held: 1, Booked: 2}, {ID: phone, Wanted: 3, Capacity: 3, Blocked: 1}, {ID: returned, Wanted: 4, Capacity: 4},
	})
	for id, want := range map[inventory.PoolID]int{
		online: 7, phone: 2, returned: 4,
		inventory.Allotment(slot, catalog.Counter):  0,
		inventory.Allotment(slot, 200):              0, // no such channel
		inventory.Allotment(slot+1, catalog.Online): 0, // nobody knows that slot
		inventory.Returned(slot + 1):                0,
		inventory.Pass(ident.ID{1}):                 0,
		{}:                                          0,
	} {
		if got := a.Free(id); got != want {
			t.Errorf("%s: %d free, want %d", id, got, want)
		}
	}
	if free, held := a.Slot(slot, catalog.Online); free != 7 || held != 1 {
		t.Errorf("online: %d free, %d held", free, held)
	}
}
