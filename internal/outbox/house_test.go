package outbox_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/mail"
	"einlass/internal/mail/sink"
	"einlass/internal/outbox"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
)

var opens = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)

// fast is a clock that runs speed times as fast as the world.
type fast struct {
	base  time.Time
	begun time.Time
	speed int
}

func newFast(speed int) *fast {
	return &fast{base: opens.Add(2 * time.Minute), begun: time.Now(), speed: speed}
}
func (f *fast) Now() time.Time {
	return f.base.Add(time.Since(f.begun) * time.Duration(f.speed))
}
func (f *fast) After(d time.Duration) <-chan time.Time {
	return time.After(d / time.Duration(f.speed))
}

// house is a real store with a sale in it, a committer and a relay.
type house struct {
	path  string
	store *store.Store
	sale  ident.SaleID
	slots []catalog.Slot
	sink  *sink.Sink
	clock *fast
	// replies is how long the relay may take to answer; real time.
	replies time.Duration
	// crowded is whether people wait for the processor.
	crowded atomic.Bool
}

// virtual is how fast time goes in these tests: an hour in 1.8 s.
const virtual = 2000

func newHouse(t *testing.T, places int) *house {
	t.Helper()
	h := &house{path: filepath.Join(t.TempDir(), "einlass.db"), clock: newFast(virtual), replies: patience}
	var err error
	if h.store, err = store.Open(context.Background(), store.Options{Path: h.path}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.store.Close() })
	if h.sink, err = sink.Start(sink.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.sink.Close)
	h.putSale(t, places)
	return h
}

func (h *house) putSale(t *testing.T, places int) {
	t.Helper()
	doc := &catalog.Sale{
		Organizer: catalog.Organizer{ID: "kreis", Name: "Ennepe-Ruhr-Kreis", Mail: "termine@kreis.example"},
		Venue:     catalog.Venue{Name: "Dreifeldsporthalle"},
		Event:     catalog.Event{Slug: "impfung", Zone: "Europe/Berlin", Title: catalog.Text{"de": "Impfung", "en": "Vaccination"}},
		Opens:     opens, Closes: opens.Add(24 * time.Hour),
	}
	start := opens.Add(7 * 24 * time.Hour)
	h.apply(t, doc, []catalog.Slot{{Start: start, End: start.Add(time.Hour), Places: places, Allotments: map[catalog.Channel]int{catalog.Online: places}}})
	all, err := h.store.Sales(context.Background())
	must(t, err)
	h.sale, h.slots = all[0].ID, all[0].Slots
}

func (h *house) apply(t *testing.T, doc *catalog.Sale, slots []catalog.Slot) {
	t.Helper()
	_, err := storetest.Apply(h.store, doc, slots, opens)
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newID(t testing.TB) ident.ID {
	t.Helper()
	id, err := ident.New(rand.Reader, opens)
	must(t, err)
	return id
}

// book makes n confirmed bookings, each with its promise in the outbox.
func (h *house) book(t *testing.T, n int, contact func(i int) catalog.Contact) []ident.BookingID {
	t.Helper()
	c, end := h.committer(t)
	ids := make([]ident.BookingID, n)
	errs := make(chan error, n)
	for i := range n {
		ids[i] = ident.BookingID{ID: newID(t)}
		go func() { errs <- h.bookOne(t, c, ids[i], contact(i)) }()
	}
	for range n {
		must(t, <-errs)
	}
	end()
	return ids
}

// committer is one at work until end is called.
func (h *house) committer(t *testing.T) (c *committer.Committer, end func()) {
	c = committer.New(h.store, committer.Options{
		Now: func() time.Time { return opens.Add(time.Minute) }, Log: slog.New(slog.DiscardHandler), Uncertain: func(err error) { panic(err) },
	})
	done := make(chan error, 1)
	go func() { done <- c.Run(context.Background()) }()
	return c, func() {
		t.Helper()
		c.Close()
		must(t, <-done)
	}
}

// then carries out what is asked for after the bookings were made.
func (h *house) then(t *testing.T, actions ...inventory.Action) {
	t.Helper()
	c, end := h.committer(t)
	for _, a := range actions {
		must(t, h.submit(t, c, a))
	}
	end()
}

func (h *house) bookOne(t *testing.T, c *committer.Committer, id ident.BookingID, contact catalog.Contact) error {
	slot := h.slots[0].ID
	pool := inventory.Allotment(slot, catalog.Online)
	hold := inventory.Hold{Booking: id, Until: opens.Add(time.Hour), People: []catalog.Participant{{Name: "Erika Muster"}},
		Lines: []inventory.LineRequest{{Candidates: []inventory.Candidate{{Slot: slot, Draws: []inventory.Draw{{Pool: pool, Units: 1}}}}}}}
	for _, a := range []inventory.Action{hold, inventory.Confirm{Booking: id, Code: "K7M4QX9D2", Contact: contact}} {
		if err := h.submit(t, c, a); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) submit(t *testing.T, c *committer.Committer, a inventory.Action) error {
	d, err := c.Submit(context.Background(), inventory.Command{Key: ident.Key{ID: newID(t)}, Sale: h.sale, Channel: catalog.Online, Arrived: opens.Add(time.Minute), Action: a})
	if err == nil && !d.OK() {
		err = fmt.Errorf("refused: %+v", d)
	}
	return err
}

// byMail spreads the bookers over some providers and both languages.
func byMail(i int) catalog.Contact {
	return catalog.Contact{Kind: catalog.ContactMail, Mail: fmt.Sprintf("person%d@mail%d.example", i, i%5), Lang: []locale.Lang{"de", "en"}[i%2]}
}

// impatient is how long to wait for a relay that says nothing, where one does; real time.
// Elsewhere a machine that stands still for a moment must not look like a lost reply.
const impatient = 500 * time.Millisecond

func (h *house) worker(t testing.TB) *outbox.Worker {
	t.Helper()
	relay, err := mail.NewRelay(mail.RelayConfig{Host: "127.0.0.1", Port: h.sink.Port(), TLS: mail.NoTLS, Hello: "test.invalid", DialTimeout: patience, MessageTimeout: h.replies})
	must(t, err)
	composer, err := mail.NewComposer("https://termine.kreis.example", "buchung@kreis.example")
	must(t, err)
	return outbox.New(h.store, relay, composer, outbox.Options{Now: h.clock.Now, After: h.clock.After, Log: slog.New(slog.DiscardHandler), Seed: 7, Crowded: h.crowded.Load})
}

// running is a worker at work.
type running struct {
	*outbox.Worker
	stop func()
}

func (h *house) run(t *testing.T) running {
	t.Helper()
	w := h.worker(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		must(t, <-done)
	}
	t.Cleanup(stop)
	return running{Worker: w, stop: stop}
}

// patience bounds every wait of these tests, in real time.
const patience = 30 * time.Second

// until waits for what must become true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("%s: not after %v", what, patience)
}

func (h *house) counts(t testing.TB) store.OutboxCount {
	t.Helper()
	c, err := h.store.CountOutbox(context.Background())
	must(t, err)
	return c
}
