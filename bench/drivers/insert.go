package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

const (
	// insertRows is how many rows of a kind a full batch inserts.
	insertRows = 512
	// insertTimes is how many transactions make one round.
	insertTimes = 16
)

// insertChunks are the rows per statement under test.
var insertChunks = []int{1, 8, 32}

// table is a target of the insert test with the columns of one row.
type table struct {
	name, into, places string // places are the parameters of one row
	columns            int
}

var tables = []table{
	{"outbox", "INSERT INTO outbox (hold, kind, due_us, body) VALUES ", "(?,?,?,?)", 4},
	{"hold", "INSERT INTO hold VALUES ", "(?,?,?,?,?,?,?)", 7},
}

// statement returns the insert for a number of rows.
func (t table) statement(rows int) string {
	return t.into + t.places + strings.Repeat(","+t.places, rows-1)
}

// inserter writes a list of holds in chunks through one prepared statement, in
// every round into a fresh database.
type inserter struct {
	table
	t      *templates
	open   func(path string, checkpoint int) (engine, error)
	chunk  int
	engine engine
	path   string
	native *sqlite3.Stmt
	std    *sql.Stmt
	args   []any
	rows   [][]booking
}

// prepare opens the database, prepares the statement and draws the keys.
func (in *inserter) prepare() (err error) {
	if in.path, err = in.t.fresh(true); err != nil {
		return err
	}
	if in.engine, err = in.open(in.path, checkpointPages); err != nil {
		return err
	}
	if _, err := readBack(in.engine, true); err != nil {
		return err
	}
	src := in.t.source()
	in.rows = in.rows[:0]
	for range insertTimes {
		in.rows = append(in.rows, src.bookings(insertRows, in.t.slots))
	}
	switch e := in.engine.(type) {
	case *nativeEngine:
		in.native, _, err = e.conn.Prepare(in.statement(in.chunk))
	case *sqlEngine:
		in.std, err = e.conn.PrepareContext(context.Background(), in.statement(in.chunk))
	}
	return err
}

// finish counts the rows, closes and deletes.
func (in *inserter) finish() error {
	want := fmt.Sprint(preloaded + insertRows*insertTimes)
	got, err := in.engine.text("SELECT count(*) FROM " + in.name)
	if err != nil || got != want {
		return errors.Join(err, fmt.Errorf("%s has %s rows, want %s", in.name, got, want))
	}
	if in.native != nil {
		err = in.native.Close()
	} else {
		err = in.std.Close()
	}
	return errors.Join(err, in.engine.close(), remove(in.path))
}

// run writes the round, one durable transaction per list.
func (in *inserter) run() error {
	for _, list := range in.rows {
		if err := begin(in.engine); err != nil {
			return err
		}
		for at := 0; at < len(list); at += in.chunk {
			if err := in.write(list[at : at+in.chunk]); err != nil {
				return err
			}
		}
		if err := commit(in.engine); err != nil {
			return err
		}
	}
	return nil
}

// write executes the statement once for a chunk.
func (in *inserter) write(chunk []booking) error {
	if in.native != nil {
		for i := range chunk {
			if err := in.bind(i*in.columns, &chunk[i]); err != nil {
				return err
			}
		}
		return in.native.Exec()
	}
	in.args = in.args[:0]
	for i := range chunk {
		b := &chunk[i]
		if in.columns == 4 {
			in.args = append(in.args, b.hold[:], kindConfirmed, startUS, outboxBody)
		} else {
			in.args = append(in.args, b.hold[:], b.slot[:], b.person[:], stateHeld, startUS, startUS+holdUS, holdNote)
		}
	}
	_, err := in.std.ExecContext(context.Background(), in.args...)
	return err
}

// bind hands one row to the native statement, after the given place.
func (in *inserter) bind(place int, b *booking) error {
	s := in.native
	if in.columns == 4 {
		return firstError(s.BindBlob(place+1, b.hold[:]), s.BindInt64(place+2, kindConfirmed),
			s.BindInt64(place+3, startUS), s.BindText(place+4, outboxBody))
	}
	return firstError(s.BindBlob(place+1, b.hold[:]), s.BindBlob(place+2, b.slot[:]),
		s.BindBlob(place+3, b.person[:]), s.BindInt64(place+4, stateHeld), s.BindInt64(place+5, startUS),
		s.BindInt64(place+6, startUS+holdUS), s.BindText(place+7, holdNote))
}

// firstError returns the first of the errors that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// insertCells returns every chunk size for both tables on both ways.
func insertCells(t *templates) []cell {
	var cells []cell
	for _, tab := range tables {
		for _, chunk := range insertChunks {
			for _, k := range kinds[:4] {
				if !k.checksums {
					continue
				}
				in := &inserter{table: tab, t: t, open: k.open, chunk: chunk}
				cells = append(cells, cell{
					name: fmt.Sprintf("%s, %d per statement, %s", tab.name, chunk, k.name),
					ops:  insertRows * insertTimes, prepare: in.prepare, run: in.run, finish: in.finish,
				})
			}
		}
	}
	return cells
}
