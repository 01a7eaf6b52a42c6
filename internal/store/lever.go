package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/waitingroom"

	"github.com/ncruces/go-sqlite3"
)

const leverColumns = "paused, until_us, message, rate, closed"

// Levers returns what operators have told the rooms to do; a sale of which nobody has
// said anything is not in it.
func (s *Store) Levers(ctx context.Context) (map[ident.SaleID]waitingroom.Levers, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT sale, "+leverColumns+" FROM lever")
	if err != nil {
		return nil, one("read levers", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := make(map[ident.SaleID]waitingroom.Levers)
	for rows.Next() {
		var sale ident.SaleID
		l, err := readLevers(func(to ...any) error { return rows.Scan(append([]any{&sale}, to...)...) })
		if err != nil {
			return nil, one("read levers", err)
		}
		out[sale] = l
	}
	return out, one("read levers", rows.Err())
}

func readLevers(scan func(...any) error) (l waitingroom.Levers, err error) {
	var until sql.NullInt64
	var message string
	if err := scan(&l.Paused, &until, &message, &l.Rate, &l.Closed); err != nil {
		return l, err
	}
	l.Until = orZero(until)
	return l, json.Unmarshal([]byte(message), &l.Message)
}

// SetLevers changes the levers of a sale's room and notes who did it and why, in one
// transaction. change gets them as they stand; an error of its own changes nothing.
func (s *Store) SetLevers(sale ident.SaleID, change func(*waitingroom.Levers) error, by inventory.AuditRow) (l waitingroom.Levers, err error) {
	tx, err := s.Begin()
	if err != nil {
		return l, err
	}
	defer tx.End()
	if l, err = s.leversNow(sale); err != nil {
		return l, err
	}
	if err := errors.Join(change(&l), l.Check()); err != nil {
		return l, err
	}
	message, err := json.Marshal(l.Message)
	if err != nil {
		return l, fault.New(fault.Internal, "message: %w", err)
	}
	err = s.row("INSERT INTO lever (sale, " + leverColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT (sale) DO UPDATE SET paused = ?2, until_us = ?3, message = ?4, rate = ?5, closed = ?6`).
		int(int64(sale)).bool(l.Paused).timeOrNull(l.Until).must(string(message)).int(int64(l.Rate)).bool(l.Closed).exec("save levers")
	if err != nil {
		return l, err
	}
	by.Sale, by.Verb = sale, inventory.VerbRoom
	if by.Reason == "" {
		by.Reason = l.String()
	}
	if err := tx.saveAudit(&inventory.Changes{Audit: []inventory.AuditRow{by}}); err != nil {
		return l, err
	}
	return l, tx.finish()
}

// leversNow reads them inside the transaction.
func (s *Store) leversNow(sale ident.SaleID) (l waitingroom.Levers, err error) {
	err = s.row("SELECT "+leverColumns+" FROM lever WHERE sale = ?1").int(int64(sale)).each("read levers", func(st *sqlite3.Stmt) error {
		l = waitingroom.Levers{Paused: st.ColumnInt(0) == 1, Until: columnTimeOrZero(st, 1), Rate: st.ColumnInt(3), Closed: st.ColumnInt(4) == 1}
		l.Message = catalog.Text{}
		return json.Unmarshal(st.ColumnRawText(2), &l.Message)
	})
	return l, err
}
