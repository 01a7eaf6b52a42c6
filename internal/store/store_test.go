package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
)

var opens = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "einlass.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// sale puts a sale with n slots of the given places and returns its slots.
func sale(t testing.TB, s *store.Store, n, places int) (ident.SaleID, []catalog.Slot) {
	t.Helper()
	doc := &catalog.Sale{
		Organizer: catalog.Organizer{ID: "kreis"}, Event: catalog.Event{Slug: "impfung", Zone: "Europe/Berlin"},
		Opens: opens, Closes: opens.Add(24 * time.Hour),
	}
	var slots []catalog.Slot
	for i := range n {
		start := opens.Add(time.Duration(i)*6*time.Minute + 7*24*time.Hour)
		slots = append(slots, catalog.Slot{Start: start, End: start.Add(6 * time.Minute), Places: places,
			Allotments: map[catalog.Channel]int{catalog.Online: places}})
	}
	id, err := storetest.Apply(s, doc, slots, opens)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Sales(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return id, all[len(all)-1].Slots
}

func newID(t testing.TB) ident.ID {
	t.Helper()
	id, err := ident.New(rand.Reader, opens)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// start runs a committer until the test ends.
func start(t testing.TB, s *store.Store) *committer.Committer {
	t.Helper()
	c := committer.New(s, committer.Options{
		Now: func() time.Time { return opens.Add(time.Minute) }, Log: slog.New(slog.DiscardHandler),
		Uncertain: func(err error) { panic(err) },
	})
	done := make(chan error, 1)
	go func() { done <- c.Run(context.Background()) }()
	t.Cleanup(func() {
		c.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestHoldConfirmReadBackAndVerify(t *testing.T) {
	ctx := context.Background()
	s := open(t)
	saleID, slots := sale(t, s, 2, 3)
	c := start(t, s)
	id := ident.BookingID{ID: newID(t)}
	pool := inventory.Allotment(slots[0].ID, catalog.Online)
	person := inventory.LazyPool(ident.Secret{}, inventory.KindPerson, "s", "erika")
	people := []catalog.Participant{{Name: "Erika Muster", BirthDate: time.Date(1950, 2, 28, 0, 0, 0, 0, time.UTC), Postcode: "58332"}}
	cmd := inventory.Command{
		Key: ident.Key{ID: newID(t)}, Content: ident.Digest{1}, Sale: saleID, Channel: catalog.Online, Arrived: opens.Add(time.Minute),
		Action: inventory.Hold{Booking: id, Until: opens.Add(20 * time.Minute), People: people,
			Shared: []inventory.Draw{{Pool: person, Units: 1, Lazy: 1}},
			Lines:  []inventory.LineRequest{{Candidates: []inventory.Candidate{{Slot: slots[0].ID, Draws: []inventory.Draw{{Pool: pool, Units: 1}}}}}}},
	}
	d, err := c.Submit(ctx, cmd)
	if err != nil || !d.OK() {
		t.Fatalf("hold: %+v %v", d, err)
	}
	again, err := c.Submit(ctx, cmd)
	if err != nil || !again.Repeated || again.Booking != id {
		t.Fatalf("again: %+v %v", again, err)
	}
	cmd.Key, cmd.Content = ident.Key{ID: newID(t)}, ident.Digest{2}
	cmd.Action = inventory.Confirm{Booking: id, Code: "K7M4QX9D2", Contact: catalog.Contact{Kind: catalog.ContactMail, Mail: "erika@example.org", Lang: "de"}}
	if d, err = c.Submit(ctx, cmd); err != nil || d.State != inventory.Confirmed {
		t.Fatalf("confirm: %+v %v", d, err)
	}
	r, err := s.Booking(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if r.State != inventory.Confirmed || len(r.People) != 1 || r.People[0] != people[0] || r.Booking.Contact != catalog.ContactMail ||
		r.Contact.Mail != "erika@example.org" || len(r.Messages) != 1 || r.Messages[0].State != store.OutboxDue || len(r.Lines) != 1 {
		t.Fatalf("read back: %+v", r)
	}
	if ids, err := s.ByCode(ctx, "K7M4QX9D2"); err != nil || len(ids) != 1 || ids[0] != id {
		t.Fatalf("by code: %v %v", ids, err)
	}
	verified(t, s)
}

func verified(t testing.TB, s *store.Store) *store.Verification {
	t.Helper()
	v, err := s.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Differences) > 0 {
		t.Fatalf("verify: %s", strings.Join(v.Differences, "\n"))
	}
	return v
}

func TestManyBookersTakeExactlyWhatIsThere(t *testing.T) {
	const slotsN, places, callers, tries = 5, 20, 64, 40
	s := open(t)
	saleID, slots := sale(t, s, slotsN, places)
	c := start(t, s)
	granted := make(chan int, callers)
	for w := range callers {
		go func() {
			n := 0
			for i := range tries {
				id := ident.BookingID{ID: newID(t)}
				slot := slots[(w+i)%slotsN].ID
				d, err := c.Submit(context.Background(), inventory.Command{
					Key: ident.Key{ID: newID(t)}, Sale: saleID, Channel: catalog.Online, Arrived: opens,
					Action: inventory.Hold{Booking: id, Until: opens.Add(time.Hour), Lines: []inventory.LineRequest{{Candidates: []inventory.Candidate{
						{Slot: slot, Draws: []inventory.Draw{{Pool: inventory.Allotment(slot, catalog.Online), Units: 1}}}}}}},
				})
				if err != nil {
					t.Error(err)
				}
				if d.OK() {
					n++
				}
			}
			granted <- n
		}()
	}
	sum := 0
	for range callers {
		sum += <-granted
	}
	if sum != slotsN*places {
		t.Errorf("%d granted, want %d", sum, slotsN*places)
	}
	v := verified(t, s)
	st := c.Stats()
	t.Logf("%d commands in %d batches; %d bookings verified", st.Commands, st.Batches, v.Bookings)
	if st.Commands < callers*tries || st.Batches == st.Commands {
		t.Errorf("nothing was batched: %+v", st)
	}
}

func TestVerifyNamesEachDifference(t *testing.T) {
	s := open(t)
	_, slots := sale(t, s, 1, 3)
	pool := inventory.Allotment(slots[0].ID, catalog.Online)
	store.ExecForTest(t, s, fmt.Sprintf("UPDATE pool SET booked = 2 WHERE id = x'%x'", pool[:]))
	store.ExecForTest(t, s, "INSERT INTO outbox (booking, sale, kind, about, state, created_us, due_us) VALUES (zeroblob(20), 1, 1, 1, 0, 0, 0)")
	v, err := s.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(v.Differences, "\n")
	for _, want := range []string{"slot 1 online: booked 2, the bookings say 0", "which was never confirmed"} {
		if !strings.Contains(text, want) {
			t.Errorf("verify does not say %q:\n%s", want, text)
		}
	}
}

// Every page of the desk counts tasks: the mails that are due must not be read for
// it (65,000 messages, 5,000 of them tasks: 0.9 ms).
func TestTasksAreCountedFromTheirIndex(t *testing.T) {
	if plan := store.TaskPlan(t, open(t)); !strings.Contains(plan, "outbox_task") {
		t.Errorf("the plan is %q", plan)
	}
}
