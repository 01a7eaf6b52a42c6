package outbox

import (
	"context"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/mail"
	"einlass/internal/store"
)

// job is one message ready to be handed over, or what is to become of it
// instead.
type job struct {
	store.Message
	letter mail.Letter
	near   *mail.Near // instead of letter, if it is about a number
	domain string
	end    *store.Delivery // set when there is nothing to send
}

// round delivers one batch and says how long to rest before the next.
func (w *Worker) round(ctx context.Context) (rest, error) {
	if err := w.mark(nil); err != nil {
		return rest{}, err
	}
	limit := batchMax
	if w.troubles > 0 {
		limit = 1 // one is enough to see whether the relay is back
	}
	due, err := w.store.DueMessages(ctx, catalog.ContactMail, w.o.Now(), limit)
	if err != nil {
		return rest{}, err
	}
	jobs, err := w.prepare(ctx, due)
	if err != nil {
		return rest{}, err
	}
	if pause, err := w.deliver(ctx, jobs); err != nil || pause.lasts > 0 {
		return pause, err
	}
	if len(due) == limit {
		return rest{}, nil
	}
	return w.untilNext(ctx)
}

// untilNext rests until the next message is due. The connection is given back:
// relays do not like those who stay without a word.
func (w *Worker) untilNext(ctx context.Context) (rest, error) {
	w.relay.Close()
	next, err := w.store.NextDue(ctx, catalog.ContactMail)
	if err != nil {
		return rest{}, err
	}
	r := rest{lasts: idleMax}
	if !next.IsZero() {
		r.lasts = min(idleMax, max(next.Sub(w.o.Now()), time.Millisecond))
	}
	return r, nil
}

// deliver hands over the jobs in an order that spares the domains. It ends early
// with a rest when the relay is in trouble.
func (w *Worker) deliver(ctx context.Context, jobs []job) (rest, error) {
	jobs = w.endUnsendable(jobs)
	var pause rest
	for len(jobs) > 0 && pause.lasts == 0 && ctx.Err() == nil {
		w.giveWay(ctx)
		i, wait := w.pace.choose(jobs, w.o.Now())
		j := jobs[i]
		jobs = append(jobs[:i:i], jobs[i+1:]...)
		if err := w.mark([]int64{j.Seq}); err != nil { // ends the attempt before this one, too
			return rest{}, err
		}
		w.sleep(ctx, rest{lasts: wait, deaf: true})
		pause = w.attempt(ctx, &j)
		if failpoint.Bug(failpoint.BugFlagAfterBatch) && len(jobs) > 0 {
			if err := w.sendUnmarked(ctx, jobs); err != nil {
				return rest{}, err
			}
			jobs = nil
		}
	}
	return pause, w.mark(nil)
}

// giveWay waits while people do, and not for ever.
func (w *Worker) giveWay(ctx context.Context) {
	for waited := time.Duration(0); waited < crowdedMax && w.o.Crowded != nil && w.o.Crowded(); waited += crowdedLap {
		select {
		case <-ctx.Done():
			return
		case <-time.After(crowdedLap):
		}
	}
}

// sendUnmarked is the planted bug: it sends the rest of the batch and leaves all
// marks to the end, so that a crash repeats the whole batch.
func (w *Worker) sendUnmarked(ctx context.Context, jobs []job) error {
	for i := range jobs {
		w.attempt(ctx, &jobs[i])
	}
	return w.mark(nil)
}

// endUnsendable owes the marks of jobs that have nothing to send, and returns
// the others.
func (w *Worker) endUnsendable(jobs []job) []job {
	var sendable []job
	for i := range jobs {
		if jobs[i].end == nil {
			sendable = append(sendable, jobs[i])
			continue
		}
		w.end(jobs[i])
	}
	return sendable
}

// end owes the mark of a job that has nothing to send.
func (w *Worker) end(j job) {
	w.owed = append(w.owed, *j.end)
	w.noteEnd(&j, j.end)
}

// attempt hands one message over and owes its mark.
func (w *Worker) attempt(ctx context.Context, j *job) rest {
	if ctx.Err() != nil {
		w.owed = append(w.owed, store.Delivery{Seq: j.Seq, State: store.OutboxDue, Untried: true, Trouble: j.Trouble})
		return rest{}
	}
	message, err := w.compose(j)
	if err != nil {
		w.end(w.park(*j, mail.TroubleUnwritten, err))
		return rest{}
	}
	err = w.relay.Send(ctx, message)
	w.pace.sent(j.domain, w.o.Now())
	if err == nil {
		failpoint.Hit(failpoint.OutboxAfterSend)
		w.relayIsBack()
		w.owed = append(w.owed, store.Delivery{Seq: j.Seq, State: store.OutboxSent, At: w.o.Now()})
		w.count(func(s *Stats) { s.Sent++ })
		return rest{}
	}
	return w.notSent(ctx, j, mail.AsFailure(err))
}

