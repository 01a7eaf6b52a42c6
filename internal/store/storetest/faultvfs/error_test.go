package faultvfs_test

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"einlass/internal/store/storetest/faultvfs"
)

const (
	errorCycles      = 400
	errorCyclesShort = 250
	fullRoundCount   = 60
)

// errorKinds are the operations that fail in turn, with how often about twenty
// transactions perform them.
var errorKinds = []struct {
	name string
	on   faultvfs.Op
	span int
}{
	{"read", faultvfs.OpRead, 30},
	{"write", faultvfs.OpWrite, 250},
	{"sync", faultvfs.OpSync, 30},
	{"truncate", faultvfs.OpTruncate, 2},
	{"create", faultvfs.OpCreate, 2},
	{"delete", faultvfs.OpDelete, 2},
}

// errorCount is the number of cycles with errors, fullRounds that of full disks.
func errorCount() int { return count(errorCyclesShort, errorCycles) }
func fullRounds() int { return count(fullRoundCount, fullRoundCount) }

func TestErrorsLoseNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	d := newDisk(t, 7, faultvfs.Model{})
	var l ledger
	struck := map[string]int{}
	visible := 0
	for i := range errorCount() {
		kind := errorKinds[i%len(errorKinds)]
		p := faultvfs.FailAt(kind.on, 1+rng.IntN(kind.span))
		p.Sticky = rng.IntN(3) == 0
		plan(t, d, p)
		db, err := open(d, full)
		if err == nil {
			err = l.append(db, cutTransactions)
		}
		if rng.IntN(2) == 0 {
			err = errors.Join(err, closePool(db)) // in order, the plan still armed
			db = nil
		}
		if d.Unreached() == nil {
			struck[kind.name]++
		}
		if err != nil {
			visible++
		}
		endProgram(d, rng)
		shut(t, db)
		if err := reopenAndGoOn(t, d, &l, rng); err != nil {
			t.Fatalf("cycle %d, %s: %v", i, kind.name, err)
		}
	}
	t.Logf("errors: %d cycles, struck %v, %d ended the work, %d commits answered", errorCount(), struck, visible, l.commits)
	for _, kind := range errorKinds {
		if struck[kind.name] < errorCount()/40 {
			t.Errorf("%s struck only %d times", kind.name, struck[kind.name])
		}
	}
	if visible < errorCount()/4 {
		t.Errorf("only %d errors ended the work", visible)
	}
}

// endProgram ends it with or without the power.
func endProgram(d *faultvfs.Disk, rng *rand.Rand) {
	if rng.IntN(2) == 0 {
		d.Cut()
		return
	}
	d.Restart()
}

// closePool closes a pool that may not have come to be.
func closePool(db *sql.DB) error {
	if db == nil {
		return nil
	}
	return db.Close()
}

// reopenAndGoOn verifies, writes more on the same connection, and ends in order
// or by a power cut.
func reopenAndGoOn(t *testing.T, d *faultvfs.Disk, l *ledger, rng *rand.Rand) error {
	t.Helper()
	db, err := open(d, full)
	if err != nil {
		return err
	}
	defer shut(t, db)
	if err := l.verify(db); err != nil {
		return err
	}
	if err := l.append(db, 2); err != nil {
		return err
	}
	if rng.IntN(2) == 0 {
		d.Cut()
	}
	return nil
}

func TestErrorInARunningProgramLosesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 0))
	d := newDisk(t, 8, faultvfs.Model{ForgetfulSync: true})
	var l ledger
	failed := 0
	for i := range errorCount() / 2 {
		db, err := open(d, full)
		if err != nil {
			t.Fatal(err)
		}
		plan(t, d, faultvfs.FailAt(errorKinds[i%3].on, 1+rng.IntN(20)))
		if err := l.append(db, cutTransactions); err != nil {
			failed++
		}
		plan(t, d, faultvfs.Plan{})
		if err := l.verify(db); err != nil {
			t.Fatalf("cycle %d, same program: %v", i, err)
		}
		if err := l.append(db, 2); err != nil {
			t.Fatalf("cycle %d, works again: %v", i, err)
		}
		d.Cut()
		shut(t, db)
		if err := reopenAndGoOn(t, d, &l, rng); err != nil {
			t.Fatalf("cycle %d, after the cut: %v", i, err)
		}
	}
	t.Logf("one-off errors in a running program: %d of %d commits failed, 0 lost", failed, errorCount()/2)
	if failed < errorCount()/8 {
		t.Errorf("only %d errors were seen", failed)
	}
}

