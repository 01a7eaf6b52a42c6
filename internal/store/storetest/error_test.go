package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"einlass/internal/store/storetest/faultvfs"
)

const (
	errorRounds      = 400 // failing operations of each test
	errorRoundsShort = 150
	roundsPerWorld   = 20
	fullRounds       = 120
	fullRoundsShort  = 60
	fullSpan         = 150_000 // bytes until the disk is full
)

// failing is one kind of failing operation: which, in which file, and at which of
// them it may strike while people work.
type failing struct {
	name  string
	on    faultvfs.Op
	file  string
	span  int
	fatal bool // the process must end: nobody knows what is on the disk
}

// What fails in turn. Reads are few, as pages stay in memory: one of a batch is
// harmless, one of a checkpoint ends the process. Only a checkpoint writes and
// syncs the database itself.
var failings = []failing{
	{name: "read", on: faultvfs.OpRead, span: 12},
	{name: "write of the log", on: faultvfs.OpWrite, file: databaseFile + "-wal", span: 400, fatal: true},
	{name: "sync of the log", on: faultvfs.OpSync, file: databaseFile + "-wal", span: 12, fatal: true},
	{name: "write of a checkpoint", on: faultvfs.OpWrite, file: databaseFile, span: 25, fatal: true},
	{name: "sync of a checkpoint", on: faultvfs.OpSync, file: databaseFile, span: 1, fatal: true},
}

// TestIOErrors lets single operations, or all of a kind from one on, fail while
// people work. Whoever is told that nothing was saved is told the truth; where
// nobody knows, the process ends without an answer; nothing acknowledged is lost.
func TestIOErrors(t *testing.T) {
	rounds := count(errorRoundsShort, errorRounds)
	var sum tally
	var disks stats
	var struck [5]atomic.Int64
	var deaths atomic.Int64
	inParallel(t, (rounds+roundsPerWorld-1)/roundsPerWorld, worldsAtOnce, func(n int) error {
		w := newWorld(t, uint64(n)+1, faultvfs.Model{ForgetfulSync: n%2 == 1})
		err := w.runErrors(func(i int, p *process) error {
			if w.disk.Unreached() != nil {
				return nil
			}
			struck[i%len(failings)].Add(1)
			if p.died.Load() {
				deaths.Add(1)
			}
			return nil
		}, &sum)
		disks.add(w.disk.Stats())
		return errors.Join(err, w.leave())
	})
	for i := range failings {
		t.Logf("%s: struck %d times", failings[i].name, struck[i].Load())
		if struck[i].Load() < int64(rounds/20) && !t.Failed() {
			t.Errorf("%s struck only %d times in %d rounds", failings[i].name, struck[i].Load(), rounds)
		}
	}
	t.Logf("%d errors in %d rounds, %d ended the process, %d syncs forgotten; %d acknowledged, 0 lost; unanswered: %d happened, %d had not; %d told that nothing was saved",
		disks.sum.IOErrors, rounds, deaths.Load(), disks.sum.ForgottenSync, sum.acknowledged.Load(), sum.happened.Load(), sum.notHappened.Load(), sum.clean.Load())
	if sum.acknowledged.Load() < int64(rounds*ackedPerCut) || deaths.Load() < int64(rounds/4) || sum.clean.Load() < int64(rounds/20) || sum.happened.Load() < int64(rounds/50) {
		t.Error("too little happened to prove anything")
	}
}

// runErrors lets one thing after the other fail on one disk. seen is told of each
// round before the process ends.
func (w *world) runErrors(seen func(i int, p *process) error, sum *tally) error {
	p, err := w.begin()
	if err != nil {
		return err
	}
	for i := range roundsPerWorld {
		f := &failings[i%len(failings)]
		w.plan(faultvfs.Plan{
			Fault: faultvfs.IOError, On: f.on, File: f.file, At: 1 + w.rng.IntN(f.span), Sticky: w.rng.IntN(3) == 0,
		})
		w.work(p, sum)
		if err = errors.Join(w.judge(p, f), seen(i, p)); err == nil {
			p, err = w.goOn(p, sum)
		}
		if err != nil {
			return fmt.Errorf("round %d, %s: %w", i, f.name, err)
		}
	}
	err = w.checkAll(p, sum)
	sum.acknowledged.Add(int64(len(w.ledger.answers)))
	return errors.Join(err, p.stop())
}

