// Package store is the only room that speaks SQL. It keeps what was decided and
// gives it back; it decides nothing.
//
// One write connection belongs to the committer: every change of a pool or a
// booking goes through a Batch. A few read connections serve pages that are
// somebody's own. The store promises that after Batch.Commit has returned nil
// the changes survive a power cut: WAL with synchronous=FULL, set in the DSN and
// read back; it refuses to open otherwise. Every page carries a checksum, so a
// flipped bit is an error, never an answer (ADR 1).
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/array"
)

// Limits of the store's connections.
const (
	readers     = 4                // read connections
	busyTimeout = 10 * time.Second // waiting for a lock: a backup, or another process
	writerCache = 64 << 10         // page cache of the write connection, KiB: a whole sale's hot pages
	walBytesMax = 64 << 20         // the WAL file is cut back to this after a checkpoint
)

// MinSQLite is the oldest SQLite we run on: 3.51.3 mends the WAL-reset bug of
// 3.7.0 to 3.51.2, which could lose committed transactions.
const MinSQLite = 3_051_003

// Options say where the database lies.
type Options struct {
	Path string // file name
	VFS  string // SQLite VFS; empty for the operating system's own (see disk)
	// LogPages is the length of the write-ahead log from which on Checkpoint
	// copies it into the database, in pages; 0 for the default.
	LogPages int
	// Guest says that a server may be at work on the database: its log is left to
	// it, since emptying it would make its bookings wait for the slowest reader.
	Guest bool
}

// Store is an open database.
type Store struct {
	path     string
	logPages int
	write    *sqlite3.Conn // guarded by writing
	stmts    map[string]*sqlite3.Stmt
	read     *readPool

	// writing guards the write connection, stmts, bound, tape, walPages and closed:
	// one batch or one setup at a time.
	writing  sync.Mutex
	bound    row
	tape     *Tape
	walPages int // pages in the write-ahead log after the last commit
	closed   bool
}

// Open opens or creates the database, brings its schema up to date and reads
// back everything durability rests on. Unavailable if any of it is not as it
// must be.
func Open(ctx context.Context, o Options) (*Store, error) {
	registerDisk()
	if err := checkVersion(); err != nil {
		return nil, err
	}
	turn, err := takeTurn(ctx, o)
	if err != nil {
		return nil, err
	}
	defer turn.Close() //nolint:errcheck // nothing was written through it
	if err := prepareFile(o); err != nil {
		return nil, err
	}
	if err := migrate(ctx, o); err != nil {
		return nil, err
	}
	s := &Store{path: o.Path, logPages: cmp.Or(o.LogPages, checkpointPages), stmts: make(map[string]*sqlite3.Stmt)}
	if err := s.openWriter(o); err != nil {
		return nil, err
	}
	if err := s.openReaders(o); err != nil {
		s.write.Close() //nolint:errcheck // the first error is the one to tell
		return nil, err
	}
	return s, nil
}

// turnEvery is how often somebody who waits to open the database looks again.
const turnEvery = 10 * time.Millisecond

// takeTurn lets one process at a time open databases in a folder: a new one is
// made in steps that a second one must not see half done. Who holds the turn
// gives it back by closing what is returned.
func takeTurn(ctx context.Context, o Options) (io.Closer, error) {
	if o.VFS != "" {
		return io.NopCloser(nil), nil // a simulated disk has one process
	}
	folder := filepath.Dir(o.Path)
	d, err := os.Open(folder)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "open folder %s: %w", folder, err)
	}
	for wait := busyTimeout; !tryLock(d); wait -= turnEvery {
		if wait <= 0 || ctx.Err() != nil {
			d.Close() //nolint:errcheck // nothing was written
			return nil, fault.New(fault.Unavailable, "open %s: somebody else has been opening it for %s", o.Path, busyTimeout-wait)
		}
		select {
		case <-time.After(turnEvery):
		case <-ctx.Done(): // looked at above
		}
	}
	return d, nil
}

