package store

import (
	"context"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// Task is what a person does for one booking whose booker has no e-mail: call, or
// print and post. It stands for all messages of its kind that are due: one call
// tells everything.
type Task struct {
	Seq     int64 // of the newest message; names the task
	Booking ident.BookingID
	Kind    catalog.ContactKind
	Since   time.Time // when the oldest of the messages was promised
	Tried   int       // how often somebody tried before
}

// taskWhere are the messages that wait for a person; its first two terms are those
// of the index outbox_task, word by word, or SQLite would not use it.
const taskWhere = "state = 0 AND kind > 1 AND due_us <= $1"

// Tasks returns tasks of one kind whose time has come, longest due first.
func (s *Store) Tasks(ctx context.Context, kind catalog.ContactKind, now time.Time, limit int) ([]Task, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT max(seq), booking, min(created_us), max(attempts) FROM outbox WHERE `+taskWhere+` AND kind = $2
		GROUP BY booking ORDER BY min(due_us), min(seq) LIMIT $3`, now.UnixMicro(), int(kind), limit)
	if err != nil {
		return nil, one("read tasks", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Task
	for rows.Next() {
		t := Task{Kind: kind}
		var booking []byte
		var since int64
		if err := rows.Scan(&t.Seq, &booking, &since, &t.Tried); err != nil {
			return nil, one("read tasks", err)
		}
		t.Booking.ID, t.Since = asID(booking), fromUS(since)
		out = append(out, t)
	}
	return out, one("read tasks", rows.Err())
}

// TaskCount says how many tasks' time has come.
type TaskCount struct{ Calls, Letters int }

// CountTasks counts what people have to do now. It reads one small index.
func (s *Store) CountTasks(ctx context.Context, now time.Time) (c TaskCount, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT kind, count(DISTINCT booking) FROM outbox WHERE "+taskWhere+" GROUP BY kind", now.UnixMicro())
	if err != nil {
		return c, one("count tasks", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var kind catalog.ContactKind
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			return c, one("count tasks", err)
		}
		switch kind {
		case catalog.ContactPhone:
			c.Calls = n
		case catalog.ContactPost:
			c.Letters = n
		}
	}
	return c, one("count tasks", rows.Err())
}

// The changes of a task. Each names messages of one booking and one kind, so that
// a message that came after the clerk looked stays due.
const (
	sqlEndTask = `UPDATE outbox SET state = 1, sent_us = ?4, attempts = attempts + 1
		WHERE booking = ?1 AND kind = ?2 AND state = 0 AND seq <= ?3`
	// What was ended together was ended at the same moment. A booker who asked to
	// be reached another way meanwhile is not put on this list again.
	sqlReopenTask = `UPDATE outbox SET state = 0, sent_us = NULL, attempts = attempts - 1
		WHERE booking = ?1 AND kind = ?2 AND state = 1 AND seq <= ?3 AND sent_us >= ?4
		AND sent_us = (SELECT sent_us FROM outbox WHERE seq = ?3) AND kind = (SELECT contact FROM booking WHERE id = ?1)`
	sqlPutOffTask = `UPDATE outbox SET due_us = ?4, attempts = attempts + 1
		WHERE booking = ?1 AND kind = ?2 AND state = 0 AND seq <= ?3`
)

// EndTask marks a task done at by.At; false if it was not due any more.
func (s *Store) EndTask(m Message, by inventory.AuditRow) (bool, error) {
	return s.changeTask("end task", sqlEndTask, m, by.At, by)
}

// ReopenTask takes back what EndTask did at or after since; false if there is
// nothing of that to take back.
func (s *Store) ReopenTask(m Message, since time.Time, by inventory.AuditRow) (bool, error) {
	return s.changeTask("reopen task", sqlReopenTask, m, since, by)
}

// PutOffTask makes a task due later; false if it was not due any more.
func (s *Store) PutOffTask(m Message, until time.Time, by inventory.AuditRow) (bool, error) {
	return s.changeTask("put off task", sqlPutOffTask, m, until, by)
}

// changeTask carries out one change and notes who made it, in one transaction.
// Whether the task stands as expected is decided there.
func (s *Store) changeTask(what, sql string, m Message, t time.Time, by inventory.AuditRow) (bool, error) {
	tx, err := s.Begin()
	if err != nil {
		return false, err
	}
	defer tx.End()
	if err := s.row(sql).blob(m.Booking.ID[:]).int(int64(m.Kind)).int(m.Seq).time(t).exec(what); err != nil {
		return false, err
	}
	by.Sale, by.Booking, by.Units = m.Sale, m.Booking, int(s.write.Changes())
	if by.Units == 0 {
		return false, nil
	}
	if err := tx.saveAudit(&inventory.Changes{Audit: []inventory.AuditRow{by}}); err != nil {
		return false, err
	}
	return true, tx.finish()
}
