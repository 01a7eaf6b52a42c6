package rehearsal

import (
	"html"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"einlass/internal/catalog"
)

// person is one member of the crowd on its way. It is owned by whoever runs its
// turn: the agenda while it thinks, one goroutine while it asks.
type person struct {
	browser
	crowd  *crowd
	chance *rand.Rand
	who    persona

	due      time.Time // when the next turn is meant to begin
	next     ask
	arrived  time.Time
	waits    bool      // has come to the waiting room
	patience time.Time // when it stops waiting for carts to come back
	size     int       // places asked for
	slot     string    // chosen last
	wants    []string  // boxes of the groups that suit; nil: has not been asked
	admitted bool      // has the gate's leave to keep a connection
	here     bool      // has begun its journey
	inside   bool      // holds a cart
	called   bool      // was let in by a waiting room: their minutes run

	doubled, reloaded, corrected, extended bool
	second                                 bool   // tries again after booking
	last                                   string // page kind and state looked at last
	tries, looks, forms, busies, errors    int
	hurried                                int // requests made without waiting, of somebody rude
	tabs                                   []*browser
}

// turn is what happens when the time has come: wait for a connection if there is
// none to be had, then go on.
func (p *person) turn() {
	p.crowd.tally.began(p.due, time.Now())
	if !p.here {
		p.begin()
	}
	if !p.admitted {
		if !p.crowd.gate.enter(p.inside || p.called, func() { p.admitted = true; p.walk() }) {
			return
		}
		p.admitted = true
	}
	p.walk()
}

// begin starts a journey, the first or the second.
func (p *person) begin() {
	c := p.crowd
	p.here, p.arrived, p.size = true, p.due, 1
	p.patience = p.due.Add(spread(c.cfg.real(c.cfg.Think.PatienceMS), c.cfg.Think.Sigma, p.chance.NormFloat64()))
	p.browser = browser{
		host: c.host, lens: c.lens, lang: p.who.lang,
		opened: c.gate.opened, closed: c.gate.closed, asked: c.tally.asked, late: c.lateSince,
	}
	p.next = ask{path: c.cfg.Start}
	if !p.second {
		c.tally.arrive()
		if p.who.rude {
			c.tally.count(func(t *tally) { t.counts.Rude++ })
		}
	}
}

// walk acts until there is something to think about or the journey has ended.
func (p *person) walk() {
	for {
		if p.crowd.over() {
			p.odd("sent home from " + p.last)
			p.end(SentHome)
			return
		}
		if p.hadEnough() {
			p.end(LeftWaiting)
			return
		}
		delay, ended := p.act()
		if ended {
			return
		}
		p.due = time.Now().Add(delay)
		if delay > 0 {
			p.think(delay)
			return
		}
	}
}

// hadEnough reports whether somebody has been on their way for twice as long as people
// wait with a number: nobody walks about for ever.
func (p *person) hadEnough() bool {
	c := p.crowd
	return !p.inside && time.Since(later(p.arrived, c.tally.start)) > 2*c.cfg.real(c.cfg.Think.WaitMS)
}

// think puts the person on the agenda. A long thought, or others waiting for a
// connection, closes its own.
func (p *person) think(delay time.Duration) {
	if delay > keepOpenMax || p.crowd.gate.crowded() {
		p.hangUp()
	}
	if p.conn == nil {
		p.admitted = false
		p.crowd.gate.leave()
	}
	p.crowd.agenda.at(p)
}

// act makes the next request and decides what to do about the answer. It returns
// how long the person thinks before p.next, or that the journey has ended.
func (p *person) act() (delay time.Duration, ended bool) {
	q := p.next
	var a *answer
	var err error
	if q.post && q.step == p.who.doubleAt && !p.doubled {
		a, err = p.pressTwice(q)
	} else {
		a, err = p.follow(p.crowd.ctx, q, p.names())
	}
	took := time.Since(p.due)
	switch {
	case p.crowd.over():
		return 0, p.end(SentHome)
	case err != nil:
		p.unanswered(err)
		return p.missed(q)
	case p.requests > requestsMax && !p.who.rude:
		p.odd("walked in circles")
		return 0, p.end(Stuck)
	}
	return p.look(q, a, took)
}

// missed handles a request without a usable answer: try the same again a little
// later, as somebody who reloads, and not for ever.
func (p *person) missed(q ask) (time.Duration, bool) {
	if q.step == stepCancel {
		p.crowd.book.cancel(lastPart(q.path[:max(len(q.path)-len("/cancel"), 0)])) // may have happened
	}
	if p.errors++; p.errors > errorsMax {
		return 0, p.end(Unanswered)
	}
	p.next = q
	return p.pause(p.crowd.cfg.Think.AgainMS) / 4, false
}

// end finishes the journey and returns true, except when the person goes on to
// try a second one.
func (p *person) end(o Outcome) bool {
	c := p.crowd
	p.letGo()
	p.hangUp()
	p.closeTabs()
	if p.admitted {
		p.admitted = false
		c.gate.leave()
	}
	c.tally.end(o, p.second)
	c.tally.count(func(t *tally) {
		t.counts.Reconnects += p.reconnects
		t.counts.BytesIn += p.in
		t.counts.BytesOut += p.out
	})
	if o == Booked && p.who.retries && !p.second && !c.over() {
		p.tryAgain()
		return true
	}
	c.tally.count(func(t *tally) {
		if p.here {
			t.active--
		}
	})
	c.wg.Done()
	return true
}

