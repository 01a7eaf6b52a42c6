package store

import (
	"slices"
	"time"

	"einlass/internal/ident"
	"einlass/internal/inventory"

	"github.com/ncruces/go-sqlite3"
)

// row binds the parameters of one prepared statement in order and remembers the
// first error. It is used for one execution.
type row struct {
	st   *sqlite3.Stmt
	n    int
	err  error
	tape *Tape // nil but for the benchmark's recording
	args []any
}

// stmt returns the prepared statement for sql, from the second time on without
// parsing it. The caller holds writing.
func (s *Store) stmt(sql string) (*sqlite3.Stmt, error) {
	if st, ok := s.stmts[sql]; ok {
		return st, nil
	}
	st, _, err := s.write.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, classify("prepare", err)
	}
	s.stmts[sql] = st
	return st, nil
}

// row starts binding a statement of the write connection. There is one row, used
// again and again: a statement is bound and run before the next one is begun.
func (s *Store) row(sql string) *row {
	st, err := s.stmt(sql)
	s.bound = row{st: st, err: err, tape: s.tape}
	return &s.bound
}

func (r *row) bind(err error) *row {
	if r.err == nil && err != nil {
		r.err = classify("bind", err)
	}
	return r
}

func (r *row) int(v int64) *row {
	if r.err != nil {
		return r
	}
	if r.tape != nil {
		r.args = append(r.args, v)
	}
	r.n++
	return r.bind(r.st.BindInt64(r.n, v))
}

func (r *row) bool(v bool) *row { return r.int(int64(flag(v))) }

func (r *row) time(t time.Time) *row { return r.int(t.UnixMicro()) }

// timeOrNull binds a moment; the zero one becomes NULL.
func (r *row) timeOrNull(t time.Time) *row {
	if t.IsZero() {
		return r.null()
	}
	return r.time(t)
}

func (r *row) blob(v []byte) *row {
	if r.err != nil {
		return r
	}
	if r.tape != nil {
		r.args = append(r.args, slices.Clone(v))
	}
	r.n++
	return r.bind(r.st.BindBlob(r.n, v))
}

// list binds a slice of names, to be read by array(?).
func (r *row) list(names any) *row {
	if r.err != nil {
		return r
	}
	r.n++
	return r.bind(r.st.BindPointer(r.n, names))
}

// id binds a name; a zero one becomes NULL.
func (r *row) id(id ident.ID) *row {
	if id.IsZero() {
		return r.null()
	}
	return r.blob(id[:])
}

// pool binds a pool's name; a zero one becomes NULL.
func (r *row) pool(id inventory.PoolID) *row {
	if id.IsZero() {
		return r.null()
	}
	return r.blob(id[:])
}

// text binds a text; an empty one becomes NULL where the column may be NULL.
func (r *row) text(v string) *row {
	if v == "" {
		return r.null()
	}
	return r.must(v)
}

// must binds a text as it is.
func (r *row) must(v string) *row {
	if r.err != nil {
		return r
	}
	if r.tape != nil {
		r.args = append(r.args, v)
	}
	r.n++
	return r.bind(r.st.BindText(r.n, v))
}

func (r *row) null() *row {
	if r.err != nil {
		return r
	}
	if r.tape != nil {
		r.args = append(r.args, nil)
	}
	r.n++
	return r.bind(r.st.BindNull(r.n))
}

// exec runs the statement.
func (r *row) exec(what string) error {
	if r.err != nil {
		return r.err
	}
	if r.tape != nil && !r.st.ReadOnly() {
		r.tape.note(r.st, r.args)
	}
	return classify(what, r.st.Exec())
}

// each runs the query and calls f for every row it returns. f must not keep the
// bytes it reads.
func (r *row) each(what string, f func(*sqlite3.Stmt) error) error {
	if r.err != nil {
		return r.err
	}
	for r.st.Step() {
		if err := f(r.st); err != nil {
			r.st.Reset() //nolint:errcheck // f's error is the one to tell
			return err
		}
	}
	// Reset returns the error of the last step. Without it a statement that failed
	// once would refuse to be bound ever again.
	return classify(what, r.st.Reset())
}

func columnID(st *sqlite3.Stmt, col int) (id ident.ID) {
	copy(id[:], st.ColumnRawBlob(col))
	return id
}

func columnDigest(st *sqlite3.Stmt, col int) (d ident.Digest) {
	copy(d[:], st.ColumnRawBlob(col))
	return d
}

func columnTime(st *sqlite3.Stmt, col int) time.Time {
	return time.UnixMicro(st.ColumnInt64(col)).UTC()
}

// columnTimeOrZero reads a moment that may be NULL.
func columnTimeOrZero(st *sqlite3.Stmt, col int) time.Time {
	if st.ColumnType(col) == sqlite3.NULL {
		return time.Time{}
	}
	return columnTime(st, col)
}
