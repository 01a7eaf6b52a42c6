package faultvfs_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"einlass/internal/store/storetest/faultvfs"
)

// TestReadersBesideTheWriter shares one database between a writer and readers,
// in one process, until the power fails. Readers see whole transactions only.
func TestReadersBesideTheWriter(t *testing.T) {
	const readers = 3
	rounds := count(40, 40)
	rng := rand.New(rand.NewPCG(13, 0))
	d := newDisk(t, 13, faultvfs.Model{})
	var l ledger
	var reads atomic.Int64
	for round := range rounds {
		writer, err := open(d, full)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.verify(writer); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		pool, err := sql.Open("sqlite3", d.DSN(ledgerFile, "mode=ro", "_pragma=busy_timeout(2000)"))
		if err != nil {
			t.Fatal(err)
		}
		plan(t, d, faultvfs.CutAt(50+rng.IntN(300)))
		var group sync.WaitGroup
		var done atomic.Bool
		for range readers {
			group.Go(func() {
				for !done.Load() {
					if err := readWhole(pool); err != nil {
						if errors.Is(err, errLost) || d.Unreached() != nil {
							t.Errorf("round %d: %v", round, err)
						}
						return
					}
					reads.Add(1)
				}
			})
		}
		if l.append(writer, 10*cutTransactions) == nil {
			t.Errorf("round %d: the power never failed", round)
		}
		done.Store(true)
		group.Wait()
		if err := d.Unreached(); err != nil {
			t.Fatal(err)
		}
		d.Cut()
		shut(t, writer)
		shut(t, pool)
	}
	t.Logf("readers: %d rounds, %d commits answered, %d consistent reads", rounds, l.commits, reads.Load())
	if reads.Load() < int64(rounds) || l.commits < rounds {
		t.Error("too little was read or written")
	}
}

// readWhole checks that total and entries belong to the same moment.
func readWhole(pool *sql.DB) error {
	var last, newest int64
	err := pool.QueryRow(`SELECT last, coalesce((SELECT max(id) FROM entry), 0) FROM total`).Scan(&last, &newest)
	if err == nil && last != newest {
		return fmt.Errorf("%w: total says %d, entries %d", errLost, last, newest)
	}
	return err
}

// TestRollbackJournal runs the same disk under the older journal, which uses
// locks, deletions and truncations much more. EXTRA is what makes it durable.
func TestRollbackJournal(t *testing.T) {
	rounds := count(200, 200)
	rng := rand.New(rand.NewPCG(14, 0))
	d := newDisk(t, 14, faultvfs.Model{})
	last, answered := int64(0), 0
	for round := range rounds {
		plan(t, d, faultvfs.CutAt(1+rng.IntN(160)))
		db, err := sql.Open("sqlite3", d.DSN("old.db", "_pragma=journal_mode(delete)", "_pragma=synchronous(extra)"))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		_, err = db.Exec(`CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, note TEXT) STRICT`)
		for err == nil && d.Unreached() != nil {
			if _, err = db.Exec(`INSERT INTO t VALUES ($1, $2)`, last+1, note(last)); err == nil {
				last++
				answered++
			}
		}
		d.Cut()
		shut(t, db)
		found, err := countOld(d)
		if errors.Is(err, sqlite3.ERROR) && last == 0 {
			continue // cut before the table existed
		}
		if err != nil || (found != last && found != last+1) {
			t.Fatalf("round %d: %d of %d, %v", round, found, last, err)
		}
		last = found
	}
	s := d.Stats()
	t.Logf("rollback journal: %d rounds, %d answered, names lost %d kept %d, torn %d", rounds, answered, s.LostNames, s.KeptNames, s.TornWrites)
	if answered < rounds || s.LostNames == 0 || s.KeptNames == 0 {
		t.Error("too little happened")
	}
}

// countOld checks the database with the older journal and counts its rows.
func countOld(d *faultvfs.Disk) (n int64, err error) {
	db, err := sql.Open("sqlite3", d.DSN("old.db", "_pragma=journal_mode(delete)"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var integrity string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&integrity); err != nil || integrity != "ok" {
		return 0, fmt.Errorf("%w: %s, %w", errBroken, integrity, err)
	}
	return n, db.QueryRow(`SELECT coalesce(max(id), 0) FROM t`).Scan(&n)
}