// tryAgain sends the same person in again from another browser: no cookies, the
// birth date written differently.
func (p *person) tryAgain() {
	p.second, p.here, p.inside = true, false, false
	p.tries, p.looks, p.forms, p.busies, p.errors = 0, 0, 0, 0, 0
	p.who.dateStyle++
	p.who.typo, p.who.abandons, p.who.reloadAt, p.who.doubleAt = "", false, "", ""
	p.due = time.Now().Add(p.pause(p.crowd.cfg.Think.AgainMS))
	p.crowd.agenda.at(p)
}

// pressTwice sends the same form twice at once, over two connections. The browser
// shows one answer: the one that leads on, the second rather than the first.
func (p *person) pressTwice(q ask) (*answer, error) {
	c := p.crowd
	p.doubled = true
	if !c.gate.try() {
		return p.follow(c.ctx, q, p.names())
	}
	twin := p.browser
	twin.conn, twin.requests, twin.in, twin.out, twin.reconnects = nil, 0, 0, 0, 0
	twin.jar.cookies = append([]cookie(nil), p.jar.cookies...)
	var b *answer
	var errB error
	done := make(chan struct{})
	go func() {
		defer close(done)
		b, errB = twin.once(c.ctx, q, nil)
	}()
	a, errA := p.once(c.ctx, q, nil)
	<-done
	twin.hangUp()
	c.gate.leave()
	p.requests, p.in, p.out = p.requests+twin.requests, p.in+twin.in, p.out+twin.out
	for _, k := range twin.jar.cookies {
		p.jar.remove(k.name, k.path)
		p.jar.cookies = append(p.jar.cookies, k)
	}
	return p.afterBoth(q, a, errA, b, errB)
}

// afterBoth compares the two answers and goes on with one.
func (p *person) afterBoth(q ask, a *answer, errA error, b *answer, errB error) (*answer, error) {
	c := p.crowd
	c.tally.count(func(t *tally) { t.counts.Doubles++ })
	toA, toB := errA == nil && a.redirect(), errB == nil && b.redirect()
	if toA && toB && a.location != b.location {
		if q.step == stepHold {
			c.tally.count(func(t *tally) { t.counts.DoubleCarts++ })
		} else if first, err := p.onward(c.ctx, a, nil, p.names()); err == nil && first.page.Kind == kindBooking {
			p.note(first) // two bookings were acknowledged: both must be known
		}
	}
	if errB == nil && (toB || !toA) {
		return p.onward(c.ctx, b, nil, p.names())
	}
	return p.onward(c.ctx, a, errA, p.names())
}

// names are the guests' names as HTML writes them, to be looked for on the
// success page.
func (p *person) names() []string {
	if p.next.step != stepConfirm {
		return nil
	}
	names := make([]string, 0, p.size)
	for _, g := range p.who.guests[:p.size] {
		names = append(names, html.EscapeString(g.Name))
	}
	return names
}

// pause draws a think time around medianMS on the injected clock, as real time.
func (p *person) pause(medianMS int64) time.Duration {
	c := p.crowd.cfg
	return spread(c.real(medianMS), c.Think.Sigma, p.chance.NormFloat64())
}

// odd counts something no page should do.
func (p *person) odd(what string) { p.crowd.tally.count(func(t *tally) { t.odd[what]++ }) }

// say is what the person writes into any form it meets.
func (p *person) say(f *Field) (string, bool) {
	if word, n := numbered(f.Name); n > 0 {
		return p.sayGuest(f, word, n)
	}
	if strings.HasPrefix(f.Name, wantField) {
		return p.ticks(f)
	}
	switch f.Name {
	case "size":
		return strconv.Itoa(p.size), true
	case "contact":
		return p.contactAmong(f), true
	case "mail":
		return p.who.mailOf(), p.who.contact == catalog.ContactMail
	case "phone":
		return p.who.phoneOf(), p.who.contact == catalog.ContactPhone
	case "post":
		return p.who.postOf(), p.who.contact == catalog.ContactPost
	case "slot":
		return p.slot, p.slot != ""
	}
	if f.Type == "radio" && len(f.Choices) > 0 && f.Choices[0].Free >= 0 { // a second appointment
		return chooseSlot(f.Choices, p.size, p.chance.Float64(), "")
	}
	return "", false
}

// sayGuest answers for participant n, from 1.
func (p *person) sayGuest(f *Field, word string, n int) (string, bool) {
	if n > p.size {
		return "", f.Type != "select" && f.Type != "radio"
	}
	g := &p.who.guests[n-1]
	switch word {
	case "name":
		return g.Name, true
	case "birth":
		return birthAs(g.Birth, p.who.dateStyle), true
	case "postcode":
		if n == 1 && p.who.typo != "" && !p.corrected {
			return p.who.typo, true
		}
		return g.Postcode, true
	case "place":
		return placeAmong(f, p.crowd.cfg.Who.Places), true
	case "code":
		return g.Code, true
	}
	return "", false
}

// contactAmong is the person's own way to be reached, or the first one offered.
func (p *person) contactAmong(f *Field) string {
	kind := p.who.contact.String()
	if len(f.Choices) > 0 && !f.has(kind) {
		return f.Choices[0].Value
	}
	return kind
}

// placeAmong is the first of towns that is offered, else the first offered at all.
func placeAmong(f *Field, towns []string) string {
	for _, t := range towns {
		if f.has(t) {
			return t
		}
	}
	for _, c := range f.Choices {
		if c.Value != "" {
			return c.Value
		}
	}
	return f.Value
}
