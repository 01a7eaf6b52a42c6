package storetest

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"einlass/internal/store/storetest/faultvfs"
)

const (
	cutsDefault  = 1_000
	cutsShort    = 200
	cutsPerWorld = 25 // then a new disk, so that checking everything stays quick
	worldsAtOnce = 2
	ackedPerCut  = 10 // fewer acknowledged commands per cut prove too little
	cutSpan      = 450
	cutSpanSyncs = 12
	cutSpanOpen  = 8   // operations of opening and recovery
	cutSpanFirst = 110 // operations of creating the database
	foundings    = 36
	foundAtOnce  = 36 // they mostly wait: the migration tries again for seconds
	ownersMin    = 4
	ownersMax    = 16
	defaultSeed  = 1
	cutsVariable = "EINLASS_CUTS" // how many power cuts TestPowerCuts makes
	seedVariable = "EINLASS_SEED"
)

// number reads a number from the environment.
func number(t testing.TB, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, not a number above 0", variable, text)
	}
	return n
}

// count is a number of rounds in this mode of testing.
func count(short, long int) int {
	if testing.Short() {
		long = short
	}
	return max(1, long/slowdown)
}

// TestPowerCuts lets people book, cuts the power in the middle of a write or a
// sync, starts again on what is left, and compares. Nothing acknowledged may be
// lost, nothing may be there twice, nothing unacknowledged by half.
func TestPowerCuts(t *testing.T) {
	cuts := number(t, cutsVariable, count(cutsShort, cutsDefault))
	seed := uint64(number(t, seedVariable, defaultSeed))
	t.Logf("seed %d", seed)
	var sum tally
	var disks stats
	start := time.Now()
	worlds := (cuts + cutsPerWorld - 1) / cutsPerWorld
	inParallel(t, worlds, worldsAtOnce, func(n int) error { return runCuts(t, seed<<32+uint64(n), &sum, &disks) })
	f := disks.sum
	t.Logf("%d cuts (%d in a write, %d in a sync), %d acknowledged, %d refused, %d batches, %d torn writes, %d lost writes, %d kept; %v",
		f.Cuts, f.CutsInWrite, f.CutsInSync, sum.acknowledged.Load(), sum.refused.Load(), sum.batches.Load(), f.TornWrites, f.LostWrites, f.KeptWrites,
		time.Since(start).Round(time.Second))
	t.Logf("%d unanswered commands had happened, %d had not; %d bookings read, %d answers repeated, %d bookings verified",
		sum.happened.Load(), sum.notHappened.Load(), sum.read.Load(), sum.replayed.Load(), sum.verified.Load())
	if t.Failed() {
		return
	}
	if f.Cuts < cuts || f.CutsInSync < cuts/10 || f.CutsInWrite < cuts/10 || f.TornWrites < cuts/2 {
		t.Errorf("the disk was not broken enough to prove anything: %+v", f)
	}
	if sum.acknowledged.Load() < int64(cuts*ackedPerCut) || sum.happened.Load() < int64(cuts/100) || sum.notHappened.Load() < int64(cuts) {
		t.Error("too little was acknowledged, or left open, to prove anything")
	}
}

// stats adds up what happened to the disks.
type stats struct {
	mu  sync.Mutex
	sum faultvfs.Stats
}

func (s *stats) add(f faultvfs.Stats) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum.Cuts += f.Cuts
	s.sum.CutsInWrite += f.CutsInWrite
	s.sum.CutsInSync += f.CutsInSync
	s.sum.TornWrites += f.TornWrites
	s.sum.LostWrites += f.LostWrites
	s.sum.KeptWrites += f.KeptWrites
	s.sum.IOErrors += f.IOErrors
	s.sum.FullErrors += f.FullErrors
	s.sum.ForgottenSync += f.ForgottenSync
	return s.sum.Cuts
}

// inParallel runs worlds, numbered from 0, a few at a time, until one fails.
func inParallel(t *testing.T, worlds, atOnce int, run func(n int) error) {
	t.Helper()
	var group sync.WaitGroup
	next := make(chan int)
	for range atOnce {
		group.Go(func() {
			for n := range next {
				if err := run(n); err != nil {
					t.Errorf("world %d: %v", n, err)
				}
			}
		})
	}
	for n := 0; n < worlds && !t.Failed(); n++ {
		next <- n
	}
	close(next)
	group.Wait()
}

