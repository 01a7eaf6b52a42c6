package setup

import (
	"slices"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/store"
)

// groups reads the groups of interchangeable places; none where the sale is one.
func (r *reader) groups(f *field) []catalog.Group {
	var out []catalog.Group
	seen := map[string]int{}
	for _, item := range r.each(f, catalog.GroupsMax, "groups") {
		o := r.open(item, "id", "name")
		g := catalog.Group{ID: r.slug(o.need("id")), Name: r.words(o.need("name"), catalog.TitleMax)}
		line, twice := seen[g.ID]
		switch {
		case g.ID == "":
		case twice:
			r.errorf(r.where(o.join("id")), o.join("id"), "%q is the id of the group in line %d already; choose another", g.ID, line)
		case len(g.ID) > catalog.GroupIDMax:
			r.errorf(r.where(o.join("id")), o.join("id"), "has %d characters; at most %d are allowed", len(g.ID), catalog.GroupIDMax)
		}
		seen[g.ID] = item.line
		out = append(out, g)
	}
	if f != nil && len(out) == 1 {
		r.warnf(f.node, f.path, "is one group, which nobody gets to see; write two or more, or take it out")
	}
	return out
}

// placeIn puts the slots of one entry into the group that it names.
func (r *reader) placeIn(f *field, groups []catalog.Group, slots []placed) {
	if f.kind != mapping {
		return
	}
	o := object{r: r, path: f.path, n: f.node, fields: map[string]*node{}}
	for _, e := range f.entries {
		o.fields[e.key.text] = e.value
	}
	named := o.get("group")
	switch {
	case len(groups) == 0 && named != nil:
		r.errorf(named.node, named.path, "there are no groups; write groups: above slots, or take it out")
		return
	case len(groups) == 0:
		return
	}
	if named = o.need("group"); named == nil {
		return
	}
	id := r.text(named, catalog.SlugMax)
	at := slices.IndexFunc(groups, func(g catalog.Group) bool { return g.ID == id })
	if at < 0 {
		r.errorf(named.node, named.path, "there is no group %q under groups%s", shorten(id), suggest(id, groupIDs(groups)))
		return
	}
	for i := range slots {
		slots[i].slot.Group = at
	}
}

func groupIDs(groups []catalog.Group) []string {
	out := make([]string, len(groups))
	for i, g := range groups {
		out[i] = g.ID
	}
	return out
}

// ofGroup picks the slots of one group, in their order.
func ofGroup(all []placed, group int) (out []placed) {
	for i := range all {
		if all[i].slot.Group == group {
			out = append(out, all[i])
		}
	}
	return out
}

// checkUsed reports groups that no slot is in.
func (r *reader) checkUsed(groups []catalog.Group, all []placed) {
	for i, g := range groups {
		if g.ID != "" && !slices.ContainsFunc(all, func(p placed) bool { return p.slot.Group == i }) {
			path := field{path: "groups"}.index(i)
			r.errorf(r.where(path), path, "no slot is in the group %q; write group: %s in an entry of slots, or take it out", g.ID, g.ID)
		}
	}
}

// staysInGroup refuses to move a slot that has bookings or carts into another group: they
// would stay where they are, and its places would be sold twice.
func (c *saleChange) staysInGroup(old *store.StoredSale, plan *Plan) error {
	moved := make(map[int64]bool)
	for i := range plan.Slots {
		moved[plan.Slots[i].Start.UnixMicro()] = true
	}
	for _, slot := range old.Slots {
		taken := 0
		for _, p := range c.pools[slot.ID].channels {
			taken += p.Held + p.Booked
		}
		if taken > 0 && moved[slot.Start.UnixMicro()] && slices.Contains(c.gone, slot.ID) {
			return fault.New(fault.Conflict, "slots: the slot of %s has %s taken and stays in its group", slotName(&slot, plan.Sale.Event.Location()), plural(taken, "place"))
		}
	}
	return nil
}

// keepGroups refuses to number the groups of a stored sale anew: slots and what people
// have wished for are stored by their number. Groups may be added at the end.
func keepGroups(old, next []catalog.Group) error {
	for i, g := range old {
		switch {
		case i >= len(next):
			return fault.New(fault.Conflict, "groups: %s is missing; a group that was applied stays", g.ID)
		case next[i].ID != g.ID:
			return fault.New(fault.Conflict, "groups[%d]: %s was applied as %s; groups stay in their order, new ones stand at the end", i, next[i].ID, g.ID)
		}
	}
	return nil
}
