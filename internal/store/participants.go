package store

import (
	"context"
	"database/sql"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// EachParticipant calls f for everybody in a sale's bookings with the booking's
// state, in the order of the bookings, until f returns an error. It reads the
// whole sale in one go: for checks, exports and lists at the door.
func (s *Store) EachParticipant(ctx context.Context, sale ident.SaleID, f func(ident.BookingID, inventory.BookingState, catalog.Participant) error) error {
	rows, err := s.read.QueryContext(ctx, `SELECT p.booking, b.state, p.name, p.birth, p.postcode, p.place
		FROM person p JOIN booking b ON b.id = p.booking WHERE p.sale = $1 AND p.no > 0 ORDER BY p.booking, p.no`, int64(sale))
	if err != nil {
		return one("read participants", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var raw []byte
		var id ident.BookingID
		var state inventory.BookingState
		var p catalog.Participant
		var birth, postcode, place sql.NullString
		if err := rows.Scan(&raw, &state, &p.Name, &birth, &postcode, &place); err != nil {
			return one("read participants", err)
		}
		copy(id.ID[:], raw)
		p.Postcode, p.Place = postcode.String, place.String
		if birth.Valid {
			if p.BirthDate, err = time.Parse(BirthLayout, birth.String); err != nil {
				return fault.New(fault.Internal, "booking %s: birth date: %w", id, err)
			}
		}
		if err := f(id, state, p); err != nil {
			return err
		}
	}
	return one("read participants", rows.Err())
}
