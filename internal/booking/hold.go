package booking

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"einlass/internal/catalog"
	"einlass/internal/eligibility"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// HoldRequest asks for places in one slot for the people named.
type HoldRequest struct {
	Sale *Sale
	// Cart makes the request repeatable and is spent by it: the pass's name for
	// the public, a number drawn with the form for staff.
	Cart   ident.ID
	Slot   ident.SlotID
	People []catalog.Participant
	Places int // if nobody has to be named; otherwise the number of People counts
	// Replaces is a booking that the new one takes the place of.
	Replaces ident.BookingID
	// Pass is that of a number that was called, which a clerk books with: it is spent,
	// and the places are those that are given out by numbers. Zero for places of the
	// desk's own channels; the public's pass is the cart.
	Pass ident.ID
	// Wants are the groups that the pass is good for.
	Wants catalog.GroupSet
	// Grant is for people who share name and birth date with somebody who has a place.
	Grant Grant
}

// OtherGroup: the place is of a group that the number was not drawn for. The wish is as
// old as the number and never changes, so nothing is asked in the queue.
const OtherGroup inventory.Reason = "other_group"

func (r *HoldRequest) places() int { return max(len(r.People), r.Places, 1) }

// check refuses what no form of ours sends: more people than a party may have, a
// place for nobody in particular where everybody is named, and what a database
// could refuse. Whoever asks, no hold gets past it.
func (r *HoldRequest) check() error {
	switch {
	case r.places() > r.Sale.Party.Max:
		return fault.Field("size", "party.too_many")
	case r.Sale.Asks() && len(r.People) == 0:
		return fault.Field("name-1", "people.missing")
	case r.Sale.Asks() && r.places() != len(r.People):
		return fault.New(fault.Invalid, "%d places for %d people", r.places(), len(r.People))
	case len(r.Grant.Reason) > reasonMax || !utf8.ValidString(r.Grant.Reason) || strings.ContainsRune(r.Grant.Reason, 0):
		return fault.New(fault.Invalid, "a reason that no form lets through")
	}
	for i, p := range r.People {
		if !p.Fits() {
			return fault.New(fault.Invalid, "participant %d has what no form lets through", i+1)
		}
	}
	return nil
}

// Ineligible is returned when somebody may not book: Verdicts has one entry per
// participant.
type Ineligible struct{ Verdicts []eligibility.Verdict }

// Error says it in short, for the log.
func (e *Ineligible) Error() string { return "not eligible" }

// Hold asks for places. The decision says whether they are held or why not; an
// *Ineligible error (Forbidden) says that somebody may not book at all.
func (b *Service) Hold(ctx context.Context, who Who, r HoldRequest) (inventory.Decision, error) {
	slot, ok := r.Sale.Slot(r.Slot)
	if !ok {
		return inventory.Decision{}, fault.New(fault.NotFound, "sale %d has no slot %d", r.Sale.ID, r.Slot)
	}
	if err := r.check(); err != nil {
		return inventory.Decision{}, err
	}
	if !r.Wants.Has(slot.Group) && !failpoint.Bug(failpoint.BugGroupIgnored) {
		return inventory.Decision{Reason: OtherGroup}, nil
	}
	draws, err := b.personDraws(ctx, &r, r.Sale.Day(slot.Start))
	if err != nil {
		return inventory.Decision{}, err
	}
	d, err := b.holdFor(ctx, who, &r, draws)
	if err == nil && d.Reason == inventory.HasOne {
		b.tellHolder(ctx, who, r.Sale.ID, d.Holder)
	}
	return d, err
}

func (b *Service) holdCommand(who Who, r *HoldRequest, shared []inventory.Draw) (inventory.Command, error) {
	id, err := ident.New(b.rand, who.Arrived)
	if err != nil {
		return inventory.Command{}, err
	}
	pass := r.Pass
	if !who.staff() {
		pass = r.Cart
	}
	if !pass.IsZero() && !failpoint.Bug(failpoint.BugPassUnspent) {
		// The pass first: a second wish of the same browser leads to its own cart.
		shared = append([]inventory.Draw{{Pool: inventory.Pass(pass), Units: 1, Lazy: 1, Spent: true}}, shared...)
	}
	hold := inventory.Hold{
		Booking: ident.BookingID{ID: id}, Until: who.Arrived.Add(r.Sale.holdTime(who)), Shared: shared,
		Lines:  []inventory.LineRequest{{Candidates: r.Sale.candidates(r.Slot, who.Channel, r.places())}},
		People: r.People, Replaces: r.Replaces,
	}
	items, err := holdItems(r)
	if err != nil {
		return inventory.Command{}, err
	}
	return b.command(who, r.Sale.ID, r.Cart, "hold", items, hold), nil
}

