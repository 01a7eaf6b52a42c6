package outbox

import (
	"context"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/mail"
	"einlass/internal/store"
)

// rebookingsMax bounds how far back a chain of rebookings is followed: it only
// keeps an appointment's name in calendars.
const rebookingsMax = 50

// directory keeps the sales in memory and reads them again when one changed.
type directory struct {
	store   *store.Store
	version int64
	sales   map[ident.SaleID]*store.StoredSale
}

func (d *directory) refresh(ctx context.Context) error {
	v, err := d.store.SalesVersion(ctx)
	if err != nil || v == d.version && d.sales != nil {
		return err
	}
	all, err := d.store.Sales(ctx)
	if err != nil {
		return err
	}
	d.sales = make(map[ident.SaleID]*store.StoredSale, len(all))
	for i := range all {
		d.sales[all[i].ID] = &all[i]
	}
	d.version = v
	return nil
}

// prepare gathers what the letters of a batch need. An error means that the database could
// not be read; what is wrong with one message is the end of that message only.
func (w *Worker) prepare(ctx context.Context, due []store.Message) ([]job, error) {
	if len(due) == 0 {
		return nil, nil
	}
	if err := w.sales.refresh(ctx); err != nil {
		return nil, err
	}
	jobs := make([]job, 0, len(due))
	for _, m := range due {
		j, err := w.gather(ctx, m)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// gather makes one message a job.
func (w *Worker) gather(ctx context.Context, m store.Message) (job, error) {
	if m.About == inventory.AboutNear {
		return w.gatherNear(ctx, m)
	}
	j := job{Message: m}
	r, err := w.store.Booking(ctx, m.Booking)
	switch {
	case fault.KindOf(err) == fault.Unavailable:
		return j, err
	case err != nil:
		return w.park(j, mail.TroubleUnwritten, err), nil
	case superseded(m, r):
		j.end = &store.Delivery{Seq: m.Seq, State: store.OutboxNothing, Untried: true}
		return j, nil
	}
	if j.domain = mail.Domain(r.Contact.Mail); j.domain == "" {
		return w.park(j, mail.TroubleNowhere, nil), nil
	}
	j.letter, err = w.letter(ctx, m, r)
	switch {
	case fault.KindOf(err) == fault.Unavailable:
		return j, err
	case err != nil:
		return w.park(j, mail.TroubleUnwritten, err), nil
	}
	return j, nil
}

// park ends a message that cannot be written. The reason goes to the log, which
// the technical staff read; the clerk reads a sentence.
func (w *Worker) park(j job, reason string, err error) job {
	if err != nil {
		w.o.Log.Error("outbox: a message cannot be written", "seq", j.Seq, "err", err)
	}
	j.end = &store.Delivery{Seq: j.Seq, State: hopeless(&j.Message), Trouble: trouble(mail.Trouble(reason, "")), Untried: true}
	return j
}

// hopeless is where a message ends that cannot be delivered.
func hopeless(m *store.Message) store.OutboxState {
	if m.About == inventory.AboutNear {
		return store.OutboxNothing // no clerk could do anything about it in time
	}
	return store.OutboxParked
}

// superseded reports that a later message says the same, or that the booker has
// since asked to be reached another way, for which a later message was promised.
func superseded(m store.Message, r *store.Record) bool {
	for _, other := range r.Messages {
		same := other.About == m.About || m.Kind != r.Contact.Kind
		if other.Seq > m.Seq && other.Kind == r.Contact.Kind && same {
			return true
		}
	}
	return false
}

func (w *Worker) letter(ctx context.Context, m store.Message, r *store.Record) (mail.Letter, error) {
	sale, ok := w.sales.sales[r.Sale]
	if !ok {
		return mail.Letter{}, fault.New(fault.Internal, "message %d: there is no sale %d", m.Seq, r.Sale)
	}
	origin, generation, err := w.origin(ctx, r)
	if err != nil {
		return mail.Letter{}, err
	}
	return mail.Letter{
		Seq: m.Seq, About: m.About, Booking: r.Booking, Origin: origin, Generation: generation,
		To: r.Contact.Mail, Lang: r.Contact.Lang, Sale: &sale.Sale, Slots: slotsOf(sale, r), At: m.Created,
	}, nil
}

// slotsOf picks the slots of one booking out of the thousands a sale may have.
func slotsOf(sale *store.StoredSale, r *store.Record) []catalog.Slot {
	want := make(map[ident.SlotID]bool, len(r.Lines))
	for _, l := range r.Lines {
		want[l.Slot] = true
	}
	var out []catalog.Slot
	for i := range sale.Slots {
		if want[sale.Slots[i].ID] {
			out = append(out, sale.Slots[i])
		}
	}
	return out
}

// origin follows rebookings back to the first booking.
func (w *Worker) origin(ctx context.Context, r *store.Record) (id ident.BookingID, generation int, err error) {
	id = r.ID
	for back := r.Replaces; !back.IsZero() && generation < rebookingsMax; generation++ {
		old, err := w.store.Booking(ctx, back)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return id, generation, nil // erased long ago
		}
		if err != nil {
			return id, generation, err
		}
		id, back = old.ID, old.Replaces
	}
	return id, generation, nil
}
