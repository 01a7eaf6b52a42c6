package faultvfs

import (
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3/vfs"
)

// Streams of chance derived from the one seed: what a fault leaves behind while
// the program runs, where bits flip, and (firstCutStream + generation) what a
// power cut leaves behind.
const (
	wearStream uint64 = iota
	flipStream
	firstCutStream
)

// Model is the kind of disk. The zero Model is an honest one, as SQLite's
// production file system on Linux assumes it.
type Model struct {
	GarbageSectors bool // a sector being written may turn to noise, neighbours too
	ClaimPowersafe bool // say POWERSAFE_OVERWRITE even so: the disk lies
	NoDirSync      bool // syncing a new file does not make its name durable
	ForgetfulSync  bool // a failed sync drops what it should have stored, for good
}

// Stats counts what happened to a Disk since New, over all generations.
type Stats struct {
	Reads, Writes, Syncs, Truncates, Creates, Deletes int
	BytesWritten                                      int64

	Cuts          int // power cuts a plan has made, in the middle of an operation
	CutsInWrite   int // of these, while writing
	CutsInSync    int // of these, while syncing
	Plugs         int // calls of Cut without such a one: between two operations
	Restarts      int
	IOErrors      int
	FullErrors    int
	RefusedCalls  int // calls after a cut struck, or on handles of an old generation
	FlippedBits   int
	ForgottenSync int // failed syncs that dropped data

	KeptWrites, LostWrites, TornWrites int // fates of unsynced writes at cuts
	GarbageSectors                     int
	KeptLengths, LostLengths           int // of unsynced truncations
	KeptNames, LostNames               int // of unsynced creations and deletions
}

// Disk is a simulated disk with one flat directory. See the package comment.
type Disk struct {
	seed  uint64
	model Model
	name  string // in the VFS registry
	dir   string // of the WAL index files, ours alone

	mu         sync.Mutex // guards everything below, and all inodes and handles
	generation uint64
	dead       bool // a planned cut has struck; nothing works until Cut
	plan       Plan
	matched    int // operations the plan has counted
	struck     int // times the plan's fault has happened
	ops        [opKinds]int
	stats      Stats
	seq        uint64 // of the last unsynced change, for their order
	nodes      []*inode
	names      map[string]*inode // as the program sees the directory
	kept       map[string]*inode // as it would be found after a power cut
	entries    []entry           // directory changes between the two
	shmPaths   []string          // WAL index files of this generation
	cleanup    error             // what went wrong removing them
	wear, flip *rand.Rand
}

// serial makes names in the process-wide VFS registry unique.
var serial atomic.Uint64

// New returns an empty, honest disk. Its WAL index files lie in a new folder
// below ShmDir(dir) which Unregister removes.
func New(seed uint64, dir string) (*Disk, error) { return NewModel(seed, dir, Model{}) }

// NewModel is New with a disk of the given kind.
func NewModel(seed uint64, dir string, model Model) (*Disk, error) {
	shm, err := os.MkdirTemp(ShmDir(dir), "faultvfs-")
	if err != nil {
		return nil, fmt.Errorf("faultvfs: folder for the WAL index: %w", err)
	}
	return &Disk{
		seed:  seed,
		model: model,
		name:  fmt.Sprintf("fault-%d-%d", seed, serial.Add(1)),
		dir:   shm,
		names: map[string]*inode{},
		kept:  map[string]*inode{},
		wear:  rand.New(rand.NewPCG(seed, wearStream)),
		flip:  rand.New(rand.NewPCG(seed, flipStream)),
	}, nil
}

// memoryDir is the folder in memory of Linux systems.
const memoryDir = "/dev/shm"

// ShmDir is where WAL index files go: the system's folder in memory where there
// is a writable one, otherwise the folder given. The index must be a real file,
// as the driver shares it between connections by mapping it.
func ShmDir(dir string) string {
	probe, err := os.MkdirTemp(memoryDir, "faultvfs-probe-")
	if err != nil {
		return dir // there is none here; the folder given does as well, slower
	}
	if err := os.Remove(probe); err != nil {
		return dir
	}
	return memoryDir
}

