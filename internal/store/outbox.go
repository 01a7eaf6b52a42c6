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

// MessagesAbout returns what was promised about something with that name, a booking or
// a reminder, oldest first.
func (s *Store) MessagesAbout(ctx context.Context, name ident.ID) ([]Message, error) {
	return s.messagesOf(ctx, ident.BookingID{ID: name})
}

// Message reads one message, NotFound if there is none.
func (s *Store) Message(ctx context.Context, seq int64) (Message, error) {
	found, err := s.messages(ctx, "seq = $1", seq)
	if err == nil && len(found) == 0 {
		err = one("read outbox", sql.ErrNoRows)
	}
	if err != nil {
		return Message{}, err
	}
	return found[0], nil
}

// DueMessages returns messages of one kind whose time has come, oldest first.
func (s *Store) DueMessages(ctx context.Context, kind catalog.ContactKind, now time.Time, limit int) ([]Message, error) {
	return s.messages(ctx, "state = 0 AND due_us <= $1 AND kind = $2 ORDER BY due_us, seq LIMIT $3", now.UnixMicro(), int(kind), limit)
}

// NextDue returns when the next message of one kind is due, zero if none is.
func (s *Store) NextDue(ctx context.Context, kind catalog.ContactKind) (time.Time, error) {
	var us sql.NullInt64
	err := s.read.QueryRowContext(ctx, "SELECT min(due_us) FROM outbox WHERE state = 0 AND kind = $1", int(kind)).Scan(&us)
	if err != nil || !us.Valid {
		return time.Time{}, one("read next due", err)
	}
	return fromUS(us.Int64), nil
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
	kinds, err := s.CountByKind(ctx)
	for _, k := range kinds {
		c.Due, c.Sent, c.Parked, c.Nothing = c.Due+k.Due, c.Sent+k.Sent, c.Parked+k.Parked, c.Nothing+k.Nothing
	}
	return c, err
}

// CountMessages counts the messages of one kind. Somebody is to get or has got
// them all but those of which nothing is left to send.
func (s *Store) CountMessages(ctx context.Context, kind catalog.ContactKind) (OutboxCount, error) {
	kinds, err := s.CountByKind(ctx)
	return kinds[kind], err
}

// CountByKind counts messages by the way they go and by state: a mail that is due
// waits for a relay, a call for a person.
func (s *Store) CountByKind(ctx context.Context) (map[catalog.ContactKind]OutboxCount, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT kind, sum(state = 0), sum(state = 1), sum(state = 2), sum(state = 3) FROM outbox GROUP BY kind")
	if err != nil {
		return nil, one("count outbox", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := make(map[catalog.ContactKind]OutboxCount)
	for rows.Next() {
		var kind catalog.ContactKind
		var c OutboxCount
		if err := rows.Scan(&kind, &c.Due, &c.Sent, &c.Parked, &c.Nothing); err != nil {
			return nil, one("count outbox", err)
		}
		out[kind] = c
	}
	return out, one("count outbox", rows.Err())
}

// Delivery is what became of one attempt to send a message.
type Delivery struct {
	Seq     int64
	State   OutboxState // Sent, Parked, Nothing, or Due to try again
	Due     time.Time   // when to try again, with Due; kept as it is when zero
	At      time.Time
	Trouble string // at most TroubleMax bytes; what a clerk or operator can act on
	Untried bool   // the relay was not reached: this does not count as an attempt
}

// TroubleMax is the longest trouble text kept, in bytes.
const TroubleMax = 300

// MarkMessages records attempts and claims the messages whose attempt begins
// now, in one transaction: the end of one attempt and the beginning of the next
// cost one sync together. A claim ends with the next mark of its message. All is
// durable when it returns nil.
func (s *Store) MarkMessages(ended []Delivery, begun []int64, now time.Time) error {
	tx, err := s.Begin()
	if err != nil {
		return err
	}
	defer tx.End()
	for i := range ended {
		if err := tx.markMessage(&ended[i]); err != nil {
			return err
		}
	}
	for _, seq := range begun {
		r := s.row("UPDATE outbox SET claimed_us = ?2 WHERE seq = ?1").int(seq).time(now)
		if err := tx.exactlyOne(r.exec("claim message"), "message", seq); err != nil {
			return err
		}
	}
	return tx.finish()
}

func (b *Batch) markMessage(d *Delivery) error {
	r := b.s.row(`UPDATE outbox SET state = ?2, due_us = coalesce(?3, due_us), attempts = attempts + ?4, sent_us = ?5,
		trouble = ?6, claimed_us = NULL WHERE seq = ?1`).int(d.Seq).int(int64(d.State))
	if d.Due.IsZero() {
		r = r.null()
	} else {
		r = r.time(d.Due)
	}
	r = r.int(int64(1 - flag(d.Untried)))
	if d.State == OutboxSent {
		r = r.time(d.At)
	} else {
		r = r.null()
	}
	return b.exactlyOne(r.text(d.Trouble).exec("mark message"), "message", d.Seq)
}

// ReleaseClaims ends the claims a crash has left and returns how many there
// were: each of these messages may have been sent, and is sent again.
func (s *Store) ReleaseClaims() (int64, error) {
	return s.changeOutbox("release claims", func() *row {
		return s.row("UPDATE outbox SET claimed_us = NULL WHERE state = 0 AND claimed_us IS NOT NULL")
	})
}

// ResendParked makes parked messages due again, all with seq 0, and returns how
// many there were. Their attempts count from the beginning.
func (s *Store) ResendParked(seq int64, now time.Time) (int64, error) {
	return s.changeOutbox("resend parked", func() *row {
		return s.row("UPDATE outbox SET state = 0, due_us = ?2, attempts = 0 WHERE state = 2 AND (?1 = 0 OR seq = ?1)").int(seq).time(now)
	})
}

// changeOutbox runs one statement in a transaction of its own and returns how
// many messages it changed.
func (s *Store) changeOutbox(what string, statement func() *row) (int64, error) {
	tx, err := s.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.End()
	if err := statement().exec(what); err != nil {
		return 0, err
	}
	n := s.write.Changes()
	return n, tx.finish()
}
