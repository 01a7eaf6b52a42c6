package store

import (
	"context"

	"einlass/internal/fault"
	"einlass/internal/inventory"
)

// StaffRow is one staff account as it is stored. Password is a hash that says by
// itself how it was made; room staff writes and reads it.
type StaffRow struct {
	ID       string
	Name     string
	Role     inventory.Role
	Password string
	Disabled bool
}

// staffMax bounds how many accounts a list returns.
const staffMax = 10_000

// AddStaff stores a new account; Conflict if there is one of that id.
func (s *Store) AddStaff(a StaffRow) error {
	tx, err := s.Begin()
	if err != nil {
		return err
	}
	defer tx.End()
	err = s.row("INSERT INTO staff (id, name, role, password, disabled) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING").
		must(a.ID).must(a.Name).int(int64(a.Role)).must(a.Password).bool(a.Disabled).exec("add staff account")
	if err != nil {
		return err
	}
	if s.write.Changes() == 0 {
		return fault.New(fault.Conflict, "there is a staff account %q already", a.ID)
	}
	return tx.finish()
}

// Staff reads one account; NotFound if there is none of that id.
func (s *Store) Staff(ctx context.Context, id string) (StaffRow, error) {
	a := StaffRow{ID: id}
	err := s.read.QueryRowContext(ctx, "SELECT name, role, password, disabled FROM staff WHERE id = $1", id).
		Scan(&a.Name, &a.Role, &a.Password, &a.Disabled)
	return a, one("read staff account", err)
}

// StaffAccounts reads every account in the order of their ids, without passwords.
func (s *Store) StaffAccounts(ctx context.Context) ([]StaffRow, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, name, role, disabled FROM staff ORDER BY id LIMIT $1", staffMax)
	if err != nil {
		return nil, one("read staff accounts", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []StaffRow
	for rows.Next() {
		var a StaffRow
		if err := rows.Scan(&a.ID, &a.Name, &a.Role, &a.Disabled); err != nil {
			return nil, one("read staff accounts", err)
		}
		out = append(out, a)
	}
	return out, one("read staff accounts", rows.Err())
}
