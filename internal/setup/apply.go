package setup

import (
	"context"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// Apply brings a sale to what the plan says, in one transaction, and returns what
// changes. With dry nothing is written. A server may run on the same database:
// whoever holds the write lock goes first, and the server sees the new version
// within its poll. Conflict if it would break what an open waiting room promised.
func Apply(ctx context.Context, st *store.Store, plan *Plan, now time.Time, dry bool) ([]Change, error) {
	tx, err := st.Begin() // first: what is compared below must not change meanwhile
	if err != nil {
		return nil, err
	}
	defer tx.End()
	old, err := storedSale(ctx, st, plan)
	if err != nil {
		return nil, err
	}
	if old != nil {
		if err := keepGroups(old.Groups, plan.Sale.Groups); err != nil {
			return nil, err
		}
	}
	known, err := knownCodes(ctx, st, old, plan.Codes)
	if err != nil {
		return nil, err
	}
	change, err := put(tx, old, plan, now)
	if err != nil {
		return nil, err
	}
	changes := Diff(planOf(old, change, known), change.effective(plan))
	if err := keepPromises(tx, change.id, old, plan, changes, now); err != nil {
		return nil, err
	}
	if dry {
		return changes, nil
	}
	// No sign of life: only a server's own tells how long it was away.
	return changes, tx.Commit(time.Time{})
}

// storedSale finds the sale as it is stored, nil if it is new.
func storedSale(ctx context.Context, st *store.Store, plan *Plan) (*store.StoredSale, error) {
	sales, err := st.Sales(ctx)
	if err != nil {
		return nil, err
	}
	for i := range sales {
		if sales[i].Organizer.ID == plan.Sale.Organizer.ID && sales[i].Event.Slug == plan.Sale.Event.Slug {
			return &sales[i], nil
		}
	}
	return nil, nil
}

// saleChange is what one apply does to the pools of a sale.
type saleChange struct {
	id     ident.SaleID
	ids    []ident.SlotID // of the plan's slots, in their order
	gone   []ident.SlotID // slots that are no longer in the file
	pools  map[ident.SlotID]*slotPools
	wanted map[ident.SlotID]wanted
}

// put writes rules, slots, codes and pools within the batch.
func put(tx *store.Batch, old *store.StoredSale, plan *Plan, now time.Time) (*saleChange, error) {
	id, actions, err := tx.PutSale(&plan.Sale, plan.Slots)
	if err != nil {
		return nil, err
	}
	for _, list := range plan.Codes {
		digests := make([]ident.Digest, len(list.Codes))
		for i, code := range list.Codes {
			digests[i] = catalog.CodeDigest(code)
		}
		if err := tx.PutCodes(id, list.Name, digests); err != nil {
			return nil, err
		}
	}
	c := &saleChange{id: id, wanted: make(map[ident.SlotID]wanted)}
	if err := c.load(tx, actions, len(plan.Slots)); err != nil {
		return nil, err
	}
	if old != nil {
		if err := c.staysInGroup(old, plan); err != nil {
			return nil, err
		}
	}
	c.divide(old, plan, now)
	return c, c.save(tx, plan, actions, now)
}

// load reads what stands in the pools. PutSale names the plan's slots first, in
// their order, and those that are gone after them.
func (c *saleChange) load(tx *store.Batch, actions []inventory.Action, planned int) error {
	var slots []ident.SlotID
	seen := make(map[ident.SlotID]bool)
	var cmds []inventory.Command
	for _, a := range actions {
		set, ok := a.(inventory.SetCapacity)
		if !ok {
			continue
		}
		cmds = append(cmds, inventory.Command{Sale: c.id, Action: set})
		if slot := set.Pool.Slot(); !seen[slot] {
			seen[slot] = true
			slots = append(slots, slot)
			cmds = append(cmds, inventory.Command{Sale: c.id, Action: inventory.SetCapacity{Pool: inventory.Returned(slot)}})
		}
	}
	if len(slots) < planned {
		return fault.New(fault.Internal, "apply: %d slots were stored, %d are in the file", len(slots), planned)
	}
	c.ids, c.gone = slots[:planned], slots[planned:]
	state, err := tx.Load(cmds)
	if err != nil {
		return err
	}
	c.pools = make(map[ident.SlotID]*slotPools, len(slots))
	for _, slot := range slots {
		c.pools[slot] = &slotPools{channels: make(map[catalog.Channel]inventory.Pool)}
	}
	for _, p := range state.Pools {
		if p.ID.Kind() == inventory.KindReturned {
			c.pools[p.ID.Slot()].returned = p
			continue
		}
		c.pools[p.ID.Slot()].channels[p.ID.Channel()] = p
	}
	return nil
}

// divide says what every pool shall have.
func (c *saleChange) divide(old *store.StoredSale, plan *Plan, now time.Time) {
	var before []catalog.Allotment
	if old != nil {
		before = old.Allotments
	}
	keep, moved := sameRule(before, plan.Sale.Allotments), movedBy(plan.Sale.Allotments, now)
	for i, slot := range c.ids {
		s := &plan.Slots[i]
		if old == nil {
			c.wanted[slot] = wanted{channels: s.Allotments}
			continue
		}
		c.wanted[slot] = capacities(c.pools[slot], s.Places, s.Allotments, keep, moved)
	}
	for _, slot := range c.gone {
		c.wanted[slot] = wanted{}
	}
}

// save decides the commands that change something, and saves what they change.
func (c *saleChange) save(tx *store.Batch, plan *Plan, actions []inventory.Action, now time.Time) error {
	var cmds []inventory.Command
	add := func(a inventory.Action) {
		cmds = append(cmds, inventory.Command{Sale: c.id, Role: inventory.RoleSystem, Reason: "sale file applied", Arrived: now, Action: a})
	}
	for _, slot := range append(append([]ident.SlotID{}, c.ids...), c.gone...) {
		pools, want := c.pools[slot], c.wanted[slot]
		for _, channel := range catalog.Channels {
			if p, ok := pools.channels[channel]; ok && p.Wanted != want.channels[channel] {
				add(inventory.SetCapacity{Pool: p.ID, Wanted: want.channels[channel]})
			}
		}
		if pools.returned.Wanted != want.returned {
			add(inventory.SetCapacity{Pool: pools.returned.ID, Wanted: want.returned})
		}
	}
	for _, a := range actions {
		if r, ok := a.(inventory.SetReturning); ok && c.pools[r.Pool.Slot()].channels[r.Pool.Channel()].Returning != r.On {
			add(r)
		}
	}
	if len(cmds) == 0 {
		return nil
	}
	state, err := tx.Load(cmds)
	if err != nil {
		return err
	}
	decisions, changes := inventory.Decide(state, cmds, now)
	for i, d := range decisions {
		if !d.OK() {
			return fault.New(fault.Internal, "apply: %T on %s was refused: %s", cmds[i].Action, d.Pool, d.Reason)
		}
	}
	return tx.Save(changes)
}

// effective is the plan with what the pools really get: places that have moved
// since the last time stay where they are.
func (c *saleChange) effective(plan *Plan) *Plan {
	out := *plan
	out.Slots = append([]catalog.Slot{}, plan.Slots...)
	for i, slot := range c.ids {
		out.Slots[i].Allotments = c.wanted[slot].channels
	}
	return &out
}

// planOf is the sale as it stood before, nil if it is new.
func planOf(old *store.StoredSale, c *saleChange, codes []CodeList) *Plan {
	if old == nil {
		return nil
	}
	out := &Plan{Sale: old.Sale, Codes: codes}
	for _, slot := range old.Slots {
		pools, ok := c.pools[slot.ID]
		if !ok || pools.places() == 0 {
			continue // gone since an earlier file
		}
		slot.Places, slot.Allotments = pools.places(), make(map[catalog.Channel]int)
		for channel, p := range pools.channels {
			slot.Allotments[channel] = p.Wanted
		}
		out.Slots = append(out.Slots, slot)
	}
	return out
}

// knownCodes are the parts of the lists that are stored already. Codes are kept
// as digests only, so the lists of earlier files cannot be read back.
func knownCodes(ctx context.Context, st *store.Store, old *store.StoredSale, lists []CodeList) ([]CodeList, error) {
	if old == nil {
		return nil, nil
	}
	out := make([]CodeList, len(lists))
	for i, list := range lists {
		out[i] = CodeList{Name: list.Name, File: list.File}
		for _, code := range list.Codes {
			_, err := st.CodeList(ctx, old.ID, catalog.CodeDigest(code))
			switch {
			case err == nil:
				out[i].Codes = append(out[i].Codes, code)
			case fault.KindOf(err) != fault.NotFound:
				return nil, err
			}
		}
	}
	return out, nil
}
