package faultvfs_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"einlass/internal/store/storetest/faultvfs"
)

const (
	cutTransactions  = 20
	cutCycles        = 800
	cutCyclesShort   = 600
	controlCycles    = 120
	controlCyclesMin = 40
	spanGrowth       = 100 // the span of cuts grows by one part of this until one is not reached
)

// tally counts how cycles ended.
type tally struct {
	cycles, clean, lost, broken int
	commits                     int
	unreached                   int
	faults                      faultvfs.Stats
	first                       error
}

// runCuts cuts the power at a random operation of open, recovery, transactions
// and checkpoints, again and again on the same disk; after a loss on a new one.
func runCuts(t *testing.T, seed uint64, model faultvfs.Model, m mode, cycles int) (sum tally) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	for sum.cycles < cycles {
		d := newDisk(t, rng.Uint64(), model)
		runUntilLoss(t, d, rng, m, cycles, &sum)
		sum.faults = add(sum.faults, d.Stats())
	}
	return sum
}

// runUntilLoss runs cycles on one disk. A first run without a fault counts the
// operations among which the cuts are then drawn.
func runUntilLoss(t *testing.T, d *faultvfs.Disk, rng *rand.Rand, m mode, cycles int, sum *tally) {
	t.Helper()
	var l ledger
	span := 0
	for sum.cycles < cycles {
		if span > 0 {
			plan(t, d, faultvfs.CutAt(1+rng.IntN(span)))
		}
		db, err := open(d, m)
		if err == nil {
			err = l.append(db, cutTransactions)
		}
		if unreached := d.Unreached(); unreached != nil || span == 0 {
			if err != nil {
				t.Fatalf("failed without a fault: %v", err)
			}
			sum.unreached++
			span = d.Ops(faultvfs.OpChange)
		}
		span += span / spanGrowth
		d.Cut()
		shut(t, db)
		sum.cycles++
		if err := restart(t, d, &l, rng, m); err != nil {
			sum.fail(err)
			break
		}
		sum.clean++
	}
	sum.commits += l.commits
}

// restart opens after a cut and verifies. Every third time the power fails
// again during recovery; every second time it fails afterwards, at rest, so
// that the next program finds a log.
func restart(t *testing.T, d *faultvfs.Disk, l *ledger, rng *rand.Rand, m mode) error {
	t.Helper()
	if rng.IntN(3) == 0 {
		plan(t, d, faultvfs.CutAt(1+rng.IntN(40)))
		db, err := open(d, m)
		if err != nil && d.Unreached() != nil {
			return errors.Join(errBroken, err)
		}
		d.Cut()
		shut(t, db)
	}
	db, err := open(d, m)
	if err != nil {
		return errors.Join(errBroken, err)
	}
	defer shut(t, db)
	err = l.verify(db)
	if rng.IntN(2) == 0 {
		d.Cut()
	}
	return err
}

// fail sorts a failed cycle.
func (s *tally) fail(err error) {
	if s.first == nil {
		s.first = err
	}
	if errors.Is(err, errLost) {
		s.lost++
		return
	}
	s.broken++
}

// add sums the counters that tests look at.
func add(a, b faultvfs.Stats) faultvfs.Stats {
	a.Writes += b.Writes
	a.Syncs += b.Syncs
	a.Cuts += b.Cuts
	a.CutsInWrite += b.CutsInWrite
	a.CutsInSync += b.CutsInSync
	a.Plugs += b.Plugs
	a.KeptWrites += b.KeptWrites
	a.LostWrites += b.LostWrites
	a.TornWrites += b.TornWrites
	a.GarbageSectors += b.GarbageSectors
	a.KeptLengths += b.KeptLengths
	a.LostLengths += b.LostLengths
	a.KeptNames += b.KeptNames
	a.LostNames += b.LostNames
	a.RefusedCalls += b.RefusedCalls
	return a
}

// log prints a tally.
func (s *tally) log(t *testing.T, what string, since time.Time) {
	t.Helper()
	took := time.Since(since)
	f := s.faults
	t.Logf("%s: %d cycles, %d clean, %d lost, %d broken, %d unreached, %d commits answered, %.0f cycles/s",
		what, s.cycles, s.clean, s.lost, s.broken, s.unreached, s.commits, float64(s.cycles)/took.Seconds())
	t.Logf("%s: cuts %d (writes %d, syncs %d), plugs %d, syncs %d; writes %d, of the unsynced kept %d lost %d torn %d noise %d; names kept %d lost %d, lengths kept %d lost %d; refused calls %d",
		what, f.Cuts, f.CutsInWrite, f.CutsInSync, f.Plugs, f.Syncs, f.Writes, f.KeptWrites, f.LostWrites, f.TornWrites, f.GarbageSectors,
		f.KeptNames, f.LostNames, f.KeptLengths, f.LostLengths, f.RefusedCalls)
	if s.first != nil {
		t.Logf("%s: first failure: %v", what, s.first)
	}
}

