package store

import (
	"context"
	"encoding/json"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"

	"github.com/ncruces/go-sqlite3"
)

// PutSale stores a sale's rules and its slots within the batch and returns the
// sale's id and the commands that bring the pools to the wanted capacities; the
// caller decides and saves them in the same batch. New slots get their pools
// empty; slots that are no longer in the file are brought to capacity 0.
func (b *Batch) PutSale(sale *catalog.Sale, slots []catalog.Slot) (ident.SaleID, []inventory.Action, error) {
	doc, err := json.Marshal(sale)
	if err != nil {
		return 0, nil, fault.New(fault.Internal, "sale as a document: %w", err)
	}
	var id ident.SaleID
	err = b.s.row(`INSERT INTO sale (organizer, event, opens_us, closes_us, doc) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (organizer, event) DO UPDATE SET opens_us = ?3, closes_us = ?4, doc = ?5, version = version + 1 RETURNING id`).
		must(sale.Organizer.ID).must(sale.Event.Slug).time(sale.Opens).time(sale.Closes).must(string(doc)).
		each("put sale", func(st *sqlite3.Stmt) error { id = ident.SaleID(st.ColumnInt64(0)); return nil })
	if err != nil {
		return 0, nil, err
	}
	old, err := b.slotKeys(id)
	if err != nil {
		return 0, nil, err
	}
	actions, err := b.putSlots(id, sale, slots, old)
	if err != nil {
		return 0, nil, err
	}
	for _, slot := range old { // what is left is no longer in the file
		for _, c := range catalog.Channels {
			actions = append(actions, inventory.SetCapacity{Pool: inventory.Allotment(slot, c)})
		}
	}
	return id, actions, nil
}

// slotKey is what a sale's slot is known by.
type slotKey struct {
	group   int
	startUS int64
}

func (b *Batch) slotKeys(sale ident.SaleID) (map[slotKey]ident.SlotID, error) {
	out := make(map[slotKey]ident.SlotID)
	err := b.s.row("SELECT grp, start_us, id FROM slot WHERE sale = ?1").int(int64(sale)).each("read slots", func(st *sqlite3.Stmt) error {
		out[slotKey{st.ColumnInt(0), st.ColumnInt64(1)}] = ident.SlotID(st.ColumnInt64(2))
		return nil
	})
	return out, err
}

// putSlots inserts or updates the slots; it removes from old what it has seen.
func (b *Batch) putSlots(sale ident.SaleID, rules *catalog.Sale, slots []catalog.Slot, old map[slotKey]ident.SlotID) ([]inventory.Action, error) {
	returning := len(rules.Returned.PublicAt) > 0
	var actions []inventory.Action
	for i := range slots {
		id, err := b.putSlot(sale, &slots[i])
		if err != nil {
			return nil, err
		}
		delete(old, slotKey{slots[i].Group, slots[i].Start.UnixMicro()})
		for _, c := range catalog.Channels {
			pool := inventory.Allotment(id, c)
			if err := b.ensurePool(pool); err != nil {
				return nil, err
			}
			actions = append(actions, inventory.SetCapacity{Pool: pool, Wanted: slots[i].Allotments[c]},
				inventory.SetReturning{Pool: pool, On: returning})
		}
		if err := b.ensurePool(inventory.Returned(id)); err != nil {
			return nil, err
		}
	}
	return actions, nil
}

func (b *Batch) putSlot(sale ident.SaleID, slot *catalog.Slot) (id ident.SlotID, err error) {
	err = b.s.row(`INSERT INTO slot (sale, grp, start_us, end_us) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (sale, grp, start_us) DO UPDATE SET end_us = ?4 RETURNING id`).
		int(int64(sale)).int(int64(slot.Group)).time(slot.Start).time(slot.End).
		each("put slot", func(st *sqlite3.Stmt) error { id = ident.SlotID(st.ColumnInt64(0)); return nil })
	return id, err
}