// judge says whether the process took the fault for what it was.
func (w *world) judge(p *process, f *failing) error {
	struck := w.disk.Unreached() == nil
	switch {
	case !struck && (p.died.Load() || len(w.ledger.open) > 0):
		return errUnreached
	case struck && f.fatal && !p.died.Load():
		return errors.New("nobody knows what is on the disk, and the process goes on")
	}
	return nil
}

// goOn mends the disk. A process that lives must work again; a dead one is
// started again, and sometimes the power fails as well.
func (w *world) goOn(p *process, sum *tally) (*process, error) {
	w.plan(faultvfs.Plan{})
	power := w.rng.IntN(2) == 0
	if !p.died.Load() && !power {
		return p, w.check(p, sum)
	}
	if power {
		w.disk.Cut()
	} else {
		w.disk.Restart()
	}
	_ = p.stop() // what is left of it
	next, err := w.start()
	if err != nil {
		return nil, err
	}
	return next, w.check(next, sum)
}

// TestDiskFull fills the disk up while people work: they are told that nothing was
// saved, the process lives, reading goes on, and so does writing as soon as there
// is room.
func TestDiskFull(t *testing.T) {
	rounds := count(fullRoundsShort, fullRounds)
	var sum tally
	var disks stats
	var full, putOff atomic.Int64
	inParallel(t, (rounds+roundsPerWorld-1)/roundsPerWorld, worldsAtOnce, func(n int) error {
		w := newWorld(t, uint64(n)+1, faultvfs.Model{})
		w.log = &counter{Handler: slog.DiscardHandler, text: "checkpoint put off", n: &putOff}
		err := w.runFull(&full, &sum)
		disks.add(w.disk.Stats())
		return errors.Join(err, w.leave())
	})
	t.Logf("the disk was full in %d of %d rounds; %d writes and %d checkpoints refused; %d told that nothing was saved; %d acknowledged, 0 lost",
		full.Load(), rounds, disks.sum.FullErrors, putOff.Load(), sum.clean.Load(), sum.acknowledged.Load())
	if full.Load() < int64(rounds/2) || sum.clean.Load() < int64(rounds/2) || putOff.Load() < int64(rounds/10) || sum.acknowledged.Load() < int64(rounds*ackedPerCut) {
		t.Error("too little happened to prove anything")
	}
}

func (w *world) runFull(full *atomic.Int64, sum *tally) error {
	p, err := w.begin()
	for i := 0; i < roundsPerWorld && err == nil; i++ {
		w.plan(faultvfs.FullAt(w.used() + w.rng.Int64N(fullSpan)))
		w.work(p, sum)
		switch struck := w.disk.Unreached() == nil; {
		case p.died.Load():
			return fmt.Errorf("round %d: a full disk ended the process", i)
		case struck:
			full.Add(1)
		case len(w.ledger.open) > 0:
			return fmt.Errorf("round %d: %w", i, errUnreached)
		}
		if err = w.lookAround(p); err == nil {
			p, err = w.goOn(p, sum)
		}
		if err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
	}
	if err != nil {
		return err
	}
	err = w.checkAll(p, sum)
	sum.acknowledged.Add(int64(len(w.ledger.answers)))
	return errors.Join(err, p.stop())
}

// used is what the database takes up, in bytes.
func (w *world) used() int64 {
	size, _ := w.disk.Size(databaseFile)
	log, _ := w.disk.Size(databaseFile + "-wal")
	return size + log
}

// lookAround reads what a page would show while the disk is full.
func (w *world) lookAround(p *process) error {
	if _, err := p.store.EagerPools(bg); err != nil {
		return err
	}
	for _, o := range w.owners {
		if n := len(o.mine); n > 0 {
			if err := w.checkBooking(p, o.mine[n-1]); err != nil && len(w.ledger.open) == 0 {
				return err
			}
		}
	}
	v, err := p.store.Verify(bg)
	if err == nil && len(v.Differences) > 0 {
		err = fmt.Errorf("verify on the full disk: %q", v.Differences[0])
	}
	return err
}

// counter counts a message of the log.
type counter struct {
	slog.Handler
	text string
	n    *atomic.Int64
}

// Enabled lets every message through to Handle.
func (c *counter) Enabled(context.Context, slog.Level) bool { return true }

// Handle counts.
func (c *counter) Handle(_ context.Context, r slog.Record) error {
	if r.Message == c.text {
		c.n.Add(1)
	}
	return nil
}
