package outbox

import (
	"context"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// taskMax bounds one page of a work list, in tasks.
const taskMax = 200

// UndoFor is how long a task that was marked done by mistake can be put back.
const UndoFor = 15 * time.Minute

// Task is something a person must do because the booker has no e-mail: call, or
// print and post.
type Task struct {
	store.Task
	Record *store.Record
}

// Calls returns the people to call, longest waiting first: at most limit, never
// more than a page.
func Calls(ctx context.Context, s *store.Store, now time.Time, limit int) ([]Task, error) {
	return tasks(ctx, s, catalog.ContactPhone, now, limit)
}

// Letters returns the letters to print, longest waiting first: at most limit,
// never more than a page.
func Letters(ctx context.Context, s *store.Store, now time.Time, limit int) ([]Task, error) {
	return tasks(ctx, s, catalog.ContactPost, now, limit)
}

func tasks(ctx context.Context, s *store.Store, kind catalog.ContactKind, now time.Time, limit int) ([]Task, error) {
	due, err := s.Tasks(ctx, kind, now, min(limit, taskMax))
	if err != nil {
		return nil, err
	}
	out := make([]Task, 0, len(due))
	for _, t := range due {
		r, err := s.Booking(ctx, t.Booking)
		if err != nil {
			return nil, err
		}
		out = append(out, Task{Task: t, Record: r})
	}
	return out, nil
}

// By is who marks a task, for the audit.
type By struct {
	Actor   string // staff account
	Role    inventory.Role
	Channel catalog.Channel
	At      time.Time
}

func (b By) row(verb inventory.Verb) inventory.AuditRow {
	return inventory.AuditRow{At: b.At, Verb: verb, Actor: b.Actor, Role: b.Role, Channel: b.Channel}
}

// Done ends a task: called, or printed and posted. Conflict if a colleague did
// it before, NotFound if there is no such task.
func Done(ctx context.Context, s *store.Store, seq int64, by By) error {
	return change(ctx, s, seq, func(m store.Message) (bool, error) { return s.EndTask(m, by.row(inventory.VerbTold)) })
}

// Undoable reports whether a task that was marked done can still be put back.
func Undoable(m store.Message, now time.Time) bool {
	return m.State == store.OutboxSent && m.Kind.ByHand() && now.Sub(m.Sent) < UndoFor
}

// Undo puts a task back that was marked done by mistake. Conflict if that was
// longer ago than UndoFor, or the booker is reached another way by now.
func Undo(ctx context.Context, s *store.Store, seq int64, by By) error {
	return change(ctx, s, seq, func(m store.Message) (bool, error) {
		return s.ReopenTask(m, by.At.Add(-UndoFor), by.row(inventory.VerbUntold))
	})
}

// Later puts a task off: nobody was reached. Errors are those of Done.
func Later(ctx context.Context, s *store.Store, seq int64, until time.Time, by By) error {
	return change(ctx, s, seq, func(m store.Message) (bool, error) { return s.PutOffTask(m, until, by.row(inventory.VerbPutOff)) })
}

func change(ctx context.Context, s *store.Store, seq int64, do func(store.Message) (bool, error)) error {
	m, err := s.Message(ctx, seq)
	if err != nil {
		return err
	}
	if !m.Kind.ByHand() {
		return fault.New(fault.NotFound, "message %d is no task for a person", seq)
	}
	ok, err := do(m)
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "task %d does not stand as it was shown", seq)
	}
	return err
}