// holdItems is what makes two holds of the same cart the same wish.
func holdItems(r *HoldRequest) ([]byte, error) {
	var buf bytes.Buffer
	var n [24]byte
	binary.BigEndian.PutUint64(n[:], uint64(r.Sale.ID))
	binary.BigEndian.PutUint64(n[8:], uint64(r.Slot))
	binary.BigEndian.PutUint64(n[16:], uint64(r.places()))
	buf.Write(n[:])
	buf.Write(r.Replaces.ID[:])
	if err := json.NewEncoder(&buf).Encode(r.People); err != nil {
		return nil, fault.New(fault.Internal, "participants: %w", err)
	}
	return buf.Bytes(), nil
}

func (s *Sale) holdTime(who Who) time.Duration {
	if who.staff() {
		return s.Sale.Hold.Desk
	}
	return s.Sale.Hold.Online
}

// candidates are the ways to seat a party: together in the slot, else split over
// it and a neighbour (a party comes in one car: the same or adjacent slots).
func (s *Sale) candidates(slot ident.SlotID, channel catalog.Channel, places int) []inventory.Candidate {
	draw := func(id ident.SlotID, n int) inventory.Draw {
		return inventory.Draw{Pool: inventory.Allotment(id, channel), Units: n}
	}
	out := []inventory.Candidate{{Slot: slot, Draws: []inventory.Draw{draw(slot, places)}}}
	before, after := s.neighbours(slot)
	for here := places - 1; here > 0; here-- {
		if after != 0 {
			out = append(out, inventory.Candidate{Slot: slot, Draws: []inventory.Draw{draw(slot, here), draw(after, places-here)}})
		}
		if before != 0 {
			out = append(out, inventory.Candidate{Slot: before, Draws: []inventory.Draw{draw(before, places-here), draw(slot, here)}})
		}
	}
	return out
}

// neighbours returns the slots of the same group that end where this one begins and begin
// where it ends; 0 if there is none.
func (s *Sale) neighbours(id ident.SlotID) (before, after ident.SlotID) {
	i := s.at[id]
	if b := s.before[i]; b >= 0 && s.Slots[b].End.Equal(s.Slots[i].Start) {
		before = s.Slots[b].ID
	}
	if a := s.after[i]; a >= 0 && s.Slots[i].End.Equal(s.Slots[a].Start) {
		after = s.Slots[a].ID
	}
	return before, after
}

// refuseEarly answers from memory that nothing is free, without entering the
// queue: most requests of a crowd end here. It refuses only, and only a cart
// that has not been granted this very wish before.
func (b *Service) refuseEarly(ctx context.Context, who Who, r *HoldRequest, key ident.Key) (inventory.Decision, bool) {
	if who.staff() || !r.Replaces.IsZero() {
		return inventory.Decision{}, false
	}
	free, held := b.freeAround(r)
	if free >= r.places() {
		return inventory.Decision{}, false
	}
	if known, err := b.store.KeyKnown(ctx, key); err != nil || known {
		return inventory.Decision{}, false // let the transaction answer
	}
	switch {
	case free > 0:
		return inventory.Decision{Reason: inventory.TooFew}, true
	case held > 0:
		return inventory.Decision{Reason: inventory.FullyHeld}, true
	}
	return inventory.Decision{Reason: inventory.SoldOut}, true
}

// freeAround adds up what the slot and, for a party, its neighbours have.
func (b *Service) freeAround(r *HoldRequest) (free, held int) {
	free, held = b.Available.Slot(r.Slot, catalog.Online)
	if r.places() == 1 {
		return free, held
	}
	before, after := r.Sale.neighbours(r.Slot)
	for _, id := range []ident.SlotID{before, after} {
		f, h := b.Available.Slot(id, catalog.Online)
		free, held = free+f, held+h
	}
	return free, held
}

// personDraw is a draw that belongs to a participant: of their access code, or of one
// place per person, whose pool is named when it is drawn.
type personDraw struct {
	inventory.Draw
	person int // their place in the wish
}

