package rehearsal

import (
	"context"
	"strings"
	"time"

	"einlass/internal/fault"
)

// callAgainMS is when a caller with a number calls again, on the injected clock: about
// as often as people do who have no page to look at.
const callAgainMS = 3 * 60_000

// askersShare is how many of the calls may be from people who ask how it stands with
// their number: they leave the line to those who want to book.
const askersShare = 1.0 / 3

// waiting is a caller with a number.
type waiting struct {
	persona
	receipt string    // address of the number's page at the desk
	due     time.Time // when they call again
	until   time.Time // when they do not any more
}

// remember keeps a caller who will call again. Any clerk answers.
func (d *desk) remember(w waiting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = append(d.waiting, w)
}

// calls takes out a caller with a number who calls again now.
func (d *desk) calls(now time.Time) (w waiting, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.waiting {
		if w = d.waiting[i]; !w.due.After(now) {
			d.waiting = append(d.waiting[:i], d.waiting[i+1:]...)
			return w, true
		}
	}
	return waiting{}, false
}

// callersShare is how many of all who want a place call or come to the counter for a
// number: 10 % (SHAPES.md, a).
const callersShare = 0.1

// mayNumber takes one of the callers who want a number; false if all have called.
func (d *desk) mayNumber() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if float64(d.wanted) >= callersShare*float64(d.crowd.cfg.People) {
		return false
	}
	d.wanted++
	return true
}

// next is what the next caller wants.
func (k *clerk) next(ctx context.Context) error {
	c := k.desk.crowd
	early := k.numbers != "" && time.Now().Before(c.tally.start)
	switch {
	case (early || k.numbers != "" && k.chance.Float64() < c.cfg.Clerks.Numbers) && k.desk.mayNumber():
		return k.drawFor(ctx)
	case early: // there is nothing else to be had, and whoever wanted a number has one
		return nil
	}
	return k.bookFor(ctx)
}

// drawFor draws a number for the next caller, into the same log as everybody's.
func (k *clerk) drawFor(ctx context.Context) error {
	c := k.desk.crowd
	k.caller = k.desk.nextCaller(k.chance)
	a, err := k.get(ctx, k.numbers)
	if err != nil {
		return err
	}
	if a.page.Form(stepLogin) != nil {
		k.home = "" // logged out meanwhile
		return fault.New(fault.Forbidden, "login ended")
	}
	if a.page.Form(stepDeskDraw) == nil {
		return nil // numbers are not drawn now
	}
	if a, err = k.submit(ctx, a, stepDeskDraw, k.say); err != nil {
		return err
	}
	if a.page.Kind != kindNumber {
		return fault.New(fault.Unavailable, "no number after drawing one: %s %s", a.page.Kind, a.page.State)
	}
	c.tally.count(func(t *tally) { t.desk.Numbers++ })
	receipt, _, _ := strings.Cut(a.path, "?")
	opens := later(time.Now(), c.tally.start)
	k.desk.remember(waiting{persona: k.caller, receipt: receipt, due: k.nextCall(opens), until: opens.Add(c.cfg.real(c.cfg.Think.WaitMS))})
	return nil
}

// nextCall is when somebody calls again who called then.
func (k *clerk) nextCall(then time.Time) time.Time {
	c := k.desk.crowd
	return then.Add(spread(c.cfg.real(callAgainMS), c.cfg.Think.Sigma, k.chance.NormFloat64()))
}

// answer looks the number of somebody up who calls again, and books for them if it was
// called.
func (k *clerk) answer(ctx context.Context, w waiting) error {
	c := k.desk.crowd
	a, err := k.get(ctx, w.receipt)
	if err != nil {
		k.callLater(w)
		return err
	}
	if a.page.Form(stepLogin) != nil && a.page.Kind != kindNumber {
		k.callLater(w)
		k.home = ""
		return fault.New(fault.Forbidden, "login ended")
	}
	c.tally.count(func(t *tally) { t.desk.LookedUp++ })
	switch a.page.State {
	case stateCalled, stateLate:
		k.caller = w.persona
		if err := k.book(ctx); err != nil {
			return err
		}
		c.tally.count(func(t *tally) { t.desk.FromNumbers++ })
	case stateSoldOut, stateClosed:
	default:
		k.callLater(w)
	}
	return nil
}

// callLater lets somebody call again, if they still will.
func (k *clerk) callLater(w waiting) {
	if w.due = k.nextCall(time.Now()); w.due.Before(w.until) {
		k.desk.remember(w)
	}
}