// openWriter opens the write connection and empties the log into the database:
// if a sync had failed before the restart, the log may have a hole that only a
// fresh checkpoint closes. A guest copies what it can without waiting: alone on
// the database that is everything, and beside a server the server has done it.
func (s *Store) openWriter(o Options) (err error) {
	if s.write, err = sqlite3.Open(dsn(o, "rw", append(pragmas(), fmt.Sprintf("cache_size(-%d)", writerCache))...)); err != nil {
		return fault.New(fault.Unavailable, "open %s: %w", o.Path, err)
	}
	if err = array.Register(s.write); err != nil {
		s.write.Close() //nolint:errcheck // the first error is the one to tell
		return fault.New(fault.Internal, "register array: %w", err)
	}
	s.write.WALHook(func(_ *sqlite3.Conn, _ string, pages int) error {
		s.walPages = pages
		return nil
	})
	if err = s.readBack(); err == nil {
		err = s.emptyLog(o.Guest)
	}
	if err == nil && o.VFS == "" {
		err = syncFolder(filepath.Dir(o.Path))
	}
	if err != nil {
		s.write.Close() //nolint:errcheck // the first error is the one to tell
	}
	return err
}

func (s *Store) emptyLog(guest bool) error {
	mode := sqlite3.CHECKPOINT_TRUNCATE
	if guest {
		mode = sqlite3.CHECKPOINT_PASSIVE
	}
	_, _, err := s.write.WALCheckpoint("main", mode)
	if err != nil && !(guest && errors.Is(err, sqlite3.BUSY)) {
		return fault.New(fault.Unavailable, "%s: empty the write-ahead log: %w", s.path, err)
	}
	return nil
}

// openReaders opens the read connections; each one refuses a database whose
// checksums are off, since one flipped header bit could switch them off.
func (s *Store) openReaders(o Options) error {
	db, err := driver.Open(dsn(o, "rw", append(pragmas(), "query_only(1)")...), func(c *sqlite3.Conn) error {
		return readBack(c, o.Path, checksums)
	})
	if err != nil {
		return fault.New(fault.Unavailable, "open %s for reading: %w", o.Path, err)
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	s.read = &readPool{DB: db}
	return nil
}

// Close closes all connections. It waits for a running batch; a later one is told
// that the database is closed.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	rerr := s.read.Close()
	for _, st := range s.stmts {
		st.Close() //nolint:errcheck // a statement's last error was returned where it ran
	}
	werr := s.write.Close()
	if werr != nil || rerr != nil {
		return fault.New(fault.Unavailable, "close %s: %w", s.path, firstError(werr, rerr))
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// pragmas are in force on every connection but the very first. Checkpoints are
// ours to run: SQLite's automatic one swallows the error of a failed sync.
func pragmas() []string {
	sync := "full"
	if failpoint.Bug(failpoint.BugSyncOff) {
		sync = "off"
	}
	return []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(wal)",
		"synchronous(" + sync + ")",
		"wal_autocheckpoint(0)",
		"foreign_keys(1)",
		"trusted_schema(0)",
		"cell_size_check(1)",
		fmt.Sprintf("journal_size_limit(%d)", walBytesMax),
	}
}

// dsn puts every pragma into the address: through a pool a pragma reaches one
// connection only.
func dsn(o Options, mode string, pragmas ...string) string {
	q := url.Values{"_pragma": pragmas, "mode": {mode}, "_txlock": {"immediate"}, "vfs": {cmp.Or(o.VFS, diskVFS)}}
	return "file:" + (&url.URL{Path: o.Path}).EscapedPath() + "?" + q.Encode()
}

func checkVersion() error {
	c, err := sqlite3.Open(":memory:")
	if err != nil {
		return fault.New(fault.Unavailable, "start SQLite: %w", err)
	}
	defer c.Close() //nolint:errcheck // nothing was written
	v, err := queryText(c, "SELECT sqlite_version()")
	if err != nil {
		return err
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(v, "%d.%d.%d", &major, &minor, &patch); err != nil || major*1_000_000+minor*1000+patch < MinSQLite {
		return fault.New(fault.Unavailable, "SQLite %s is too old: 3.51.3 or newer is needed (WAL-reset bug)", v)
	}
	return nil
}

// prepareFile gives a new database page checksums before anything, even the
// journal mode, writes its first page.
func prepareFile(o Options) error {
	c, err := sqlite3.Open(dsn(o, "rwc", fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())))
	if err != nil {
		return fault.New(fault.Unavailable, "open %s: %w", o.Path, err)
	}
	defer c.Close() //nolint:errcheck // reopened at once
	pages, err := queryText(c, "PRAGMA page_count")
	if err != nil {
		return err
	}
	if pages == "0" {
		if err := c.EnableChecksums("main"); err != nil {
			return fault.New(fault.Unavailable, "%s: switch page checksums on: %w", o.Path, err)
		}
	}
	if err := readBack(c, o.Path, checksums); err != nil {
		return err // before anything is written to a database that may be damaged
	}
	return nil
}

// syncFolder makes the names of new files survive a power cut: that of the
// database and that of its log, which is created at each start and holds every
// commit until a checkpoint. The driver syncs files only.
func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return fault.New(fault.Unavailable, "open folder %s: %w", name, err)
	}
	defer d.Close() //nolint:errcheck // only read and synced
	if err := d.Sync(); err != nil {
		return fault.New(fault.Unavailable, "sync folder %s: %w", name, err)
	}
	return nil
}

