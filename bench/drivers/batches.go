package main

import (
	"errors"
	"fmt"
	"os"
)

// batchRun is a batch size and how many batches make one round: enough that a
// round lasts well over a tenth of a second.
type batchRun struct{ size, batches int }

// batchRuns are the sizes the committer meets: alone, calm, busy, full.
var batchRuns = []batchRun{{1, 250}, {10, 150}, {100, 60}, {500, 14}}

// warmBookings are saved before the clock starts, to fill caches and prepare
// everything that is prepared once.
const warmBookings = 500

// job is the measurable work of one driver at one batch size.
type job struct {
	t          *templates
	k          kind
	run        batchRun
	checkpoint int
	ordered    bool

	engine  engine
	path    string
	batches [][]booking
}

// cell wraps the job for the rounds.
func (j *job) cell(name string) cell {
	return cell{
		name: name, ops: j.run.size * j.run.batches,
		prepare: j.prepare, run: j.save, finish: j.finish,
	}
}

// prepare opens a fresh copy, reads the settings back and warms up.
func (j *job) prepare() (err error) {
	if j.path, err = j.t.fresh(j.k.checksums); err != nil {
		return err
	}
	if j.engine, err = j.k.open(j.path, j.checkpoint); err != nil {
		return err
	}
	if _, err := readBack(j.engine, j.k.checksums); err != nil {
		return err
	}
	src := j.t.source()
	src.ordered = j.ordered
	if err := j.engine.save(src.bookings(warmBookings, j.t.slots), j.t.slots); err != nil {
		return err
	}
	j.batches = j.batches[:0]
	for range j.run.batches {
		j.batches = append(j.batches, src.bookings(j.run.size, j.t.slots))
	}
	return nil
}

// save is the timed part.
func (j *job) save() error {
	for _, b := range j.batches {
		if err := j.engine.save(b, j.t.slots); err != nil {
			return err
		}
	}
	return nil
}

// finish counts what was written, so that no figure stands for missing rows.
func (j *job) finish() error {
	want := fmt.Sprint(preloaded + warmBookings + j.run.size*j.run.batches)
	for _, table := range []string{"hold", "person", "outbox"} {
		got, err := j.engine.text("SELECT count(*) FROM " + table)
		if err != nil || got != want {
			return errors.Join(err, fmt.Errorf("%s has %s rows, want %s", table, got, want))
		}
	}
	return errors.Join(j.engine.close(), remove(j.path))
}

// batchCells returns one cell per driver for a batch size.
func batchCells(t *templates, run batchRun, chosen []kind) []cell {
	var cells []cell
	for _, k := range chosen {
		j := &job{t: t, k: k, run: run, checkpoint: checkpointPages}
		cells = append(cells, j.cell(k.name))
	}
	return cells
}

// leverCells vary what the store itself may choose, on one driver: rising
// instead of random keys, and how much log gathers before a checkpoint.
func leverCells(t *templates, run batchRun) []cell {
	const manyPages = 16 * checkpointPages
	k := kind{"ncruces native + checksums", true, openNative}
	var cells []cell
	for _, v := range []struct {
		name       string
		checkpoint int
		ordered    bool
	}{
		{"random keys, checkpoint at 1,000 pages", checkpointPages, false},
		{"random keys, checkpoint at 16,000 pages", manyPages, false},
		{"rising hold and person keys, 1,000 pages", checkpointPages, true},
		{"rising hold and person keys, 16,000 pages", manyPages, true},
	} {
		j := &job{t: t, k: k, run: run, checkpoint: v.checkpoint, ordered: v.ordered}
		cells = append(cells, j.cell(v.name))
	}
	return cells
}

// printSettings opens every driver once and prints what it says about itself and
// how large a database gets that took one full run.
func printSettings(t *templates, chosen []kind) error {
	fmt.Printf("\n## Settings read back\n\n| driver | SQLite | journal | synchronous | checksums | file after %d + %d bookings |\n|---|---|---|---|---|---|\n",
		preloaded, warmBookings)
	for _, k := range chosen {
		j := &job{t: t, k: k, checkpoint: checkpointPages}
		if err := j.prepare(); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		s, err := readBack(j.engine, k.checksums)
		if err != nil {
			return err
		}
		if err := j.engine.close(); err != nil {
			return err
		}
		info, err := os.Stat(j.path)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %s | %s | %s | %s | %.1f MB |\n", k.name, s.version, s.journal, s.sync, s.checksums, float64(info.Size())/1e6)
		if err := remove(j.path); err != nil {
			return err
		}
	}
	return nil
}
