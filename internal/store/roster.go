package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/waitingroom"
)

// Rooms returns every sale's room.
func (s *Store) Rooms(ctx context.Context) (out []waitingroom.Room, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+roomColumns+" FROM room ORDER BY sale")
	if err != nil {
		return nil, one("read rooms", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		r, err := readRoom(rows.Scan)
		if err != nil {
			return nil, one("read rooms", err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, one("read rooms", err)
	}
	for i := range out {
		if out[i].Terms, err = s.TermsOf(ctx, out[i].Sale); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readRoom(scan func(...any) error) (r waitingroom.Room, err error) {
	var seed, reached []byte
	var source sql.NullString
	var opened int64
	var frozen, drawn sql.NullInt64
	err = scan(&r.Sale, &r.Phase, &r.Version, &opened, &seed, &r.Entries, &r.Frozen, &frozen, &r.Beacon.Value, &source, &drawn, &r.Called, &r.Heads, &reached, &r.Calls, &r.People)
	copy(r.Seed[:], seed)
	setReached(&r, reached)
	r.Opened, r.FrozenAt, r.DrawnAt, r.Beacon.Source = fromUS(opened), orZero(frozen), orZero(drawn), source.String
	return r, err
}

// orZero reads a moment that may be NULL.
func orZero(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return fromUS(us.Int64)
}

// EachEntry calls f for the entries of a sale's log in their order, from place from
// on. An error of f ends it and is returned.
func (s *Store) EachEntry(ctx context.Context, sale ident.SaleID, from uint32, f func(waitingroom.Entry) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT "+entryColumns+" FROM entry WHERE sale = $1 AND no >= $2 ORDER BY no", int64(sale), int64(from))
	if err != nil {
		return one("read entries", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		e, err := readEntry(rows.Scan)
		if err != nil {
			return one("read entries", err)
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return one("read entries", rows.Err())
}

// Entry returns one entry of a log; NotFound if there is none.
func (s *Store) Entry(ctx context.Context, p waitingroom.Place) (waitingroom.Entry, error) {
	e, err := readEntry(s.read.QueryRowContext(ctx, "SELECT "+entryColumns+" FROM entry WHERE sale = $1 AND no = $2", int64(p.Sale), int64(p.No)).Scan)
	return e, one("read entry", err)
}

// Namesakes returns the claims for which a clerk granted an entry although they count for
// somebody else; none for nearly every entry.
func (s *Store) Namesakes(ctx context.Context, p waitingroom.Place) (out []ident.Digest, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT digest FROM namesake WHERE sale = $1 AND no = $2", int64(p.Sale), int64(p.No))
	if err != nil {
		return nil, one("read namesakes", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var digest []byte
		if err := rows.Scan(&digest); err != nil {
			return nil, one("read namesakes", err)
		}
		out = append(out, ident.Digest(pad(digest)))
	}
	return out, one("read namesakes", rows.Err())
}

// EntryOf returns the entry that an owner has; NotFound if none.
func (s *Store) EntryOf(ctx context.Context, sale ident.SaleID, owner ident.Digest) (waitingroom.Entry, error) {
	e, err := readEntry(s.read.QueryRowContext(ctx, "SELECT "+entryColumns+" FROM entry WHERE sale = $1 AND owner = $2", int64(sale), owner[:]).Scan)
	return e, one("read entry", err)
}

func readEntry(scan func(...any) error) (e waitingroom.Entry, err error) {
	var alias, owner []byte
	var channel int
	var at int64
	var arrived, until sql.NullInt64
	err = scan(&e.No, &alias, &owner, &e.Size, &channel, &at, &e.Passes, &arrived, &until, &e.Wants, &e.Group)
	e.Alias, e.Channel, e.At, e.Arrived, e.Until = draw.Alias(pad(alias)), catalog.Channel(channel), fromUS(at), orZero(arrived), orZero(until) //nolint:gosec // written by us
	copy(e.Owner[:], owner)
	return e, err
}

// pad makes an alias of a blob; the CHECK has seen to its length.
func pad(b []byte) (a [draw.AliasBytes]byte) {
	copy(a[:], b)
	return a
}

// CallsOf returns the calls of a sale in their order.
func (s *Store) CallsOf(ctx context.Context, sale ident.SaleID) (out []waitingroom.Called, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT no, grp, upto, people, at_us FROM called WHERE sale = $1 ORDER BY no", int64(sale))
	if err != nil {
		return nil, one("read calls", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		c := waitingroom.Called{Sale: sale}
		var at int64
		if err := rows.Scan(&c.No, &c.Group, &c.To, &c.People, &at); err != nil {
			return nil, one("read calls", err)
		}
		c.At = fromUS(at)
		out = append(out, c)
	}
	return out, one("read calls", rows.Err())
}

// Holder returns the booking that a pass was spent on; the zero name if none.
func (s *Store) Holder(ctx context.Context, pass inventory.PoolID) (id ident.BookingID, err error) {
	var holder []byte
	err = s.read.QueryRowContext(ctx, "SELECT holder FROM pool WHERE id = $1", pass[:]).Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) {
		return id, nil
	}
	copy(id.ID[:], holder)
	return id, one("read pass", err)
}

// CartTimes are when a cart began, and when it was confirmed or given back; zero where
// it was not.
type CartTimes struct{ Took, Ended time.Time }

// CartTimes reads those of all carts of a sale from the audit.
func (s *Store) CartTimes(ctx context.Context, sale ident.SaleID) (map[ident.BookingID]CartTimes, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT booking, verb, at_us FROM audit WHERE sale = $1 AND verb IN ($2, $3, $4) AND booking IS NOT NULL",
		int64(sale), int64(inventory.VerbHold), int64(inventory.VerbConfirm), int64(inventory.VerbRelease))
	if err != nil {
		return nil, one("read times of carts", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := make(map[ident.BookingID]CartTimes)
	for rows.Next() {
		var blob []byte
		var verb inventory.Verb
		var at int64
		if err := rows.Scan(&blob, &verb, &at); err != nil {
			return nil, one("read times of carts", err)
		}
		id := ident.BookingID{ID: asID(blob)}
		t := out[id]
		if verb == inventory.VerbHold {
			t.Took = fromUS(at)
		} else {
			t.Ended = fromUS(at)
		}
		out[id] = t
	}
	return out, one("read times of carts", rows.Err())
}
