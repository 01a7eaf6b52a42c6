package rehearsal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
)

// desk is the clerks' listener and what they share.
type desk struct {
	crowd *crowd
	host  *host // nil where no clerk works

	mu      sync.Mutex // guards all below
	next    int        // the next caller's number
	wanted  int        // callers who wanted a number so far
	waiting []waiting  // callers with a number, who call again
}

// clerk works in a closed loop: one caller after another, with a pause between.
type clerk struct {
	browser
	desk   *desk
	number int // from 1
	chance *rand.Rand
	home   string // address of the desk page
	// numbers is the address where numbers are drawn; empty if the sale has none.
	numbers string
	caller  persona
	slot    string
	last    Acked
	lastAt  string // address of the last booking's page
}

// work starts all clerks, if they work here, and returns a channel that is closed
// when all have gone.
func (d *desk) work(ctx context.Context) <-chan struct{} {
	gone := make(chan struct{})
	var wg sync.WaitGroup
	if d.host != nil {
		for i := range d.crowd.cfg.Clerks.Count {
			wg.Go(func() { d.newClerk(i + 1).work(ctx) })
		}
	}
	go func() { wg.Wait(); close(gone) }()
	return gone
}

func (d *desk) newClerk(number int) *clerk {
	c := d.crowd
	return &clerk{
		desk: d, number: number, chance: newChance(^c.cfg.Seed, number),
		browser: browser{
			host: d.host, lens: c.lens, lang: locale.German, opened: c.gate.opened, closed: c.gate.closed, late: c.lateSince,
			asked: func(int64, *answer) { c.tally.count(func(t *tally) { t.desk.Requests++ }) },
		},
	}
}

