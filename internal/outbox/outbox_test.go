package outbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/mail/sink"
	"einlass/internal/outbox"
	"einlass/internal/store"
)

// TestEveryMessageArrivesOnceTheRelayIsWell drives messages through one fault
// after the other. Copies may come only from a lost last reply, each with the
// Message-ID of the first.
func TestEveryMessageArrivesOnceTheRelayIsWell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		plan   sink.Plan
		fault  sink.Fault
		least  int // times that the fault must have happened
		copies bool
	}{
		{"well", sink.Well, sink.None, 0, false},
		{"451 to all", sink.Always(sink.Refuse451), sink.Refuse451, many, false},
		{"greylisted", firstTime(sink.Greylist), sink.Greylist, many, false},
		{"drop in mid-DATA", sink.Every(10, sink.Drop), sink.Drop, many / 10, false},
		{"stall", sink.Every(25, sink.Stall), sink.Stall, many / 25, false},
		{"hang up", sink.Every(10, sink.HangUp), sink.HangUp, many / 10, false},
		{"lost last reply", sink.Every(10, sink.LoseReply), sink.LoseReply, many / 10, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, many)
			h.book(t, many, byMail)
			if c.fault == sink.Stall {
				h.replies = impatient
			}
			h.sink.Misbehave(c.plan)
			w := h.run(t)
			until(t, "the fault", func() bool { return h.sink.Counts().Faults[c.fault] >= c.least })
			h.sink.Misbehave(sink.Well)
			until(t, "all sent", func() bool { c := h.counts(t); return c.Sent == many || c.Parked > 0 })
			w.stop()
			checkDelivery(t, h, w, c.copies)
		})
	}
}

// firstTime is a fault for the first message to each recipient.
func firstTime(f sink.Fault) sink.Plan {
	seen := map[string]bool{}
	return func(_ int, to string) sink.Fault {
		if seen[to] {
			return sink.None
		}
		seen[to] = true
		return f
	}
}

func checkDelivery(t *testing.T, h *house, w running, copies bool) {
	t.Helper()
	got, stats := h.sink.Counts(), w.Stats()
	t.Logf("%+v; %+v", got, stats)
	if got.Distinct != many || stats.Sent != many || stats.Parked != 0 || stats.InDoubt.Crash != 0 {
		t.Errorf("%d different messages, %+v", got.Distinct, stats)
	}
	lost := got.Faults[sink.LoseReply]
	if got.Copies != lost || (lost > 0) != copies {
		t.Errorf("%d copies, %d lost replies", got.Copies, lost)
	}
	if int64(got.Copies) > stats.InDoubt.LostReply {
		t.Errorf("%d copies, %d were counted as in doubt", got.Copies, stats.InDoubt.LostReply)
	}
	byID := map[string]string{}
	for _, m := range h.sink.Messages() {
		if other, seen := byID[m.ID]; seen && other != m.To || m.ID == "" {
			t.Errorf("Message-ID %q went to %s and %s", m.ID, other, m.To)
		}
		byID[m.ID] = m.To
	}
}

// TestAwayForTwoHours: the relay refuses connections for two virtual hours while
// bookings go on. Nothing is lost, nothing is doubled, nothing counts as an
// attempt, and the end of the outage is noticed within minutes.
func TestAwayForTwoHours(t *testing.T) {
	t.Parallel()
	h := newHouse(t, many)
	h.clock = newFast(5000) // two hours in 1.4 s
	h.sink.Down()
	h.book(t, many/2, byMail)
	w := h.run(t)
	begun := h.clock.Now()
	until(t, "trouble seen", func() bool { return !w.Stats().AwaySince.IsZero() })
	h.book(t, many/2, byMail)
	w.Wake()
	until(t, "two hours", func() bool { return h.clock.Now().Sub(begun) >= 2*time.Hour })
	if c := h.counts(t); c.Due != many {
		t.Errorf("%+v during the outage", c)
	}
	must(t, h.sink.Up())
	back := h.clock.Now()
	until(t, "all sent", func() bool { return h.counts(t).Sent == many })
	t.Logf("all %d sent %v after the relay came back", many, h.clock.Now().Sub(back))
	w.stop()
	if c := h.sink.Counts(); c.Distinct != many || c.Copies != 0 {
		t.Errorf("%+v", c)
	}
	if s := w.Stats(); s.InDoubt != (outbox.InDoubt{}) || s.PutOff != 0 || !s.AwaySince.IsZero() {
		t.Errorf("%+v", s)
	}
}

