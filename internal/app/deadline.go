package app

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// answerWithin ends whatever a request waits for. It is below the time that an answer may
// take, so that the person still gets the page that says so.
const answerWithin = 20 * time.Second

// within gives every request a deadline.
func within(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := &deadline{parent: r.Context(), at: time.Now().Add(answerWithin)}
		defer d.end()
		next.ServeHTTP(w, r.WithContext(d))
	})
}

// deadline is a context that sets its timer when somebody first waits for it. A page from
// memory never does, and the timer was 8 % of what a status poll costs.
type deadline struct {
	parent context.Context
	at     time.Time
	armed  atomic.Pointer[armed]
}

// armed is a deadline that somebody waits for.
type armed struct {
	context.Context
	cancel context.CancelFunc
}

// Deadline is the moment, which is never later than the parent's.
func (d *deadline) Deadline() (time.Time, bool) {
	if at, ok := d.parent.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

// Done sets the timer. Two who ask at once may make two contexts; the second is let go.
func (d *deadline) Done() <-chan struct{} {
	if a := d.armed.Load(); a != nil {
		return a.Done()
	}
	a := &armed{}
	a.Context, a.cancel = context.WithDeadline(d.parent, d.at)
	if !d.armed.CompareAndSwap(nil, a) {
		a.cancel()
	}
	return d.armed.Load().Done()
}

// Err says why it is over, if it is.
func (d *deadline) Err() error {
	if a := d.armed.Load(); a != nil {
		return a.Err()
	}
	if err := d.parent.Err(); err != nil {
		return err
	}
	if !time.Now().Before(d.at) {
		return context.DeadlineExceeded
	}
	return nil
}

// Value answers with what the parent knows. Once somebody waits, contexts made of this one
// must find the one with the timer, or each would need a goroutine to follow it.
func (d *deadline) Value(key any) any {
	if a := d.armed.Load(); a != nil {
		return a.Value(key)
	}
	return d.parent.Value(key)
}

// end lets whatever still waits go.
func (d *deadline) end() {
	if a := d.armed.Load(); a != nil {
		a.cancel()
	}
}