// runCuts makes cutsPerWorld power cuts on one disk and checks after each.
func runCuts(t *testing.T, seed uint64, sum *tally, disks *stats) (err error) {
	w := newWorld(t, seed, faultvfs.Model{})
	defer func() { err = errors.Join(err, w.leave()) }()
	p, err := w.begin()
	if err != nil {
		return err
	}
	for w.disk.Stats().Cuts < cutsPerWorld && err == nil {
		err = w.cycle(p, sum)
		p, err = w.restart(p, err, sum)
	}
	if err == nil {
		err = w.checkAll(p, sum)
	}
	disks.add(w.disk.Stats())
	sum.acknowledged.Add(int64(len(w.ledger.answers)))
	sum.refused.Add(int64(w.ledger.refused))
	if p == nil {
		return err
	}
	return errors.Join(err, p.stop())
}

// begin creates the database and puts people around it.
func (w *world) begin() (*process, error) {
	p, err := w.start()
	if err != nil {
		return nil, err
	}
	w.clerk = w.newClerk()
	for range ownersMax {
		w.owners = append(w.owners, w.newOwner())
	}
	return p, w.found(p.store)
}

// plan arms a fault, which must be well formed.
func (w *world) plan(p faultvfs.Plan) {
	if err := w.disk.SetPlan(p); err != nil {
		w.t.Error(err)
	}
}

// cycle lets people work until the power fails.
func (w *world) cycle(p *process, sum *tally) error {
	cut := faultvfs.CutAt(1 + w.rng.IntN(cutSpan))
	if w.rng.IntN(3) == 0 {
		cut = faultvfs.Plan{Fault: faultvfs.PowerCut, On: faultvfs.OpSync, At: 1 + w.rng.IntN(cutSpanSyncs)}
	}
	w.plan(cut)
	w.work(p, sum)
	if len(w.ledger.open) > 0 && w.disk.Unreached() != nil {
		return fmt.Errorf("%w: %+v", errUnreached, w.ledger.open[0].cmd.Action)
	}
	return nil
}

// work lets some of the people and the clerk send commands until each of them
// meets an error or is done.
func (w *world) work(p *process, sum *tally) {
	var group sync.WaitGroup
	before := p.committer.Stats().Batches
	for _, o := range w.owners[:ownersMin+w.rng.IntN(ownersMax-ownersMin+1)] {
		group.Go(func() { o.live(p, stepsMax) })
	}
	group.Go(func() { w.clerk.live(p, stepsMax) })
	group.Wait()
	sum.cycles.Add(1)
	sum.batches.Add(p.committer.Stats().Batches - before)
}

// restart takes the power away for good, clears the dead process away, and starts
// the next one, one time in four with a second cut while it opens. Then it checks.
func (w *world) restart(dead *process, err error, sum *tally) (*process, error) {
	w.disk.Cut()
	_ = dead.stop() // a dead process cannot close its files in order
	if err != nil {
		return nil, err
	}
	if w.rng.IntN(4) == 0 {
		w.plan(faultvfs.CutAt(1 + w.rng.IntN(cutSpanOpen)))
		p, err := w.start()
		unreached := w.disk.Unreached()
		w.disk.Cut()
		switch {
		case err == nil:
			_ = p.stop() // as above
		case unreached != nil:
			return nil, fmt.Errorf("%w: %w", errUnreached, err)
		}
	}
	p, err := w.start()
	if err != nil {
		return nil, err
	}
	return p, w.check(p, sum)
}

// TestPowerCutsWhileFounding cuts the power while the database is created: the
// next start goes on with whatever is there, or begins anew.
func TestPowerCutsWhileFounding(t *testing.T) {
	n := count(foundings/3, foundings)
	var sum tally
	inParallel(t, n, foundAtOnce, func(i int) error {
		w := newWorld(t, uint64(i)+1, faultvfs.Model{})
		return errors.Join(w.cutWhileFounding(&sum), w.leave())
	})
	t.Logf("%d databases were created in spite of a power cut; %d commands acknowledged", n, sum.acknowledged.Load())
	if sum.cuts.Load() < int64(n) || sum.acknowledged.Load() < int64(n) {
		t.Errorf("%d cuts in %d creations", sum.cuts.Load(), n)
	}
}

func (w *world) cutWhileFounding(sum *tally) error {
	w.plan(faultvfs.CutAt(1 + w.rng.IntN(cutSpanFirst)))
	p, err := w.start()
	if err == nil {
		_ = p.stop() // the power fails here at the latest, or not at all
	}
	w.disk.Cut()
	sum.cuts.Add(1)
	if p, err = w.begin(); err != nil {
		return err
	}
	w.work(p, sum)
	err = w.checkAll(p, sum)
	sum.acknowledged.Add(int64(len(w.ledger.answers)))
	return errors.Join(err, p.stop())
}
