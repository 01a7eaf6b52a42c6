package outbox

import (
	"context"
	"time"

	"einlass/internal/fault"
	"einlass/internal/mail"
	"einlass/internal/store"
)

// nearStale is from when on nobody needs to hear any more that their turn is near: the
// relay was away for so long. A number that was called waits at the door, and the page
// says so.
const nearStale = 30 * time.Minute

// gatherNear makes a message about a number a job. Nothing is sent where the address was
// forgotten meanwhile, the room is over or it is too late. Such a message is a courtesy:
// what cannot be sent ends here and lies in no clerk's way.
func (w *Worker) gatherNear(ctx context.Context, m store.Message) (job, error) {
	j := job{Message: m}
	nothing := job{Message: m, end: &store.Delivery{Seq: m.Seq, State: hopeless(&m), Untried: true}}
	r, err := w.store.Reminder(ctx, m.Booking.ID)
	switch {
	case fault.KindOf(err) == fault.Unavailable:
		return j, err
	case err != nil:
		w.o.Log.Error("outbox: a message about a number cannot be written", "seq", m.Seq, "err", err)
		return nothing, nil
	case r.Mail == "", w.o.Now().Sub(m.Created) > nearStale:
		return nothing, nil
	}
	sale, known := w.sales.sales[m.Sale]
	if j.domain = mail.Domain(r.Mail); j.domain == "" || !known {
		return nothing, nil
	}
	j.near = &mail.Near{
		Seq: m.Seq, Name: r.ID, To: r.Mail, Lang: r.Lang, Sale: &sale.Sale, Number: r.Number, Called: r.Called, At: m.Created,
	}
	return j, nil
}
