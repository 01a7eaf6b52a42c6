package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

const (
	// lookupKeys is how many keys a full batch asks for in one table.
	lookupKeys = 500
	// lookupHits is how many of them exist.
	lookupHits = 25
	// lookupTimes is how often a round looks up the whole list.
	lookupTimes = 60
)

// Statements that find many holds at once.
const (
	lookupColumns = `SELECT h.id, h.state, h.created_us, h.expires_us FROM `
	lookupIn      = lookupColumns + `hold h WHERE h.id IN (?`
	lookupJSON    = lookupColumns + `json_each(?) j CROSS JOIN hold h ON h.id = unhex(j.value)`
	lookupArray   = lookupColumns + `array(?) a CROSS JOIN hold h ON h.id = a.value`
	lookupOne     = lookupColumns + `hold h WHERE h.id = ?`
)

// inList returns the IN statement for a fixed number of keys.
func inList(n int) string { return lookupIn + strings.Repeat(",?", n-1) + ")" }

// method is one way to look up a list: a statement, how many keys one execution
// takes, and how the keys become its arguments.
type method struct {
	name, query string
	chunk       int
	form        form
}

// form says how keys are handed to a statement.
type form int

const (
	formKeys  form = iota // one argument per key
	formJSON              // one JSON array of hexadecimal texts
	formArray             // one Go slice by pointer (ext/array)
)

var methods = []method{
	{"one prepared select per key", lookupOne, 1, formKeys},
	{"IN padded to 16", inList(16), 16, formKeys},
	{"IN padded to 128", inList(128), 128, formKeys},
	{"IN padded to 512", inList(512), 512, formKeys},
	{"json_each, hex", lookupJSON, lookupKeys, formJSON},
	{"ext/array", lookupArray, lookupKeys, formArray},
}

// finder looks up a list of keys and returns how many rows it read.
type finder interface {
	find(keys []key) (rows int, err error)
	// close ends the statement; an open one keeps the database from closing.
	close() error
}

// padded calls bind for each of m.chunk places, repeating the last key.
func (m method) padded(keys []key, bind func(place int, k *key) error) error {
	for i := range m.chunk {
		if err := bind(i, &keys[min(i, len(keys)-1)]); err != nil {
			return err
		}
	}
	return nil
}

// jsonKeys writes the keys as a JSON array of hexadecimal texts.
func jsonKeys(keys []key) []byte {
	out := []byte{'['}
	for i := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = hex.AppendEncode(out, keys[i][:])
		out = append(out, '"')
	}
	return append(out, ']')
}

// slicesOf returns the keys as byte slices, the shape ext/array reads.
func slicesOf(keys []key) [][]byte {
	out := make([][]byte, len(keys))
	for i := range keys {
		out[i] = keys[i][:]
	}
	return out
}

// sqlFinder looks up through database/sql.
type sqlFinder struct {
	method
	stmt *sql.Stmt
	args []any
}

func (f *sqlFinder) find(keys []key) (int, error) {
	switch f.form {
	case formJSON:
		f.args = append(f.args[:0], string(jsonKeys(keys)))
	case formArray:
		f.args = append(f.args[:0], sqlite3.Pointer(slicesOf(keys)))
	case formKeys:
		f.args = f.args[:0]
		if err := f.padded(keys, func(_ int, k *key) error { f.args = append(f.args, k[:]); return nil }); err != nil {
			return 0, err
		}
	}
	rows, err := f.stmt.QueryContext(context.Background(), f.args...)
	if err != nil {
		return 0, err
	}
	n := 0
	var id sql.RawBytes
	var a, b, c int64
	for rows.Next() {
		if err := rows.Scan(&id, &a, &b, &c); err != nil {
			return n, errors.Join(err, rows.Close())
		}
		n++
	}
	return n, errors.Join(rows.Err(), rows.Close())
}

func (f *sqlFinder) close() error { return f.stmt.Close() }

// nativeFinder looks up through the API of ncruces.
type nativeFinder struct {
	method
	stmt *sqlite3.Stmt
}

func (f *nativeFinder) find(keys []key) (n int, err error) {
	switch f.form {
	case formJSON:
		err = f.stmt.BindRawText(1, jsonKeys(keys))
	case formArray:
		err = f.stmt.BindPointer(1, slicesOf(keys))
	case formKeys:
		err = f.padded(keys, func(i int, k *key) error { return f.stmt.BindBlob(i+1, k[:]) })
	}
	if err != nil {
		return 0, err
	}
	for f.stmt.Step() {
		_ = f.stmt.ColumnRawBlob(0)
		_, _, _ = f.stmt.ColumnInt64(1), f.stmt.ColumnInt64(2), f.stmt.ColumnInt64(3)
		n++
	}
	return n, f.stmt.Reset()
}

func (f *nativeFinder) close() error { return f.stmt.Close() }

// lookup is one method on one path, over a database that stays open.
type lookup struct {
	finder
	engine engine
	chunk  int
	keys   []key
}

// all looks up the list once, inside one transaction as the committer does.
func (l *lookup) all() error {
	if err := begin(l.engine); err != nil {
		return err
	}
	hits := 0
	for at := 0; at < len(l.keys); at += l.chunk {
		n, err := l.find(l.keys[at:min(at+l.chunk, len(l.keys))])
		if err != nil {
			return err
		}
		hits += n
	}
	if hits != lookupHits {
		return fmt.Errorf("found %d rows, want %d", hits, lookupHits)
	}
	return commit(l.engine)
}
