package store

import (
	"context"
	"database/sql"
	"time"

	"einlass/internal/draw"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/waitingroom"

	"github.com/ncruces/go-sqlite3"
)

// What is published of a draw: the terms and the signed heads. Both are appended to and
// never changed.
const (
	termsColumns = "since_us, opens_us, source, origin, round, until_us"
	headColumns  = "n, hash, at_us, terms, signature"

	sqlTerms       = "SELECT " + termsColumns + " FROM terms WHERE sale = ?1 ORDER BY no"
	sqlInsertTerms = "INSERT INTO terms (" + termsColumns + ", sale, no) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	sqlInsertHead  = "INSERT INTO head (" + headColumns + ", sale, no) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
)

func (b *Batch) loadTerms(sale ident.SaleID) (out []draw.Terms, err error) {
	err = b.s.row(sqlTerms).int(int64(sale)).each("load terms", func(st *sqlite3.Stmt) error {
		t := draw.Terms{Since: columnTime(st, 0), Opens: columnTime(st, 1)}
		t.Rule = draw.Rule{Source: draw.Source(st.ColumnText(2)), From: st.ColumnText(3), Round: uint64(st.ColumnInt64(4)), Until: columnTimeOrZero(st, 5)} //nolint:gosec // written by saveProof
		out = append(out, t)
		return nil
	})
	return out, err
}

// saveProof writes the terms and heads that a batch of acts added.
func (b *Batch) saveProof(c *waitingroom.Changes) error {
	for i := range c.Terms {
		t := &c.Terms[i]
		err := b.s.row(sqlInsertTerms).time(t.Since).time(t.Opens).must(string(t.Rule.Source)).must(t.Rule.From).
			int(int64(t.Rule.Round)).timeOrNull(t.Rule.Until).int(int64(t.Sale)).int(int64(t.No)).exec("save terms") //nolint:gosec // a round every three seconds
		if err != nil {
			return err
		}
	}
	for i := range c.Heads {
		h := &c.Heads[i]
		err := b.s.row(sqlInsertHead).int(int64(h.N)).blob(h.Hash[:]).time(h.At).blob(h.Head.Terms[:]).blob(h.Signature[:]).
			int(int64(h.Sale)).int(int64(h.No)).exec("save head")
		if err != nil {
			return err
		}
	}
	return nil
}

// TermsOf returns what was promised for the draw of a sale, in order.
func (s *Store) TermsOf(ctx context.Context, sale ident.SaleID) (out []draw.Terms, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+termsColumns+" FROM terms WHERE sale = $1 ORDER BY no", int64(sale))
	if err != nil {
		return nil, one("read terms", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var t draw.Terms
		var since, opens int64
		var until sql.NullInt64
		if err := rows.Scan(&since, &opens, &t.Rule.Source, &t.Rule.From, &t.Rule.Round, &until); err != nil {
			return nil, one("read terms", err)
		}
		t.Since, t.Opens, t.Rule.Until = fromUS(since), fromUS(opens), orZero(until)
		out = append(out, t)
	}
	return out, one("read terms", rows.Err())
}

// HeadsOf returns at most limit signed heads of a sale's log in their order, from the
// from-th on.
func (s *Store) HeadsOf(ctx context.Context, sale ident.SaleID, from, limit int) (out []draw.Head, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+headColumns+" FROM head WHERE sale = $1 AND no >= $2 ORDER BY no LIMIT $3", int64(sale), from, limit)
	if err != nil {
		return nil, one("read heads", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var h draw.Head
		var at int64
		var sum, terms, signature []byte
		if err := rows.Scan(&h.N, &sum, &at, &terms, &signature); err != nil {
			return nil, one("read heads", err)
		}
		h.At = fromUS(at)
		copy(h.Hash[:], sum)
		copy(h.Terms[:], terms)
		copy(h.Signature[:], signature)
		out = append(out, h)
	}
	return out, one("read heads", rows.Err())
}

// Aliases returns at most limit aliases of a sale's log in their order, from place from
// on: all that is published of the entries.
func (s *Store) Aliases(ctx context.Context, sale ident.SaleID, from, limit uint32) (out []draw.Alias, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT alias FROM entry WHERE sale = $1 AND no >= $2 AND no < $3 ORDER BY no", int64(sale), int64(from), int64(from)+int64(limit))
	if err != nil {
		return nil, one("read aliases", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out = make([]draw.Alias, 0, limit)
	var alias sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&alias); err != nil {
			return nil, one("read aliases", err)
		}
		out = append(out, draw.Alias(pad(alias)))
	}
	return out, one("read aliases", rows.Err())
}

// ChangeRoom has one act of a room decided and saved at a moment, beside a server that
// may run: whoever holds the write lock goes first. If the act is granted, by is written
// into the audit in the same transaction.
func (s *Store) ChangeRoom(act waitingroom.Act, by inventory.AuditRow) (waitingroom.Outcome, error) {
	tx, err := s.Begin()
	if err != nil {
		return waitingroom.Outcome{}, err
	}
	defer tx.End()
	out, err := tx.ChangeRoom(act, by)
	if err != nil || out.Reason != waitingroom.Granted {
		return out, err
	}
	return out, tx.finish()
}

// ChangeRoom does so within the batch, at by.At.
func (b *Batch) ChangeRoom(act waitingroom.Act, by inventory.AuditRow) (waitingroom.Outcome, error) {
	state, err := b.LoadRooms([]waitingroom.Act{act})
	if err != nil {
		return waitingroom.Outcome{}, err
	}
	outcomes, changes := waitingroom.Decide(state, []waitingroom.Act{act}, by.At.Truncate(time.Microsecond))
	if changes.Empty() {
		return outcomes[0], nil
	}
	if err := b.SaveRooms(changes); err != nil {
		return waitingroom.Outcome{}, err
	}
	by.Sale, by.Verb = act.Sale, inventory.VerbRoom
	return outcomes[0], b.saveAudit(&inventory.Changes{Audit: []inventory.AuditRow{by}})
}

// RoomNow reads a sale's room within the batch; false if it has none yet.
func (b *Batch) RoomNow(sale ident.SaleID) (waitingroom.Room, bool, error) {
	state := waitingroom.NewState()
	err := b.loadRoom(state, sale)
	room, ok := state.Rooms[sale]
	return room, ok, err
}
