package booking_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/eligibility"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
	"einlass/scenarios"
)

var bg = context.Background()

// office is the service on a real database with a clock the test moves.
type office struct {
	*booking.Service
	store *store.Store
	sale  *booking.Sale
	plus  atomic.Int64
	opens time.Time
}

func (o *office) now() time.Time { return o.opens.Add(time.Duration(o.plus.Load())) }

func (o *office) who() booking.Who { return booking.Public(o.now()) }

// newOffice opens the Ennepe-Ruhr sale with the first n slots of the given places.
func newOffice(t *testing.T, n, places int) *office {
	t.Helper()
	s, err := store.Open(bg, store.Options{Path: filepath.Join(t.TempDir(), "e.db")})
	if err != nil {
		t.Fatal(err)
	}
	plan, problems := setup.Load("ennepe-ruhr.yaml", scenarios.Read)
	if plan == nil {
		t.Fatal(problems)
	}
	plan.Slots = plan.Slots[:n]
	for i := range plan.Slots {
		plan.Slots[i].Places = places
		plan.Slots[i].Allotments = map[catalog.Channel]int{catalog.Online: places}
	}
	o := &office{store: s, opens: plan.Sale.Opens}
	put(t, s, plan)
	secret, err := s.Secret(store.MasterSecret, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	avail := booking.NewAvailability()
	c := committer.New(s, committer.Options{Now: o.now, OnSaved: avail.Follow, Uncertain: func(err error) { panic(err) }, Log: log})
	done := make(chan error, 1)
	go func() { done <- c.Run(bg) }()
	o.Service = booking.New(booking.Options{Store: s, Committer: c, Available: avail, Secret: secret, Rand: rand.Reader, Now: o.now, Log: log})
	if err := o.Refresh(bg); err != nil {
		t.Fatal(err)
	}
	o.sale = o.Sales.All()[0]
	t.Cleanup(func() {
		c.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func put(t *testing.T, s *store.Store, plan *setup.Plan) {
	t.Helper()
	id, err := storetest.Apply(s, &plan.Sale, plan.Slots, plan.Sale.Opens)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.End()
	for _, list := range plan.Codes {
		var digests []ident.Digest
		for _, code := range list.Codes {
			digests = append(digests, catalog.CodeDigest(code))
		}
		if err := tx.PutCodes(id, list.Name, digests); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// person is the n-th of many; nobody has a digit in their name.
func person(n int) catalog.Participant {
	name := strings.Map(func(r rune) rune { return rune("bcdfghjkmn"[r-'0']) }, strconv.Itoa(n))
	return catalog.Participant{Name: "Erika Muster " + name, BirthDate: time.Date(1950, 1, 2, 0, 0, 0, 0, time.UTC), Postcode: "58332"}
}

func pass(t testing.TB, at time.Time) ident.ID {
	t.Helper()
	id, err := ident.New(rand.Reader, at)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// hold asks for the n-th slot with a fresh pass.
func (o *office) hold(t testing.TB, slot int, people ...catalog.Participant) inventory.Decision {
	t.Helper()
	d, err := o.Hold(bg, o.who(), booking.HoldRequest{Sale: o.sale, Cart: pass(t, o.now()), Slot: o.sale.Slots[slot].ID, People: people})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (o *office) confirm(t testing.TB, id ident.BookingID, c catalog.Contact) inventory.Decision {
	t.Helper()
	d, err := o.Confirm(bg, o.who(), id, c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (o *office) verified(t testing.TB) {
	t.Helper()
	v, err := o.store.Verify(bg)
	if err != nil || len(v.Differences) > 0 {
		t.Fatalf("verify: %v %+v", err, v)
	}
}

var byMail = catalog.Contact{Kind: catalog.ContactMail, Mail: "erika@example.org", Lang: "de"}

func TestPartySitsTogetherOrNextToEachOtherOrNotAtAll(t *testing.T) {
	o := newOffice(t, 3, 2)
	o.hold(t, 1, person(1))
	together := o.hold(t, 0, person(2), person(3))
	if !together.OK() || together.Lines != nil {
		t.Fatalf("together: %+v", together)
	}
	split := o.hold(t, 1, person(4), person(5)) // one left here, two left after
	if !split.OK() {
		t.Fatalf("split: %+v", split)
	}
	r, _, err := o.Booking(bg, split.Booking)
	if err != nil {
		t.Fatal(err)
	}
	have := map[ident.SlotID]int{}
	r.EachDraw(func(d inventory.Draw) {
		if d.Pool.Kind() == inventory.KindAllotment {
			have[d.Pool.Slot()] += d.Units
		}
	})
	if have[o.sale.Slots[1].ID] != 1 || have[o.sale.Slots[2].ID] != 1 {
		t.Fatalf("split over %v", have)
	}
	if d := o.hold(t, 1, person(6), person(7)); d.Reason != inventory.TooFew {
		t.Fatalf("one place is left after: %+v", d)
	}
	o.verified(t)
}

func TestOnePersonOnePlaceHoweverTheyWriteTheirName(t *testing.T) {
	o := newOffice(t, 2, 5)
	first := catalog.Participant{Name: "Hans-Peter Müller", BirthDate: person(1).BirthDate, Postcode: "58332"}
	d := o.hold(t, 0, first)
	o.confirm(t, d.Booking, byMail)
	for _, name := range []string{"hans peter mueller", "Müller, Hans-Peter", "HANS-PETER MÜLLER ", "Hanspeter Müller", "Dr. med. Hans-Peter Müller", "Наns-Рeter Müller", "Hans-Peter Müller 2"} {
		again := first
		again.Name = name
		if d := o.hold(t, 1, again); d.Reason != inventory.HasOne {
			t.Errorf("%q: %+v", name, d)
		}
	}
	r, _, err := o.Booking(bg, d.Booking)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, m := range r.Messages {
		if m.About == inventory.AboutHasOne {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the contact on file was told %d times today, want once", told)
	}
	if d := o.hold(t, 1, person(8), person(8)); d.Reason != inventory.HasOne {
		t.Errorf("the same person twice in one party: %+v", d)
	}
	o.verified(t)
}

// Whoever asks for a hold, and by whichever way: nobody in particular gets none
// where the sale's rules need to know who comes.
func TestNobodyInParticularGetsNoPlace(t *testing.T) {
	o := newOffice(t, 1, 10)
	with := func(change func(*catalog.Participant)) []catalog.Participant {
		p := person(1)
		change(&p)
		return []catalog.Participant{p}
	}
	for name, c := range map[string]struct {
		people []catalog.Participant
		places int
		lacks  eligibility.Field
	}{
		"nobody":              {nil, 0, ""},
		"places for nobody":   {nil, 2, ""},
		"more than are named": {with(func(*catalog.Participant) {}), 2, ""},
		"no name":             {with(func(p *catalog.Participant) { p.Name = "" }), 0, eligibility.FieldName},
		"a name of signs":     {with(func(p *catalog.Participant) { p.Name = " -', 12 \u200b" }), 0, eligibility.FieldName},
		"no birth date":       {with(func(p *catalog.Participant) { p.BirthDate = time.Time{} }), 0, eligibility.FieldBirthDate},
		"no postcode":         {with(func(p *catalog.Participant) { p.Postcode = "" }), 0, eligibility.FieldPostcode},
		"a code and no name":  {with(func(p *catalog.Participant) { p.Name, p.Code = "", "KITA47QM" }), 0, eligibility.FieldName},
		"too long":            {with(func(p *catalog.Participant) { p.Name = strings.Repeat("x", catalog.NameMax+1) }), 0, ""},
		"no UTF-8":            {with(func(p *catalog.Participant) { p.Name = "Erika\xff" }), 0, ""},
		"a line break":        {with(func(p *catalog.Participant) { p.Name = "Erika\nMuster" }), 0, ""},
		"one of two":          {append(with(func(*catalog.Participant) {}), catalog.Participant{}), 0, eligibility.FieldName},
	} {
		for _, who := range []booking.Who{o.who(), {Actor: "kasse1", Role: inventory.RoleClerk, Channel: catalog.Counter, Arrived: o.now()}} {
			d, err := o.Hold(bg, who, booking.HoldRequest{Sale: o.sale, Cart: pass(t, o.now()), Slot: o.sale.Slots[0].ID, People: c.people, Places: c.places})
			kind := fault.Invalid
			var not *booking.Ineligible
			if c.lacks != "" {
				kind = fault.Forbidden
				if v := len(c.people) - 1; !errors.As(err, &not) || not.Verdicts[v].Outcome != eligibility.Missing || !slices.Contains(not.Verdicts[v].Fields, c.lacks) {
					t.Errorf("%s: %v lacks %q", name, err, c.lacks)
				}
			}
			if err == nil || fault.KindOf(err) != kind {
				t.Errorf("%s: %+v %v, want %s", name, d, err, kind)
			}
		}
	}
	if free, held := o.Available.Slot(o.sale.Slots[0].ID, catalog.Online); free != 10 || held != 0 {
		t.Errorf("free %d, held %d", free, held)
	}
	o.verified(t)
}

func TestEligibilityIsJudgedForTheSlotsDayAndCodesAreSpent(t *testing.T) {
	o := newOffice(t, 2, 10)
	young := person(1)
	young.BirthDate = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	req := booking.HoldRequest{Sale: o.sale, Cart: pass(t, o.now()), Slot: o.sale.Slots[0].ID, People: []catalog.Participant{young}}
	_, err := o.Hold(bg, o.who(), req)
	var not *booking.Ineligible
	if !errors.As(err, &not) || fault.KindOf(err) != fault.Forbidden || not.Verdicts[0].Outcome != eligibility.NotEligible {
		t.Fatalf("young: %v", err)
	}
	codes, err := scenarios.Read("berufe-2021.txt")
	if err != nil {
		t.Fatal(err)
	}
	young.Code = firstCode(string(codes))
	if d := o.hold(t, 0, young); !d.OK() {
		t.Fatalf("with a code: %+v", d)
	}
	other := young
	other.Name = "Jemand Anders"
	if d := o.hold(t, 0, other); d.Reason != inventory.CodeUsed {
		t.Fatalf("the same code again: %+v", d)
	}
	young.Code = "GIBTESNICHT1"
	req.People = []catalog.Participant{young}
	if _, err := o.Hold(bg, o.who(), req); fault.KindOf(err) != fault.Forbidden {
		t.Fatalf("no such code: %v", err)
	}
	o.verified(t)
}

func firstCode(text string) string {
	var code string
	for _, line := range splitLines(text) {
		if line != "" && line[0] != '#' {
			code = line
			break
		}
	}
	return catalog.NormalizeCode(code)
}

func splitLines(s string) (out []string) {
	start := 0
	for i := range len(s) {
		if s[i] == '\n' {
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// TestEarlyRefusalNeverContradictsAGrant: the same request, sent again when the
// house is full, still gets the cart it was granted.
func TestEarlyRefusalNeverContradictsAGrant(t *testing.T) {
	o := newOffice(t, 1, 1)
	req := booking.HoldRequest{Sale: o.sale, Cart: pass(t, o.now()), Slot: o.sale.Slots[0].ID, People: []catalog.Participant{person(1)}}
	first, err := o.Hold(bg, o.who(), req)
	if err != nil || !first.OK() {
		t.Fatalf("%+v %v", first, err)
	}
	if d := o.hold(t, 0, person(2)); d.Reason != inventory.FullyHeld {
		t.Fatalf("full: %+v", d)
	}
	again, err := o.Hold(bg, o.who(), req)
	if err != nil || !again.OK() || again.Booking != first.Booking {
		t.Fatalf("again: %+v %v", again, err)
	}
	o.confirm(t, first.Booking, byMail)
	if d := o.hold(t, 0, person(3)); d.Reason != inventory.SoldOut {
		t.Fatalf("sold: %+v", d)
	}
}

func TestExpiryComesASecondAfterTheShownTimeAndFreesOnce(t *testing.T) {
	o := newOffice(t, 1, 3)
	d := o.hold(t, 0, person(1))
	end := d.Expires.Sub(o.opens)
	step := func(at time.Duration, want inventory.BookingState) {
		t.Helper()
		o.plus.Store(int64(at))
		for range 3 {
			if err := o.ExpireDue(bg); err != nil {
				t.Fatal(err)
			}
		}
		if r, _, err := o.Booking(bg, d.Booking); err != nil || r.State != want {
			t.Fatalf("%s after opening: %v %v, want %v", at, r.State, err, want)
		}
	}
	step(end+time.Second-time.Microsecond, inventory.Held)
	step(end+time.Second+time.Microsecond, inventory.Expired)
	free, held := o.Available.Slot(o.sale.Slots[0].ID, catalog.Online)
	if held != 0 {
		t.Fatalf("free %d held %d", free, held)
	}
	o.verified(t)
}

func TestHundredCancelsFreeOnce(t *testing.T) {
	o := newOffice(t, 1, 2)
	d := o.hold(t, 0, person(1))
	o.confirm(t, d.Booking, byMail)
	var wg sync.WaitGroup
	var granted atomic.Int64
	for range 100 {
		wg.Go(func() {
			got, err := o.Cancel(bg, o.who(), d.Booking)
			if err != nil {
				t.Error(err)
			}
			if got.OK() && !got.Repeated {
				granted.Add(1)
			}
		})
	}
	wg.Wait()
	r, _, err := o.Booking(bg, d.Booking)
	if err != nil || r.State != inventory.Cancelled || len(r.Messages) != 2 {
		t.Fatalf("%v %v, %d messages", r.State, err, len(r.Messages))
	}
	t.Logf("%d of 100 were told first, the others the same", granted.Load())
	o.verified(t)
}

func TestFindNeedsTheCodeAndAProof(t *testing.T) {
	o := newOffice(t, 1, 3)
	d := o.hold(t, 0, person(1))
	o.confirm(t, d.Booking, catalog.Contact{Kind: catalog.ContactPhone, Phone: "02336 / 93-0", Lang: "de"})
	r, _, err := o.Booking(bg, d.Booking)
	if err != nil {
		t.Fatal(err)
	}
	for proof, want := range map[string]bool{
		"2.1.1950": true, "1950-01-02": true, "02336930": true, "+49 2336 930": true, "0049 (0)2336 930": true,
		"3.1.1950": false, "": false, "erika@example.org": false, "02336 931": false, "1950": false, "0": false,
	} {
		id, err := o.Find(bg, r.Code, proof)
		if err != nil || (id == d.Booking) != want || (!want && !id.IsZero()) {
			t.Errorf("%q: found %v %v, want %v", proof, !id.IsZero(), err, want)
		}
	}
	if id, err := o.Find(bg, "K7M4QX9D2", "2.1.1950"); err != nil || !id.IsZero() {
		t.Errorf("another code: %v %v", id, err)
	}
}

// TestManyClicksAreOneBooking: everybody clicks every button several times at
// once, as people do.
func TestManyClicksAreOneBooking(t *testing.T) {
	const people, clicks, slots, places = 200, 4, 5, 20
	o := newOffice(t, slots, places)
	var wg sync.WaitGroup
	carts := make([]atomic.Pointer[ident.BookingID], people)
	for p := range people {
		cart := pass(t, o.now())
		for range clicks {
			wg.Go(func() {
				d, err := o.Hold(bg, o.who(), booking.HoldRequest{Sale: o.sale, Cart: cart, Slot: o.sale.Slots[p%slots].ID, People: []catalog.Participant{person(p)}})
				if err != nil {
					t.Error(err)
					return
				}
				if !d.OK() {
					return
				}
				if old := carts[p].Swap(&d.Booking); old != nil && *old != d.Booking {
					t.Errorf("person %d got %s and %s", p, old, d.Booking)
				}
				if c, err := o.Confirm(bg, o.who(), d.Booking, byMail); err != nil || !c.OK() {
					t.Errorf("confirm: %+v %v", c, err)
				}
			})
		}
	}
	wg.Wait()
	booked := 0
	for p := range carts {
		if carts[p].Load() != nil {
			booked++
		}
	}
	if booked != slots*places {
		t.Errorf("%d booked, want %d", booked, slots*places)
	}
	o.verified(t)
}

// TestNobodyCanBePesteredThroughABooking: changing the address again and again
// ends, and whoever confirmed keeps the booking.
func TestNobodyCanBePesteredThroughABooking(t *testing.T) {
	o := newOffice(t, 1, 3)
	d := o.hold(t, 0, person(1))
	o.confirm(t, d.Booking, byMail)
	told, refused := 0, 0
	for i := range 60 {
		o.plus.Add(int64(time.Minute))
		c := catalog.Contact{Kind: catalog.ContactMail, Mail: fmt.Sprintf("opfer%d@example.org", i%2), Lang: "de"}
		got, err := o.SetContact(bg, o.who(), d.Booking, c)
		if err != nil {
			t.Fatal(err)
		}
		switch got.Reason {
		case inventory.Granted:
			told++
		case booking.TooOften:
			refused++
		}
	}
	if told > 12 || refused < 40 {
		t.Errorf("%d changes sent a message, %d were refused", told, refused)
	}
	o.verified(t)
}
