package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
)

// one turns "no rows" into NotFound and everything else into Unavailable.
func one(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fault.New(fault.NotFound, "%s: there is none", what)
	}
	return fault.New(fault.Unavailable, "%s: %w", what, err)
}

// Record is a booking with the people in it and what was promised by message.
type Record struct {
	inventory.Booking
	People   []catalog.Participant
	Contact  catalog.Contact
	Messages []Message // newest last
}

// Booking reads one booking with everything a page about it needs. NotFound if
// there is none.
func (s *Store) Booking(ctx context.Context, id ident.BookingID) (*Record, error) {
	row := s.read.QueryRowContext(ctx, "SELECT id, "+bookingColumns+" FROM booking WHERE id = $1", id.ID[:])
	b, err := readBooking(row.Scan)
	if err != nil {
		return nil, err
	}
	r := &Record{Booking: b}
	if err := s.readPeople(ctx, r); err != nil {
		return nil, err
	}
	if b.State == inventory.Held {
		return r, nil // nothing is promised before it is confirmed
	}
	r.Messages, err = s.messagesOf(ctx, id)
	return r, err
}

const bookingColumns = "sale, state, channel, contact, code, expires_us, extended, replaces, replaced_by, people, arrived, draws"

// readBooking reads a row that begins with the id and goes on with
// bookingColumns.
func readBooking(scan func(...any) error) (b inventory.Booking, err error) {
	var (
		id, replaces, replacedBy, draws []byte
		code                            sql.NullString
		expires, arrived                int64
	)
	err = scan(&id, &b.Sale, &b.State, &b.Channel, &b.Contact, &code, &expires, &b.Extended, &replaces, &replacedBy, &b.People, &arrived, &draws)
	if err != nil {
		return b, one("read booking", err)
	}
	copy(b.ID.ID[:], id)
	copy(b.Replaces.ID[:], replaces)
	copy(b.ReplacedBy.ID[:], replacedBy)
	b.Code, b.Expires, b.Arrived = ident.Code(code.String), fromUS(expires), uint64(arrived)
	return b, decodeDraws(draws, &b)
}

func fromUS(us int64) time.Time { return time.UnixMicro(us).UTC() }

func (s *Store) readPeople(ctx context.Context, r *Record) error {
	rows, err := s.read.QueryContext(ctx, `SELECT no, name, birth, postcode, place, mail, phone, post, lang
		FROM person WHERE booking = $1 ORDER BY no`, r.ID.ID[:])
	if err != nil {
		return one("read people", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var no int
		var name string
		var birth, postcode, place, mail, phone, post, lang sql.NullString
		if err := rows.Scan(&no, &name, &birth, &postcode, &place, &mail, &phone, &post, &lang); err != nil {
			return one("read people", err)
		}
		if no == 0 {
			r.Contact = catalog.Contact{Kind: r.Booking.Contact, Mail: mail.String, Phone: phone.String, Post: post.String, Lang: locale.Lang(lang.String)}
			continue
		}
		p := catalog.Participant{Name: name, Postcode: postcode.String, Place: place.String}
		if birth.Valid {
			if p.BirthDate, err = time.Parse(BirthLayout, birth.String); err != nil {
				return fault.New(fault.Internal, "booking %s: birth date: %w", r.ID, err)
			}
		}
		r.People = append(r.People, p)
	}
	return one("read people", rows.Err())
}

// ByCode returns the bookings with that code; a code is not unique.
func (s *Store) ByCode(ctx context.Context, code ident.Code) ([]ident.BookingID, error) {
	return s.bookingIDs(ctx, "SELECT id FROM booking WHERE code = $1 LIMIT $2", string(code), findMax)
}

// findMax bounds what a search returns, in bookings.
const findMax = 50

// ByName returns bookings of a sale in which a participant's name contains part,
// without regard to ASCII case. It reads the whole sale: for the desk only.
func (s *Store) ByName(ctx context.Context, sale ident.SaleID, part string) ([]ident.BookingID, error) {
	return s.bookingIDs(ctx, `SELECT DISTINCT booking FROM person WHERE sale = $1 AND instr(lower(name), lower($2)) > 0 LIMIT $3`,
		int64(sale), part, findMax)
}

// DueHolds returns holds that ended before the given time, oldest first, from
// the partial index of open holds.
func (s *Store) DueHolds(ctx context.Context, before time.Time, limit int) ([]Due, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, sale FROM booking WHERE state = 1 AND expires_us < $1 ORDER BY expires_us LIMIT $2",
		before.UnixMicro(), limit)
	if err != nil {
		return nil, one("read due holds", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Due
	for rows.Next() {
		var id []byte
		var d Due
		if err := rows.Scan(&id, &d.Sale); err != nil {
			return nil, one("read due holds", err)
		}
		copy(d.Booking.ID[:], id)
		out = append(out, d)
	}
	return out, one("read due holds", rows.Err())
}

// Due is a hold whose time is over.
type Due struct {
	Booking ident.BookingID
	Sale    ident.SaleID
}

func (s *Store) bookingIDs(ctx context.Context, query string, args ...any) ([]ident.BookingID, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, one("find bookings", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []ident.BookingID
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return nil, one("find bookings", err)
		}
		var b ident.BookingID
		copy(b.ID[:], id)
		out = append(out, b)
	}
	return out, one("find bookings", rows.Err())
}

// KeyKnown reports whether a request with this key was granted before. A full
// house may refuse early only those whose key is not known.
func (s *Store) KeyKnown(ctx context.Context, key ident.Key) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM audit WHERE key = $1", key.ID[:]).Scan(&n)
	return n > 0, one("read key", err)
}

// Still runs f while nothing is being committed: what f reads stays true until it
// returns, and what is committed afterwards is followed afterwards.
func (s *Store) Still(f func() error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return f()
}

// EagerPools returns all pools of slots: what availability starts from.
func (s *Store) EagerPools(ctx context.Context) ([]inventory.Pool, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, wanted, capacity, held, booked, blocked, returns FROM pool WHERE id < $1`,
		[]byte{byte(inventory.KindSeat)})
	if err != nil {
		return nil, one("read pools", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []inventory.Pool
	for rows.Next() {
		var p inventory.Pool
		var id []byte
		if err := rows.Scan(&id, &p.Wanted, &p.Capacity, &p.Held, &p.Booked, &p.Blocked, &p.Returning); err != nil {
			return nil, one("read pools", err)
		}
		copy(p.ID[:], id)
		out = append(out, p)
	}
	return out, one("read pools", rows.Err())
}

// Alive returns when the installation last committed something, zero if never.
func (s *Store) Alive(ctx context.Context) (time.Time, error) {
	var us int64
	err := s.read.QueryRowContext(ctx, "SELECT at_us FROM alive").Scan(&us)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return fromUS(us), one("read alive", err)
}

// SaleOf returns the sale of a booking; NotFound if there is none of that name.
func (s *Store) SaleOf(ctx context.Context, id ident.BookingID) (sale ident.SaleID, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT sale FROM booking WHERE id = $1", id.ID[:]).Scan(&sale)
	return sale, one("read booking", err)
}
