package store

import (
	"context"
	"database/sql"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

var readOnly = &sql.TxOptions{ReadOnly: true}

// check is one verification under way.
type check struct {
	*Verification
	ctx  context.Context
	tx   *sql.Tx
	sums map[inventory.PoolID]inventory.Count // what the bookings say
	want map[ident.ID]bool                    // confirmed bookings, to be crossed off
}

// each runs a query and calls f for every row.
func (c *check) each(query string, f func(scan func(...any) error) error, args ...any) error {
	rows, err := c.tx.QueryContext(c.ctx, query, args...)
	if err != nil {
		return one("verify", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return one("verify", rows.Err())
}

// integrity lets SQLite check its own pages and indexes.
func (c *check) integrity() error {
	return c.each("PRAGMA integrity_check(20)", func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return one("integrity check", err)
		}
		if text != "ok" {
			c.differ("database file: %s", text)
		}
		return nil
	})
}

// bookings adds up what they draw.
func (c *check) bookings() error {
	c.want = make(map[ident.ID]bool)
	return c.each("SELECT id, "+bookingColumns+" FROM booking", func(scan func(...any) error) error {
		b, err := readBooking(scan)
		if err != nil {
			return err
		}
		c.Bookings++
		inventory.RecountOne(c.sums, &b)
		switch b.State {
		case inventory.Held, inventory.Released, inventory.Expired:
			if b.Code != "" {
				c.differ("booking %s is %s and has a code", b.ID, b.State)
			}
		default:
			c.want[b.ID.ID] = true
			if b.Code == "" {
				c.differ("booking %s is %s and has no code", b.ID, b.State)
			}
		}
		return nil
	})
}

// pools compares every row with the sums of the bookings.
func (c *check) pools() error {
	err := c.each("SELECT id, wanted, capacity, held, booked, blocked, returns FROM pool", func(scan func(...any) error) error {
		var p inventory.Pool
		var id []byte
		if err := scan(&id, &p.Wanted, &p.Capacity, &p.Held, &p.Booked, &p.Blocked, &p.Returning); err != nil {
			return one("verify pools", err)
		}
		copy(p.ID[:], id)
		c.pool(&p)
		return nil
	})
	for id, sum := range c.sums {
		if sum != (inventory.Count{}) {
			c.differ("pool %s has no row; the bookings say held %d, booked %d", id, sum.Held, sum.Booked)
		}
	}
	return err
}

func (c *check) pool(p *inventory.Pool) {
	c.Pools++
	if err := p.Check(); err != nil {
		c.differ("%v", err)
	}
	sum := c.sums[p.ID]
	delete(c.sums, p.ID)
	if sum.Held != p.Held {
		c.differ("pool %s: held %d, the bookings say %d", p.ID, p.Held, sum.Held)
	}
	if sum.Booked != p.Booked {
		c.differ("pool %s: booked %d, the bookings say %d", p.ID, p.Booked, sum.Booked)
	}
	if p.ID.Lazy() && p.Held+p.Booked+p.Blocked == 0 {
		c.differ("pool %s: a lazy pool has a row and nothing in it", p.ID)
	}
}

// asID takes a stored name as it is, even a damaged one.
func asID(b []byte) (id ident.ID) {
	copy(id[:], b)
	return id
}

// slots checks that every slot has its pools.
func (c *check) slots() error {
	return c.each("SELECT id FROM slot WHERE NOT EXISTS (SELECT 1 FROM pool WHERE pool.id = unhex(printf('01%016x%02x000000000000', slot.id, $1)))",
		func(scan func(...any) error) error {
			var id int64
			if err := scan(&id); err != nil {
				return one("verify slots", err)
			}
			c.differ("slot %d has no online allotment", id)
			return nil
		}, int(catalog.Online))
}

// outbox checks that every confirmed booking has a confirmation, and
// that no message belongs to a booking that was never confirmed.
func (c *check) outbox() error {
	confirmations, near := make(map[ident.ID]int), make(map[ident.ID]int)
	err := c.each("SELECT booking, about FROM outbox", func(scan func(...any) error) error {
		var id []byte
		var about inventory.About
		if err := scan(&id, &about); err != nil {
			return one("verify outbox", err)
		}
		c.Messages++
		key := asID(id)
		if about == inventory.AboutNear {
			near[key]++
			return nil
		}
		if !c.want[key] {
			c.differ("a message about %s belongs to booking %x, which was never confirmed", about, id)
		}
		if about == inventory.AboutConfirmed || about == inventory.AboutRebooked {
			confirmations[key]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id := range c.want {
		if confirmations[id] == 0 {
			c.differ("booking %x is confirmed and has no confirmation in the outbox", id)
		}
	}
	return c.reminders(near)
}

// reminders checks that everybody who was told that their turn is near has one message,
// that nobody else has, and that no address is kept where the room is over.
func (c *check) reminders(messages map[ident.ID]int) error {
	err := c.each("SELECT id, told_us IS NOT NULL, mail IS NOT NULL AND phase = 4 FROM reminder JOIN room USING (sale)", func(scan func(...any) error) error {
		var id []byte
		var told int
		var kept bool
		if err := scan(&id, &told, &kept); err != nil {
			return one("verify reminders", err)
		}
		if n := messages[asID(id)]; n != told {
			c.differ("reminder %x has %d messages, want %d", id, n, told)
		}
		if delete(messages, asID(id)); kept {
			c.differ("reminder %x has an address, and its room is over", id)
		}
		return nil
	})
	for id := range messages {
		c.differ("a message about a number belongs to reminder %x, which is not there", id)
	}
	return err
}

// audits checks that every booking that was confirmed has its confirm in the audit.
func (c *check) audits() error {
	confirmed := make(map[ident.ID]bool)
	err := c.each("SELECT booking, verb FROM audit", func(scan func(...any) error) error {
		var id []byte
		var verb inventory.Verb
		if err := scan(&id, &verb); err != nil {
			return one("verify audit", err)
		}
		c.Audits++
		if verb == inventory.VerbConfirm && len(id) > 0 {
			confirmed[asID(id)] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id := range c.want {
		if !confirmed[id] {
			c.differ("booking %x is confirmed and the audit knows nothing of it", id)
		}
	}
	return nil
}
