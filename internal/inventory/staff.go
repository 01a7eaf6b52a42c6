package inventory

// actOnPool answers the commands by which staff and schedules change pools.
func (w *work) actOnPool(a Action) Decision {
	switch a := a.(type) {
	case SetCapacity:
		return w.setCapacity(a)
	case Move:
		return w.move(a)
	case Block:
		return w.block(a)
	case Unblock:
		return w.unblock(a)
	case SetReturning:
		return w.setReturning(a)
	}
	return Decision{Reason: NoSuchThing}
}

// setCapacity sets what staff want. Below what is in use the pool is "over": it
// sells nothing, and releases bring it down.
func (w *work) setCapacity(a SetCapacity) Decision {
	p := w.pool(a.Pool, 0)
	if p == nil || a.Pool.Lazy() || a.Wanted < 0 {
		return Decision{Reason: NoSuchThing, Pool: a.Pool}
	}
	p.Wanted, p.dirty = a.Wanted, true
	p.settle()
	return Decision{Pool: a.Pool, Units: p.Capacity}
}

// move takes free capacity from one pool to another; the sum stays.
func (w *work) move(a Move) Decision {
	from, to := w.pool(a.From, 0), w.pool(a.To, 0)
	if from == nil || to == nil || a.From.Lazy() || a.To.Lazy() || a.From == a.To || a.Units < 0 {
		return Decision{Reason: NoSuchThing, Pool: a.From}
	}
	n := from.Free()
	if a.Units > 0 {
		n = min(n, a.Units)
	}
	if n <= 0 {
		return Decision{Reason: NothingFree, Pool: a.From}
	}
	w.moveCapacity(from, to, n)
	return Decision{Pool: a.From, Units: n}
}

func (w *work) block(a Block) Decision {
	p := w.pool(a.Pool, a.Lazy)
	switch {
	case p == nil || a.Units <= 0:
		return Decision{Reason: NoSuchThing, Pool: a.Pool}
	case p.Free() < a.Units:
		return Decision{Reason: NothingFree, Pool: a.Pool, Units: p.Free()}
	}
	p.Blocked += a.Units
	p.dirty = true
	return Decision{Pool: a.Pool, Units: a.Units}
}

func (w *work) unblock(a Unblock) Decision {
	p := w.pool(a.Pool, 0)
	switch {
	case p == nil || a.Units <= 0:
		return Decision{Reason: NoSuchThing, Pool: a.Pool}
	case p.Blocked < a.Units:
		return Decision{Reason: NothingFree, Pool: a.Pool, Units: p.Blocked}
	}
	p.Blocked -= a.Units
	p.settle()
	p.dirty = true
	return Decision{Pool: a.Pool, Units: a.Units}
}

// setReturning says what becomes of freed units of an allotment from now on.
func (w *work) setReturning(a SetReturning) Decision {
	p := w.pool(a.Pool, 0)
	if p == nil || a.Pool.Kind() != KindAllotment {
		return Decision{Reason: NoSuchThing, Pool: a.Pool}
	}
	p.Returning, p.dirty = a.On, true
	return Decision{Pool: a.Pool}
}
