package store

import (
	"context"
	"database/sql"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/waitingroom"
)

// Figures are what became of one sale, counted in the database at one moment. They are
// for room report, which says what of them may be told.
type Figures struct {
	Places Stock
	// Booked are the bookings that stand, by channel; those of the room are the ones that
	// a pass opened.
	Booked map[catalog.Channel]Booked
	ByRoom int

	Room waitingroom.Room // zero where there is none
	// Entries are the numbers that were drawn, by channel; Came those whose holders came in.
	Entries map[catalog.Channel]int
	Came    int
	// Late are when those joined who came after the opening, in the order of their numbers:
	// the first has number Room.Frozen + 1.
	Late  []Late
	Calls []waitingroom.Called // in their order

	Told    []Told    // in the order of time
	Refused []Refused // by reason
	Pulled  []Pulled  // in the order of time
	Second  int       // numbers granted by a clerk beside one that was there
	// Namesakes are bookings that clerks took at the desk for people of the same name and
	// birth date as others, with a reason.
	Namesakes int
	Joiners   Joiners // of all starts of the server, where numbers were counted by network
}

// Late is when somebody joined, and what suits them.
type Late struct {
	At    time.Time
	Wants catalog.GroupSet
}

// Stock is what became of the places of a sale, in units.
type Stock struct{ Capacity, Held, Booked, Blocked int }

// Booked counts bookings and the places in them.
type Booked struct{ Bookings, Places int }

// Pulled is a lever of the room, as the audit has it: how they all stood from then on.
type Pulled struct {
	At     time.Time
	Levers string
}

// Figures counts in one read transaction, so that sums agree while the sale runs. It
// reads the bookings of the sale and the audit one by one: not for every request.
func (s *Store) Figures(ctx context.Context, sale ident.SaleID) (*Figures, error) {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return nil, one("figures", err)
	}
	defer conn.Close() //nolint:errcheck // gives the connection back
	tx, err := conn.BeginTx(ctx, readOnly)
	if err != nil {
		return nil, one("figures", err)
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	r := figures{ctx: ctx, tx: tx, sale: int64(sale), Figures: &Figures{Booked: map[catalog.Channel]Booked{}, Entries: map[catalog.Channel]int{}}}
	for _, step := range []func() error{r.places, r.bookings, r.room, r.entries, r.late, r.calls, r.told, r.refused, r.audit, r.joiners} {
		if err := step(); err != nil {
			return nil, one("figures", err)
		}
	}
	return r.Figures, nil
}

// figures counts one sale.
type figures struct {
	*Figures
	ctx  context.Context
	tx   *sql.Tx
	sale int64
}