// personDraws judges every participant for the slot's day and returns the draws that
// belong to them: one place per person, and the access code used.
func (b *Service) personDraws(ctx context.Context, r *HoldRequest, day time.Time) ([]personDraw, error) {
	verdicts, err := b.Judge(ctx, r.Sale, r.People, day)
	if err != nil {
		return nil, err
	}
	var draws []personDraw
	for i := range r.People {
		if code := verdicts[i].Code; code != "" {
			pool := inventory.LazyPool(b.secret, inventory.KindCode, r.Sale.scope(catalog.LimitSale), code)
			draws = append(draws, personDraw{inventory.Draw{Pool: pool, Units: 1, Lazy: verdicts[i].Checks[0].Uses}, i})
		}
		if n := r.Sale.Limit.PerPerson; n > 0 {
			draws = append(draws, personDraw{inventory.Draw{Units: 1, Lazy: n}, i})
		}
	}
	return draws, nil
}

// drawn names the pools; namesakes have their own.
func (b *Service) drawn(r *HoldRequest, draws []personDraw, own namesakes) []inventory.Draw {
	out := make([]inventory.Draw, len(draws))
	for i, d := range draws {
		out[i] = d.Draw
		if d.Pool.IsZero() {
			out[i].Pool = b.placeOf(r.Sale, r.People[d.person], own[d.person])
		}
	}
	return out
}

// Judge says for every participant whether they may book on one of the days;
// with no days given, on any day of the sale. The error is an *Ineligible
// (Forbidden) if anybody may not. A verdict's Code is set only when a real code
// was needed, and Checks then has exactly the list it is on.
func (b *Service) Judge(ctx context.Context, sale *Sale, people []catalog.Participant, days ...time.Time) ([]eligibility.Verdict, error) {
	if len(days) == 0 {
		days = sale.Days()
	}
	out := make([]eligibility.Verdict, len(people))
	fine := true
	for i, p := range people {
		v := eligibility.Judge(&sale.Sale, p, days...).Asking(eligibility.Lacks(&sale.Sale, p))
		if v.Outcome == eligibility.IfCode {
			if err := b.resolveCode(ctx, sale, &v); err != nil {
				return nil, err
			}
		}
		out[i] = v
		fine = fine && v.Outcome == eligibility.Eligible
	}
	if !fine {
		return out, &fault.Error{Kind: fault.Forbidden, Code: "not_eligible", Err: &Ineligible{Verdicts: out}}
	}
	return out, nil
}

// resolveCode looks the code up and turns IfCode into Eligible or NotEligible.
func (b *Service) resolveCode(ctx context.Context, sale *Sale, v *eligibility.Verdict) error {
	list, err := b.store.CodeList(ctx, sale.ID, catalog.CodeDigest(v.Code))
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	for _, c := range v.Checks {
		if err == nil && c.List == list {
			v.Outcome, v.Ground, v.Checks = eligibility.Eligible, c.Ground, []eligibility.CodeCheck{c}
			return nil
		}
	}
	*v = v.CodeUnknown(&sale.Sale)
	return nil
}

// scope names within what a person may have one place.
func (s *Sale) scope(of catalog.LimitScope) string {
	switch of {
	case catalog.LimitOrganizer:
		return "organizer/" + s.Organizer.ID
	case catalog.LimitEvent:
		return "event/" + s.Organizer.ID + "/" + s.Event.Slug
	}
	return "sale/" + s.Organizer.ID + "/" + s.Event.Slug
}

// tellHolder tells the contact on file that somebody tried to book for the same
// person again, at most once a day. The screen says nothing of it, and whoever
// asked does not wait for it: how long the answer takes would tell a booking from
// a cart.
func (b *Service) tellHolder(ctx context.Context, who Who, sale ident.SaleID, holder ident.BookingID) {
	if holder.IsZero() {
		return
	}
	r, err := b.store.Booking(ctx, holder)
	if err != nil || !confirmed(r) {
		return
	}
	day := []byte(who.Arrived.UTC().Format(time.DateOnly))
	cmd := b.command(who, sale, holder.ID, "has-one", day, inventory.Notify{Booking: holder, About: inventory.AboutHasOne})
	if err := b.committer.Post(cmd); err != nil {
		b.log.Warn("message about a second attempt was not queued", "err", err)
	}
}

func confirmed(r *store.Record) bool {
	return r.State == inventory.Confirmed || r.State == inventory.Redeemed
}
