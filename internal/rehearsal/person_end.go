package rehearsal

import "time"

// cart is the page of a held place.
func (p *person) cart(q ask, a *answer, took time.Duration) (time.Duration, bool) {
	p.errors = 0
	think := &p.crowd.cfg.Think
	if q.step == stepHold && a.status < 400 {
		p.crowd.tally.hold(p.size, took)
		p.inside = true
	}
	if p.reload(a) {
		return p.pause(think.ReadMS), false
	}
	if p.who.abandons {
		return 0, p.end(Abandoned)
	}
	if form := a.page.Form(stepExtend); form != nil && p.who.extends && !p.extended {
		p.extended = true
		return p.send(form, a, p.say, think.ConfirmMS)
	}
	form := a.page.Form(stepConfirm)
	if form == nil {
		return p.unknown(a)
	}
	if a.status >= 400 {
		if p.forms++; p.forms > formsMax {
			p.odd("form that comes back for ever")
			return 0, p.end(Stuck)
		}
	}
	return p.send(form, a, p.say, think.ConfirmMS)
}

// letGo notes that the person's places no longer lie in a cart somebody minds.
func (p *person) letGo() {
	if p.inside {
		p.crowd.tally.count(func(t *tally) { t.held -= p.size })
	}
	p.inside = false
}

// booking is the page of a confirmed booking.
func (p *person) booking(q ask, a *answer, took time.Duration) (time.Duration, bool) {
	c := p.crowd
	if q.step == stepCancel {
		c.book.cancel(lastPart(a.path))
		return 0, p.end(Booked)
	}
	if p.note(a) {
		now := time.Now()
		c.tally.book(p.size, p.requests, p.in+p.out, took, now.Sub(p.arrived), now)
	}
	p.inside = false
	if form := a.page.Form(stepCancel); form != nil && p.who.cancels && !p.second {
		return p.send(form, a, p.say, c.cfg.Think.ConfirmMS)
	}
	return 0, p.end(Booked)
}

// note writes the booking into the ledger and reports whether it is new there.
func (p *person) note(a *answer) bool {
	if a.page.Code == "" {
		p.odd("booking without a code")
	}
	guests := make([]Guest, 0, p.size)
	for _, g := range p.who.guests[:p.size] {
		guests = append(guests, Guest{Name: g.Name, Birth: g.Birth})
	}
	return p.crowd.book.add(Acked{
		ID: lastPart(a.path), Code: a.page.Code, Slot: p.slot, Guests: guests,
		Contact: p.who.contact.String(), Channel: "online", Named: a.names,
		AtMS: time.Since(p.crowd.tally.start).Milliseconds(),
	})
}

// giveUpShare is how many give up at each slot that was taken before them.
const giveUpShare = 0.1

// refused reads why, and does what people do about it.
func (p *person) refused(a *answer, took time.Duration) (time.Duration, bool) {
	c, reason := p.crowd, cut(a.page.State, codeMax)
	if reason == "" {
		p.odd("refusal without a reason")
		reason = "unnamed"
	}
	c.tally.refuse(reason, took)
	switch reason {
	case reasonHasOne:
		if !p.second && !p.doubled {
			p.odd("has_one at the first try")
		}
		return 0, p.end(HasOne)
	case reasonHasNumber:
		return 0, p.end(HasOne)
	case reasonNotEligible, reasonCodeUsed:
		return 0, p.end(NotEligible)
	case reasonTooLate:
		return 0, p.end(SoldOut)
	case reasonTooEarly, reasonPaused:
		return p.again(c.cfg.Think.AgainMS, LeftWaiting)
	}
	p.letGo()
	gaveUp := HoldLost
	switch reason {
	case reasonSoldOut, reasonFullyHeld:
		gaveUp = SoldOut
	case reasonAddressFull:
		gaveUp = GaveUpBusy
	}
	if p.tries++; p.tries > retriesMax || p.chance.Float64() < giveUpShare {
		return 0, p.end(gaveUp)
	}
	return p.another(a)
}

// another takes the refused page's way on: its form, its link, or the start.
func (p *person) another(a *answer) (time.Duration, bool) {
	switch {
	case a.page.Form(stepHold) != nil:
		return p.choose(a)
	case a.page.Next != "":
		return p.goOn(a, p.crowd.cfg.Think.ReadMS)
	case len(a.page.Forms) == 0:
		p.odd("refusal without a next step")
	}
	return p.again(p.crowd.cfg.Think.ReadMS, SoldOut)
}
