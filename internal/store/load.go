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

// The statements of a load. One prepared look-up per name: most names of a hold
// do not exist yet, and a miss costs less than a bound list (ADR 1).
const (
	sqlKnown   = "SELECT content, verb, booking, units, lines FROM audit WHERE key = ?1"
	sqlBooking = `SELECT sale, state, channel, contact, code, expires_us, extended, replaces, replaced_by, people, arrived, draws
		FROM booking WHERE id = ?1`
	sqlPool = "SELECT wanted, capacity, held, booked, blocked, returns, holder FROM pool WHERE id = ?1"
	sqlSale = "SELECT opens_us, closes_us, paused FROM sale WHERE id = ?1"
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
	if failpoint.Bug(failpoint.BugForgetsKeys) {
		return nil
	}
	for _, key := range keys {
		err := b.s.row(sqlKnown).blob(key.ID[:]).each("load key", func(st *sqlite3.Stmt) error {
			k := inventory.Known{
				Key: key, Content: columnDigest(st, 0), Verb: inventory.Verb(st.ColumnInt(1)),
				Booking: ident.BookingID{ID: columnID(st, 2)}, Units: st.ColumnInt(3),
			}
			if text := st.ColumnRawText(4); len(text) > 0 {
				if err := json.Unmarshal(text, &k.Lines); err != nil {
					return fault.New(fault.Internal, "audit row of key %s: %w", key, err)
				}
			}
			state.Known = append(state.Known, k)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) loadBookings(state *inventory.State, ids []ident.BookingID) error {
	for _, id := range ids {
		err := b.s.row(sqlBooking).blob(id.ID[:]).each("load booking", func(st *sqlite3.Stmt) error {
			bk, err := scanBooking(st, id)
			state.Bookings = append(state.Bookings, bk)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func scanBooking(st *sqlite3.Stmt, id ident.BookingID) (inventory.Booking, error) {
	b := inventory.Booking{
		ID: id, Sale: ident.SaleID(st.ColumnInt64(0)), State: inventory.BookingState(st.ColumnInt(1)),
		Channel: catalog.Channel(st.ColumnInt(2)), Contact: catalog.ContactKind(st.ColumnInt(3)),
		Code: ident.Code(st.ColumnText(4)), Expires: columnTime(st, 5), Extended: st.ColumnInt(6) == 1,
		Replaces: ident.BookingID{ID: columnID(st, 7)}, ReplacedBy: ident.BookingID{ID: columnID(st, 8)},
		People: st.ColumnInt(9), Arrived: uint64(st.ColumnInt64(10)),
	}
	return b, decodeDraws(st.ColumnRawBlob(11), &b)
}

func (b *Batch) loadPools(state *inventory.State, ids []inventory.PoolID) error {
	for _, id := range ids {
		err := b.s.row(sqlPool).blob(id[:]).each("load pool", func(st *sqlite3.Stmt) error {
			state.Pools = append(state.Pools, scanPool(st, id))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func scanPool(st *sqlite3.Stmt, id inventory.PoolID) inventory.Pool {
	return inventory.Pool{
		ID: id, Wanted: st.ColumnInt(0), Capacity: st.ColumnInt(1), Held: st.ColumnInt(2), Booked: st.ColumnInt(3),
		Blocked: st.ColumnInt(4), Returning: st.ColumnInt(5) == 1, Holder: ident.BookingID{ID: columnID(st, 6)},
	}
}
