package storetest

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/store"
	"einlass/internal/store/storetest/faultvfs"
)

const (
	databaseFile = "einlass.db"
	slotsPerSale = 10
	onlinePlaces = 40 // of each slot
	phonePlaces  = 10 // of each slot
	logPages     = 60 // so small that a few batches are followed by a checkpoint
)

// The sale's clock stands still a minute after opening.
var (
	opens = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)
	now   = opens.Add(time.Minute)
)

// bg is the context of everything that does not wait for a submitter.
var bg = context.Background()

// world is one disk with one sale on it, and what was promised to people: it
// outlives every process that works on it.
type world struct {
	t      testing.TB
	rng    *rand.Rand
	disk   *faultvfs.Disk
	vfs    string
	secret ident.Secret
	sale   ident.SaleID
	slots  []ident.SlotID
	ledger *ledger
	owners []*owner
	clerk  *clerk
	log    slog.Handler
}

// newWorld makes an empty disk. The caller calls found to put a sale on it.
func newWorld(t testing.TB, seed uint64, model faultvfs.Model) *world {
	t.Helper()
	d, err := faultvfs.NewModel(seed, t.TempDir(), model)
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), disk: d, vfs: d.Register(),
		ledger: newLedger(), log: slog.DiscardHandler,
	}
}

// leave takes the disk away; every process must have been stopped.
func (w *world) leave() error { return w.disk.Unregister() }

// found puts the installation's secret and a sale on the disk.
func (w *world) found(s *store.Store) error {
	var err error
	if w.secret, err = s.Secret(store.MasterSecret, w.random()); err != nil {
		return err
	}
	if err = w.putSale(s); err != nil {
		return err
	}
	sales, err := s.Sales(bg)
	if err != nil {
		return err
	}
	for _, slot := range sales[0].Slots {
		w.slots = append(w.slots, slot.ID)
	}
	pools, err := s.EagerPools(bg)
	for _, p := range pools {
		w.ledger.wanted[p.ID] = p.Wanted
	}
	return err
}

// putSale saves the sale and its slots in one batch, as setup does.
func (w *world) putSale(s *store.Store) (err error) {
	w.sale, err = Apply(s, saleDocument(), saleSlots(), opens)
	return err
}

func saleDocument() *catalog.Sale {
	return &catalog.Sale{
		Organizer: catalog.Organizer{ID: "kreis"}, Event: catalog.Event{Slug: "impfung", Zone: "Europe/Berlin"},
		Opens: opens, Closes: opens.Add(24 * time.Hour),
	}
}

func saleSlots() (slots []catalog.Slot) {
	for i := range slotsPerSale {
		start := opens.Add(time.Duration(i)*6*time.Minute + 7*24*time.Hour)
		slots = append(slots, catalog.Slot{
			Start: start, End: start.Add(6 * time.Minute), Places: onlinePlaces + phonePlaces,
			Allotments: map[catalog.Channel]int{catalog.Online: onlinePlaces, catalog.Phone: phonePlaces},
		})
	}
	return slots
}

// random returns a source of names of its own, drawn from the world's seed.
func (w *world) random() *rand.ChaCha8 {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(w.rng.Uint32())
	}
	return rand.NewChaCha8(seed)
}

// process is one run of the program: a store and a committer.
type process struct {
	store     *store.Store
	committer *committer.Committer
	ctx       context.Context // of the submitters; ends when the process dies
	die       context.CancelFunc
	died      atomic.Bool   // Uncertain was called
	ended     chan struct{} // the committer's goroutine has ended
}

// start opens the store and runs a committer on it.
func (w *world) start() (*process, error) {
	p, err := w.load()
	if err == nil {
		p.run(w.t)
	}
	return p, err
}

// load opens the store with a committer that only gathers commands so far.
func (w *world) load() (*process, error) {
	s, err := store.Open(bg, store.Options{Path: databaseFile, VFS: w.vfs, LogPages: logPages})
	if err != nil {
		return nil, err
	}
	p := &process{store: s, ended: make(chan struct{})}
	p.ctx, p.die = context.WithCancel(bg)
	p.committer = committer.New(s, committer.Options{
		Now: func() time.Time { return now }, Log: slog.New(w.log), Uncertain: p.uncertain,
	})
	return p, nil
}

// run starts the committer's goroutine.
func (p *process) run(t testing.TB) {
	go func() {
		defer close(p.ended)
		if err := p.committer.Run(bg); err != nil {
			t.Error(err)
		}
	}()
}

// uncertain is the end of the process. The committer's goroutine ends inside of
// this call, so that nothing that it was about to answer can be answered; the
// submitters see their connection break.
func (p *process) uncertain(error) {
	p.died.Store(true)
	p.die()
	runtime.Goexit()
}

// stop ends the process in order, or clears away what is left of a dead one.
func (p *process) stop() error {
	p.committer.Close()
	<-p.ended
	p.die()
	return p.store.Close()
}

// errUnreached says that a process failed although the disk did not.
var errUnreached = errors.New("failed without a fault")

// cleanly reports whether err is the committer's answer that nothing was saved,
// and not the silence of a dead process.
func cleanly(err error) bool {
	return fault.KindOf(err) == fault.Unavailable && !errors.Is(err, context.Canceled)
}
