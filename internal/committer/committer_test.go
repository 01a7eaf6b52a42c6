package committer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/store/storetest"

	"go.uber.org/goleak"
)

// laneOfSale is how many commands of the public may wait per sale (see queue.go).
const laneOfSale = 4_096

var (
	opens = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)
	now   = opens.Add(time.Minute)
)

// house is a store with sales of one slot each, and a committer that does not run
// yet.
type house struct {
	t     *testing.T
	store *store.Store
	sales []store.StoredSale
	mu    sync.Mutex // guards names
	names io.Reader
	*committer.Committer
}

func newHouse(t *testing.T, sales, places int, o committer.Options) *house {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "einlass.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{t: t, store: s, names: rand.NewChaCha8([32]byte{1})}
	for i := range sales {
		if err := putSale(s, i, places); err != nil {
			t.Fatal(err)
		}
	}
	if h.sales, err = s.Sales(context.Background()); err != nil {
		t.Fatal(err)
	}
	if o.Now == nil {
		o.Now = func() time.Time { return now }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Uncertain = func(err error) { t.Errorf("the end of the process: %v", err) }
	h.Committer = committer.New(s, o)
	return h
}

// putSale saves a sale with one slot, as setup does.
func putSale(s *store.Store, i, places int) error {
	start := opens.Add(7 * 24 * time.Hour)
	_, err := storetest.Apply(s, &catalog.Sale{
		Organizer: catalog.Organizer{ID: "kreis"}, Event: catalog.Event{Slug: fmt.Sprintf("impfung-%d", i), Zone: "Europe/Berlin"},
		Opens: opens, Closes: opens.Add(24 * time.Hour),
	}, []catalog.Slot{{Start: start, End: start.Add(time.Hour), Places: places, Allotments: map[catalog.Channel]int{catalog.Online: places}}}, opens)
	return err
}

// run starts the committer and returns a function that closes it and waits.
func (h *house) run() (finish func()) {
	done := make(chan error, 1)
	go func() { done <- h.Run(context.Background()) }()
	return func() {
		h.Close()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	}
}

func (h *house) id() ident.ID {
	h.mu.Lock()
	defer h.mu.Unlock()
	id, err := ident.New(h.names, now)
	if err != nil {
		h.t.Error(err)
	}
	return id
}

// hold asks for one place of a sale's slot.
func (h *house) hold(sale int) inventory.Command {
	slot := h.sales[sale].Slots[0].ID
	key := ident.Key{ID: h.id()}
	return inventory.Command{
		Key: key, Content: ident.DigestOf(key.ID[:]), Sale: h.sales[sale].ID, Channel: catalog.Online, Arrived: now,
		Action: inventory.Hold{
			Booking: ident.BookingID{ID: h.id()}, Until: now.Add(time.Hour),
			Lines: []inventory.LineRequest{{Candidates: []inventory.Candidate{{
				Slot: slot, Draws: []inventory.Draw{{Pool: inventory.Allotment(slot, catalog.Online), Units: 1}},
			}}}},
		},
	}
}

// waitFor waits until n commands are in the queue.
func (h *house) waitFor(n int) {
	h.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); h.Stats().Waiting < n; runtime.Gosched() {
		if time.Now().After(deadline) {
			h.t.Fatalf("%d commands are waiting, not %d", h.Stats().Waiting, n)
		}
	}
}

// submitAll submits commands, each in a goroutine of its own, and calls done with
// every answer.
func (h *house) submitAll(group *sync.WaitGroup, cmds []inventory.Command, done func(i int, d inventory.Decision, err error)) {
	for i, cmd := range cmds {
		group.Go(func() {
			d, err := h.Submit(context.Background(), cmd)
			done(i, d, err)
		})
	}
}

// holds asks n times for a place of one sale.
func (h *house) holds(sale, n int) []inventory.Command {
	cmds := make([]inventory.Command, n)
	for i := range cmds {
		cmds[i] = h.hold(sale)
	}
	return cmds
}

// TestSharesTakeTurns: thousands of commands wait for one sale; the one command
// for another sale is in the next batch.
func TestSharesTakeTurns(t *testing.T) {
	const storm, calm = 0, 1 // the two sales
	const waiting = 4_000
	var batches, inBatch, calmSale atomic.Int64
	h := newHouse(t, 2, waiting, committer.Options{OnSaved: func(c *inventory.Changes) {
		n := batches.Add(1)
		for i := range c.Audit {
			if int64(c.Audit[i].Sale) == calmSale.Load() {
				inBatch.Store(n)
			}
		}
	}})
	calmSale.Store(int64(h.sales[calm].ID))
	var group sync.WaitGroup
	granted := func(_ int, d inventory.Decision, err error) {
		if err != nil || !d.OK() {
			t.Errorf("%+v, %v", d, err)
		}
	}
	h.submitAll(&group, h.holds(storm, waiting), granted)
	h.waitFor(waiting)
	h.submitAll(&group, h.holds(calm, 1), granted)
	h.waitFor(waiting + 1)
	finish := h.run()
	group.Wait()
	finish()
	t.Logf("the single command was in batch %d of %d", inBatch.Load(), batches.Load())
	if batches.Load() < waiting/committer.BatchMax || inBatch.Load() != 1 {
		t.Errorf("the other sale's command was in batch %d of %d, want 1", inBatch.Load(), batches.Load())
	}
}