// TestParkedAndSentAgain: a refused address is parked with words a clerk can
// act on, does not hold up others, and goes out when the clerk says so.
func TestParkedAndSentAgain(t *testing.T) {
	t.Parallel()
	const bad = 20
	h := newHouse(t, many)
	h.book(t, many, byMail)
	h.sink.Misbehave(func(_ int, to string) sink.Fault {
		if strings.HasPrefix(to, "person1") && len(to) == len("person1x@mail0.example") {
			return sink.Refuse550
		}
		return sink.None
	})
	w := h.run(t)
	until(t, "delivered or parked", func() bool { c := h.counts(t); return c.Due == 0 })
	parked, err := h.store.ParkedMessages(context.Background(), 0, many)
	must(t, err)
	if len(parked) != bad/2 || h.counts(t).Sent != many-bad/2 {
		t.Fatalf("%d parked, %+v", len(parked), h.counts(t))
	}
	for _, m := range parked {
		if m.Trouble != "Die Adresse gibt es nicht: 550 5.1.1 <…>: no such mailbox here" {
			t.Errorf("message %d: %q", m.Seq, m.Trouble)
		}
	}
	h.sink.Misbehave(sink.Well)
	n, err := h.store.ResendParked(0, h.clock.Now())
	must(t, err)
	w.Wake()
	until(t, "sent again", func() bool { return h.counts(t).Sent == many })
	if c := h.sink.Counts(); n != bad/2 || c.Distinct != many || c.Copies != 0 {
		t.Errorf("%d sent again, %+v", n, c)
	}
}

// TestGivesUpAfterDays: what is put off for days is parked, so that a person
// hears of it while there is time to call.
func TestGivesUpAfterDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	h.clock = newFast(200_000) // a day in 0.43 s
	h.book(t, 3, byMail)
	h.sink.Misbehave(sink.Always(sink.Greylist))
	w := h.run(t)
	until(t, "parked", func() bool { return h.counts(t).Parked == 3 })
	w.stop()
	days := h.clock.Now().Sub(opens).Hours() / 24
	parked, err := h.store.ParkedMessages(context.Background(), 0, many)
	must(t, err)
	for _, m := range parked {
		if !strings.HasPrefix(m.Trouble, "Die Mail kam mehrere Tage lang nicht an: Der Mailserver bittet, es später zu versuchen: 450") || m.Attempts < 10 {
			t.Errorf("after %d attempts: %q", m.Attempts, m.Trouble)
		}
	}
	if days < 5 || w.Stats().Parked != 3 {
		t.Errorf("after %.1f days: %+v", days, w.Stats())
	}
}

// TestMailGivesWay: while people wait for the processor a few messages a second go
// out, and not none; then all of them do.
func TestMailGivesWay(t *testing.T) {
	t.Parallel()
	const mails = 36
	h := newHouse(t, many)
	h.book(t, mails, byMail)
	h.crowded.Store(true)
	h.run(t)
	until(t, "some mail sent", func() bool { return h.sink.Counts().Distinct >= 2 })
	if n := h.sink.Counts().Distinct; n > mails/2 {
		t.Errorf("%d of %d mails sent while people wait", n, mails)
	}
	h.crowded.Store(false)
	until(t, "mail sent", func() bool { return h.counts(t).Sent == mails })
}

// TestWorkLists: people without e-mail are on a clerk's list, and the delivery
// leaves them alone.
func TestWorkLists(t *testing.T) {
	t.Parallel()
	const each = 10
	ctx := context.Background()
	h := newHouse(t, many)
	h.book(t, 4*each, func(i int) catalog.Contact {
		return []catalog.Contact{
			{Kind: catalog.ContactPhone, Phone: "02336 930", Lang: "de"}, {Kind: catalog.ContactPost, Post: "Erika Muster\nSchwelm", Lang: "de"},
			{Kind: catalog.ContactNone}, byMail(i),
		}[i%4]
	})
	w := h.run(t)
	until(t, "mail sent", func() bool { return h.counts(t).Sent == each })
	w.stop()
	now := h.clock.Now()
	calls, err := outbox.Calls(ctx, h.store, now, 100)
	must(t, err)
	letters, err := outbox.Letters(ctx, h.store, now, 100)
	must(t, err)
	if len(calls) != each || len(letters) != each || calls[0].Record.Contact.Phone != "02336 930" || letters[0].Record.Contact.Post == "" {
		t.Fatalf("%d calls, %d letters", len(calls), len(letters))
	}
	by := outbox.By{Actor: "kasse1", Role: inventory.RoleClerk, Channel: catalog.Phone, At: now}
	must(t, outbox.Done(ctx, h.store, calls[0].Seq, by))
	wantKind(t, fault.Conflict, outbox.Done(ctx, h.store, calls[0].Seq, by)) // made twice
	must(t, outbox.Later(ctx, h.store, calls[1].Seq, now.Add(time.Hour), by))
	must(t, outbox.Done(ctx, h.store, letters[0].Seq, by))
	calls, err = outbox.Calls(ctx, h.store, now, 100)
	must(t, err)
	again, err := outbox.Calls(ctx, h.store, now.Add(2*time.Hour), 100)
	must(t, err)
	if len(calls) != each-2 || len(again) != each-1 || again[each-2].Tried != 1 || h.counts(t) != (store.OutboxCount{Due: 2*each - 2, Sent: each + 2, Nothing: each}) {
		t.Errorf("%d calls, later %d, %+v", len(calls), len(again), h.counts(t))
	}
	if c, err := h.store.CountTasks(ctx, now); err != nil || c != (store.TaskCount{Calls: each - 2, Letters: each - 1}) {
		t.Errorf("%+v %v", c, err)
	}
	kinds, err := h.store.CountByKind(ctx)
	must(t, err)
	if kinds[catalog.ContactMail] != (store.OutboxCount{Sent: each}) || kinds[catalog.ContactPhone] != (store.OutboxCount{Due: each - 1, Sent: 1}) || kinds[catalog.ContactNone].Nothing != each {
		t.Errorf("by kind: %+v", kinds)
	}
	wantKind(t, fault.NotFound, outbox.Done(ctx, h.store, 1_000_000, by))
}

