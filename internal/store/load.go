package store

import (
	"encoding/json"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"

	"github.com/ncruces/go-sqlite3"
)

// The statements of a load, one per table: a list of names walks the index in one
// go. That costs 0.83 µs CPU a name; a prepared look-up each 1.27 (ADR 1). CROSS
// JOIN makes the list the outer side.
const (
	sqlKnown    = "SELECT key, content, verb, booking, units, lines FROM array(?1) w CROSS JOIN audit ON key = w.value"
	sqlBookings = "SELECT id, " + bookingColumns + " FROM array(?1) w CROSS JOIN booking ON id = w.value"
	sqlPools    = "SELECT id, wanted, capacity, held, booked, blocked, returns, holder FROM array(?1) w CROSS JOIN pool ON id = w.value"
	sqlSale     = "SELECT opens_us, closes_us, paused FROM sale WHERE id = ?1"
)

// Load reads everything the commands need: answers already given, bookings and
// those they are linked with, then every pool, in the order of their ids.
func (b *Batch) Load(cmds []inventory.Command) (*inventory.State, error) {
	w := inventory.Want(cmds)
	state := &inventory.State{
		Pools:    make([]inventory.Pool, 0, len(w.Pools)),
		Bookings: make([]inventory.Booking, 0, len(w.Bookings)),
	}
	if err := b.loadSales(state, w.Sales); err != nil {
		return nil, err
	}
	if err := b.loadKnown(state, w.Keys); err != nil {
		return nil, err
	}
	w.AddKnown(state.Known)
	if err := b.loadBookings(state, w.Bookings); err != nil {
		return nil, err
	}
	if err := b.loadBookings(state, inventory.Linked(state.Bookings)); err != nil {
		return nil, err
	}
	w.AddDraws(state.Bookings)
	return state, b.loadPools(state, w.Pools)
}

func (b *Batch) loadSales(state *inventory.State, ids []ident.SaleID) error {
	for _, id := range ids {
		err := b.s.row(sqlSale).int(int64(id)).each("load sale", func(st *sqlite3.Stmt) error {
			state.Sales = append(state.Sales, inventory.SaleState{
				ID: id, Opens: columnTime(st, 0), Closes: columnTime(st, 1), Paused: st.ColumnInt(2) == 1,
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) loadKnown(state *inventory.State, keys []ident.Key) error {
	if failpoint.Bug(failpoint.BugForgetsKeys) || len(keys) == 0 {
		return nil
	}
	names := make([]ident.ID, len(keys))
	for i := range keys {
		names[i] = keys[i].ID
	}
	return b.s.row(sqlKnown).list(names).each("load keys", func(st *sqlite3.Stmt) error {
		k := inventory.Known{
			Key: ident.Key{ID: columnID(st, 0)}, Content: columnDigest(st, 1), Verb: inventory.Verb(st.ColumnInt(2)),
			Booking: ident.BookingID{ID: columnID(st, 3)}, Units: st.ColumnInt(4),
		}
		if text := st.ColumnRawText(5); len(text) > 0 {
			if err := json.Unmarshal(text, &k.Lines); err != nil {
				return fault.New(fault.Internal, "audit row of key %s: %w", k.Key, err)
			}
		}
		state.Known = append(state.Known, k)
		return nil
	})
}

func (b *Batch) loadBookings(state *inventory.State, ids []ident.BookingID) error {
	if len(ids) == 0 {
		return nil
	}
	names := make([]ident.ID, len(ids))
	for i := range ids {
		names[i] = ids[i].ID
	}
	return b.s.row(sqlBookings).list(names).each("load bookings", func(st *sqlite3.Stmt) error {
		bk, err := scanBooking(st)
		state.Bookings = append(state.Bookings, bk)
		return err
	})
}

func scanBooking(st *sqlite3.Stmt) (inventory.Booking, error) {
	b := inventory.Booking{
		ID: ident.BookingID{ID: columnID(st, 0)}, Sale: ident.SaleID(st.ColumnInt64(1)), State: inventory.BookingState(st.ColumnInt(2)),
		Channel: catalog.Channel(st.ColumnInt(3)), Contact: catalog.ContactKind(st.ColumnInt(4)),
		Code: ident.Code(st.ColumnText(5)), Expires: columnTime(st, 6), Extended: st.ColumnInt(7) == 1,
		Replaces: ident.BookingID{ID: columnID(st, 8)}, ReplacedBy: ident.BookingID{ID: columnID(st, 9)},
		People: st.ColumnInt(10), Arrived: uint64(st.ColumnInt64(11)),
	}
	return b, decodeDraws(st.ColumnRawBlob(12), &b)
}

// loadPools loads in the order of the names, which is the lock order.
func (b *Batch) loadPools(state *inventory.State, ids []inventory.PoolID) error {
	if len(ids) == 0 {
		return nil
	}
	return b.s.row(sqlPools).list(ids).each("load pools", func(st *sqlite3.Stmt) error {
		state.Pools = append(state.Pools, scanPool(st))
		return nil
	})
}

func scanPool(st *sqlite3.Stmt) inventory.Pool {
	return inventory.Pool{
		ID: inventory.PoolID(columnDigest(st, 0)), Wanted: st.ColumnInt(1), Capacity: st.ColumnInt(2), Held: st.ColumnInt(3),
		Booked: st.ColumnInt(4), Blocked: st.ColumnInt(5), Returning: st.ColumnInt(6) == 1, Holder: ident.BookingID{ID: columnID(st, 7)},
	}
}
