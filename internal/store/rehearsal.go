package store

import (
	"context"
	"time"

	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// RehearsalRow is what one rehearsal of a sale found.
type RehearsalRow struct {
	ID      int64
	Sale    ident.SaleID
	Version int // of the sale's rules
	At      time.Time
	People  int
	Burst   int     // of them in the first second
	Rude    float64 // share of them, 0..1
	Verdict string  // as room rehearsal judges: holds, breaks or void
	Broke   string  // what broke, or would break first
	Figures string  // a JSON document
}

// rehearsalsMax bounds how many rehearsals of all sales are read: the newest ones.
const rehearsalsMax = 1_000

// AddRehearsal stores what a rehearsal found.
func (s *Store) AddRehearsal(r RehearsalRow) error {
	return s.inBatch(func() error {
		return s.row(`INSERT INTO rehearsal (sale, version, at_us, people, burst, rude, verdict, broke, figures)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6 / 10000.0, ?7, ?8, ?9)`).
			int(int64(r.Sale)).int(int64(r.Version)).time(r.At).int(int64(r.People)).int(int64(r.Burst)).int(int64(r.Rude * 10_000)).
			must(r.Verdict).must(r.Broke).must(r.Figures).exec("add rehearsal")
	})
}

// Rehearsals reads the newest rehearsals of all sales, newest first, without their
// figures.
func (s *Store) Rehearsals(ctx context.Context) ([]RehearsalRow, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, sale, version, at_us, people, burst, rude, verdict, broke
		FROM rehearsal ORDER BY at_us DESC, id DESC LIMIT $1`, rehearsalsMax)
	if err != nil {
		return nil, one("read rehearsals", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []RehearsalRow
	for rows.Next() {
		var r RehearsalRow
		var at int64
		if err := rows.Scan(&r.ID, &r.Sale, &r.Version, &at, &r.People, &r.Burst, &r.Rude, &r.Verdict, &r.Broke); err != nil {
			return nil, one("read rehearsals", err)
		}
		r.At = fromUS(at)
		out = append(out, r)
	}
	return out, one("read rehearsals", rows.Err())
}

// RehearsalFigures reads the figures of one rehearsal; NotFound if there is none.
func (s *Store) RehearsalFigures(ctx context.Context, id int64) (figures string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT figures FROM rehearsal WHERE id = $1", id).Scan(&figures)
	return figures, one("read rehearsal", err)
}

// Acknowledgement is somebody's word that a sale may open under a version of its rules.
type Acknowledgement struct {
	Sale    ident.SaleID
	Version int
	Actor   string // a staff account
	Role    inventory.Role
	At      time.Time
	Name    string // of the account; empty if there is none any more. Only read
}

// Acknowledge stores somebody's acknowledgement and notes it in the audit. A second one
// of the same account changes nothing.
func (s *Store) Acknowledge(a Acknowledgement, by inventory.AuditRow) error {
	tx, err := s.Begin()
	if err != nil {
		return err
	}
	defer tx.End()
	err = s.row("INSERT INTO acknowledgement (sale, version, actor, at_us, role) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (sale, version, actor) DO NOTHING").
		int(int64(a.Sale)).int(int64(a.Version)).must(a.Actor).time(a.At).int(int64(a.Role)).exec("acknowledge")
	if err != nil || s.write.Changes() == 0 {
		return err
	}
	by.Sale, by.Verb, by.Actor, by.Role, by.At = a.Sale, inventory.VerbAcknowledge, a.Actor, a.Role, a.At
	if err := tx.saveAudit(&inventory.Changes{Audit: []inventory.AuditRow{by}}); err != nil {
		return err
	}
	return tx.finish()
}

// Acknowledgements reads all of them, oldest first.
func (s *Store) Acknowledgements(ctx context.Context) ([]Acknowledgement, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT a.sale, a.version, a.actor, a.role, a.at_us, coalesce(s.name, '')
		FROM acknowledgement a LEFT JOIN staff s ON s.id = a.actor ORDER BY a.at_us, a.actor LIMIT $1`, rehearsalsMax)
	if err != nil {
		return nil, one("read acknowledgements", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Acknowledgement
	for rows.Next() {
		var a Acknowledgement
		var at int64
		if err := rows.Scan(&a.Sale, &a.Version, &a.Actor, &a.Role, &at, &a.Name); err != nil {
			return nil, one("read acknowledgements", err)
		}
		a.At = fromUS(at)
		out = append(out, a)
	}
	return out, one("read acknowledgements", rows.Err())
}
