package app

import (
	"context"
	"fmt"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/eligibility"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/rehearsal"
	"einlass/internal/store"
)

// verdict is what the check after a demo found.
type verdict struct {
	facts       rehearsal.Facts
	differences []string // one sentence each; empty when everything was kept
}

func (v *verdict) differ(format string, args ...any) {
	v.differences = append(v.differences, fmt.Sprintf(format, args...))
}

// check holds what the crowd saw against the database and the mails, and the
// database against itself. An error means that the check could not be made.
func (st *stage) check(ctx context.Context, seen *rehearsal.Result) (*verdict, error) {
	v := &verdict{}
	if err := st.awaitMails(ctx); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, *rehearsal.Result, *verdict) error{
		st.checkLedger, st.checkPeople, st.checkPlaces, st.checkMails, st.checkBooks, st.checkDraw,
	} {
		if err := step(ctx, seen, v); err != nil {
			return nil, err
		}
	}
	if n := seen.Counts.HTTP5xx; n > 0 {
		v.differ("%d requests were answered with a server error that is not \"busy\"", n)
	}
	if n := seen.Counts.Unanswered; n > 0 {
		v.differ("%d requests had no answer", n)
	}
	v.facts.ServerCPU, v.facts.ServerMaxRSS = spent()
	v.facts.NoneFree, v.facts.Room = st.seen.noneFree, st.seen.room
	return v, nil
}

// mailsWithin bounds the wait for the outbox to be empty, in real time.
const mailsWithin = 2 * time.Minute

// awaitMails waits until no mail is due any more.
func (st *stage) awaitMails(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, mailsWithin)
	defer cancel()
	for {
		c, err := st.server.store.CountMessages(ctx, catalog.ContactMail)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil && c.Due == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil // checkMails names what is missing
		case <-time.After(pollEvery):
		}
	}
}

// checkLedger looks for bookings that somebody was shown and that are not there.
func (st *stage) checkLedger(ctx context.Context, seen *rehearsal.Result, v *verdict) error {
	var broken error
	lost := seen.Ledger.Lost(func(id, code string) bool {
		name, err := ident.ParseID(id)
		if err != nil {
			return false
		}
		r, err := st.server.store.Booking(ctx, ident.BookingID{ID: name})
		if err != nil {
			broken = ctx.Err()
			return false
		}
		return r.State == inventory.Confirmed && r.Code.String() == code
	})
	v.facts.AckedLost = len(lost)
	for i, b := range lost {
		if i == namedMax {
			v.differ("… and %d more confirmations", len(lost)-namedMax)
			break
		}
		v.differ("booking %s was confirmed to somebody and is not in the database as confirmed", b.ID)
	}
	return broken
}

// namedMax is how many differences of one kind are named one by one.
const namedMax = 20

// checkPeople counts, by what identifies a person in this sale, who has more
// places than allowed.
func (st *stage) checkPeople(ctx context.Context, _ *rehearsal.Result, v *verdict) error {
	sale := st.server.sales()[0]
	if sale.Limit.PerPerson == 0 {
		return nil
	}
	have := make(map[string]int)
	err := st.server.store.EachParticipant(ctx, sale.ID, func(_ ident.BookingID, state inventory.BookingState, p catalog.Participant) error {
		if state == inventory.Held || state == inventory.Confirmed || state == inventory.Redeemed {
			have[eligibility.NormalizePerson(p, sale.Limit.Person)]++
		}
		return nil
	})
	for _, n := range have {
		if n > sale.Limit.PerPerson {
			v.facts.DuplicatePeople++
		}
	}
	if v.facts.DuplicatePeople > 0 {
		v.differ("%d people have more than %d places", v.facts.DuplicatePeople, sale.Limit.PerPerson)
	}
	return err
}

// checkPlaces compares, slot by slot, what is held and booked with what the sale
// file gives the slot.
func (st *stage) checkPlaces(ctx context.Context, _ *rehearsal.Result, v *verdict) error {
	pools, err := st.server.store.EagerPools(ctx)
	if err != nil {
		return err
	}
	held, booked := make(map[ident.SlotID]int), make(map[ident.SlotID]int)
	for i := range pools {
		held[pools[i].ID.Slot()] += pools[i].Held + pools[i].Blocked
		booked[pools[i].ID.Slot()] += pools[i].Booked
	}
	for i, slot := range st.server.sales()[0].Slots {
		v.facts.Booked += booked[slot.ID]
		if over := held[slot.ID] + booked[slot.ID] - st.plan.Slots[i].Places; over > 0 {
			v.facts.Oversold += over
			v.differ("the slot of %s is oversold by %d", slot.Start.Format(time.DateTime), over)
		}
	}
	return nil
}

// checkMails counts what was promised and what arrived, by Message-ID.
func (st *stage) checkMails(ctx context.Context, _ *rehearsal.Result, v *verdict) error {
	promised, err := st.server.store.CountMessages(ctx, catalog.ContactMail)
	if err != nil {
		return err
	}
	got := st.sink.Counts()
	v.facts.MailsExpected = promised.Due + promised.Sent + promised.Parked
	v.facts.MailsReceived, v.facts.MailDuplicates = got.Distinct, got.Copies
	if v.facts.MailsExpected != v.facts.MailsReceived {
		v.differ("%d mails were promised (%d still due, %d parked), %d arrived", v.facts.MailsExpected, promised.Due, promised.Parked, v.facts.MailsReceived)
	}
	return nil
}

// checkBooks is `einlass verify`.
func (st *stage) checkBooks(ctx context.Context, _ *rehearsal.Result, v *verdict) error {
	found, err := st.server.store.Verify(ctx)
	if err != nil {
		return err
	}
	v.facts.Verify = verifyWord(found)
	for i, d := range found.Differences {
		if i == namedMax {
			v.differ("verify: … and %d more", len(found.Differences)-namedMax)
			break
		}
		v.differ("verify: %s", d)
	}
	return nil
}

func verifyWord(v *store.Verification) string {
	if len(v.Differences) == 0 {
		return "ok"
	}
	return fmt.Sprintf("%d differences", len(v.Differences))
}