func (w *Worker) compose(j *job) (*mail.Message, error) {
	if j.near != nil {
		return w.composer.ComposeNear(*j.near)
	}
	return w.composer.Compose(j.letter)
}

// notSent owes the mark of a message that was not taken, and says whether all
// must wait.
func (w *Worker) notSent(ctx context.Context, j *job, f *mail.Failure) rest {
	d := w.judge(j, f)
	w.owed = append(w.owed, d)
	if f.Class == mail.Uncertain {
		w.count(func(s *Stats) { s.InDoubt.LostReply++ })
	}
	if ctx.Err() != nil {
		return rest{} // we cut it off ourselves
	}
	w.noteFailure(j, f, &d)
	if f.Class == mail.Permanent || f.Class == mail.Temporary && f.Code != 0 {
		w.relayIsBack() // it said no, but it speaks
		return rest{}
	}
	return w.relayTrouble(f)
}

// judge decides what becomes of a message that was not taken.
func (w *Worker) judge(j *job, f *mail.Failure) store.Delivery {
	now := w.o.Now()
	d := store.Delivery{Seq: j.Seq, State: store.OutboxDue, Trouble: trouble(f.Trouble()), At: now}
	switch {
	case f.Class == mail.Permanent, f.Class == mail.Temporary && failpoint.Bug(failpoint.BugGivesUp451):
		d.State = store.OutboxParked
	case f.Class == mail.Unreached:
		d.Untried = true
		if w.awayTooLong(j, now) {
			d.State, d.Trouble = store.OutboxParked, trouble(mail.Trouble(mail.TroubleTooLong, f.Trouble()))
		}
	case j.Attempts+1 >= triesMin && now.Sub(j.Created) >= giveUpAfter:
		d.State, d.Trouble = store.OutboxParked, trouble(mail.Trouble(mail.TroubleTooLong, f.Trouble()))
	default:
		d.Due = now.Add(pauseAfter(j.Attempts+1, w.chance))
	}
	if d.State == store.OutboxParked {
		d.State = hopeless(&j.Message)
	}
	return d
}

// awayTooLong reports that a message has waited for days for a relay that does
// not come back. After a start the relay is given an hour before that counts.
func (w *Worker) awayTooLong(j *job, now time.Time) bool {
	since := w.Stats().AwaySince
	return now.Sub(j.Due) >= giveUpAfter && !since.IsZero() && now.Sub(since) >= relayGrace
}

// noteFailure counts and logs one attempt without a word of what was in it.
func (w *Worker) noteFailure(j *job, f *mail.Failure, d *store.Delivery) {
	if d.Untried && d.State == store.OutboxDue {
		return // relayTrouble tells it once for all
	}
	w.noteEnd(j, d)
	w.o.Log.Info("outbox: not delivered", "seq", j.Seq, "why", f.Class.String(), "code", f.Code, "attempt", j.Attempts+1)
}

func (w *Worker) noteEnd(j *job, d *store.Delivery) {
	switch d.State {
	case store.OutboxParked:
		w.count(func(s *Stats) { s.Parked++ })
		w.o.Log.Warn("outbox: parked; a clerk must look", "seq", j.Seq)
	case store.OutboxNothing:
		w.count(func(s *Stats) { s.Dropped++ })
	default:
		w.count(func(s *Stats) { s.PutOff++ })
	}
}

// relayTrouble pauses all delivery, longer each time.
func (w *Worker) relayTrouble(f *mail.Failure) rest {
	w.troubles++
	pause := relayPause(w.troubles, w.chance)
	now := w.o.Now()
	w.count(func(s *Stats) {
		if s.AwaySince.IsZero() {
			s.AwaySince = now
		}
		s.AwayWhy = f.Class.String()
	})
	w.o.Log.Warn("outbox: trouble with the relay; all mail waits", "why", f.Class.String(), "code", f.Code, "times", w.troubles, "pause", pause)
	return rest{lasts: pause, deaf: true}
}

func (w *Worker) relayIsBack() {
	if w.troubles == 0 {
		return
	}
	w.troubles = 0
	w.count(func(s *Stats) { s.AwaySince, s.AwayWhy = time.Time{}, "" })
	w.o.Log.Info("outbox: the relay answers again")
}