// count is a number of cycles in this mode of testing.
func count(short, long int) int {
	if testing.Short() {
		long = short
	}
	return long / slowdown
}

// cycles is the number of cuts in this mode of testing, controls that of the
// planted bugs.
func cycles() int   { return count(cutCyclesShort, cutCycles) }
func controls() int { return max(count(controlCycles, controlCycles), controlCyclesMin) }

func TestFullSynchronousLosesNothing(t *testing.T) {
	start := time.Now()
	sum := runCuts(t, 1, faultvfs.Model{}, full, cycles())
	sum.log(t, "full", start)
	if sum.lost+sum.broken != 0 {
		t.Fatal(sum.first)
	}
	f := sum.faults
	if f.Cuts < cycles()*8/10 || f.CutsInSync < cycles()/40 || f.CutsInWrite < cycles()/2 || f.LostWrites < cycles() || f.TornWrites < cycles()/2 || f.KeptWrites < cycles() {
		t.Errorf("the disk was not broken enough to prove anything: %+v", f)
	}
	if sum.commits < cycles()*cutTransactions/3 {
		t.Errorf("only %d commits answered", sum.commits)
	}
}

func TestChecksumsChangeNothingAboutCuts(t *testing.T) {
	start := time.Now()
	sum := runCuts(t, 15, faultvfs.Model{}, mode{synchronous: "full", checksums: true}, cycles()/2)
	sum.log(t, "full, checksums", start)
	if sum.lost+sum.broken != 0 {
		t.Fatal(sum.first)
	}
	if sum.faults.Cuts < cycles()*4/10 {
		t.Errorf("only %d cuts", sum.faults.Cuts)
	}
}

func TestNormalSynchronousLosesAcknowledged(t *testing.T) {
	start := time.Now()
	sum := runCuts(t, 2, faultvfs.Model{}, mode{synchronous: "normal"}, controls())
	sum.log(t, "normal", start)
	if sum.lost < controls()/10 {
		t.Errorf("synchronous=NORMAL lost only %d of %d", sum.lost, sum.cycles)
	}
	if sum.broken != 0 {
		t.Errorf("NORMAL must stay consistent: %v", sum.first)
	}
}

func TestOffSynchronousIsCaught(t *testing.T) {
	start := time.Now()
	sum := runCuts(t, 3, faultvfs.Model{}, mode{synchronous: "off"}, controls())
	sum.log(t, "off", start)
	if sum.lost < controls()/10 || sum.broken == 0 {
		t.Errorf("synchronous=OFF: lost %d, broken %d of %d", sum.lost, sum.broken, sum.cycles)
	}
}

func TestGarbageSectorsAreSurvivedWhenReported(t *testing.T) {
	start := time.Now()
	sum := runCuts(t, 4, faultvfs.Model{GarbageSectors: true}, full, cycles()/4)
	sum.log(t, "garbage", start)
	if sum.lost+sum.broken != 0 {
		t.Fatal(sum.first)
	}
	if sum.faults.GarbageSectors < cycles()/4 {
		t.Errorf("only %d sectors of noise", sum.faults.GarbageSectors)
	}
}

func TestLyingAboutPowersafeOverwriteIsCaught(t *testing.T) {
	start := time.Now()
	sum := runCuts(t, 5, faultvfs.Model{GarbageSectors: true, ClaimPowersafe: true}, full, controls())
	sum.log(t, "lying", start)
	if sum.lost+sum.broken < controls()/20 {
		t.Errorf("a lying disk was caught only %d times of %d", sum.lost+sum.broken, sum.cycles)
	}
}

func TestUnsyncedDirectoryIsCaught(t *testing.T) {
	start := time.Now()
	sum := runCuts(t, 6, faultvfs.Model{NoDirSync: true}, full, controls())
	sum.log(t, "names", start)
	if sum.lost+sum.broken == 0 {
		t.Error("a log file whose name is lost must lose commits")
	}
}
