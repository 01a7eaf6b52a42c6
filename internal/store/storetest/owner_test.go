package storetest

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// stepsMax ends an owner whose disk does not break, in commands.
const stepsMax = 60

// owner is a person with a few bookings, who waits for each answer before
// wishing for the next thing. It outlives the processes it talks to.
type owner struct {
	world *world
	rng   *rand.Rand
	names *rand.ChaCha8
	mine  []ident.BookingID
	next  func() inventory.Command
}

func (w *world) newOwner() *owner {
	o := &owner{world: w, rng: rand.New(rand.NewPCG(w.rng.Uint64(), 1)), names: w.random()}
	o.next = o.wish
	return o
}

// clerk is an owner who changes capacities instead.
type clerk struct{ *owner }

func (w *world) newClerk() *clerk {
	c := &clerk{w.newOwner()}
	c.next = c.wish
	return c
}

func (o *owner) id() ident.ID {
	id, err := ident.New(o.names, now)
	if err != nil {
		o.world.t.Error(err)
	}
	return id
}

// live sends one command after the other until the process breaks or steps are
// done. It owns o while it runs.
func (o *owner) live(p *process, steps int) {
	for range steps {
		if p.ctx.Err() != nil {
			return
		}
		if o.rng.IntN(4) == 0 {
			runtime.Gosched()
		}
		cmd := o.next()
		d, err := o.send(p, cmd)
		if err != nil {
			o.world.ledger.silent(cmd, cleanly(err))
			return
		}
		o.world.ledger.answered(cmd, d)
		if h, ok := cmd.Action.(inventory.Hold); ok && d.OK() {
			o.mine = append(o.mine, h.Booking)
		}
		if !d.OK() && mayNotBeRefused(cmd.Action) {
			o.world.t.Errorf("%T of a booking in the right state refused: %s", cmd.Action, d.Reason)
		}
	}
}

// mayNotBeRefused: its owner alone acts on a booking, so what the ledger allows
// the program must grant.
func mayNotBeRefused(a inventory.Action) bool {
	switch a.(type) {
	case inventory.Hold, inventory.Move:
		return false
	}
	return true
}

// send submits a command, now and then twice at once, as a double click does.
func (o *owner) send(p *process, cmd inventory.Command) (inventory.Decision, error) {
	if cmd.Key.IsZero() || o.rng.IntN(8) > 0 {
		return p.committer.Submit(p.ctx, cmd)
	}
	type reply struct {
		d   inventory.Decision
		err error
	}
	second := make(chan reply, 1)
	go func() {
		d, err := p.committer.Submit(p.ctx, cmd)
		second <- reply{d, err}
	}()
	d, err := p.committer.Submit(p.ctx, cmd)
	r := <-second
	switch {
	case err == nil && d.OK():
		// A refusal is not stored: the other click may have come a batch earlier.
		if r.err == nil && r.d.OK() && (r.d.Booking != d.Booking || r.d.Units != d.Units) {
			o.world.t.Errorf("double click answered differently: %+v, %+v", d, r.d)
		}
		return d, nil
	case r.err == nil && r.d.OK():
		return r.d, nil
	case err == nil:
		return r.d, r.err
	}
	return d, err
}

// wish draws what the owner wants next.
func (o *owner) wish() inventory.Command {
	const recent = 8 // of the owner's bookings
	if n := len(o.mine); n > 0 && o.rng.IntN(5) > 0 {
		id := o.mine[n-1-o.rng.IntN(min(n, recent))]
		if e, ok := o.world.ledger.expect(id); ok {
			if a := o.wishFor(id, &e); a != nil {
				return o.command(a)
			}
		}
	}
	return o.command(o.hold(ident.BookingID{}, o.person()))
}

// wishFor draws what the owner wants of one booking; nil if nothing.
func (o *owner) wishFor(id ident.BookingID, e *expected) inventory.Action {
	r := o.rng.IntN(100)
	switch {
	case e.State == inventory.Held && e.ExpiresUS < now.UnixMicro():
		return inventory.Expire{Booking: id}
	case e.State == inventory.Held && r < 60:
		return inventory.Confirm{Booking: id, Code: o.code(), Contact: o.contact()}
	case e.State == inventory.Held && r < 75 && !e.Extended:
		return inventory.Extend{Booking: id, By: 15 * time.Minute}
	case e.State == inventory.Held && r < 90:
		return inventory.Release{Booking: id}
	case e.State == inventory.Confirmed && e.ReplacedBy.IsZero() && r < 25:
		return inventory.Cancel{Booking: id}
	case e.State == inventory.Confirmed && e.ReplacedBy.IsZero() && r < 60:
		return o.hold(id, e.Person)
	}
	return nil
}