func (b *Batch) ensurePool(id inventory.PoolID) error {
	return b.s.row(`INSERT INTO pool (id, wanted, capacity, held, booked, blocked, returns) VALUES (?1, 0, 0, 0, 0, 0, 0)
		ON CONFLICT (id) DO NOTHING`).blob(id[:]).exec("ensure pool")
}

// PutCodes stores the digests of a list of access codes; ones already there stay.
func (b *Batch) PutCodes(sale ident.SaleID, list string, digests []ident.Digest) error {
	for _, d := range digests {
		err := b.s.row("INSERT INTO access_code (sale, list, digest) VALUES (?1, ?2, ?3) ON CONFLICT (sale, digest) DO NOTHING").
			int(int64(sale)).must(list).blob(d[:]).exec("put code")
		if err != nil {
			return err
		}
	}
	return nil
}

// StoredSale is a sale as it was applied, with its slots in the order of time.
type StoredSale struct {
	catalog.Sale
	Version int
	Paused  bool
	Slots   []catalog.Slot // ID, Group, Start and End only; capacities are in the pools
}

// Sales reads every sale.
func (s *Store) Sales(ctx context.Context) ([]StoredSale, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, version, paused, doc FROM sale ORDER BY id")
	if err != nil {
		return nil, one("read sales", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []StoredSale
	for rows.Next() {
		var sale StoredSale
		var id int64
		var doc []byte
		if err := rows.Scan(&id, &sale.Version, &sale.Paused, &doc); err != nil {
			return nil, one("read sales", err)
		}
		if err := json.Unmarshal(doc, &sale.Sale); err != nil {
			return nil, fault.New(fault.Internal, "sale %d: stored rules: %w", id, err)
		}
		sale.ID = ident.SaleID(id)
		out = append(out, sale)
	}
	if err := rows.Err(); err != nil {
		return nil, one("read sales", err)
	}
	for i := range out {
		if out[i].Slots, err = s.slots(ctx, out[i].ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) slots(ctx context.Context, sale ident.SaleID) ([]catalog.Slot, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, grp, start_us, end_us FROM slot WHERE sale = $1 ORDER BY start_us, grp", int64(sale))
	if err != nil {
		return nil, one("read slots", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []catalog.Slot
	for rows.Next() {
		var slot catalog.Slot
		var start, end int64
		if err := rows.Scan(&slot.ID, &slot.Group, &start, &end); err != nil {
			return nil, one("read slots", err)
		}
		slot.Start, slot.End = fromUS(start), fromUS(end)
		out = append(out, slot)
	}
	return out, one("read slots", rows.Err())
}

// SalesVersion changes whenever any sale is applied again or its state is
// changed: what a running server polls to notice it.
func (s *Store) SalesVersion(ctx context.Context) (int64, error) {
	var v int64
	err := s.read.QueryRowContext(ctx, "SELECT coalesce(sum(version), 0) FROM sale").Scan(&v)
	return v, one("read versions", err)
}

// CodeList returns the list an access code of a sale is on, NotFound if none.
func (s *Store) CodeList(ctx context.Context, sale ident.SaleID, digest ident.Digest) (string, error) {
	var list string
	err := s.read.QueryRowContext(ctx, "SELECT list FROM access_code WHERE sale = $1 AND digest = $2", int64(sale), digest[:]).Scan(&list)
	return list, one("read access code", err)
}

// AddOutage adds the time we were away to every hold that was open when we went,
// once: the gap lies between the last sign of life and now. It returns how many
// holds were prolonged. Start calls it for the time we were away, the clock watch
// for a jump forward.
func (s *Store) AddOutage(from, now time.Time) (int64, error) {
	tx, err := s.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.End()
	err = s.row("UPDATE booking SET expires_us = expires_us + ?1 WHERE state = 1 AND expires_us >= ?2").
		int(now.Sub(from).Microseconds()).time(from).exec("prolong holds")
	if err != nil {
		return 0, err
	}
	n := s.write.Changes()
	return n, tx.Commit(now)
}
