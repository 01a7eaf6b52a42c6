package rehearsal

import (
	"strconv"
	"time"
)

// look decides what a person does with an answer.
func (p *person) look(q ask, a *answer, took time.Duration) (time.Duration, bool) {
	t := p.crowd.tally
	p.last = a.page.Kind + " " + a.page.State
	switch {
	case a.busy():
		if !p.who.rude {
			t.busy(took)
		}
		return p.busy(q, a)
	case a.status >= 500:
		return p.missed(q)
	case !q.post && !p.who.rude:
		t.count(func(t *tally) { t.record(latPage, took) })
	}
	switch a.page.Kind {
	case kindBooking:
		return p.booking(q, a, took)
	case kindCart:
		return p.cart(q, a, took)
	case kindRefused:
		return p.refused(a, took)
	}
	p.errors = 0
	switch a.page.Kind {
	case kindEvent:
		return p.event(a)
	case kindEligible:
		return p.eligible(a)
	case kindSlots:
		return p.choose(a)
	case kindWait:
		return p.wait(a)
	}
	return p.unknown(a)
}

// unknown handles a page of no known kind: take the way on, if it has one.
func (p *person) unknown(a *answer) (time.Duration, bool) {
	if a.status >= 400 {
		p.crowd.tally.count(func(t *tally) { t.counts.HTTP4xx++ })
		p.odd("answer " + strconv.Itoa(a.status))
		return 0, p.end(Stuck)
	}
	if a.page.Next != "" {
		return p.goOn(a, p.crowd.cfg.Think.ReadMS)
	}
	p.odd("page without a way on: " + cut(a.page.Kind, 20))
	return 0, p.end(Stuck)
}

// goOn follows the page's rel=next link after thinking.
func (p *person) goOn(a *answer, thinkMS int64) (time.Duration, bool) {
	path, err := p.host.path(a.path, a.page.Next)
	if err != nil {
		p.odd("link that leads away")
		return 0, p.end(Stuck)
	}
	p.next = ask{path: path}
	return p.pause(thinkMS), false
}

// send presses form's button after thinking.
func (p *person) send(form *Form, a *answer, say answers, thinkMS int64) (time.Duration, bool) {
	q, err := p.press(form, a.path, say)
	if err != nil {
		p.odd("form that leads away")
		return 0, p.end(Stuck)
	}
	p.next = q
	return p.pause(thinkMS), false
}

// reload reports whether the person reloads this page, once, and does so.
func (p *person) reload(a *answer) bool {
	if p.reloaded || p.who.reloadAt != a.page.Kind {
		return false
	}
	p.reloaded = true
	p.crowd.tally.count(func(t *tally) { t.counts.Reloads++ })
	p.next = ask{path: a.path}
	return true
}

// again looks at the start address once more, unless patience has run out.
func (p *person) again(pauseMS int64, o Outcome) (time.Duration, bool) {
	if time.Now().After(p.patience) {
		return 0, p.end(o)
	}
	p.next = ask{path: p.crowd.cfg.Start}
	if p.hurries() {
		return p.hurry(), false
	}
	return p.pause(pauseMS), false
}

func (p *person) event(a *answer) (time.Duration, bool) {
	think := &p.crowd.cfg.Think
	switch a.page.State {
	case stateFull:
		p.crowd.tally.noneFree(time.Now())
		return 0, p.end(SoldOut)
	case stateClosed:
		return 0, p.end(SoldOut)
	case stateHeld:
		p.crowd.tally.noneFree(time.Now())
		if !p.who.stays {
			return 0, p.end(LeftWaiting)
		}
		return p.again(think.AgainMS, LeftWaiting)
	case stateSoon, statePaused:
		if a.page.Next != "" { // numbers can be drawn already
			return p.goOn(a, think.ReadMS)
		}
		return p.again(think.AgainMS, LeftWaiting)
	}
	if p.reload(a) {
		return p.pause(think.ReadMS), false
	}
	if a.page.Form(stepHold) != nil {
		return p.choose(a)
	}
	if a.page.Next == "" {
		return p.unknown(a)
	}
	return p.goOn(a, think.ReadMS)
}

// eligible fills in who comes. A form that comes back is corrected once where
// something was mistyped; who lives elsewhere understands.
func (p *person) eligible(a *answer) (time.Duration, bool) {
	think := &p.crowd.cfg.Think
	form := a.page.Form(stepEligible)
	if form == nil {
		return p.unknown(a)
	}
	p.size = p.offered(form, 1)
	p.wish(form)
	if a.status < 400 {
		return p.send(form, a, p.say, think.EligibleMS)
	}
	p.forms++
	corrects := p.who.typo != "" && !p.corrected
	p.corrected = true
	switch {
	case p.who.elsewhere && !corrects:
		p.crowd.tally.refuse(reasonNotEligible, time.Since(p.due))
		return 0, p.end(NotEligible)
	case p.forms > formsMax:
		p.odd("form that comes back for ever")
		return 0, p.end(Stuck)
	}
	return p.send(form, a, p.say, think.ChooseMS)
}