// person is mostly somebody new, sometimes somebody whom many book for.
func (o *owner) person() inventory.PoolID {
	key := o.id().String()
	if o.rng.IntN(8) == 0 {
		key = fmt.Sprintf("everybody %d", o.rng.IntN(30))
	}
	return inventory.LazyPool(o.world.secret, inventory.KindPerson, "sale", key)
}

// hold asks for one or two lines, each with a few slots to choose from.
func (o *owner) hold(replaces ident.BookingID, person inventory.PoolID) inventory.Hold {
	id := o.id()
	h := inventory.Hold{
		Booking: ident.BookingID{ID: id}, Until: now.Add(15 * time.Minute), Replaces: replaces,
		Shared: []inventory.Draw{
			{Pool: person, Units: 1, Lazy: 1},
			{Pool: inventory.LazyPool(o.world.secret, inventory.KindPass, "sale", id.String()), Units: 1, Lazy: 1, Spent: true},
		},
	}
	if o.rng.IntN(8) == 0 {
		h.Until = now.Add(-time.Minute) // will be expired
	}
	for i := range 1 + o.rng.IntN(2) {
		h.People = append(h.People, catalog.Participant{
			Name: "Erika Muster " + id.String()[:6+i], BirthDate: time.Date(1950, 2, 1+i, 0, 0, 0, 0, time.UTC), Postcode: "58332",
		})
		h.Lines = append(h.Lines, o.line())
	}
	return h
}

func (o *owner) line() (r inventory.LineRequest) {
	r.Link = o.rng.IntN(2)
	first := o.rng.IntN(slotsPerSale)
	for i := range 1 + o.rng.IntN(3) {
		slot := o.world.slots[(first+i)%slotsPerSale]
		r.Candidates = append(r.Candidates, inventory.Candidate{
			Slot: slot, Draws: []inventory.Draw{{Pool: inventory.Allotment(slot, catalog.Online), Units: 1}},
		})
	}
	return r
}

func (o *owner) code() ident.Code {
	code, err := ident.NewCode(o.names)
	if err != nil {
		o.world.t.Error(err)
	}
	return code
}

func (o *owner) contact() catalog.Contact {
	switch o.rng.IntN(3) {
	case 0:
		return catalog.Contact{Kind: catalog.ContactPhone, Phone: "+49 2332 0", Lang: "de"}
	case 1:
		return catalog.Contact{Kind: catalog.ContactNone, Lang: "en"}
	}
	return catalog.Contact{Kind: catalog.ContactMail, Mail: "erika@example.org", Lang: "de"}
}

// command gives an action its key. Expire has none: the program repeats it by
// itself.
func (o *owner) command(a inventory.Action) inventory.Command {
	cmd := inventory.Command{Sale: o.world.sale, Channel: catalog.Online, Arrived: now, Action: a}
	if h, ok := a.(inventory.Hold); ok && h.Until.Before(now) {
		cmd.Arrived = opens // it was in time once
	}
	if _, ok := a.(inventory.Expire); ok {
		cmd.Role = inventory.RoleSystem
		return cmd
	}
	cmd.Key = ident.Key{ID: o.id()}
	cmd.Content = ident.DigestOf(cmd.Key.ID[:])
	return cmd
}

// wish draws a change of capacity. Pools of even slots are never lowered below
// what is in use, so that there the number wanted is a bound on what is sold.
func (c *clerk) wish() inventory.Command {
	w := c.world
	i := c.rng.IntN(len(w.slots))
	online, phone := inventory.Allotment(w.slots[i], catalog.Online), inventory.Allotment(w.slots[i], catalog.Phone)
	w.ledger.mu.Lock()
	wanted := w.ledger.wanted[online]
	w.ledger.mu.Unlock()
	var a inventory.Action
	switch r := c.rng.IntN(5); {
	case r == 0:
		a = inventory.Move{From: phone, To: online, Units: 1 + c.rng.IntN(3)}
	case r == 1:
		a = inventory.Move{From: online, To: phone, Units: 1}
	case r == 2:
		a = inventory.SetCapacity{Pool: phone, Wanted: c.rng.IntN(2 * phonePlaces)}
	case r == 3 && i%2 == 1:
		a = inventory.SetCapacity{Pool: online, Wanted: max(0, wanted-c.rng.IntN(3))}
	default:
		a = inventory.SetCapacity{Pool: online, Wanted: wanted + c.rng.IntN(2)}
	}
	cmd := c.command(a)
	cmd.Role, cmd.Actor, cmd.Reason = inventory.RoleClerk, "c1", "test"
	return cmd
}
