package onsale

import (
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

var berlin = mustZone("Europe/Berlin")

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func local(day, hour, minute int) time.Time {
	return time.Date(2021, 10, day, hour, minute, 0, 0, berlin)
}

// sale runs from 20 October 2021, 8:00, to the 31st, 18:00: the double hour of
// that day is within it. Its slots are on the 30th and 31st at noon.
func sale() *store.StoredSale {
	s := &store.StoredSale{Sale: catalog.Sale{
		Event: catalog.Event{Zone: "Europe/Berlin"}, Opens: local(20, 8, 0), Closes: local(31, 18, 0),
		Hold: catalog.HoldTimes{Online: 15 * time.Minute, Extend: 15 * time.Minute, Desk: 30 * time.Minute},
		Allotments: []catalog.Allotment{
			{Channel: catalog.Phone, Share: 5, Moves: local(25, 18, 0)},
			{Channel: catalog.Counter, Share: 2},
		},
		Returned: catalog.Returned{PublicAt: []catalog.TimeOfDay{7 * 60, 17 * 60}},
	}}
	for i, at := range []time.Time{local(30, 12, 0), local(31, 12, 0)} {
		s.Slots = append(s.Slots, catalog.Slot{ID: ident.SlotID(i + 1), Start: at, End: at.Add(time.Hour)})
	}
	return s
}

func phone(slot ident.SlotID) inventory.PoolID { return inventory.Allotment(slot, catalog.Phone) }

func TestDue(t *testing.T) {
	type want struct {
		phone, returned int // slots with a move due
		at              time.Time
	}
	for name, c := range map[string]struct {
		after, now time.Time
		want
	}{
		"before anything":               {local(20, 8, 0), local(20, 16, 59), want{}},
		"returned at 17:00 sharp":       {local(20, 16, 59), local(20, 17, 0), want{returned: 2, at: local(20, 17, 0)}},
		"not twice":                     {local(20, 17, 0), local(20, 17, 1), want{}},
		"next morning":                  {local(20, 17, 1), local(21, 7, 0), want{returned: 2, at: local(21, 7, 0)}},
		"two missed ones count once":    {local(20, 6, 0), local(21, 9, 0), want{returned: 2, at: local(21, 7, 0)}},
		"missed over midnight":          {local(20, 16, 0), local(21, 0, 30), want{returned: 2, at: local(20, 17, 0)}},
		"before the sale opens":         {local(20, 6, 0), local(20, 7, 30), want{}},
		"phone a second early":          {local(25, 17, 30), local(25, 17, 59), want{}},
		"phone moves":                   {local(25, 17, 59), local(25, 18, 0), want{phone: 2, at: local(25, 18, 0)}},
		"phone after a night off":       {local(25, 17, 30), local(26, 6, 0), want{phone: 2, at: local(25, 18, 0)}},
		"what open carts give back":     {local(25, 18, 20), local(25, 18, 21), want{phone: 2, at: local(25, 18, 21)}},
		"a lever later is left alone":   {local(25, 18, 46), local(25, 18, 47), want{}},
		"a slot that has begun stays":   {local(30, 16, 0), local(30, 17, 0), want{returned: 1, at: local(30, 17, 0)}},
		"the day of the double hour":    {local(31, 6, 59), local(31, 7, 0), want{returned: 1, at: local(31, 7, 0)}},
		"after the sale has closed":     {local(31, 18, 0), local(32, 7, 0), want{}},
		"a clock that has gone back":    {local(21, 12, 0), local(21, 7, 30), want{}},
		"from the beginning of records": {time.Time{}, local(26, 6, 0), want{phone: 2, returned: 2}},
	} {
		got := want{}
		for _, m := range Due(sale(), c.after, c.now) {
			if m.To != inventory.Allotment(m.From.Slot(), catalog.Online) {
				t.Errorf("%s: moves to %s", name, m.To)
			}
			if m.At.After(c.now) {
				t.Errorf("%s: due at %s, in the future", name, m.At)
			}
			switch m.From {
			case phone(m.From.Slot()):
				got.phone++
			case inventory.Returned(m.From.Slot()):
				got.returned++
			default:
				t.Errorf("%s: moves from %s", name, m.From)
			}
			if !c.at.IsZero() && !m.At.Equal(c.at) {
				t.Errorf("%s: at %s, want %s", name, m.At, c.at)
			}
		}
		if got.phone != c.phone || got.returned != c.returned {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestNothingIsReturnedWithoutTimes(t *testing.T) {
	s := sale()
	s.Returned.PublicAt, s.Allotments = nil, nil
	if got := Due(s, time.Time{}, local(30, 8, 0)); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// However often and at whatever moments a sale is looked at, every time of day is
// answered exactly once.
func TestEveryTimeIsMetOnce(t *testing.T) {
	s := sale()
	s.Allotments = nil
	for _, step := range []time.Duration{time.Minute, 7 * time.Minute, 9 * time.Hour} {
		seen := map[time.Time]int{}
		after := s.Opens
		for now := after.Add(step); now.Before(local(30, 0, 0)); now = now.Add(step) {
			for _, m := range Due(s, after, now) {
				if m.From == inventory.Returned(1) {
					seen[m.At]++
				}
			}
			after = now
		}
		for at, n := range seen {
			if n != 1 {
				t.Errorf("every %v: %s met %d times", step, at, n)
			}
		}
		if len(seen) != 19 {
			t.Errorf("every %v: %d times met, want 19", step, len(seen))
		}
	}
}