func wantKind(t *testing.T, want fault.Kind, err error) {
	t.Helper()
	if err == nil || fault.KindOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestOneCallTellsEverything: all that is due for a booking is one task; what comes
// after the clerk looked stays; a mistake is undone whole, for a while; and who
// wants a mail from now on is called no more.
func TestOneCallTellsEverything(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHouse(t, many)
	phone := catalog.Contact{Kind: catalog.ContactPhone, Phone: "02336 930", Lang: "de"}
	ids := h.book(t, 3, func(int) catalog.Contact { return phone })
	h.then(t, inventory.Notify{Booking: ids[0], About: inventory.AboutConfirmed}, inventory.Notify{Booking: ids[2], About: inventory.AboutConfirmed})
	now := h.clock.Now()
	list := func() map[ident.BookingID]outbox.Task {
		t.Helper()
		calls, err := outbox.Calls(ctx, h.store, now.Add(time.Minute), 100)
		must(t, err)
		out := map[ident.BookingID]outbox.Task{}
		for _, c := range calls {
			out[c.Booking] = c
		}
		if n, err := h.store.CountTasks(ctx, now.Add(time.Minute)); err != nil || n.Calls != len(calls) || len(out) != len(calls) {
			t.Errorf("%d calls for %d bookings, counted %+v %v", len(calls), len(out), n, err)
		}
		return out
	}
	calls := list()
	task := calls[ids[0]]
	if len(calls) != 3 || len(task.Record.Messages) != 2 || task.Seq != task.Record.Messages[1].Seq {
		t.Fatalf("%d calls, %+v", len(calls), task)
	}
	h.then(t, inventory.Cancel{Booking: ids[0]}) // after the clerk looked
	by := outbox.By{Actor: "kasse1", Role: inventory.RoleClerk, Channel: catalog.Phone, At: now}
	must(t, outbox.Done(ctx, h.store, task.Seq, by))
	if left, ok := list()[ids[0]]; !ok || left.Seq <= task.Seq || h.counts(t).Due != 4 {
		t.Errorf("the cancellation is not to be told: %+v", left)
	}
	late := by
	late.At = now.Add(outbox.UndoFor + time.Second)
	wantKind(t, fault.Conflict, outbox.Undo(ctx, h.store, task.Seq, late))
	must(t, outbox.Undo(ctx, h.store, task.Seq, by))
	wantKind(t, fault.Conflict, outbox.Undo(ctx, h.store, task.Seq, by))
	if c := h.counts(t); c.Due != 6 || c.Sent != 0 || list()[ids[0]].Tried != 0 {
		t.Errorf("after undoing: %+v", c)
	}
	done := list()[ids[2]].Seq
	must(t, outbox.Done(ctx, h.store, done, by))
	h.then(t, inventory.SetContact{Booking: ids[1], Contact: byMail(1)}, inventory.SetContact{Booking: ids[2], Contact: byMail(2)})
	wantKind(t, fault.Conflict, outbox.Undo(ctx, h.store, done, by))
	wantKind(t, fault.NotFound, outbox.Done(ctx, h.store, 9, by)) // a mail
	if calls := list(); len(calls) != 1 || h.counts(t).Nothing != 1 {
		t.Errorf("%d calls, %+v", len(calls), h.counts(t))
	}
}
