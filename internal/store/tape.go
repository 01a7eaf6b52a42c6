package store

import (
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// Tape is a recording of what batches wrote: the raw side of the benchmark that
// compares the engine with the same rows written blindly. Nothing records in
// service.
type Tape struct {
	Batches [][]Written
	now     []Written
}

// Written is one executed statement with its parameters.
type Written struct {
	SQL  string
	Args []any // int64, string, []byte or nil
}

// Record makes every following batch be recorded; nil stops.
func (s *Store) Record(t *Tape) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.tape = t
}

// note adds a statement to the batch under way.
func (t *Tape) note(st *sqlite3.Stmt, args []any) {
	t.now = append(t.now, Written{SQL: st.SQL(), Args: args})
}

// cut ends a batch; one that was rolled back leaves nothing.
func (t *Tape) cut(kept bool) {
	if kept && len(t.now) > 0 {
		t.Batches = append(t.Batches, t.now)
	}
	t.now = nil
}

// Replay writes a recorded batch as it is: one transaction, the same statements,
// no question asked. It is as durable as any other commit.
func (s *Store) Replay(batch []Written) error {
	tx, err := s.Begin()
	if err != nil {
		return err
	}
	defer tx.End()
	for i := range batch {
		if err := s.replayOne(&batch[i]); err != nil {
			return err
		}
	}
	return tx.finish()
}

func (s *Store) replayOne(w *Written) error {
	r := s.row(w.SQL)
	for _, arg := range w.Args {
		switch v := arg.(type) {
		case int64:
			r = r.int(v)
		case string:
			r = r.must(v)
		case []byte:
			r = r.blob(v)
		case nil:
			r = r.null()
		default:
			return fmt.Errorf("tape has a %T", arg)
		}
	}
	return r.exec("replay")
}
