package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// parts are what the program can measure, in order, with the tables each prints.
var parts = []struct {
	name   string
	tables int
	run    func(*options, *templates, []kind) error
}{
	{"lookups", 1, (*options).lookups},
	{"inserts", 1, (*options).inserts},
	{"levers", 2, (*options).levers},
	{"batches", len(batchRuns), (*options).batches},
}

// options are the flags of the program.
type options struct {
	dir    string
	only   string
	rounds int
	limit  time.Duration
	fsync  int
	parts  string

	deadline time.Time
	tables   int // still to print
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", ".", "folder on a real disk for the databases")
	flag.StringVar(&o.only, "only", "", "measure only drivers whose name contains this text")
	flag.IntVar(&o.rounds, "rounds", 8, "rounds per figure; up to twice as many when the machine is loud")
	flag.DurationVar(&o.limit, "limit", 205*time.Second, "time for all measurements together")
	flag.IntVar(&o.fsync, "batches", 0, "only write this many batches of 100 and end, for a system call trace")
	flag.StringVar(&o.parts, "parts", "lookups,inserts,levers,batches", "what to measure")
	flag.Parse()
	if err := o.start(); err != nil {
		fmt.Fprintln(os.Stderr, "drivers:", err)
		os.Exit(1)
	}
}

// start builds the templates in a folder of their own and runs the parts.
func (o *options) start() error {
	dir, err := os.MkdirTemp(o.dir, "drivers-*")
	if err != nil {
		return err
	}
	t, err := newTemplates(dir)
	if err == nil {
		err = o.measure(t)
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// measure runs what the flags ask for.
func (o *options) measure(t *templates) error {
	var chosen []kind
	for _, k := range kinds {
		if strings.Contains(k.name, o.only) {
			chosen = append(chosen, k)
		}
	}
	if o.fsync > 0 {
		return trace(t, chosen, o.fsync)
	}
	o.deadline = time.Now().Add(o.limit)
	fmt.Printf("%s, GOMAXPROCS %d, %d rounds asked for, %s\n", runtime.Version(), runtime.GOMAXPROCS(0), o.rounds, time.Now().UTC().Format(time.RFC3339))
	if err := printSettings(t, chosen); err != nil {
		return err
	}
	for _, part := range parts {
		if strings.Contains(o.parts, part.name) {
			o.tables += part.tables
		}
	}
	for _, part := range parts {
		if !strings.Contains(o.parts, part.name) {
			continue
		}
		if err := part.run(o, t, chosen); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// table measures cells and prints them, with an equal share of the time left
// for every table still to come.
func (o *options) table(title, unit string, cells []cell) error {
	left := time.Until(o.deadline) / time.Duration(o.tables)
	o.tables--
	all, err := interleave(cells, o.rounds, time.Now().Add(left))
	if err == nil {
		printTable(title, unit, all)
	}
	return err
}

// batches prints one table of drivers per batch size.
func (o *options) batches(t *templates, chosen []kind) error {
	for _, run := range batchRuns {
		if err := o.table(fmt.Sprintf("Batch of %d", run.size), "booking", batchCells(t, run, chosen)); err != nil {
			return err
		}
	}
	return nil
}

// levers prints what the store may choose for itself, at a calm and a full batch.
func (o *options) levers(t *templates, _ []kind) error {
	for _, run := range batchRuns[2:] {
		title := fmt.Sprintf("Keys and checkpoints, batch of %d", run.size)
		if err := o.table(title, "booking", leverCells(t, run)); err != nil {
			return err
		}
	}
	return nil
}

// lookups prints the ways to look up many keys.
func (o *options) lookups(t *templates, _ []kind) error {
	paths, err := openPaths(t)
	if err == nil {
		var cells []cell
		if cells, err = lookupCells(t, paths); err == nil {
			err = o.table("Looking up 500 keys, 475 of them missing", "key", cells)
		}
	}
	return errors.Join(err, closePaths(paths))
}

// inserts prints the ways to insert many rows.
func (o *options) inserts(t *templates, _ []kind) error {
	return o.table("Inserting 512 rows in a transaction, checksums on", "row", insertCells(t))
}

// trace writes batches of 100 with each chosen driver and nothing else, so that
// a system call trace of the process shows syncs per batch. Run it with two
// counts and divide the difference.
func trace(t *templates, chosen []kind, batches int) error {
	for _, k := range chosen {
		j := &job{t: t, k: k, run: batchRun{100, batches}, checkpoint: checkpointPages}
		if err := errors.Join(j.prepare(), j.save(), j.finish()); err != nil {
			return err
		}
		fmt.Printf("%s: %d batches of 100\n", k.name, batches)
	}
	return nil
}
