package store

import (
	"context"
	"database/sql"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// OutboxState is where a message stands. The numbers are stored.
type OutboxState int

// The states of a message.
const (
	OutboxDue     OutboxState = 0
	OutboxSent    OutboxState = 1
	OutboxParked  OutboxState = 2 // a clerk must look
	OutboxNothing OutboxState = 3 // the booker asked for no message
)

// Message is one row of the outbox.
type Message struct {
	Seq      int64
	Booking  ident.BookingID
	Sale     ident.SaleID
	Kind     catalog.ContactKind
	About    inventory.About
	State    OutboxState
	Created  time.Time
	Due      time.Time
	Attempts int
	Sent     time.Time // zero until sent
	Trouble  string    // why it was put off or parked, for a clerk
}

const messageColumns = "seq, booking, sale, kind, about, state, created_us, due_us, attempts, sent_us, trouble"

func (s *Store) messages(ctx context.Context, where string, args ...any) ([]Message, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+messageColumns+" FROM outbox WHERE "+where, args...)
	if err != nil {
		return nil, one("read outbox", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Message
	for rows.Next() {
		var m Message
		var booking []byte
		var created, due int64
		var sent sql.NullInt64
		var trouble sql.NullString
		if err := rows.Scan(&m.Seq, &booking, &m.Sale, &m.Kind, &m.About, &m.State, &created, &due, &m.Attempts, &sent, &trouble); err != nil {
			return nil, one("read outbox", err)
		}
		copy(m.Booking.ID[:], booking)
		m.Created, m.Due, m.Trouble = fromUS(created), fromUS(due), trouble.String
		if sent.Valid {
			m.Sent = fromUS(sent.Int64)
		}
		out = append(out, m)
	}
	return out, one("read outbox", rows.Err())
}

// messagesOf returns what was promised to one booking, oldest first.
func (s *Store) messagesOf(ctx context.Context, id ident.BookingID) ([]Message, error) {
	return s.messages(ctx, "booking = $1 ORDER BY seq", id.ID[:])
}

// DueMessages returns messages of one kind whose time has come, oldest first,
// skipping those below after.
func (s *Store) DueMessages(ctx context.Context, kind catalog.ContactKind, now time.Time, limit int) ([]Message, error) {
	return s.messages(ctx, "state = 0 AND due_us <= $1 AND kind = $2 ORDER BY due_us, seq LIMIT $3", now.UnixMicro(), int(kind), limit)
}

// ParkedMessages returns messages that need a clerk, oldest first, beginning
// after seq.
func (s *Store) ParkedMessages(ctx context.Context, after int64, limit int) ([]Message, error) {
	return s.messages(ctx, "state = 2 AND seq > $1 ORDER BY seq LIMIT $2", after, limit)
}

// OutboxCount says how many messages are in each state.
type OutboxCount struct{ Due, Sent, Parked, Nothing int }

// CountOutbox counts all messages by state.
func (s *Store) CountOutbox(ctx context.Context) (c OutboxCount, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce(sum(state = 0), 0), coalesce(sum(state = 1), 0), coalesce(sum(state = 2), 0), coalesce(sum(state = 3), 0) FROM outbox`).
		Scan(&c.Due, &c.Sent, &c.Parked, &c.Nothing)
	return c, one("count outbox", err)
}

// Delivery is what became of one attempt to send a message.
type Delivery struct {
	Seq     int64
	State   OutboxState // Sent, Parked, or Due to try again
	Due     time.Time   // when to try again, with Due
	At      time.Time
	Trouble string // at most TroubleMax bytes; what a clerk or operator can act on
}

// TroubleMax is the longest trouble text kept, in bytes.
const TroubleMax = 300

// MarkMessages records attempts in one transaction. It is durable when it
// returns nil.
func (s *Store) MarkMessages(ds []Delivery) error {
	tx, err := s.Begin()
	if err != nil {
		return err
	}
	defer tx.End()
	for i := range ds {
		d := &ds[i]
		r := s.row("UPDATE outbox SET state = ?2, due_us = ?3, attempts = attempts + 1, sent_us = ?4, trouble = ?5 WHERE seq = ?1").
			int(d.Seq).int(int64(d.State)).time(d.Due)
		if d.State == OutboxSent {
			r = r.time(d.At)
		} else {
			r = r.null()
		}
		if err := tx.exactlyOne(r.text(d.Trouble).exec("mark message"), "message", d.Seq); err != nil {
			return err
		}
	}
	return tx.finish()
}

// ResendParked makes parked messages due again, all with seq 0, and returns how
// many there were.
func (s *Store) ResendParked(seq int64, now time.Time) (int64, error) {
	tx, err := s.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.End()
	err = s.row("UPDATE outbox SET state = 0, due_us = ?2 WHERE state = 2 AND (?1 = 0 OR seq = ?1)").int(seq).time(now).exec("resend parked")
	if err != nil {
		return 0, err
	}
	n := s.write.Changes()
	return n, tx.finish()
}
