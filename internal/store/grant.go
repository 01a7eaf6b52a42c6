package store

import (
	"context"
	"database/sql"
	"time"

	"einlass/internal/fault"
	"einlass/internal/ident"
)

// GrantState is how it stands with a granted rehearsal. The numbers are stored.
type GrantState uint8

// The states.
const (
	GrantAsked   GrantState = 1 // by an operator; the server has not seen it yet
	GrantOpen    GrantState = 2 // the copy is open
	GrantOver    GrantState = 3
	GrantRefused GrantState = 4
)

// GrantToken is what a crowd shows: 128 random bits.
type GrantToken [16]byte

// Grant is a rehearsal of one sale that an operator has granted, with its bounds.
type Grant struct {
	ID      int64
	Token   GrantToken
	Sale    ident.SaleID
	People  int     // at most
	Minutes int     // of real time, at most
	Pace    float64 // of the copy's clock, at least 1
	Clerks  int     // accounts that the copy gets
	State   GrantState
	Asked   time.Time
	Until   time.Time // nobody may begin later
	Address string    // of the copy's public pages, while it is open
	Why     string    // of a refusal
}

const grantColumns = "id, token, sale, people, minutes, pace, clerks, state, asked_us, until_us, address, why"

// AddGrant stores a new grant and returns its number. Grants that nobody may use any
// more are forgotten.
func (s *Store) AddGrant(g Grant) (id int64, err error) {
	err = s.inBatch(func() error {
		if err := s.row("DELETE FROM rehearsal_grant WHERE until_us < ?1 AND state <> 2").time(g.Asked).exec("forget grants"); err != nil {
			return err
		}
		err := s.row(`INSERT INTO rehearsal_grant (token, sale, people, minutes, pace, clerks, state, asked_us, until_us)
			VALUES (?1, ?2, ?3, ?4, ?5 / 1000.0, ?6, ?7, ?8, ?9)`).
			blob(g.Token[:]).int(int64(g.Sale)).int(int64(g.People)).int(int64(g.Minutes)).int(int64(g.Pace * 1000)).int(int64(g.Clerks)).
			int(int64(GrantAsked)).time(g.Asked).time(g.Until).exec("add grant")
		id = s.write.LastInsertRowID()
		return err
	})
	return id, err
}

// Grant reads one grant; NotFound if there is none of that number.
func (s *Store) Grant(ctx context.Context, id int64) (Grant, error) {
	return readGrant(s.read.QueryRowContext(ctx, "SELECT "+grantColumns+" FROM rehearsal_grant WHERE id = $1", id).Scan)
}

// AskedGrant reads the oldest grant that waits for the server; NotFound if none does.
func (s *Store) AskedGrant(ctx context.Context) (Grant, error) {
	return readGrant(s.read.QueryRowContext(ctx, "SELECT "+grantColumns+" FROM rehearsal_grant WHERE state = $1 ORDER BY id LIMIT 1", GrantAsked).Scan)
}

func readGrant(scan func(...any) error) (g Grant, err error) {
	var token []byte
	var asked, until int64
	var address, why sql.NullString
	err = scan(&g.ID, &token, &g.Sale, &g.People, &g.Minutes, &g.Pace, &g.Clerks, &g.State, &asked, &until, &address, &why)
	copy(g.Token[:], token)
	g.Asked, g.Until, g.Address, g.Why = fromUS(asked), fromUS(until), address.String, why.String
	return g, one("read grant", err)
}

// SetGrant notes how it stands with a grant; NotFound if there is none of that number.
func (s *Store) SetGrant(id int64, state GrantState, address, why string) error {
	return s.inBatch(func() error {
		err := s.row("UPDATE rehearsal_grant SET state = ?2, address = ?3, why = ?4 WHERE id = ?1").
			int(id).int(int64(state)).text(address).text(why).exec("save grant")
		if err == nil && s.write.Changes() == 0 {
			return fault.New(fault.NotFound, "there is no grant %d", id)
		}
		return err
	})
}

// EndGrants ends what an earlier server left open.
func (s *Store) EndGrants() error {
	return s.inBatch(func() error {
		return s.row("UPDATE rehearsal_grant SET state = ?1, address = NULL WHERE state = ?2").int(int64(GrantOver)).int(int64(GrantOpen)).exec("end grants")
	})
}

// MarkCopy marks this database as a rehearsal's copy. It must be new: Conflict if it
// has a sale already.
func (s *Store) MarkCopy(now time.Time) error {
	return s.inBatch(func() error {
		err := s.row(`INSERT INTO rehearsal_copy (one, made_us) SELECT 1, ?1 WHERE NOT EXISTS (SELECT 1 FROM sale)`).time(now).exec("mark copy")
		if err == nil && s.write.Changes() == 0 {
			return fault.New(fault.Conflict, "a database with sales in it is no copy")
		}
		return err
	})
}

// IsCopy reports whether this database is marked as a rehearsal's copy.
func (s *Store) IsCopy(ctx context.Context) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM rehearsal_copy").Scan(&n)
	return n > 0, one("read mark", err)
}

// CountCodes returns how many access codes each list of a sale has.
func (s *Store) CountCodes(ctx context.Context, sale ident.SaleID) (map[string]int, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT list, count(*) FROM access_code WHERE sale = $1 GROUP BY list", int64(sale))
	if err != nil {
		return nil, one("count codes", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := make(map[string]int)
	for rows.Next() {
		var list string
		var n int
		if err := rows.Scan(&list, &n); err != nil {
			return nil, one("count codes", err)
		}
		out[list] = n
	}
	return out, one("count codes", rows.Err())
}
