package storetest

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// Apply founds a sale for a test or a benchmark: rules, slots and pools in one
// batch at now. It fails if any capacity is not granted.
func Apply(s *store.Store, sale *catalog.Sale, slots []catalog.Slot, now time.Time) (ident.SaleID, error) {
	tx, err := s.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.End()
	id, actions, err := tx.PutSale(sale, slots)
	if err != nil {
		return 0, err
	}
	cmds := make([]inventory.Command, len(actions))
	for i, a := range actions {
		cmds[i] = inventory.Command{Sale: id, Role: inventory.RoleSystem, Action: a}
	}
	state, err := tx.Load(cmds)
	if err != nil {
		return 0, err
	}
	decisions, changes := inventory.Decide(state, cmds, now)
	for i, d := range decisions {
		if !d.OK() {
			return 0, fault.New(fault.Internal, "found a sale: %+v was refused: %s", cmds[i].Action, d.Reason)
		}
	}
	if err := tx.Save(changes); err != nil {
		return 0, err
	}
	return id, tx.Commit(now)
}