// offered is the size the person books for: its own where the form offers it,
// else what the form has, else otherwise.
func (p *person) offered(form *Form, otherwise int) int {
	f := form.Field("size")
	if f == nil {
		return otherwise
	}
	own := len(p.who.guests)
	if f.Type == "hidden" {
		if n, err := strconv.Atoi(f.Value); err == nil && n >= 1 && n <= own {
			return n
		}
		return 1
	}
	if len(f.Choices) == 0 || f.has(strconv.Itoa(own)) {
		return own
	}
	return 1
}

// choose picks a slot.
func (p *person) choose(a *answer) (time.Duration, bool) {
	think := &p.crowd.cfg.Think
	if p.reload(a) {
		return p.pause(think.ReadMS), false
	}
	form := a.page.Form(stepHold)
	if form == nil {
		return p.nothingHere(a)
	}
	p.size = p.offered(form, p.size)
	f := form.Field("slot")
	if f == nil {
		return p.nothingHere(a)
	}
	if f.Type == "hidden" {
		return p.chooseNear(a)
	}
	slot, ok := chooseSlot(f.Choices, p.size, p.chance.Float64(), p.slot)
	if !ok {
		return p.nothingHere(a)
	}
	p.slot = slot
	return p.send(form, a, p.say, think.ChooseMS)
}

// chooseNear picks among buttons that each hold one slot: what a refusal offers
// instead of the slot that was taken.
func (p *person) chooseNear(a *answer) (time.Duration, bool) {
	var near []Choice
	for i := range a.page.Forms {
		form := &a.page.Forms[i]
		if f := form.Field("slot"); form.Step == stepHold && f != nil && f.Type == "hidden" {
			near = append(near, Choice{Value: strconv.Itoa(i), Free: -1})
		}
	}
	at, ok := chooseSlot(near, p.size, p.chance.Float64(), "")
	i, err := strconv.Atoi(at)
	if !ok || err != nil {
		return p.nothingHere(a)
	}
	form := &a.page.Forms[i]
	p.slot = form.Field("slot").Value
	return p.send(form, a, p.say, p.crowd.cfg.Think.ReadMS)
}

// looksMax is how often somebody looks again when no slot fits.
const looksMax = 3

// nothingHere handles a choice without anything to choose: the start address
// says how it stands.
func (p *person) nothingHere(a *answer) (time.Duration, bool) {
	if p.looks++; p.looks > looksMax {
		return 0, p.end(SoldOut)
	}
	if a.page.Kind == kindEvent {
		return p.again(p.crowd.cfg.Think.AgainMS, SoldOut)
	}
	p.next = ask{path: p.crowd.cfg.Start}
	return p.pause(p.crowd.cfg.Think.ReadMS), false
}

// wait is the waiting room's page: draw a number, then look when told to, until
// the page has a way on. Its seconds are on the injected clock.
func (p *person) wait(a *answer) (time.Duration, bool) {
	const usual = 20 * time.Second
	if !p.waits {
		c := p.crowd
		p.waits, p.patience = true, later(p.due, c.tally.start).Add(time.Duration((0.75+p.chance.Float64()/2)*float64(c.cfg.real(c.cfg.Think.WaitMS))))
	}
	if form := a.page.Form(stepJoin); form != nil {
		p.wish(form)
		return p.send(form, a, p.say, p.crowd.cfg.Think.ReadMS)
	}
	if form := a.page.Form(stepEnter); form != nil {
		p.called = true
		return p.send(form, a, p.say, p.crowd.cfg.Think.ReadMS)
	}
	if a.page.Next != "" {
		return p.goOn(a, p.crowd.cfg.Think.ReadMS)
	}
	if o, gone := p.leaves(a); gone {
		return 0, p.end(o)
	}
	pause := time.Duration(a.page.Refresh) * time.Second
	if a.retryAfter > 0 {
		pause = a.retryAfter
	}
	if pause == 0 {
		pause = usual
	}
	p.next = ask{path: a.path}
	if p.hurries() {
		return p.hurry(), false
	}
	return p.crowd.cfg.real(pause.Milliseconds()), false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// leaves reports whether somebody who waits goes, and how that is counted.
func (p *person) leaves(a *answer) (Outcome, bool) {
	switch {
	case p.who.ghost:
		return NoShow, true
	case a.page.State == stateSoldOut || a.page.State == stateClosed:
		return SoldOut, true
	case a.page.State == stateUnlike && p.chance.Float64() < p.crowd.cfg.Habits.GoHome:
		return WentHome, true
	case time.Now().After(p.patience):
		return LeftWaiting, true
	}
	return "", false
}

// busy waits as long as the server asks, in real time, and presses the button of
// the page that kept the form.
func (p *person) busy(q ask, a *answer) (time.Duration, bool) {
	hurries := p.hurries()
	if p.busies++; p.busies > busyMax && !hurries {
		return 0, p.end(GaveUpBusy)
	}
	p.next = q
	if form := a.page.Form(q.step); form != nil && q.post {
		kept := func(f *Field) (string, bool) { return f.Value, f.Value != "" }
		if again, err := p.press(form, a.path, kept); err == nil {
			p.next = again
		}
	}
	if hurries {
		return p.hurry(), false
	}
	const jitter = 0.25 // of the pause: nobody presses exactly on the second
	pause := max(a.retryAfter, time.Second)
	return pause + time.Duration(p.chance.Float64()*jitter*float64(pause)), false
}