// TestOneExecutionPerKey: a double click of 64 fingers is one booking and one
// answer, queued, in flight and committed. One key with another content is refused.
func TestOneExecutionPerKey(t *testing.T) {
	const rounds, fingers = 60, 64
	h := newHouse(t, 1, rounds, committer.Options{})
	finish := h.run()
	for round := range rounds {
		cmd := h.hold(0)
		answers := make([]inventory.Decision, fingers)
		var group sync.WaitGroup
		for i := range fingers {
			group.Go(func() {
				for range i % 8 { // so that some come while it is queued, in flight, committed
					runtime.Gosched()
				}
				var err error
				if answers[i], err = h.Submit(context.Background(), cmd); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, d := range answers {
			if !d.OK() || d.Booking != answers[0].Booking || !d.Expires.Equal(answers[0].Expires) {
				t.Fatalf("round %d: %+v and %+v", round, answers[0], d)
			}
		}
		cmd.Content[0]++
		if d, err := h.Submit(context.Background(), cmd); err != nil || d.Reason != inventory.KeyReused {
			t.Fatalf("another content: %+v, %v", d, err)
		}
	}
	finish()
	v, err := h.store.Verify(context.Background())
	if err != nil || len(v.Differences) > 0 || v.Bookings != rounds {
		t.Errorf("%d keys: %+v, %v", rounds, v, err)
	}
}

// TestTwoContentsAtOnce: of two requests that share a key while the first is still
// waiting, only the one that was queued is answered with a booking.
func TestTwoContentsAtOnce(t *testing.T) {
	h := newHouse(t, 1, 2, committer.Options{})
	cmds := []inventory.Command{h.hold(0), {}}
	cmds[1] = cmds[0]
	cmds[1].Content[0]++
	answers := make([]inventory.Decision, len(cmds))
	var group sync.WaitGroup
	note := func(i int, d inventory.Decision, err error) {
		if answers[i] = d; err != nil {
			t.Error(err)
		}
	}
	h.submitAll(&group, cmds[:1], note)
	h.waitFor(1)
	h.submitAll(&group, cmds[1:], func(_ int, d inventory.Decision, err error) { note(1, d, err) })
	for range 1_000 { // nothing is queued by the second: give it time to find the first
		runtime.Gosched()
	}
	finish := h.run()
	group.Wait()
	finish()
	if !answers[0].OK() || answers[1].Reason != inventory.KeyReused {
		t.Errorf("%+v", answers)
	}
}

// TestFullLaneIsBusyAtOnce: the public's lane of one sale is full. The next one is
// told so without waiting; other sales, staff and those who finish are let in.
func TestFullLaneIsBusyAtOnce(t *testing.T) {
	h := newHouse(t, 2, laneOfSale, committer.Options{})
	var group sync.WaitGroup
	granted := func(_ int, d inventory.Decision, err error) {
		if err != nil || !d.OK() {
			t.Errorf("%+v, %v", d, err)
		}
	}
	h.submitAll(&group, h.holds(0, laneOfSale), granted)
	h.waitFor(laneOfSale)
	const more = 200
	begun := time.Now()
	for range more {
		_, err := h.Submit(context.Background(), h.hold(0))
		if fault.KindOf(err) != fault.Busy || fault.As(err).RetryAfter <= 0 {
			t.Fatalf("full lane: %v, want Busy with a time", err)
		}
	}
	if took := time.Since(begun); took > time.Second || h.Stats().Busy != more {
		t.Errorf("%d refusals took %v, %d counted", more, took, h.Stats().Busy)
	}
	pool := inventory.Allotment(h.sales[0].Slots[0].ID, catalog.Phone)
	staff := inventory.Command{Sale: h.sales[0].ID, Role: inventory.RoleClerk, Action: inventory.SetCapacity{Pool: pool, Wanted: 5}}
	finishing := inventory.Command{Sale: h.sales[0].ID, Arrived: now, Action: inventory.Confirm{Booking: ident.BookingID{ID: h.id()}}}
	h.submitAll(&group, []inventory.Command{staff}, granted)
	h.submitAll(&group, h.holds(1, 1), granted)
	h.submitAll(&group, []inventory.Command{finishing}, func(_ int, d inventory.Decision, err error) {
		if err != nil || d.Reason != inventory.NoSuchThing {
			t.Errorf("confirm: %+v, %v", d, err)
		}
	})
	h.waitFor(laneOfSale + 3)
	finish := h.run()
	group.Wait()
	finish()
}

// TestCloseFinishesTheQueue: who was let in is served; who comes later is told that
// the server stops, unless they are about to finish.
func TestCloseFinishesTheQueue(t *testing.T) {
	const waiting = 1_200
	h := newHouse(t, 1, waiting, committer.Options{})
	var served atomic.Int64
	var group sync.WaitGroup
	h.submitAll(&group, h.holds(0, waiting), func(_ int, d inventory.Decision, err error) {
		if err == nil && d.OK() {
			served.Add(1)
		}
	})
	h.waitFor(waiting)
	h.Close()
	if _, err := h.Submit(context.Background(), h.hold(0)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a new wish after Close: %v, want Unavailable", err)
	}
	confirm := inventory.Command{Sale: h.sales[0].ID, Arrived: now, Action: inventory.Confirm{Booking: ident.BookingID{ID: h.id()}}}
	h.submitAll(&group, []inventory.Command{confirm}, func(_ int, _ inventory.Decision, err error) {
		if err != nil {
			t.Errorf("finishing after Close: %v", err)
		}
	})
	h.waitFor(waiting + 1)
	if err := h.Run(context.Background()); err != nil {
		t.Error(err)
	}
	group.Wait()
	if served.Load() != waiting {
		t.Errorf("%d of %d served", served.Load(), waiting)
	}
}

// TestCancelledSubmittersLeaveNothing: people who give up leave no goroutine, and
// their commands are still carried out, once.
func TestCancelledSubmittersLeaveNothing(t *testing.T) {
	const people = 400
	h := newHouse(t, 1, people, committer.Options{})
	before := goleak.IgnoreCurrent()
	ctx, giveUp := context.WithCancel(context.Background())
	cmds := h.holds(0, people)
	var group sync.WaitGroup
	for _, cmd := range cmds {
		group.Go(func() {
			if _, err := h.Submit(ctx, cmd); fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.Canceled) {
				t.Errorf("gave up: %v", err)
			}
		})
	}
	h.waitFor(people)
	giveUp()
	group.Wait()
	finish := h.run()
	for _, cmd := range cmds {
		if d, err := h.Submit(context.Background(), cmd); err != nil || !d.OK() {
			t.Fatalf("asked again with the same key: %+v, %v", d, err)
		}
	}
	finish()
	goleak.VerifyNone(t, before)
	v, err := h.store.Verify(context.Background())
	if err != nil || len(v.Differences) > 0 || v.Bookings != people {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestClockNeverGoesBack: the server's clock jumps back; the sale's does not.
func TestClockNeverGoesBack(t *testing.T) {
	jumps := []time.Duration{0, 2 * time.Second, -time.Hour, time.Second, 3 * time.Second, -3 * time.Second, 4 * time.Second}
	var step atomic.Int64
	var mu sync.Mutex
	var times []time.Time
	h := newHouse(t, 1, len(jumps), committer.Options{
		Now: func() time.Time { return now.Add(jumps[step.Load()]) },
		OnSaved: func(c *inventory.Changes) {
			mu.Lock()
			defer mu.Unlock()
			for i := range c.Audit {
				times = append(times, c.Audit[i].At)
			}
		},
	})
	finish := h.run()
	for i := range jumps {
		step.Store(int64(i))
		if _, err := h.Submit(context.Background(), h.hold(0)); err != nil {
			t.Fatal(err)
		}
	}
	finish()
	want := []time.Duration{0, 2 * time.Second, 2 * time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second, 4 * time.Second}
	for i, at := range times {
		if len(times) != len(want) || !at.Equal(now.Add(want[i])) {
			t.Fatalf("times of the audit: %v, want %v after %v", times, want, now)
		}
	}
}

// TestNothingPersonalIsLogged: what the database refuses is logged by its verb,
// never with the names in it.
func TestNothingPersonalIsLogged(t *testing.T) {
	var text bytes.Buffer
	h := newHouse(t, 1, 9, committer.Options{Log: slog.New(slog.NewTextHandler(&text, nil))})
	finish := h.run()
	first, second := h.hold(0), h.hold(0)
	taken := second.Action.(inventory.Hold)
	taken.Booking = first.Action.(inventory.Hold).Booking // a name that is taken
	taken.People = []catalog.Participant{{Name: "Erika Geheim", Postcode: "58332"}}
	second.Action = taken
	if d, err := h.Submit(context.Background(), first); err != nil || !d.OK() {
		t.Fatalf("%+v %v", d, err)
	}
	if _, err := h.Submit(context.Background(), second); fault.KindOf(err) != fault.Internal {
		t.Fatalf("the database took a name twice: %v", err)
	}
	finish()
	if log := text.String(); !strings.Contains(log, "verb=hold") || strings.Contains(log, "Geheim") || strings.Contains(log, "58332") {
		t.Errorf("the log says: %s", log)
	}
}
