package setup_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/store"
)

// applyNow is while the sale is open.
var applyNow = time.Date(2021, 4, 3, 9, 0, 0, 0, time.UTC)

// saleOf is a plan of n slots of ten minutes, some places of each by phone.
func saleOf(t *testing.T, event string, n, places, phone int) *setup.Plan {
	t.Helper()
	return parse(t, fmt.Sprintf(`organizer: {id: amt, name: Amt %[3]d, accent: "#005a9c", contact: {mail: amt@example.org, phone: "02336 930"}}
venue: {id: halle, name: Halle, address: "Weg 1, 58332 Schwelm"}
event: {id: %[1]s, title: {de: Termin, en: Appointment}, lead: {de: Ein Termin., en: An appointment.}, zone: UTC}
slots:
  - {date: 2021-04-10, from: "08:00", to: "%02[2]d:%02[5]d", every: 10m, places: %[3]d}
allotments:
  - {channel: phone, places: %[4]d}
offers:
  - {id: t, name: {de: Termin, en: Appointment}, price: 0.00 EUR}
sale: {opens: 2021-04-03T08:00, closes: 2021-04-10T07:00, allocation: open, party: {max: 2}, ask: [contact]}
`, event, 8+n/6, places, phone, n%6*10))
}

// house is a database that several processes have open.
type house struct {
	t    *testing.T
	path string
}

func newHouse(t *testing.T) *house {
	return &house{t, filepath.Join(t.TempDir(), "einlass.db")}
}

// open opens the database as one more process would.
func (h *house) open() *store.Store {
	h.t.Helper()
	st, err := store.Open(context.Background(), store.Options{Path: h.path, Guest: true})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { st.Close() })
	return st
}

func (h *house) apply(st *store.Store, plan *setup.Plan) []setup.Change {
	changes, err := setup.Apply(context.Background(), st, plan, applyNow, false)
	if err != nil {
		h.t.Error(err)
	}
	return changes
}