func TestFullDiskIsRefusedCleanlyAndRecovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 0))
	d := newDisk(t, 9, faultvfs.Model{})
	var l ledger
	refused := 0
	for round := range fullRounds() {
		db, err := open(d, full)
		if err != nil {
			t.Fatal(err)
		}
		plan(t, d, faultvfs.FullAt(usedBytes(d)+rng.Int64N(80_000)))
		err = l.append(db, 10*cutTransactions)
		if unreached := d.Unreached(); unreached == nil {
			refused++
			if !errors.Is(err, sqlite3.FULL) {
				t.Fatalf("round %d: %v, want SQLITE_FULL", round, err)
			}
		}
		if err := l.verify(db); err != nil {
			t.Fatalf("round %d: reading on the full disk: %v", round, err)
		}
		plan(t, d, faultvfs.Plan{})
		if err := l.append(db, 2); err != nil {
			t.Fatalf("round %d: writing after space was freed: %v", round, err)
		}
		d.Cut()
		shut(t, db)
		if err := reopenAndGoOn(t, d, &l, rng); err != nil {
			t.Fatalf("round %d: after the cut: %v", round, err)
		}
	}
	t.Logf("disk full: %d of %d rounds refused, %d commits answered, 0 lost", refused, fullRounds(), l.commits)
	if refused < fullRounds()/3 {
		t.Errorf("the disk was full only %d times", refused)
	}
}

// usedBytes is what the database and its log take up.
func usedBytes(d *faultvfs.Disk) (sum int64) {
	for _, name := range []string{ledgerFile, ledgerFile + "-wal"} {
		size, _ := d.Size(name)
		sum += size
	}
	return sum
}

// runForgetful lets a sync of the log fail on a disk that forgets, ends the
// program but not the power, goes on, and cuts the power later.
func runForgetful(t *testing.T, seed uint64, checkpointFirst bool, cycles int) (failed int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range cycles {
		d := newDisk(t, rng.Uint64(), faultvfs.Model{ForgetfulSync: true})
		if err := forgetfulCycle(t, d, rng, checkpointFirst); err != nil {
			failed++
		}
		if d.Stats().ForgottenSync == 0 {
			t.Fatal("no sync was forgotten")
		}
	}
	return failed
}

// forgetfulCycle returns what the last restart found.
func forgetfulCycle(t *testing.T, d *faultvfs.Disk, rng *rand.Rand, checkpointFirst bool) error {
	t.Helper()
	var l ledger
	db, err := open(d, full)
	if err != nil {
		t.Fatal(err)
	}
	p := faultvfs.FailAt(faultvfs.OpSync, 1+rng.IntN(5))
	p.File = ledgerFile + "-wal"
	plan(t, d, p)
	if err := l.append(db, cutTransactions); err == nil {
		t.Fatal("the failed sync was answered with success")
	}
	d.Restart()
	shut(t, db)
	db, err = open(d, full)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { shut(t, db) }()
	if checkpointFirst {
		if _, err := db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(l.verify(db), l.append(db, 3)); err != nil {
		t.Fatal(err)
	}
	d.Cut()
	shut(t, db)
	if db, err = open(d, full); err != nil {
		return err
	}
	return l.verify(db)
}

// A disk that forgets after a failed sync is why a program that ended on an
// I/O error must checkpoint before it promises anything again.
func TestForgottenSyncNeedsACheckpointAtStart(t *testing.T) {
	cycles := controls() / 2
	with, without := runForgetful(t, 10, true, cycles), runForgetful(t, 10, false, cycles)
	t.Logf("forgotten sync, %d cycles each: %d losses with a checkpoint at start, %d without", cycles, with, without)
	if with != 0 {
		t.Errorf("%d losses in spite of the checkpoint", with)
	}
	if without == 0 {
		t.Error("no losses without it: the disk does not forget")
	}
}
