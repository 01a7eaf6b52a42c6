package setup

import (
	"context"
	"fmt"
	"io"
	"slices"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// copyCodesMax is how many codes a copy gets for each list of the real sale: enough for
// a crowd, and stored in a second.
const copyCodesMax = 20_000

// Copy describes a stored sale anew, to be applied to another database: its rules, its
// slots with the places staff want them to have, and codes drawn from r in the place of
// the real ones. It reads no booking and no person.
func Copy(ctx context.Context, from *store.Store, sale *store.StoredSale, r io.Reader) (*Plan, error) {
	pools, err := from.EagerPools(ctx)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Sale: sale.Sale}
	plan.Sale.ID, plan.Sale.Event.ID = 0, 0
	at := make(map[ident.SlotID]map[catalog.Channel]int, len(sale.Slots))
	for i := range pools {
		p := &pools[i]
		slot, channel := p.ID.Slot(), catalog.Online // what was given back is sold online
		if at[slot] == nil {
			at[slot] = make(map[catalog.Channel]int)
		}
		if p.ID.Kind() == inventory.KindAllotment {
			channel = p.ID.Channel()
		}
		at[slot][channel] += p.Wanted
	}
	for _, slot := range sale.Slots {
		slot.Allotments, slot.Places = at[slot.ID], 0
		for _, n := range slot.Allotments {
			slot.Places += n
		}
		if slot.ID = 0; slot.Places > 0 {
			plan.Slots = append(plan.Slots, slot)
		}
	}
	plan.Codes, err = copyCodes(ctx, from, sale, r)
	return plan, err
}

// copyCodes draws as many codes as the real lists have, within bounds.
func copyCodes(ctx context.Context, from *store.Store, sale *store.StoredSale, r io.Reader) ([]CodeList, error) {
	counts, err := from.CountCodes(ctx, sale.ID)
	if err != nil {
		return nil, err
	}
	var out []CodeList
	for _, g := range sale.Eligible {
		n := min(counts[g.Code], copyCodesMax)
		known := slices.ContainsFunc(out, func(l CodeList) bool { return l.Name == g.Code })
		if g.Code == "" || n == 0 || known {
			continue
		}
		var salt [8]byte // two rehearsals have different codes, and neither has a real one
		if _, err := io.ReadFull(r, salt[:]); err != nil {
			return nil, fault.New(fault.Unavailable, "draw codes: %w", err)
		}
		list := CodeList{Name: g.Code}
		for i := range n {
			list.Codes = append(list.Codes, catalog.NormalizeCode(fmt.Sprintf("PROBE%x%d", salt, i)))
		}
		out = append(out, list)
	}
	return out, nil
}
