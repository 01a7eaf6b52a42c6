package onsale

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
)

// house is a store with one sale and a committer, at a time that tests set.
type house struct {
	t     *testing.T
	store *store.Store
	sale  *store.StoredSale
	c     *committer.Committer
	now   time.Time
}

// open sets up the sale of schedule_test with 18 places online and 2 by phone in
// each slot.
func open(t *testing.T) *house {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "einlass.db")})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, store: s, now: local(20, 9, 0)}
	h.put()
	sales, err := s.Sales(ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.sale = &sales[0]
	h.c = committer.New(s, committer.Options{Now: func() time.Time { return h.now }, Log: slog.New(slog.DiscardHandler), Uncertain: func(err error) { panic(err) }})
	done := make(chan error, 1)
	go func() { done <- h.c.Run(ctx) }()
	t.Cleanup(func() {
		h.c.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		v, err := s.Verify(ctx)
		if err != nil || len(v.Differences) > 0 {
			t.Errorf("verify: %v %v", v, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) put() {
	h.t.Helper()
	rules := sale()
	for i := range rules.Slots {
		rules.Slots[i].Places = 20
		rules.Slots[i].Allotments = map[catalog.Channel]int{catalog.Online: 18, catalog.Phone: 2}
	}
	if _, err := storetest.Apply(h.store, &rules.Sale, rules.Slots, h.now); err != nil {
		h.t.Fatal(err)
	}
}

// pool reads one pool as it is stored.
func (h *house) pool(id inventory.PoolID) inventory.Pool {
	h.t.Helper()
	pools, err := h.store.EagerPools(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range pools {
		if p.ID == id {
			return p
		}
	}
	h.t.Fatalf("no pool %s", id)
	return inventory.Pool{}
}

func (h *house) schedule(after time.Time) *Schedule {
	return NewSchedule(Options{
		Sales: func() []*store.StoredSale { return []*store.StoredSale{h.sale} },
		Free:  func(id inventory.PoolID) int { return h.pool(id).Free() }, Committer: h.c,
		Now: func() time.Time { return h.now }, Log: slog.New(slog.DiscardHandler),
	}, after)
}

func (h *house) step(s *Schedule, now time.Time, want int) {
	h.t.Helper()
	h.now = now
	if got, err := s.Step(context.Background()); err != nil || got != want {
		h.t.Errorf("at %s: %d places moved, want %d: %v", now, got, want, err)
	}
}

// book holds and confirms one place by phone in slot 1.
func (h *house) book() ident.BookingID {
	h.t.Helper()
	id := ident.BookingID{ID: h.id()}
	h.submit(inventory.Hold{Booking: id, Until: h.now.Add(30 * time.Minute), Lines: []inventory.LineRequest{{
		Candidates: []inventory.Candidate{{Slot: 1, Draws: []inventory.Draw{{Pool: phone(1), Units: 1}}}},
	}}})
	h.submit(inventory.Confirm{Booking: id, Code: "K7M4QX9D2"})
	return id
}

func (h *house) submit(a inventory.Action) {
	h.t.Helper()
	d, err := h.c.Submit(context.Background(), inventory.Command{
		Key: ident.Key{ID: h.id()}, Sale: h.sale.ID, Role: inventory.RoleClerk, Channel: catalog.Phone, Arrived: h.now, Action: a,
	})
	if err != nil || !d.OK() {
		h.t.Fatalf("%T: %+v %v", a, d, err)
	}
}

func (h *house) id() ident.ID {
	h.t.Helper()
	id, err := ident.New(rand.Reader, h.now)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func TestPlacesMoveOnAtTheirTimes(t *testing.T) {
	h := open(t)
	s := h.schedule(h.now)
	h.step(s, local(20, 12, 0), 0)
	booked := h.book()
	h.submit(inventory.Cancel{Booking: booked})
	if p := h.pool(inventory.Returned(1)); p.Free() != 1 {
		t.Fatalf("given back: %+v", p)
	}
	h.step(s, local(20, 16, 59), 0)
	h.step(s, local(20, 17, 0), 1)
	h.step(s, local(20, 17, 1), 0)
	h.now = local(25, 17, 0)
	h.book() // the last one by phone in slot 1
	h.step(s, local(25, 18, 0), 2)
	online := h.pool(inventory.Allotment(1, catalog.Online)).Free() + h.pool(inventory.Allotment(2, catalog.Online)).Free()
	if online != 18+1+18+2 {
		t.Errorf("%d places online, want 39", online)
	}
	h.step(s, local(25, 18, 10), 0)
}

// A restart begins again at the last sign of life: what was made is not made
// twice, what was missed is made up for.
func TestARestartNeitherLosesNorAdds(t *testing.T) {
	h := open(t)
	h.step(h.schedule(h.now), local(25, 18, 0), 4)
	again := h.schedule(local(25, 17, 59))
	h.step(again, local(25, 18, 0), 0)
	if p := h.pool(inventory.Allotment(2, catalog.Online)); p.Free() != 20 {
		t.Errorf("slot 2 online: %+v", p)
	}
	// The answer is stored under its key: a place that becomes free is not moved by it.
	h.submit(inventory.Move{From: inventory.Allotment(2, catalog.Online), To: phone(2), Units: 1})
	h.step(h.schedule(local(25, 17, 59)), local(25, 18, 0), 0)
	missed := open(t)
	missed.step(missed.schedule(missed.now), local(29, 23, 0), 4)
}
