package faultvfs_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3/vfs"

	"einlass/internal/store/storetest/faultvfs"
)

// openFile opens a file as SQLite would.
func openFile(t *testing.T, system vfs.VFS, name string, flags vfs.OpenFlag) vfs.File {
	t.Helper()
	f, _, err := system.Open(name, flags|vfs.OPEN_READWRITE|vfs.OPEN_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// scribble writes at random places and syncs once in the middle.
func scribble(t *testing.T, f vfs.File, rng *rand.Rand, writes int) {
	t.Helper()
	for i := range writes {
		p := make([]byte, 1+rng.IntN(6_000))
		for j := range p {
			p[j] = byte(rng.Uint32())
		}
		if _, err := f.WriteAt(p, rng.Int64N(20_000)); err != nil {
			t.Fatal(err)
		}
		if i == writes/2 {
			if err := f.Sync(vfs.SYNC_FULL); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// contents reads a whole file.
func contents(t *testing.T, f vfs.File) []byte {
	t.Helper()
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return b
}

// scribbledImage returns what one seed leaves after a cut.
func scribbledImage(t *testing.T, seed uint64) faultvfs.Image {
	t.Helper()
	d := newDisk(t, seed, faultvfs.Model{})
	system := vfs.Find(d.Register())
	rng := rand.New(rand.NewPCG(99, 0))
	for _, name := range []string{"a", "b", "c"} {
		scribble(t, openFile(t, system, name, vfs.OPEN_WAL), rng, 12)
	}
	d.Cut()
	return d.Snapshot()
}

func TestSameSeedSameFate(t *testing.T) {
	different := 0
	for seed := range uint64(20) {
		one, two := scribbledImage(t, seed), scribbledImage(t, seed)
		if !maps.EqualFunc(one, two, bytes.Equal) {
			t.Fatalf("seed %d: two outcomes", seed)
		}
		if !maps.EqualFunc(one, scribbledImage(t, seed+1_000), bytes.Equal) {
			different++
		}
	}
	if different < 10 {
		t.Errorf("only %d of 20 seeds differ", different)
	}
}

func TestBytesOutsideUnsyncedWritesSurvive(t *testing.T) {
	kept, changed := 0, 0
	for seed := range uint64(200) {
		d := newDisk(t, seed, faultvfs.Model{})
		system := vfs.Find(d.Register())
		rng := rand.New(rand.NewPCG(seed, 5))
		f := openFile(t, system, "x", vfs.OPEN_WAL)
		scribble(t, f, rng, 2)
		if err := f.Sync(vfs.SYNC_NORMAL); err != nil {
			t.Fatal(err)
		}
		synced := contents(t, f)
		at := rng.IntN(len(synced))
		p := bytes.Repeat([]byte{0xA5}, 1+rng.IntN(len(synced)-at))
		if _, err := f.WriteAt(p, int64(at)); err != nil {
			t.Fatal(err)
		}
		d.Cut()
		after := d.Snapshot()["x"]
		if !bytes.Equal(after[:at], synced[:at]) || !bytes.Equal(after[at+len(p):], synced[at+len(p):]) {
			t.Fatalf("seed %d: bytes outside the write changed", seed)
		}
		for i := range p {
			if b := after[at+i]; b != p[i] && b != synced[at+i] {
				t.Fatalf("seed %d: byte %d is neither old nor new", seed, at+i)
			}
		}
		if bytes.Equal(after, synced) {
			kept++
		} else {
			changed++
		}
	}
	if kept < 20 || changed < 20 {
		t.Errorf("fates are one-sided: %d unchanged, %d changed", kept, changed)
	}
}

func TestDeadHandlesOnlyFail(t *testing.T) {
	for name, end := range map[string]func(*faultvfs.Disk){
		"cut":     (*faultvfs.Disk).Cut,
		"restart": (*faultvfs.Disk).Restart,
		"restore": func(d *faultvfs.Disk) { d.Restore(d.Snapshot()) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t, 1, faultvfs.Model{})
			f := openFile(t, vfs.Find(d.Register()), "x", vfs.OPEN_MAIN_DB)
			scribble(t, f, rand.New(rand.NewPCG(1, 1)), 4)
			end(d)
			image := d.Snapshot()
			for i, err := range useAll(f) {
				if err == nil {
					t.Errorf("operation %d of a dead handle succeeded", i)
				}
			}
			if err := errors.Join(f.Unlock(vfs.LOCK_NONE), f.Close()); err != nil {
				t.Errorf("a dead handle cannot be closed: %v", err)
			}
			if !maps.EqualFunc(image, d.Snapshot(), bytes.Equal) {
				t.Error("a dead handle changed the disk")
			}
			if d.Stats().RefusedCalls == 0 {
				t.Error("refused calls are not counted")
			}
		})
	}
}

// useAll tries each operation of a handle.
func useAll(f vfs.File) []error {
	p := make([]byte, 10)
	_, read := f.ReadAt(p, 0)
	_, write := f.WriteAt(p, 0)
	_, size := f.Size()
	_, reserved := f.CheckReservedLock()
	return []error{
		read, write, size, reserved,
		f.Truncate(0), f.Sync(vfs.SYNC_FULL), f.Lock(vfs.LOCK_SHARED),
	}
}

func TestPlansThatCannotStrikeAreRefused(t *testing.T) {
	d := newDisk(t, 1, faultvfs.Model{})
	for _, p := range []faultvfs.Plan{
		{Fault: faultvfs.PowerCut},
		{Fault: faultvfs.Fault(77), On: faultvfs.OpWrite, At: 1},
		{At: 3},
		{Fault: faultvfs.IOError, On: 1 << 7, At: 1},
		{Fault: faultvfs.DiskFull, Budget: 1, On: faultvfs.OpWrite},
		{Fault: faultvfs.PowerCut, On: faultvfs.OpSync, At: 1, Sticky: true},
		{Fault: faultvfs.PowerCut, On: faultvfs.OpSync, At: 1, Budget: 1},
		faultvfs.CutAt(0),
		faultvfs.FailFrom(faultvfs.OpRead, -1),
		faultvfs.FullAt(-1),
	} {
		if d.SetPlan(p) == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
}

func TestUnreachedFaultsAreVisible(t *testing.T) {
	d := newDisk(t, 1, faultvfs.Model{})
	misspelt := faultvfs.CutAt(1)
	misspelt.File = "ledger.db-wall"
	for _, p := range []faultvfs.Plan{misspelt, faultvfs.CutAt(1_000_000), faultvfs.FullAt(1 << 40)} {
		plan(t, d, p)
		db, err := open(d, full)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Unreached(); err == nil || !strings.Contains(err.Error(), "never reached") {
			t.Errorf("%+v: %v", p, err)
		}
		d.Restore(nil)
		shut(t, db)
		if err := d.Unreached(); err != nil {
			t.Errorf("the next generation still has a plan: %v", err)
		}
	}
}