// Register makes the disk known to SQLite and returns the name for
// "file:x.db?vfs=NAME".
func (d *Disk) Register() (name string) {
	vfs.Register(d.name, fileSystem{d})
	return d.name
}

// Unregister takes the disk out of the registry and removes its WAL index
// files. Close every connection first: the driver panics on a name it has lost.
func (d *Disk) Unregister() error {
	vfs.Unregister(d.name)
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Join(d.cleanup, os.RemoveAll(d.dir))
}

// DSN returns the data source name of a file on this disk with the parameters
// of the driver added, for example "_txlock=immediate" or "_pragma=busy_timeout(1000)".
func (d *Disk) DSN(file string, parameters ...string) string {
	var b strings.Builder
	b.WriteString("file:" + url.PathEscape(file) + "?vfs=" + d.name)
	for _, p := range parameters {
		b.WriteString("&" + p)
	}
	return b.String()
}

// SetPlan arms a fault and begins to count operations anew. It refuses a plan
// that can never strike. The next generation begins without a plan.
func (d *Disk) SetPlan(p Plan) error {
	if err := p.check(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setPlan(p)
	return nil
}

// setPlan arms a checked plan. d.mu is held.
func (d *Disk) setPlan(p Plan) {
	d.plan, d.matched, d.struck = p, 0, 0
	d.ops = [opKinds]int{}
}

// Ops counts the operations of the given kinds since SetPlan or the beginning
// of this generation: run once without a fault to learn where one can strike.
func (d *Disk) Ops(kinds Op) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	sum := 0
	for i, n := range d.ops {
		if kinds&(1<<i) != 0 {
			sum += n
		}
	}
	return sum
}

// Unreached returns an error while the fault of the current plan has not
// happened, saying what was counted instead; nil without a plan. Ask before Cut,
// which drops the plan.
func (d *Disk) Unreached() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.plan.Fault == NoFault || d.struck > 0 {
		return nil
	}
	if d.plan.Fault == DiskFull {
		return fmt.Errorf("faultvfs: disk full at %d bytes never reached, %d used", d.plan.Budget, d.used())
	}
	return fmt.Errorf("faultvfs: %v at operation %d of %#x on file %q never reached, %d counted",
		d.plan.Fault, d.plan.At, uint8(d.plan.On), d.plan.File, d.matched)
}

// Stats returns what has happened so far.
func (d *Disk) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// strike counts one operation and says which fault hits it. d.mu is held.
func (d *Disk) strike(op Op, file string) Fault {
	d.ops[bits.TrailingZeros8(uint8(op))]++
	if d.plan.On&op == 0 || (d.plan.File != "" && d.plan.File != file) {
		return NoFault
	}
	d.matched++
	if d.matched != d.plan.At && (!d.plan.Sticky || d.matched < d.plan.At) {
		return NoFault
	}
	d.struck++
	if d.plan.Fault == IOError {
		d.stats.IOErrors++
		return IOError
	}
	d.dead = true
	d.stats.Cuts++
	switch op {
	case OpWrite:
		d.stats.CutsInWrite++
	case OpSync:
		d.stats.CutsInSync++
	}
	return PowerCut
}

// nextSeq numbers an unsynced change. d.mu is held.
func (d *Disk) nextSeq() uint64 {
	d.seq++
	return d.seq
}

// shmPath names the WAL index of a database in this generation, so that
// connections of a dead one can never touch the index of the living. d.mu is held.
func (d *Disk) shmPath(n *inode) string {
	path := filepath.Join(d.dir, fmt.Sprintf("%d-%d.shm", d.generation, n.id))
	for _, known := range d.shmPaths {
		if known == path {
			return path
		}
	}
	d.shmPaths = append(d.shmPaths, path)
	return path
}

// dropShm removes the WAL index files of this generation. d.mu is held.
func (d *Disk) dropShm() {
	for _, path := range d.shmPaths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			d.cleanup = errors.Join(d.cleanup, err)
		}
	}
	d.shmPaths = d.shmPaths[:0]
}
