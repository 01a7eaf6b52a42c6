package setup_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// windowOpen is when the room of these tests opens; the sale opens an hour later.
var windowOpen = time.Date(2021, 4, 3, 7, 0, 0, 0, time.UTC)

// roomPlan is a sale with a room, changed.
func roomPlan(t *testing.T, change func(*setup.Plan)) *setup.Plan {
	t.Helper()
	p := saleOf(t, "termin", 6, 10, 2)
	p.Sale.Allocation = catalog.AllocateRoom
	p.Sale.Beacon = catalog.Beacon{Source: catalog.BeaconTyped, From: "Lotto", Wait: 10 * time.Minute}
	p.Codes = []setup.CodeList{{Name: "kita", Codes: []string{"AAAA-BBBB"}}}
	p.Sale.Eligible = []catalog.Ground{{Code: "kita", CodeUses: 1}}
	change(p)
	return p
}

func act(t *testing.T, st *store.Store, do waitingroom.Doing, at time.Time) {
	t.Helper()
	sales, err := st.Sales(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out, err := st.ChangeRoom(waitingroom.Act{Sale: sales[0].ID, Do: do}, inventory.AuditRow{At: at})
	if err != nil || out.Reason != waitingroom.Granted {
		t.Fatalf("%T: %+v %v", do, out, err)
	}
}

// TestRulesAreFrozenWhileTheRoomIsOpen: what people drew their numbers under stays.
func TestRulesAreFrozenWhileTheRoomIsOpen(t *testing.T) {
	st := newHouse(t).open()
	try := func(at time.Time, change func(*setup.Plan)) error {
		_, err := setup.Apply(context.Background(), st, roomPlan(t, change), at, false)
		return err
	}
	same := func(*setup.Plan) {}
	if err := try(windowOpen, same); err != nil {
		t.Fatal(err)
	}
	terms, err := waitingroom.Promise(&roomPlan(t, same).Sale, windowOpen)
	if err != nil {
		t.Fatal(err)
	}
	act(t, st, waitingroom.Open{Version: 1, Terms: terms}, windowOpen)
	act(t, st, waitingroom.Join{Size: 1}, windowOpen)
	inWindow := windowOpen.Add(10 * time.Minute)
	wrong := map[string]func(*setup.Plan){
		"sale.eligible[0].age.from: new: 60": func(p *setup.Plan) {
			p.Sale.Eligible = []catalog.Ground{{Age: &catalog.AgeRule{From: 60, AtSlot: true}}}
		},
		"sale.limit.per_person":                  func(p *setup.Plan) { p.Sale.Limit.PerPerson = 3 },
		"sale.party.max: 2 → 4":                  func(p *setup.Plan) { p.Sale.Party.Max = 4 },
		"sale.allocation: room → open":           func(p *setup.Plan) { p.Sale.Allocation = catalog.AllocateOpen },
		"sale.beacon.source":                     func(p *setup.Plan) { p.Sale.Beacon = catalog.Beacon{} },
		"sale.returned.public_at[0]":             func(p *setup.Plan) { p.Sale.Returned.PublicAt = []catalog.TimeOfDay{420} },
		"codes.kita: 1 code added":               func(p *setup.Plan) { p.Codes[0].Codes = append(p.Codes[0].Codes, "CCCC-DDDD") },
		"places 10 → 9":                          func(p *setup.Plan) { p.Slots[0].Places, p.Slots[0].Allotments[catalog.Online] = 9, 7 },
		"gone, had 10 places":                    func(p *setup.Plan) { p.Slots = p.Slots[1:] },
		"it can be put off, not brought forward": func(p *setup.Plan) { p.Sale.Opens = p.Sale.Opens.Add(-time.Minute) },
	}
	for want, change := range wrong {
		if err := try(inWindow, change); fault.KindOf(err) != fault.Conflict || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := try(inWindow, func(p *setup.Plan) {
		p.Sale.Event.Title = catalog.Text{"de": "Anders"}
		p.Sale.Closes = p.Sale.Closes.Add(-time.Hour)
	}); err != nil {
		t.Errorf("what promises nothing: %v", err)
	}
	later := func(p *setup.Plan) { p.Sale.Opens = p.Sale.Opens.Add(30 * time.Minute) }
	if err := try(inWindow, later); err != nil {
		t.Errorf("put off: %v", err)
	}
	if err := try(inWindow, later); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	room := theRoom(t, st)
	if p := room.Promised(); len(room.Terms) != 2 || !p.Since.Equal(inWindow) || !p.Opens.Equal(windowOpen.Add(90*time.Minute)) || !p.Rule.Until.Equal(p.Opens.Add(10*time.Minute)) {
		t.Errorf("%d terms, the last %+v", len(room.Terms), p)
	}
	if room.Phase != waitingroom.Joining || room.Entries != 1 || room.Version != 1 {
		t.Errorf("%+v", room)
	}
	act(t, st, waitingroom.Freeze{}, windowOpen.Add(90*time.Minute))
	if err := try(inWindow, func(p *setup.Plan) { p.Sale.Opens = p.Sale.Opens.Add(2 * time.Hour) }); fault.KindOf(err) != fault.Conflict || err == nil || !strings.Contains(err.Error(), "cannot be moved any more") {
		t.Errorf("put off after the freeze: %v", err)
	}
	act(t, st, waitingroom.Bring{Beacon: draw.Beacon{Source: draw.Typed, Text: "3 7"}}, windowOpen.Add(91*time.Minute))
	act(t, st, waitingroom.Draw{}, windowOpen.Add(92*time.Minute))
	act(t, st, waitingroom.Close{}, windowOpen.Add(93*time.Minute))
	if err := try(inWindow, func(p *setup.Plan) { p.Sale.Party.Max = 4; later(p) }); err != nil {
		t.Errorf("when the room is over: %v", err)
	}
}

func theRoom(t *testing.T, st *store.Store) waitingroom.Room {
	t.Helper()
	rooms, err := st.Rooms(context.Background())
	if err != nil || len(rooms) != 1 {
		t.Fatalf("%+v %v", rooms, err)
	}
	return rooms[0]
}