// expected is a pragma with the value that must be in force, and what could
// happen otherwise.
type expected struct{ pragma, value, why string }

var checksums = expected{"checksum_verification", "1", "a flipped bit would be served as truth; restore into a new file to gain checksums"}

// readBack asks SQLite what is really in force on the write connection.
func (s *Store) readBack() error {
	want := []expected{
		{"journal_mode", "wal", "a commit would not be durable in one sync"},
		{"foreign_keys", "1", "damaged references would go unseen"},
		{"wal_autocheckpoint", "0", "a failed sync of a checkpoint would go unseen"},
		checksums,
	}
	if !failpoint.Bug(failpoint.BugSyncOff) {
		want = append(want, expected{"synchronous", "2", "a power cut could lose confirmed bookings"})
	}
	return readBack(s.write, s.path, want...)
}

func readBack(c *sqlite3.Conn, path string, want ...expected) error {
	for _, w := range want {
		got, err := queryText(c, "PRAGMA "+w.pragma)
		if err != nil {
			return err
		}
		if got != w.value {
			return fault.New(fault.Unavailable, "%s: %s is %q, not %q: %s", path, w.pragma, got, w.value, w.why)
		}
	}
	return nil
}

// Facts are what start-up tells the operator about the database.
type Facts struct {
	Path, SQLite, Journal, Synchronous, Checksums string
}

// Facts reads back what is in force.
func (s *Store) Facts() (Facts, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	f := Facts{Path: s.path}
	for _, q := range []struct {
		sql string
		to  *string
	}{
		{"SELECT sqlite_version()", &f.SQLite},
		{"PRAGMA journal_mode", &f.Journal},
		{"PRAGMA synchronous", &f.Synchronous},
		{"PRAGMA checksum_verification", &f.Checksums},
	} {
		v, err := queryText(s.write, q.sql)
		if err != nil {
			return Facts{}, err
		}
		*q.to = v
	}
	return f, nil
}

// queryText runs a query that returns one text.
func queryText(c *sqlite3.Conn, sql string) (string, error) {
	st, _, err := c.Prepare(sql)
	if err != nil {
		return "", fault.New(fault.Unavailable, "%s: %w", sql, err)
	}
	defer st.Close() //nolint:errcheck // its error was returned by Err
	out := ""
	if st.Step() {
		out = st.ColumnText(0)
	}
	if err := st.Err(); err != nil {
		return "", fault.New(fault.Unavailable, "%s: %w", sql, err)
	}
	return out, nil
}
