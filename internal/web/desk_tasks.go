package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"einlass/internal/booking"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/outbox"
	"einlass/internal/paper"
	"einlass/internal/store"
)

const (
	// deskTasksMax is how many calls, and how many letters, the page lists: enough
	// for half an hour, few enough to read.
	deskTasksMax = 20
	// callAgainAfter is when somebody who was not reached is on the list again.
	callAgainAfter = time.Hour
)

// deskTasksBody is what people without e-mail wait for.
type deskTasksBody struct {
	Notice         *deskTaskNotice
	Calls, Letters deskTaskList
}

type deskTaskList struct {
	Total, More int
	Rows        []deskTask
}

// deskTask has what is needed to do it.
type deskTask struct {
	Seq                    int64
	ID, Event, Names, When string
	Phone, Dial, Post      string
	Code, Aloud, State     string
	Since                  string
	Tried                  int
	HasOne, Printable      bool
}

// deskTaskNotice says what was done last, and leads back from it.
type deskTaskNotice struct {
	Text string
	Undo int64 // 0: nothing to undo
}

// deskTasks lists whom to call and what to print, longest waiting first.
func (s *Site) deskTasks(w http.ResponseWriter, r *deskRequest) error {
	var b deskTasksBody
	count, err := s.Store.CountTasks(r.ctx(), r.arrived)
	if err != nil {
		return err
	}
	if err := s.listTasks(r, &b.Calls, count.Calls, outbox.Calls); err != nil {
		return err
	}
	if err := s.listTasks(r, &b.Letters, count.Letters, outbox.Letters); err != nil {
		return err
	}
	if b.Notice, err = s.taskNotice(r); err != nil {
		return err
	}
	p := s.deskPlain(r, "desktasks", r.t("desk.tasks"))
	p.Kind, p.Here = "tasks", "/desk/tasks"
	p.Body = b
	return s.show(w, r.request, http.StatusOK, p)
}

func (s *Site) listTasks(r *deskRequest, out *deskTaskList, total int, read func(context.Context, *store.Store, time.Time, int) ([]outbox.Task, error)) error {
	tasks, err := read(r.ctx(), s.Store, r.arrived, deskTasksMax)
	if err != nil {
		return err
	}
	for i := range tasks {
		sale, err := s.Booking.Sales.ByID(tasks[i].Record.Sale)
		if err != nil {
			return fault.New(fault.Internal, "task %d: %w", tasks[i].Seq, err)
		}
		out.Rows = append(out.Rows, s.deskTaskOf(r, &tasks[i], sale))
	}
	out.Total = max(total, len(tasks)) // one may have come between the two looks
	out.More = out.Total - len(tasks)
	return nil
}

func (s *Site) deskTaskOf(r *deskRequest, t *outbox.Task, sale *booking.Sale) deskTask {
	rec := t.Record
	out := deskTask{
		Seq: t.Seq, ID: rec.ID.String(), Names: names(r.lang, rec.People), When: when(r.lang, sale, placesOf(sale, &rec.Booking)),
		Phone: rec.Contact.Phone, Dial: dial(rec.Contact.Phone), Post: rec.Contact.Post, Code: rec.Code.String(), Aloud: paper.SpellOut(rec.Code.String(), string(r.lang)),
		State: r.t("desk.state." + rec.State.String()), Since: locale.DateTime(r.lang, t.Since, sale.Zone), Tried: t.Tried,
		Printable: printable(rec),
	}
	if len(s.Booking.Sales.All()) > 1 {
		out.Event = sale.Event.Title.In(r.lang)
	}
	out.HasOne = slices.ContainsFunc(rec.Messages, func(m store.Message) bool {
		return m.Kind == t.Kind && m.State == store.OutboxDue && m.About == inventory.AboutHasOne
	})
	return out
}

// dial is a number as telephones take it (RFC 3966 without what is only for the
// eye).
func dial(number string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c == '+' {
			return c
		}
		return -1
	}, number)
}

// taskNotice says what became of the task in the address: numbers name nobody.
func (s *Site) taskNotice(r *deskRequest) (*deskTaskNotice, error) {
	q := r.URL.Query()
	if q.Has("not") {
		return &deskTaskNotice{Text: r.t("desk.tasks.not")}, nil
	}
	for _, done := range []string{"done", "later", "undone"} {
		seq, err := strconv.ParseInt(q.Get(done), 10, 64)
		if err != nil {
			continue
		}
		m, err := s.Store.Message(r.ctx(), seq)
		if err != nil {
			return nil, err
		}
		rec, sale, err := s.Booking.Booking(r.ctx(), m.Booking)
		if err != nil {
			return nil, err
		}
		if !m.Kind.ByHand() {
			return nil, fault.New(fault.NotFound, "message %d is no task for a person", seq)
		}
		n := &deskTaskNotice{Text: r.t("desk.tasks."+done+"."+m.Kind.String(), locale.Data{
			"Names": cmp.Or(names(r.lang, rec.People), rec.Code.String()), "At": locale.Clock(r.lang, m.Due, sale.Zone),
		})}
		if outbox.Undoable(m, r.arrived) {
			n.Undo = seq
		}
		return n, nil
	}
	return nil, nil
}

// deskTaskDone marks a task done: called, or printed and posted.
func (s *Site) deskTaskDone(w http.ResponseWriter, r *deskRequest) error {
	return s.deskTaskChange(w, r, "done", outbox.Done)
}

// deskTaskUndo puts it back on the list.
func (s *Site) deskTaskUndo(w http.ResponseWriter, r *deskRequest) error {
	return s.deskTaskChange(w, r, "undone", outbox.Undo)
}

// deskTaskLater puts a call off because nobody was reached.
func (s *Site) deskTaskLater(w http.ResponseWriter, r *deskRequest) error {
	return s.deskTaskChange(w, r, "later", func(ctx context.Context, st *store.Store, seq int64, by outbox.By) error {
		return outbox.Later(ctx, st, seq, by.At.Add(callAgainAfter), by)
	})
}

// deskTaskChange changes one task and leads back to where it was asked for: the
// list, or the booking. A colleague who was quicker is no error.
func (s *Site) deskTaskChange(w http.ResponseWriter, r *deskRequest, done string, change func(context.Context, *store.Store, int64, outbox.By) error) error {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "no such task")
	}
	err = change(r.ctx(), s.Store, seq, outbox.By{Actor: r.who.ID, Role: r.who.Role, Channel: s.lastChannel(r), At: r.arrived})
	missed := err != nil && fault.KindOf(err) == fault.Conflict
	if err != nil && !missed {
		return err
	}
	s.Log.Info("desk task", "account", r.who.ID, "task", seq, "change", done, "missed", missed)
	if r.PostFormValue("back") == "booking" {
		return s.backToTold(w, r, seq, done, missed)
	}
	if missed {
		return see(w, "/desk/tasks?not=1")
	}
	return see(w, "/desk/tasks?"+done+"="+strconv.FormatInt(seq, 10))
}

func (s *Site) backToTold(w http.ResponseWriter, r *deskRequest, seq int64, done string, missed bool) error {
	m, err := s.Store.Message(r.ctx(), seq)
	if err != nil {
		return err
	}
	query := ""
	if done == "done" && !missed {
		query = "?done=told"
	}
	return see(w, "/desk/b/"+m.Booking.String()+query)
}
