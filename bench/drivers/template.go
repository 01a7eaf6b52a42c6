package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

const (
	// preloaded is how many bookings every database holds before a round.
	preloaded = 20_000
	// preloadBatch is the batch size of the preload.
	preloadBatch = 500
	// preloadSeed keeps preloaded keys apart from measured ones.
	preloadSeed = 1
	// tmpfsMagic is the type statfs gives for a file system in memory.
	tmpfsMagic = 0x01021994
)

// templates are two databases with the same rows, with and without page
// checksums. Every round starts from a copy, so that no round meets a larger
// file than another.
type templates struct {
	dir            string
	plain, checked string
	slots          []key
	seed           uint64
}

// newTemplates builds both databases in dir, which must be on a real disk.
func newTemplates(dir string) (*templates, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return nil, err
	}
	if fs.Type == tmpfsMagic {
		return nil, fmt.Errorf("refused: %s is in memory, nothing would be durable", dir)
	}
	t := &templates{dir: dir, slots: newSource(preloadSeed).keys(slotCount), seed: preloadSeed + 1}
	t.plain, t.checked = filepath.Join(dir, "plain.db"), filepath.Join(dir, "checked.db")
	return t, errors.Join(t.build(t.plain, false), t.build(t.checked, true))
}

// build creates one database and fills it.
func (t *templates) build(path string, checksums bool) error {
	if err := t.create(path, checksums); err != nil {
		return err
	}
	e, err := openNative(path, checkpointPages)
	if err != nil {
		return err
	}
	if _, err := readBack(e, checksums); err != nil {
		return errors.Join(err, e.close())
	}
	src := newSource(preloadSeed + 1)
	for range preloaded / preloadBatch {
		if err := e.save(src.bookings(preloadBatch, t.slots), t.slots); err != nil {
			return errors.Join(err, e.close())
		}
	}
	return e.close()
}

// fresh copies the right template to a new file, synced, and returns its path.
func (t *templates) fresh(checksums bool) (string, error) {
	from := t.plain
	if checksums {
		from = t.checked
	}
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.CreateTemp(t.dir, "round-*.db")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in)
	return out.Name(), errors.Join(err, out.Sync(), out.Close())
}

// source returns keys no database holds yet, different for every call.
func (t *templates) source() *source {
	t.seed++
	return newSource(t.seed)
}

// remove deletes a database with its log files.
func remove(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