// work logs in and serves callers until ctx ends.
func (k *clerk) work(ctx context.Context) {
	defer k.hangUp()
	c := k.desk.crowd
	c.tally.count(func(t *tally) { t.desk.Clerks++ })
	for {
		if k.home == "" {
			k.report(ctx, k.login(ctx))
		} else {
			k.report(ctx, k.serve(ctx))
		}
		pause := spread(c.cfg.real(c.cfg.Clerks.ThinkMS), c.cfg.Think.Sigma, k.chance.NormFloat64())
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// report counts what went wrong; the end of the rehearsal is nothing wrong.
func (k *clerk) report(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	k.desk.crowd.tally.count(func(t *tally) {
		if fault.KindOf(err) == fault.Conflict {
			t.desk.Refused++
			return
		}
		t.desk.Failed++
		t.odd["clerk: "+cut(err.Error(), 80)]++
	})
}

func (k *clerk) login(ctx context.Context) error {
	a, err := k.get(ctx, "/login")
	if err != nil {
		return err
	}
	cfg := &k.desk.crowd.cfg.Clerks
	user := strings.ReplaceAll(cfg.User, "%d", fmt.Sprint(k.number))
	a, err = k.submit(ctx, a, stepLogin, func(f *Field) (string, bool) {
		return map[string]string{"user": user, "password": cfg.Password}[f.Name], f.Name == "user" || f.Name == "password"
	})
	if err != nil {
		return err
	}
	if a.page.Form(stepLogin) != nil {
		return fault.New(fault.Forbidden, "login refused")
	}
	if a.page.Form(stepDeskHold) == nil && a.page.Next != "" { // one event among several
		path, err := k.host.path(a.path, a.page.Next)
		if err != nil {
			return err
		}
		k.home = path
		a, err = k.get(ctx, path)
		if err != nil {
			return err
		}
	} else {
		k.home = a.path
	}
	if a.page.Numbers != "" {
		k.numbers, err = k.host.path(a.path, a.page.Numbers)
	}
	return err
}

// serve does what one caller wants: an answer to how it stands with their number, or what
// next finds out.
func (k *clerk) serve(ctx context.Context) error {
	if k.chance.Float64() < askersShare {
		if w, ok := k.desk.calls(time.Now()); ok {
			return k.answer(ctx, w)
		}
	}
	return k.next(ctx)
}

// bookFor books from what is kept for callers; then sometimes somebody is searched for,
// and sometimes the booking is taken back.
func (k *clerk) bookFor(ctx context.Context) error {
	k.caller = k.desk.nextCaller(k.chance)
	if err := k.book(ctx, k.home); err != nil {
		return err
	}
	cfg := &k.desk.crowd.cfg.Clerks
	if k.chance.Float64() < cfg.Find {
		if err := k.find(ctx); err != nil {
			return err
		}
	}
	if k.chance.Float64() < cfg.Cancel {
		return k.takeBack(ctx)
	}
	return nil
}

// book books for the caller, from that page of the desk, and records the time of both
// buttons.
func (k *clerk) book(ctx context.Context, path string) error {
	c := k.desk.crowd
	a, err := k.get(ctx, path)
	if err != nil {
		return err
	}
	if form := a.page.Form(stepLogin); form != nil {
		k.home = "" // logged out meanwhile
		return fault.New(fault.Forbidden, "login ended")
	}
	if err := k.chooseSlot(a); err != nil {
		return err
	}
	start := time.Now()
	if a, err = k.submit(ctx, a, stepDeskHold, k.say); err != nil {
		return err
	}
	held := time.Since(start)
	k.slotOf(a)
	start = time.Now()
	if a, err = k.submit(ctx, a, stepDeskConfirm, k.say); err != nil {
		return err
	}
	took := held + time.Since(start)
	if a.page.Kind != kindBooking && a.page.Code == "" {
		return fault.New(fault.Conflict, "no booking after confirming: %s", a.page.State)
	}
	k.note(a)
	c.tally.count(func(t *tally) { t.desk.Bookings++; t.record(latStaff, took) })
	return nil
}

// slotOf keeps the choice of a second form, where the slot is chosen after who comes.
func (k *clerk) slotOf(a *answer) {
	if f := a.page.Form(stepDeskConfirm); f != nil && k.slot == "" {
		if s := f.Field("slot"); s != nil {
			k.slot = s.Value
		}
	}
}

// chooseSlot picks a slot of the desk form, radio or select.
func (k *clerk) chooseSlot(a *answer) error {
	form := a.page.Form(stepDeskHold)
	if form == nil {
		return fault.New(fault.NotFound, "no desk form on the page")
	}
	f := form.Field("slot")
	if f == nil {
		return fault.New(fault.Conflict, "no slot to choose")
	}
	choices := f.Choices
	if len(choices) > 0 && choices[0].Value == "" { // "please choose"
		choices = choices[1:]
	}
	slot, ok := chooseSlot(choices, 1, k.chance.Float64(), "")
	if !ok && len(choices) > 0 { // none for the channel that the page begins with: ours may have some
		slot, ok = pick(k.chance, values(choices)), true
	}
	if !ok {
		return fault.New(fault.Conflict, "no slot free")
	}
	k.slot = slot
	return nil
}

func values(choices []Choice) []string {
	out := make([]string, len(choices))
	for i, c := range choices {
		out[i] = c.Value
	}
	return out
}

// nextCaller is a person of their own: callers come after everybody in the crowd
// and their companions.
func (d *desk) nextCaller(chance *rand.Rand) persona {
	d.mu.Lock()
	n := d.next
	d.next++
	d.mu.Unlock()
	c := d.crowd.cfg
	g := d.crowd.registry.guest(2*c.People+n, false)
	g.Postcode = pick(chance, c.Who.Postcodes)
	return persona{index: 2*c.People + n, guests: []Guest{g}, contact: contactOf(&c.Habits, chance.Float64())}
}

// say is what the clerk types for the caller.
func (k *clerk) say(f *Field) (string, bool) {
	switch f.Name {
	case "channel":
		return k.desk.crowd.cfg.Clerks.Channel, true
	case "size":
		return "1", true
	case "slot":
		return k.slot, k.slot != ""
	}
	p := person{crowd: k.desk.crowd, who: k.caller, size: 1, corrected: true}
	return p.say(f)
}

func (k *clerk) note(a *answer) {
	c := k.desk.crowd
	g := k.caller.guests[0]
	k.last = Acked{
		ID: lastPart(a.path), Code: a.page.Code, Slot: k.slot, Guests: []Guest{{Name: g.Name, Birth: g.Birth}},
		Contact: k.caller.contact.String(), Channel: c.cfg.Clerks.Channel, Named: a.names,
		AtMS: time.Since(c.tally.start).Milliseconds(),
	}
	k.lastAt = a.path
	c.book.add(k.last)
}

// find looks the last caller up by name.
func (k *clerk) find(ctx context.Context) error {
	a, err := k.get(ctx, k.home)
	if err != nil {
		return err
	}
	if a.page.Form(stepDeskFind) == nil {
		return nil // this desk has no search on its page
	}
	_, err = k.submit(ctx, a, stepDeskFind, func(f *Field) (string, bool) { return k.last.Guests[0].Name, f.Name == "q" })
	if err == nil {
		k.desk.crowd.tally.count(func(t *tally) { t.desk.Found++ })
	}
	return err
}

// takeBack cancels the clerk's own last booking, in two steps where the desk asks
// first.
func (k *clerk) takeBack(ctx context.Context) error {
	a, err := k.get(ctx, k.lastAt)
	if err != nil {
		return err
	}
	if a.page.Form(stepDeskAsk) != nil {
		if a, err = k.submit(ctx, a, stepDeskAsk, k.say); err != nil {
			return err
		}
	}
	if a.page.Form(stepDeskCancel) == nil {
		return nil // may not be cancelled here
	}
	_, err = k.submit(ctx, a, stepDeskCancel, k.say)
	if err == nil || fault.KindOf(err) != fault.Conflict {
		k.desk.crowd.book.cancel(k.last.ID) // done, or perhaps done
	}
	if err == nil {
		k.desk.crowd.tally.count(func(t *tally) { t.desk.Cancelled++ })
	}
	return err
}

func (k *clerk) get(ctx context.Context, path string) (*answer, error) {
	return k.usable(k.follow(ctx, ask{path: path}, nil))
}

// submit presses the button of the page's form of that step.
func (k *clerk) submit(ctx context.Context, a *answer, step string, say answers) (*answer, error) {
	form := a.page.Form(step)
	if form == nil {
		return nil, fault.New(fault.NotFound, "no form %s on page %s", step, a.page.Kind)
	}
	q, err := k.press(form, a.path, say)
	if err != nil {
		return nil, err
	}
	var names []string
	if step == stepDeskConfirm {
		names = []string{k.caller.guests[0].Name}
	}
	return k.usable(k.follow(ctx, q, names))
}

// usable turns answers a clerk cannot work with into errors: Conflict for a
// refusal, Busy and Unavailable for the rest.
func (k *clerk) usable(a *answer, err error) (*answer, error) {
	switch {
	case err != nil:
		return nil, fault.New(fault.Unavailable, "no answer")
	case a.page.Kind == kindRefused, a.status == 409:
		return nil, fault.New(fault.Conflict, "refused: %s", a.page.State)
	case a.status == 503:
		return nil, fault.New(fault.Busy, "busy")
	case a.status >= 400 && a.page.Form(stepLogin) == nil:
		return nil, fault.New(fault.Unavailable, "answer %d", a.status)
	}
	return a, nil
}
