package store

import (
	"context"
	"database/sql"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/waitingroom"

	"github.com/ncruces/go-sqlite3"
)

// The statements about reminders.
const (
	reminderColumns = "sale, no, id, mail, lang, asked_us, told_us, number, called"

	sqlReminder    = "SELECT " + reminderColumns + " FROM reminder WHERE sale = ?1 AND no = ?2"
	sqlPutReminder = `INSERT INTO reminder (` + reminderColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (sale, no) DO UPDATE SET mail = ?4, lang = ?5, told_us = ?7, number = ?8, called = ?9`
	sqlDropReminder   = "DELETE FROM reminder WHERE sale = ?1 AND no = ?2"
	sqlDropReminders  = "DELETE FROM reminder WHERE sale = ?1 AND told_us IS NULL"
	sqlBlankReminders = "UPDATE reminder SET mail = NULL WHERE sale = ?1 AND mail IS NOT NULL"
)

// loadReminders reads the reminders that an act names.
func (b *Batch) loadReminders(state *waitingroom.State, a waitingroom.Act) error {
	var of []uint32
	switch do := a.Do.(type) {
	case waitingroom.Remind:
		of = []uint32{do.No}
	case waitingroom.Forget:
		of = []uint32{do.No}
	case waitingroom.Tell:
		for _, n := range do.Near {
			of = append(of, n.No)
		}
	}
	for _, no := range of {
		if err := b.loadReminder(state, waitingroom.Place{Sale: a.Sale, No: no}); err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) loadReminder(state *waitingroom.State, p waitingroom.Place) error {
	return b.s.row(sqlReminder).int(int64(p.Sale)).int(int64(p.No)).each("load reminder", func(st *sqlite3.Stmt) error {
		state.Reminders[p] = waitingroom.Reminder{
			Sale: p.Sale, No: p.No, ID: columnID(st, 2), Mail: st.ColumnText(3), Lang: locale.Lang(st.ColumnText(4)), Asked: columnTime(st, 5),
			Told: columnTimeOrZero(st, 6), Number: uint32(st.ColumnInt64(7)), Called: uint32(st.ColumnInt64(8)), //nolint:gosec // numbers of a log
		}
		return nil
	})
}

// saveReminders writes what a batch of acts changed of them. A mail that was promised is
// in the outbox with it. Where a room is over, no address stays.
func (b *Batch) saveReminders(c *waitingroom.Changes) error {
	for _, p := range c.Forgotten {
		if err := b.s.row(sqlDropReminder).int(int64(p.Sale)).int(int64(p.No)).exec("forget reminder"); err != nil {
			return err
		}
	}
	for i := range c.Reminders {
		r := &c.Reminders[i]
		err := b.s.row(sqlPutReminder).int(int64(r.Sale)).int(int64(r.No)).blob(r.ID[:]).text(r.Mail).text(string(r.Lang)).
			time(r.Asked).timeOrNull(r.Told).int(int64(r.Number)).int(int64(r.Called)).exec("save reminder")
		if err != nil {
			return err
		}
	}
	var out inventory.Changes
	for i := range c.Told {
		r := &c.Told[i]
		out.Outbox = append(out.Outbox, inventory.OutboxRow{Booking: ident.BookingID{ID: r.ID}, Sale: r.Sale, Kind: catalog.ContactMail, About: inventory.AboutNear, Due: r.Told})
	}
	if err := b.saveOutbox(&out); err != nil {
		return err
	}
	return b.dropReminders(c)
}

func (b *Batch) dropReminders(c *waitingroom.Changes) error {
	for sale, room := range c.Rooms {
		if room.Phase != waitingroom.Over {
			continue
		}
		for _, drop := range []string{sqlDropReminders, sqlBlankReminders} {
			if err := b.s.row(drop).int(int64(sale)).exec("drop reminders"); err != nil {
				return err
			}
		}
	}
	return nil
}

// EachReminder calls f for the reminders of a sale, in the order of the log. An error of
// f ends it and is returned.
func (s *Store) EachReminder(ctx context.Context, sale ident.SaleID, f func(waitingroom.Reminder) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT "+reminderColumns+" FROM reminder WHERE sale = $1 ORDER BY no", int64(sale))
	if err != nil {
		return one("read reminders", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		r, err := readReminder(rows.Scan)
		if err != nil {
			return one("read reminders", err)
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return one("read reminders", rows.Err())
}

// Reminder reads the one that a message is about; NotFound if there is none.
func (s *Store) Reminder(ctx context.Context, id ident.ID) (waitingroom.Reminder, error) {
	r, err := readReminder(s.read.QueryRowContext(ctx, "SELECT "+reminderColumns+" FROM reminder WHERE id = $1", id[:]).Scan)
	return r, one("read reminder", err)
}

func readReminder(scan func(...any) error) (r waitingroom.Reminder, err error) {
	var id []byte
	var mail, lang sql.NullString
	var asked int64
	var told sql.NullInt64
	err = scan(&r.Sale, &r.No, &id, &mail, &lang, &asked, &told, &r.Number, &r.Called)
	copy(r.ID[:], id)
	r.Mail, r.Lang, r.Asked, r.Told = mail.String, locale.Lang(lang.String), fromUS(asked), orZero(told)
	return r, err
}
