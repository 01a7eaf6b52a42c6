package main

import (
	"context"
	"errors"
	"fmt"
)

// path is one of the two ways to ncruces, opened once on a database of its own.
type path struct {
	name    string
	engine  engine
	file    string
	finders []finder
}

// openPaths opens both ways, checksums on.
func openPaths(t *templates) ([]path, error) {
	var out []path
	for _, k := range []kind{
		{"native", true, openNative},
		{"database/sql", true, openNcrucesSQL},
	} {
		file, err := t.fresh(true)
		if err != nil {
			return out, err
		}
		e, err := k.open(file, checkpointPages)
		if err != nil {
			return out, err
		}
		out = append(out, path{name: k.name, engine: e, file: file})
		if _, err := readBack(e, true); err != nil {
			return out, err
		}
	}
	return out, nil
}

// closePaths closes and deletes both databases.
func closePaths(paths []path) error {
	var errs []error
	for _, p := range paths {
		for _, f := range p.finders {
			errs = append(errs, f.close())
		}
		if err := p.engine.close(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
		}
		errs = append(errs, remove(p.file))
	}
	return errors.Join(errs...)
}

// begin starts a write transaction on either way.
func begin(e engine) error { return control(e, stBegin) }

// commit ends it durably.
func commit(e engine) error { return control(e, stCommit) }

func control(e engine, stmt int) error {
	switch e := e.(type) {
	case *nativeEngine:
		return e.stmts[stmt].Exec()
	case *sqlEngine:
		return e.exec(stmt)
	}
	return fmt.Errorf("no transaction control for %T", e)
}

// newFinder prepares a look-up method on either way.
func newFinder(e engine, m method) (finder, error) {
	switch e := e.(type) {
	case *nativeEngine:
		s, _, err := e.conn.Prepare(m.query)
		return &nativeFinder{method: m, stmt: s}, err
	case *sqlEngine:
		s, err := e.conn.PrepareContext(context.Background(), m.query)
		return &sqlFinder{method: m, stmt: s}, err
	}
	return nil, fmt.Errorf("no look-ups for %T", e)
}

// nothing is the prepare and finish of cells whose database stays open.
func nothing() error { return nil }

// lookupCells returns every method on both ways. Most keys are missing; the hits
// are the first holds of the preload, spread through the list.
func lookupCells(t *templates, paths []path) ([]cell, error) {
	keys := t.source().keys(lookupKeys)
	known := newSource(preloadSeed+1).bookings(preloadBatch, t.slots)
	for i := range lookupHits {
		keys[i*lookupKeys/lookupHits] = known[i].hold
	}
	var cells []cell
	for _, m := range methods {
		for i := range paths {
			p := &paths[i]
			f, err := newFinder(p.engine, m)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			p.finders = append(p.finders, f)
			l := &lookup{finder: f, engine: p.engine, chunk: m.chunk, keys: keys}
			cells = append(cells, cell{
				name: m.name + ", " + p.name, ops: lookupKeys * lookupTimes,
				prepare: nothing, finish: nothing,
				run: func() error { return repeat(lookupTimes, l.all) },
			})
		}
	}
	return cells, nil
}

// repeat calls f n times or until it fails.
func repeat(n int, f func() error) error {
	for range n {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
