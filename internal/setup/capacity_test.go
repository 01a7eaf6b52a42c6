package setup

import (
	"math/rand/v2"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
)

// pools makes the pools of a slot: wanted and booked by channel, and what waits
// in the returned pool.
func pools(wanted, booked map[catalog.Channel]int, returned int) *slotPools {
	s := &slotPools{channels: make(map[catalog.Channel]inventory.Pool), returned: inventory.Pool{Wanted: returned, Capacity: returned}}
	for _, c := range catalog.Channels {
		p := inventory.Pool{Wanted: wanted[c], Booked: booked[c]}
		p.Capacity = max(p.Wanted, p.Booked)
		s.channels[c] = p
	}
	return s
}

func TestCapacitiesOfASlotThatHasSold(t *testing.T) {
	const online, phone = catalog.Online, catalog.Phone
	type by = map[catalog.Channel]int
	always, never := func(catalog.Channel) bool { return true }, func(catalog.Channel) bool { return false }
	for name, c := range map[string]struct {
		now         *slotPools
		places      int
		file        by
		keep, moved func(catalog.Channel) bool
		online      int
		phone       int
		returned    int
	}{
		"as it was":                            {pools(by{online: 18, phone: 2}, by{}, 0), 20, by{online: 18, phone: 2}, always, never, 18, 2, 0},
		"phone has moved on since":             {pools(by{online: 20}, by{online: 20}, 0), 20, by{online: 18, phone: 2}, always, always, 20, 0, 0},
		"some wait to be handed on":            {pools(by{online: 15, phone: 2}, by{online: 15}, 3), 20, by{online: 18, phone: 2}, always, never, 15, 2, 3},
		"two places more":                      {pools(by{online: 18, phone: 2}, by{online: 18}, 0), 22, by{online: 20, phone: 2}, always, never, 20, 2, 0},
		"more for the phone than is left":      {pools(by{online: 18, phone: 2}, by{online: 17}, 0), 20, by{online: 10, phone: 10}, never, never, 17, 3, 0},
		"fewer than are booked":                {pools(by{online: 18, phone: 2}, by{online: 15, phone: 1}, 0), 10, by{online: 8, phone: 2}, never, never, 9, 1, 0},
		"fewer, and returned ones wait":        {pools(by{online: 15, phone: 2}, by{online: 9}, 3), 10, by{online: 8, phone: 2}, never, never, 9, 1, 0},
		"phone's time was before the new rule": {pools(by{online: 18, phone: 2}, by{phone: 1}, 0), 20, by{online: 15, phone: 5}, never, always, 19, 1, 0},
		"a slot that is new in the file":       {pools(by{}, by{}, 0), 20, by{online: 18, phone: 2}, always, never, 18, 2, 0},
		"a slot that is gone":                  {pools(by{online: 18, phone: 2}, by{online: 3}, 0), 0, by{}, never, never, 0, 0, 0},
	} {
		got := capacities(c.now, c.places, c.file, c.keep, c.moved)
		if got.channels[online] != c.online || got.channels[phone] != c.phone || got.returned != c.returned {
			t.Errorf("%s: online %d, phone %d, returned %d; want %d, %d, %d", name, got.channels[online], got.channels[phone], got.returned, c.online, c.phone, c.returned)
		}
	}
}

// Whatever stands in the pools and whatever the file says: what can still be sold
// together with what is in use never exceeds the slot, unless more is in use than
// there is, and then nothing can be sold.
func TestApplyingNeverMintsPlaces(t *testing.T) {
	const rounds = 50_000
	chance := rand.New(rand.NewPCG(1, 2))
	tight := 0
	for range rounds {
		now := pools(random(chance), random(chance), chance.IntN(4))
		places := chance.IntN(30)
		coin := func(catalog.Channel) bool { return chance.IntN(2) == 0 }
		got := capacities(now, places, random(chance), coin, coin)
		free := got.returned - used(now.returned)
		for _, c := range catalog.Channels {
			if got.channels[c] < 0 || got.returned < 0 {
				t.Fatalf("negative: %+v", got)
			}
			free += max(0, got.channels[c]-used(now.channels[c]))
		}
		if free > max(0, places-now.used()) {
			t.Fatalf("%d places, %d in use, %d can be sold: %+v → %+v", places, now.used(), free, now, got)
		}
		if now.used() <= places && free != places-now.used() {
			t.Fatalf("%d places, %d in use, only %d can be sold: %+v → %+v", places, now.used(), free, now, got)
		}
		if free == 0 {
			tight++
		}
	}
	if tight < rounds/20 {
		t.Errorf("only %d of %d slots were full", tight, rounds)
	}
}

func random(chance *rand.Rand) map[catalog.Channel]int {
	return map[catalog.Channel]int{catalog.Online: chance.IntN(20), catalog.Phone: chance.IntN(5), catalog.Counter: chance.IntN(5)}
}

func TestWhichRulesAreTheSame(t *testing.T) {
	at := time.Date(2021, 4, 9, 16, 0, 0, 0, time.UTC)
	old := []catalog.Allotment{{Channel: catalog.Phone, Share: 5, Moves: at}}
	same := sameRule(old, []catalog.Allotment{{Channel: catalog.Phone, Share: 5, Moves: at.In(time.FixedZone("", 7200))}})
	if !same(catalog.Phone) || !same(catalog.Counter) {
		t.Error("the same moment in another zone is the same rule")
	}
	if sameRule(old, nil)(catalog.Phone) {
		t.Error("an allotment that is gone is not the same")
	}
	if moved := movedBy(old, at); !moved(catalog.Phone) || moved(catalog.Counter) || movedBy(old, at.Add(-1))(catalog.Phone) {
		t.Error("moves at its moment, not before")
	}
}
