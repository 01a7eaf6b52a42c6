package outbox

import (
	"context"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/store"
)

// taskMax bounds one page of a work list, in tasks.
const taskMax = 200

// Task is something a person must do because the booker has no e-mail: call, or
// print and post.
type Task struct {
	Message store.Message
	Record  *store.Record
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
	due, err := s.DueMessages(ctx, kind, now, min(limit, taskMax))
	if err != nil {
		return nil, err
	}
	out := make([]Task, 0, len(due))
	for _, m := range due {
		r, err := s.Booking(ctx, m.Booking)
		if err != nil {
			return nil, err
		}
		out = append(out, Task{Message: m, Record: r})
	}
	return out, nil
}

// Done ends a task: called, or printed and posted. Conflict if a colleague did
// it before, NotFound if there is no such task.
func Done(ctx context.Context, s *store.Store, seq int64, now time.Time) error {
	return end(ctx, s, store.Delivery{Seq: seq, State: store.OutboxSent, At: now}, now)
}

// Later puts a task off, with what the clerk wants remembered ("nobody
// answered"): at most store.TroubleMax bytes, the rest is cut.
func Later(ctx context.Context, s *store.Store, seq int64, until time.Time, why string, now time.Time) error {
	return end(ctx, s, store.Delivery{Seq: seq, State: store.OutboxDue, Due: until, At: now, Trouble: trouble(why)}, now)
}

func end(ctx context.Context, s *store.Store, d store.Delivery, now time.Time) error {
	m, err := s.Message(ctx, d.Seq)
	switch {
	case err != nil:
		return err
	case m.Kind != catalog.ContactPhone && m.Kind != catalog.ContactPost:
		return fault.New(fault.NotFound, "message %d is no task for a person", d.Seq)
	case m.State != store.OutboxDue:
		return fault.New(fault.Conflict, "task %d is done already", d.Seq)
	}
	return s.MarkMessages([]store.Delivery{d}, nil, now)
}