// book books n online places in the first slot of the first sale.
func (h *house) book(st *store.Store, n int) {
	h.t.Helper()
	sales, err := st.Sales(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	slot := sales[0].Slots[0].ID
	for range n {
		name, err := ident.New(rand.Reader, applyNow)
		if err != nil {
			h.t.Fatal(err)
		}
		id := ident.BookingID{ID: name}
		line := inventory.LineRequest{Candidates: []inventory.Candidate{{Slot: slot, Draws: []inventory.Draw{{Pool: inventory.Allotment(slot, catalog.Online), Units: 1}}}}}
		h.decide(st, sales[0].ID, inventory.Hold{Booking: id, Until: applyNow.Add(time.Hour), Lines: []inventory.LineRequest{line}})
		h.decide(st, sales[0].ID, inventory.Confirm{Booking: id, Code: "K7M4QX9D2", Contact: catalog.Contact{Kind: catalog.ContactNone}})
	}
}

func (h *house) decide(st *store.Store, sale ident.SaleID, a inventory.Action) {
	h.t.Helper()
	cmds := []inventory.Command{{Sale: sale, Channel: catalog.Online, Arrived: applyNow, Action: a}}
	tx, err := st.Begin()
	if err != nil {
		h.t.Fatal(err)
	}
	defer tx.End()
	state, err := tx.Load(cmds)
	if err != nil {
		h.t.Fatal(err)
	}
	decisions, changes := inventory.Decide(state, cmds, applyNow)
	if !decisions[0].OK() {
		h.t.Fatalf("%T: %s", a, decisions[0].Reason)
	}
	if err := tx.Save(changes); err != nil {
		h.t.Fatal(err)
	}
	if err := tx.Commit(time.Time{}); err != nil {
		h.t.Fatal(err)
	}
}

// picture is everything an apply can change, without row numbers: they follow
// the order in which slots were first named.
func (h *house) picture(st *store.Store) string {
	h.t.Helper()
	sales, err := st.Sales(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	pools, err := st.EagerPools(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	var b strings.Builder
	for _, sale := range sales {
		doc, err := json.Marshal(sale.Sale)
		if err != nil {
			h.t.Fatal(err)
		}
		fmt.Fprintf(&b, "version %d %s\n", sale.Version, doc)
		for _, slot := range sale.Slots {
			fmt.Fprintf(&b, "%s to %s\n", slot.Start, slot.End)
			for _, p := range pools { // in the order of their names: kind, slot, channel
				if p.ID.Slot() == slot.ID {
					fmt.Fprintf(&b, "  %d %s wanted %d capacity %d held %d booked %d returning %v\n", p.ID.Kind(), p.ID.Channel(), p.Wanted, p.Capacity, p.Held, p.Booked, p.Returning)
				}
			}
		}
	}
	return b.String()
}

func (h *house) verify(st *store.Store) {
	h.t.Helper()
	v, err := st.Verify(context.Background())
	if err != nil || len(v.Differences) > 0 {
		h.t.Errorf("verify: %+v %v", v, err)
	}
}

// applyRounds is how often two files are applied against each other, and
// applyEach how often each of them must have come first for that to say anything.
const (
	applyRounds = 24
	applyEach   = 3
)

// Two files for one sale at the same moment, from one process or from two: the
// end is what one of the two orders gives, and nobody ever sees a file half
// applied.
func TestTwoFilesAtOnceEndAsOneOrder(t *testing.T) {
	base, a, b := saleOf(t, "termin", 6, 10, 2), saleOf(t, "termin", 8, 4, 1), saleOf(t, "termin", 3, 25, 3)
	const booked = 5 // more than a slot of a has
	begin := func() (*house, *store.Store) {
		h := newHouse(t)
		st := h.open()
		h.apply(st, base)
		h.book(st, booked)
		return h, st
	}
	order := func(first, second *setup.Plan) string {
		h, st := begin()
		h.apply(st, first)
		h.apply(st, second)
		return h.picture(st)
	}
	want := map[string]int{order(a, b): 0, order(b, a): 0}
	if len(want) != 2 {
		t.Fatal("the two orders end alike: the test would prove nothing")
	}
	looks := 0
	for round := range applyRounds {
		h, one := begin()
		two, first, second := one, a, b
		if round%2 == 0 {
			two = h.open()
		}
		if round%4 < 2 { // the scheduler has favourites
			first, second = b, a
		}
		stop := h.watch(base.Places(), a.Places(), b.Places())
		var both sync.WaitGroup
		begun := make(chan struct{})
		both.Go(func() { <-begun; h.apply(one, first) })
		both.Go(func() { <-begun; h.apply(two, second) })
		close(begun)
		both.Wait()
		looks += stop()
		got := h.picture(one)
		if _, known := want[got]; !known {
			t.Fatalf("round %d ended as neither order would:\n%s", round, got)
		}
		want[got]++
		h.verify(one)
	}
	if looks < 3*applyRounds {
		t.Errorf("only %d looks in %d rounds", looks, applyRounds)
	}
	for _, n := range want {
		if n < applyEach {
			t.Errorf("one of the orders happened in %d of %d rounds only", n, applyRounds)
		}
	}
}

// watch looks at the pools until the returned function is called: all places
// together are always those of one of the files, never something between.
func (h *house) watch(whole ...int) (stop func() (looks int)) {
	h.t.Helper()
	st, done, seen := h.open(), make(chan struct{}), make(chan int)
	go func() { // ends with stop
		looks := 0
		for {
			n, err := places(st)
			looks++
			if err != nil || !slices.Contains(whole, n) {
				h.t.Errorf("somebody saw %d places, want one of %v, %v", n, whole, err)
			}
			select {
			case <-done:
				seen <- looks
				return
			default:
			}
		}
	}()
	return func() int {
		close(done)
		return <-seen
	}
}

func places(st *store.Store) (n int, err error) {
	pools, err := st.EagerPools(context.Background())
	for _, p := range pools {
		n += p.Wanted
	}
	return n, err
}

// The test above must notice a file that is applied in two steps.
func TestAHalfAppliedFileWouldBeSeen(t *testing.T) {
	h := newHouse(t)
	st := h.open()
	base, next := saleOf(t, "termin", 6, 10, 2), saleOf(t, "termin", 8, 4, 1)
	h.apply(st, base)
	h.apply(st, next)
	whole := h.picture(st)
	h2 := newHouse(t)
	st = h2.open()
	h2.apply(st, base)
	tx, err := st.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.End()
	if _, _, err := tx.PutSale(&next.Sale, next.Slots); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(time.Time{}); err != nil {
		t.Fatal(err)
	}
	n, err := places(st)
	if err != nil || h2.picture(st) == whole || n != base.Places() || n == next.Places() {
		t.Errorf("rules without pools look like a whole file: %d places, %v", n, err)
	}
}

// One file from several processes at the same moment: one of them changes the
// sale, the others find it as their file says.
func TestOneFileFromManyProcesses(t *testing.T) {
	const processes, rounds = 4, 6
	plan := saleOf(t, "termin", 6, 10, 2)
	for range rounds {
		h := newHouse(t)
		changed := make([]int, processes)
		var all sync.WaitGroup
		for i := range processes {
			all.Go(func() { changed[i] = len(h.apply(h.open(), plan)) }) // the database is new: making it is part of the race
		}
		all.Wait()
		sum := 0
		for _, n := range changed {
			sum += n
		}
		st := h.open()
		if n, err := places(st); sum != 1 || n != 60 || err != nil {
			t.Errorf("%v changes, %d places, %v; want one change and 60 places", changed, n, err)
		}
		h.verify(st)
	}
}

// Files for different sales do not touch each other, in any order.
func TestFilesForDifferentSalesAtOnce(t *testing.T) {
	const sales, rounds = 5, 4
	for range rounds {
		h := newHouse(t)
		var all sync.WaitGroup
		for i := range sales {
			all.Go(func() {
				st := h.open()
				h.apply(st, saleOf(t, fmt.Sprintf("termin-%d", i), 3, 10+i, 1))
				h.apply(st, saleOf(t, fmt.Sprintf("termin-%d", i), 3, 20+i, 1))
			})
		}
		all.Wait()
		st := h.open()
		stored, err := st.Sales(context.Background())
		if err != nil || len(stored) != sales {
			t.Fatalf("%d sales, %v", len(stored), err)
		}
		want := 0
		for i := range sales {
			want += 3 * (20 + i)
		}
		if n, err := places(st); n != want || err != nil {
			t.Errorf("%d places, want %d, %v", n, want, err)
		}
		for _, sale := range stored {
			if sale.Version != 2 || len(sale.Slots) != 3 {
				t.Errorf("%s: version %d with %d slots", sale.Event.Slug, sale.Version, len(sale.Slots))
			}
		}
		h.verify(st)
	}
}

// A dry run says what would change and changes nothing.
func TestADryRunLeavesNoTrace(t *testing.T) {
	h := newHouse(t)
	st := h.open()
	h.apply(st, saleOf(t, "termin", 6, 10, 2))
	before := h.picture(st)
	next := saleOf(t, "termin", 3, 25, 3)
	told, err := setup.Apply(context.Background(), st, next, applyNow, true)
	if err != nil || len(told) == 0 || h.picture(st) != before {
		t.Errorf("%v, %v", told, err)
	}
	if done := h.apply(st, next); fmt.Sprint(done) != fmt.Sprint(told) {
		t.Errorf("told %v, did %v", told, done)
	}
}
