package web

import (
	"net/http"
	"sync"

	"einlass/internal/booking"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// refusals counts for the report how often people heard why they get nothing. What is
// counted is the answer to a wish: who only looks, or wants the same answer in another
// language, was refused nothing.
type refusals struct {
	mu    sync.Mutex // guards times
	times map[refusedFor]int
}

type refusedFor struct {
	sale   ident.SaleID
	reason inventory.Reason
}

// Reasons that are no decision of the core.
const (
	notEligible inventory.Reason = "not_eligible"
	tooBusy     inventory.Reason = "busy"
)

// reported are the reasons that the report tells apart: why somebody gets no place or no
// number. The set is closed, so that the table stays small.
var reported = map[inventory.Reason]bool{
	inventory.SoldOut: true, inventory.FullyHeld: true, inventory.TooFew: true, inventory.HasOne: true, inventory.CodeUsed: true,
	inventory.TooEarly: true, inventory.TooLate: true, inventory.Paused: true, inventory.HoldEnded: true,
	addressFull: true, networkFull: true, hasNumber: true, noMorePasses: true, notEligible: true, tooBusy: true,
}

func (c *refusals) note(sale ident.SaleID, reason inventory.Reason) {
	if !reported[reason] {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = make(map[refusedFor]int)
	}
	c.times[refusedFor{sale, reason}]++
}

// noteRefusal counts the answer to a form that was sent for what is in it.
func (s *Site) noteRefusal(r *request, sale ident.SaleID, reason inventory.Reason) {
	if r.Method == http.MethodPost && !r.again {
		s.refused.note(sale, reason)
	}
}

// noteBusy counts that somebody was asked to come again, also who only looked.
func (s *Site) noteBusy(r *request) {
	if event := r.PathValue("event"); event != "" && !r.again {
		if sale, err := s.Booking.Sales.ByPath(r.PathValue("org"), event); err == nil {
			s.refused.note(sale.ID, tooBusy)
		}
	}
}

// noteIneligible counts a form of people of whom somebody may not book; one that only
// lacks something is none.
func (s *Site) noteIneligible(r *request, sale ident.SaleID, people []refusedPerson) {
	if len(people) > 0 {
		s.noteRefusal(r, sale, notEligible)
	}
}

// noteDesk counts what a clerk had to pass on.
func (s *Site) noteDesk(r *deskRequest, sale *booking.Sale, refused *deskRefused) {
	if refused != nil {
		s.noteRefusal(r.request, sale.ID, refused.reason())
	}
}

func (c *refusals) take() (out []store.Refused) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, n := range c.times {
		out = append(out, store.Refused{Sale: k.sale, Reason: k.reason, Times: n})
	}
	c.times = nil
	return out
}

func (c *refusals) keep(some []store.Refused) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = make(map[refusedFor]int)
	}
	for _, n := range some {
		c.times[refusedFor{n.Sale, n.Reason}] += n.Times
	}
}

// Note stores what was counted for the report since the last time: refusals, what was
// forecast to those who wait, and how many numbers the largest network drew. Whoever runs the site calls it every few seconds and
// at the end; a crash loses what was counted since. What could not be stored is kept for
// the next time.
func (s *Site) Note() error {
	if err := s.noteNetworks(); err != nil {
		return err
	}
	refused, told := s.refused.take(), s.Rooms.TakeTold()
	if len(refused) == 0 && len(told) == 0 {
		return nil
	}
	err := s.Store.AddNotes(refused, told)
	if err != nil && !store.IsUncertain(err) {
		s.refused.keep(refused)
		s.Rooms.KeepTold(told)
	}
	return err
}