// each runs a query whose first parameter is the sale and calls f for every row.
func (r *figures) each(query string, f func(scan func(...any) error) error, args ...any) error {
	rows, err := r.tx.QueryContext(r.ctx, query, append([]any{r.sale}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// places adds up the pools of the sale's slots.
func (r *figures) places() error {
	slots := map[ident.SlotID]bool{}
	err := r.each("SELECT id FROM slot WHERE sale = $1", func(scan func(...any) error) error {
		var id ident.SlotID
		err := scan(&id)
		slots[id] = true
		return err
	})
	if err != nil {
		return err
	}
	return r.each("SELECT id, capacity, held, booked, blocked FROM pool WHERE $1 > 0 AND id < $2", func(scan func(...any) error) error {
		var id []byte
		var p inventory.Pool
		if err := scan(&id, &p.Capacity, &p.Held, &p.Booked, &p.Blocked); err != nil {
			return err
		}
		if copy(p.ID[:], id); slots[p.ID.Slot()] {
			r.Places = Stock{r.Places.Capacity + p.Capacity, r.Places.Held + p.Held, r.Places.Booked + p.Booked, r.Places.Blocked + p.Blocked}
		}
		return nil
	}, []byte{byte(inventory.KindSeat)})
}

// bookings counts those that stand.
func (r *figures) bookings() error {
	return r.each("SELECT id, "+bookingColumns+" FROM booking WHERE sale = $1 AND state IN ($2, $3)", func(scan func(...any) error) error {
		b, err := readBooking(scan)
		if err != nil {
			return err
		}
		n := r.Booked[b.Channel]
		n.Bookings++
		byPass := 0
		b.EachDraw(func(d inventory.Draw) {
			switch d.Pool.Kind() {
			case inventory.KindAllotment, inventory.KindReturned:
				n.Places += d.Units
			case inventory.KindPass:
				byPass = 1
			}
		})
		r.Booked[b.Channel] = n
		r.ByRoom += byPass
		return nil
	}, int64(inventory.Confirmed), int64(inventory.Redeemed))
}

func (r *figures) room() error {
	return r.each("SELECT "+roomColumns+" FROM room WHERE sale = $1", func(scan func(...any) error) (err error) {
		r.Room, err = readRoom(scan)
		return err
	})
}

// entries counts them channel by channel: sorting them all takes more than twice as long.
func (r *figures) entries() error {
	for _, c := range catalog.Channels {
		err := r.each("SELECT count(*), coalesce(sum(passes > 0), 0) FROM entry WHERE sale = $1 AND channel = $2", func(scan func(...any) error) error {
			var n, came int
			err := scan(&n, &came)
			r.Entries[c] = n
			r.Came += came
			return err
		}, int64(c))
		if err != nil {
			return err
		}
	}
	return nil
}

// late reads when those joined who came after the opening; before it, all of them did.
func (r *figures) late() error {
	if r.Room.Phase < waitingroom.Drawing {
		return nil
	}
	return r.each("SELECT at_us, wants FROM entry WHERE sale = $1 AND no >= $2 ORDER BY no", func(scan func(...any) error) error {
		var at int64
		l := Late{}
		err := scan(&at, &l.Wants)
		l.At = fromUS(at)
		r.Late = append(r.Late, l)
		return err
	}, int64(r.Room.Frozen))
}

func (r *figures) calls() error {
	return r.each("SELECT no, grp, upto, people, at_us FROM called WHERE sale = $1 ORDER BY no", func(scan func(...any) error) error {
		c := waitingroom.Called{Sale: ident.SaleID(r.sale)}
		var at int64
		err := scan(&c.No, &c.Group, &c.To, &c.People, &at)
		c.At = fromUS(at)
		r.Calls = append(r.Calls, c)
		return err
	})
}

func (r *figures) told() error {
	return r.each("SELECT at_us, probably, coalesce(not_from, 0) FROM told WHERE sale = $1 ORDER BY at_us", func(scan func(...any) error) error {
		t := Told{Sale: ident.SaleID(r.sale)}
		var at int64
		err := scan(&at, &t.Probably, &t.Not)
		t.At = fromUS(at)
		r.Told = append(r.Told, t)
		return err
	})
}

func (r *figures) refused() error {
	return r.each("SELECT reason, times FROM refusal WHERE sale = $1 ORDER BY times DESC, reason", func(scan func(...any) error) error {
		n := Refused{Sale: ident.SaleID(r.sale)}
		err := scan(&n.Reason, &n.Times)
		r.Refused = append(r.Refused, n)
		return err
	})
}

// audit reads what staff have done to the room. Who did it stays there, and so does the
// reason that a clerk wrote for a second number.
func (r *figures) audit() error {
	err := r.each("SELECT at_us, coalesce(reason, '') FROM audit WHERE sale = $1 AND verb = $2 ORDER BY seq", func(scan func(...any) error) error {
		var p Pulled
		var at int64
		err := scan(&at, &p.Levers)
		p.At = fromUS(at)
		r.Pulled = append(r.Pulled, p)
		return err
	}, int64(inventory.VerbRoom))
	if err != nil {
		return err
	}
	err = r.each("SELECT count(*) FROM audit WHERE sale = $1 AND verb = $2 AND reason LIKE $3", func(scan func(...any) error) error {
		return scan(&r.Second)
	}, int64(inventory.VerbNumber), "place %"+secondMark+"%")
	if err != nil {
		return err
	}
	// Those by a second number are counted with it.
	return r.each("SELECT count(*) FROM audit a JOIN booking b ON b.id = a.booking WHERE a.sale = $1 AND a.verb = $2 AND a.role <> $3 AND a.reason LIKE $4 AND b.state IN ($5, $6)",
		func(scan func(...any) error) error { return scan(&r.Namesakes) },
		int64(inventory.VerbHold), int64(inventory.RolePublic), inventory.NamesakeMark+"%", int64(inventory.Confirmed), int64(inventory.Redeemed))
}

func (r *figures) joiners() error {
	return r.each("SELECT coalesce(sum(counted), 0), coalesce(sum(largest), 0) FROM joiners WHERE sale = $1", func(scan func(...any) error) error {
		return scan(&r.Joiners.Counted, &r.Joiners.Largest)
	})
}
