package faultvfs_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"

	"einlass/internal/store/storetest/faultvfs"
)

const (
	ledgerFile = "ledger.db"
	ledgerKeep = 150 // entries the table keeps, so that its size is bounded
	checkpoint = 25  // pages; small, so that cuts fall into checkpoints and log resets
)

// errLost says that the database has less than it acknowledged, or other than
// it was given. errBroken says that it cannot be read.
var (
	errLost   = errors.New("acknowledged entries lost")
	errBroken = errors.New("database broken")
)

// ledger remembers what a database has promised.
type ledger struct {
	acked     int64 // the last entry whose commit was answered
	attempted int64 // the last entry of a commit whose answer is not known
	commits   int   // answered
}

// mode is how a database is opened.
type mode struct {
	synchronous string
	checksums   bool
}

// full is the mode that promises everything.
var full = mode{synchronous: "full"}

const schema = `
	CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
	CREATE INDEX IF NOT EXISTS entry_note ON entry (note);
	CREATE TABLE IF NOT EXISTS total (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
	INSERT INTO total VALUES (1, 0, 0) ON CONFLICT DO NOTHING;`

// open connects a pool of one writer to the disk.
func open(d *faultvfs.Disk, m mode) (*sql.DB, error) {
	db, err := driver.Open(d.DSN(ledgerFile, "_txlock=immediate"), m.prepare)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// prepare sets up one connection. The checksums come first: switching to WAL
// writes the first page of an empty file, which is then no longer empty.
func (m mode) prepare(c *sqlite3.Conn) error {
	if err := c.BusyTimeout(2 * time.Second); err != nil {
		return err
	}
	if m.checksums {
		if err := verifyChecksums(c); err != nil {
			return err
		}
	}
	return c.Exec(fmt.Sprintf(`PRAGMA journal_mode=wal; PRAGMA synchronous=%s; PRAGMA wal_autocheckpoint=%d`,
		m.synchronous, checkpoint))
}

// verifyChecksums switches page checksums on for an empty file and insists on
// them for any other. Reading the page count first makes SQLite read the header.
func verifyChecksums(c *sqlite3.Conn) error {
	pages, err := pragma(c, "page_count")
	if err != nil {
		return err
	}
	if pages == 0 {
		return c.EnableChecksums("main")
	}
	on, err := pragma(c, "checksum_verification")
	if err == nil && on != 1 {
		err = fmt.Errorf("%w: page checksums are off", errBroken)
	}
	return err
}

// pragma reads a number.
func pragma(c *sqlite3.Conn, name string) (value int64, err error) {
	stmt, _, err := c.Prepare("PRAGMA " + name)
	if err != nil {
		return 0, err
	}
	if stmt.Step() {
		value = stmt.ColumnInt64(0)
	}
	return value, stmt.Close()
}

// amount is the amount that entry id must have.
func amount(id int64) int64 { return id*7919%1000 + 1 }

// note is the text that entry id must have, of changing length.
func note(id int64) string { return fmt.Sprintf("%0*d", 8+int(id*31%400), id) }

// append writes up to n transactions of one or two entries each and stops at
// the first error.
func (l *ledger) append(db *sql.DB, n int) error {
	for range n {
		last := l.acked + 1 + l.acked%2
		l.attempted = last
		if err := l.write(db, last); err != nil {
			return err
		}
		l.acked = last
		l.commits++
	}
	return nil
}

// write is one transaction: the entries after acked up to last.
func (l *ledger) write(db *sql.DB, last int64) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	var sum int64
	for id := l.acked + 1; id <= last; id++ {
		sum += amount(id)
		if _, err := tx.Exec(`INSERT INTO entry VALUES ($1, $2, $3)`, id, amount(id), note(id)); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if _, err := tx.Exec(`DELETE FROM entry WHERE id <= $1`, last-ledgerKeep); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if _, err := tx.Exec(`UPDATE total SET last = $1, sum = sum + $2`, last, sum); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// verify checks that the database is sound and then reads it.
func (l *ledger) verify(db *sql.DB) error {
	var integrity string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&integrity); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	if integrity != "ok" {
		return fmt.Errorf("%w: %s", errBroken, integrity)
	}
	return l.read(db)
}

// read compares the values with the ledger, as a program would read them, and
// goes on from what it finds when an unanswered commit turns out to have happened.
func (l *ledger) read(db *sql.DB) error {
	var last, sum int64
	if err := db.QueryRow(`SELECT last, sum FROM total`).Scan(&last, &sum); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	if last != l.acked && last != l.attempted {
		return fmt.Errorf("%w: last is %d, answered %d, attempted %d", errLost, last, l.acked, l.attempted)
	}
	if err := verifyEntries(db, last, sum); err != nil {
		return err
	}
	l.acked, l.attempted = last, last
	return nil
}

// verifyEntries checks each entry that must be there, and the sum over all ever.
func verifyEntries(db *sql.DB, last, sum int64) (err error) {
	var want int64
	for id := int64(1); id <= last; id++ {
		want += amount(id)
	}
	if sum != want {
		return fmt.Errorf("%w: sum is %d, want %d", errLost, sum, want)
	}
	rows, err := db.Query(`SELECT id, amount, note FROM entry ORDER BY id`)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	next := max(1, last-ledgerKeep+1)
	for rows.Next() {
		var id, n int64
		var text string
		if err := rows.Scan(&id, &n, &text); err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		if id != next || n != amount(id) || text != note(id) {
			return fmt.Errorf("%w: entry %d is (%d, %d, %q)", errLost, next, id, n, text)
		}
		next++
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	if next != last+1 {
		return fmt.Errorf("%w: entries end at %d, want %d", errLost, next-1, last)
	}
	return nil
}

// newDisk returns a registered disk that the test removes at its end.
func newDisk(t testing.TB, seed uint64, model faultvfs.Model) *faultvfs.Disk {
	t.Helper()
	d, err := faultvfs.NewModel(seed, t.TempDir(), model)
	if err != nil {
		t.Fatal(err)
	}
	d.Register()
	t.Cleanup(func() {
		if err := d.Unregister(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// plan arms a fault that must be well formed.
func plan(t testing.TB, d *faultvfs.Disk, p faultvfs.Plan) {
	t.Helper()
	if err := d.SetPlan(p); err != nil {
		t.Fatal(err)
	}
}

// shut closes a pool; on a broken disk its error says nothing new.
func shut(t testing.TB, db *sql.DB) {
	t.Helper()
	if db == nil {
		return
	}
	if err := db.Close(); err != nil {
		t.Logf("close on a broken disk: %v", err)
	}
}
