package store

import (
	"encoding/json"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/inventory"
)

// The statements of a save: one prepared statement per kind of row.
const (
	sqlInsertPool = `INSERT INTO pool (id, wanted, capacity, held, booked, blocked, returns, holder)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`
	sqlUpdatePool = `UPDATE pool SET wanted = ?2, capacity = ?3, held = ?4, booked = ?5, blocked = ?6, returns = ?7, holder = ?8
		WHERE id = ?1`
	sqlDeletePool    = "DELETE FROM pool WHERE id = ?1"
	sqlInsertBooking = `INSERT INTO booking (id, sale, state, channel, contact, code, expires_us, extended, replaces, replaced_by, people, arrived, draws)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`
	sqlUpdateBooking = `UPDATE booking SET sale = ?2, state = ?3, channel = ?4, contact = ?5, code = ?6, expires_us = ?7, extended = ?8,
		replaces = ?9, replaced_by = ?10, people = ?11, arrived = ?12, draws = ?13 WHERE id = ?1`
	sqlInsertPerson = `INSERT INTO person (booking, no, sale, name, birth, postcode, place)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`
	sqlInsertContact = `INSERT INTO person (booking, no, sale, name, mail, phone, post, lang)
		VALUES (?1, 0, ?2, '', ?3, ?4, ?5, ?6)
		ON CONFLICT (booking, no) DO UPDATE SET mail = ?3, phone = ?4, post = ?5, lang = ?6`
	// Who asks to be mailed from now on is not called any more. Mails end where they
	// are sent: the delivery sees it.
	sqlDropTasks   = "UPDATE outbox SET state = 3 WHERE booking = ?1 AND state = 0 AND kind > 1 AND kind <> ?2"
	sqlInsertAudit = `INSERT INTO audit (at_us, key, content, sale, verb, booking, pool, units, actor, role, channel, reason, lines)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`
	sqlInsertOutbox = `INSERT INTO outbox (booking, sale, kind, about, state, created_us, due_us)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)`
)

// BirthLayout is how a birth date is stored.
const BirthLayout = "2006-01-02"

// Save writes what a batch changed. Invalid if the database refuses some row;
// the batch must then be ended and tried again in halves.
func (b *Batch) Save(c *inventory.Changes) error {
	for _, part := range []func(*inventory.Changes) error{
		b.savePools, b.saveBookings, b.savePeople, b.saveContacts, b.saveOutbox, b.saveAudit,
	} {
		if err := part(c); err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) savePools(c *inventory.Changes) error {
	for i := range c.Pools {
		if err := b.savePool(&c.Pools[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) savePool(p *inventory.PoolChange) error {
	switch {
	case p.Delete:
		return b.s.row(sqlDeletePool).blob(p.ID[:]).exec("delete pool")
	case p.New:
		return b.poolRow(sqlInsertPool, p).exec("insert pool")
	}
	return b.exactlyOne(b.poolRow(sqlUpdatePool, p).exec("update pool"), "pool", p.ID)
}

func (b *Batch) poolRow(sql string, p *inventory.PoolChange) *row {
	return b.s.row(sql).blob(p.ID[:]).int(int64(p.Wanted)).int(int64(p.Capacity)).int(int64(p.Held)).
		int(int64(p.Booked)).int(int64(p.Blocked)).bool(p.Returning).id(p.Holder.ID)
}

// exactlyOne turns an update that met no row into an error: what was loaded in
// this transaction must still be there.
func (b *Batch) exactlyOne(err error, what string, id any) error {
	if err == nil && b.s.write.Changes() != 1 {
		return fault.New(fault.Internal, "%s %v: the row to update is not there", what, id)
	}
	return err
}

func (b *Batch) saveBookings(c *inventory.Changes) error {
	for i := range c.Bookings {
		bk := &c.Bookings[i]
		var err error
		if bk.New {
			err = b.bookingRow(sqlInsertBooking, &bk.Booking).exec("insert booking")
		} else {
			err = b.exactlyOne(b.bookingRow(sqlUpdateBooking, &bk.Booking).exec("update booking"), "booking", bk.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) bookingRow(sql string, bk *inventory.Booking) *row {
	b.buf = encodeDraws(b.buf[:0], bk)
	return b.s.row(sql).blob(bk.ID.ID[:]).int(int64(bk.Sale)).int(int64(bk.State)).int(int64(bk.Channel)).int(int64(bk.Contact)).
		text(string(bk.Code)).time(bk.Expires).bool(bk.Extended).id(bk.Replaces.ID).id(bk.ReplacedBy.ID).
		int(int64(bk.People)).int(int64(bk.Arrived)).blob(b.buf)
}

func (b *Batch) savePeople(c *inventory.Changes) error {
	for i := range c.People {
		p := &c.People[i]
		birth := ""
		if !p.BirthDate.IsZero() {
			birth = p.BirthDate.Format(BirthLayout)
		}
		err := b.s.row(sqlInsertPerson).blob(p.Booking.ID[:]).int(int64(p.No)).int(int64(p.Sale)).
			must(p.Name).text(birth).text(p.Postcode).text(p.Place).exec("insert person")
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) saveContacts(c *inventory.Changes) error {
	for i := range c.Contacts {
		k := &c.Contacts[i]
		err := b.s.row(sqlInsertContact).blob(k.Booking.ID[:]).int(int64(k.Sale)).
			text(k.Mail).text(k.Phone).text(k.Post).text(string(k.Lang)).exec("insert contact")
		if err == nil && k.Replace {
			err = b.s.row(sqlDropTasks).blob(k.Booking.ID[:]).int(int64(k.Kind)).exec("drop tasks")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) saveOutbox(c *inventory.Changes) error {
	for i := range c.Outbox {
		o := &c.Outbox[i]
		state := OutboxDue
		if o.Kind == catalog.ContactNone {
			state = OutboxNothing
		}
		if failpoint.Bug(failpoint.BugOutboxMissing) && o.Booking.ID[len(o.Booking.ID)-1]%50 == 0 {
			continue
		}
		err := b.s.row(sqlInsertOutbox).blob(o.Booking.ID[:]).int(int64(o.Sale)).int(int64(o.Kind)).int(int64(o.About)).
			int(int64(state)).time(o.Due).exec("insert outbox")
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) saveAudit(c *inventory.Changes) error {
	for i := range c.Audit {
		a := &c.Audit[i]
		lines := ""
		if a.Lines != nil {
			text, err := json.Marshal(a.Lines)
			if err != nil {
				return fault.New(fault.Internal, "audit lines: %w", err)
			}
			lines = string(text)
		}
		r := b.s.row(sqlInsertAudit).time(a.At).id(a.Key.ID).blob(a.Content[:]).int(int64(a.Sale)).int(int64(a.Verb)).
			id(a.Booking.ID).pool(a.Pool).int(int64(a.Units)).text(a.Actor).int(int64(a.Role)).
			int(int64(a.Channel)).text(a.Reason).text(lines)
		if err := r.exec("insert audit"); err != nil {
			return err
		}
	}
	return nil
}
