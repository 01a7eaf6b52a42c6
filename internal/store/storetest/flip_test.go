package storetest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/store/storetest/faultvfs"
)

const (
	flips         = 1_000
	flipsShort    = 200
	flipControls  = 200
	flipHolds     = 3_000 // asked for; most are granted, and many of those confirmed
	flipBookings  = 2_500 // the least that must have come of it
	pageBytes     = 4_096
	sumBytes      = 8 // of the checksum at the end of each page
	headerBytes   = 100
	reservedAt    = 20 // the header byte that says whether there are checksums
	bitsPerByte   = 8
	verifyEvery   = 8 // flips: reading everything takes longest
	bookingsRead  = 3 // drawn at random, beside those on the flipped page
	onPageMax     = 12
	flipsInFlight = 2
)

// shop is a database at rest, with every right answer.
type shop struct {
	image    faultvfs.Image
	bookings map[ident.BookingID]*store.Record
	ids      []ident.BookingID
	sales    []store.StoredSale
	pools    []inventory.Pool
	verified store.Verification
	onPage   map[int64][]ident.BookingID // whose name stands on the page
}

// verdict counts what flipped bits did.
type verdict struct{ reported, harmless, silent int }

// TestBitFlips turns over single bits of the database at rest. Every read gives
// the right answer or an error. Where the checksum is put right again after the
// flip, as if there were none, wrong answers must appear: the control.
func TestBitFlips(t *testing.T) {
	s := newShop(t)
	n := count(flipsShort, flips)
	sealed := flipAll(t, s, n, func(i int) int64 { return s.randomBit(i) }, false)
	t.Logf("%d bookings on %d pages; %d bits flipped: %d reported, %d harmless, %d silently wrong",
		len(s.ids), len(s.image[databaseFile])/pageBytes, n, sealed.reported, sealed.harmless, sealed.silent)
	if sealed.silent > 0 || sealed.reported < n/4 {
		t.Error("a wrong answer was given, or hardly a bit was read")
	}
	controls := count(flipControls, flipControls)
	open := flipAll(t, s, controls, func(i int) int64 { return s.randomBit(i) }, true)
	t.Logf("control, without checksums: %d bits flipped: %d reported, %d harmless, %d silently wrong", controls, open.reported, open.harmless, open.silent)
	if open.silent < controls/25 {
		t.Error("hardly a wrong answer without checksums: the flips do not reach what is read")
	}
}

// TestHeaderBitFlips turns over the bits of the header. Byte 20 says that there
// are checksums: the store must refuse a database that says otherwise.
func TestHeaderBitFlips(t *testing.T) {
	s := newShop(t)
	step := 1
	if testing.Short() || slowdown > 1 {
		step = 7 // prime to the bits of a byte: every place in a byte comes up
	}
	all := flipAll(t, s, headerBytes*bitsPerByte/step, func(i int) int64 { return int64(i * step) }, false)
	t.Logf("%d bits of the header flipped: %+v", headerBytes*bitsPerByte/step, all)
	if all.silent > 0 {
		t.Error("a wrong answer was given")
	}
	for bit := range int64(bitsPerByte) {
		if err := s.openFlipped(t, reservedAt*bitsPerByte+bit); err == nil || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("bit %d of byte 20 flipped: %v, want a refusal for lack of checksums", bit, err)
		}
	}
}

// openFlipped opens the shop with one bit flipped and returns the error.
func (s *shop) openFlipped(t *testing.T, bit int64) error {
	w := newWorld(t, 1, faultvfs.Model{})
	w.disk.Restore(s.flipped(bit, false))
	opened, err := store.Open(bg, store.Options{Path: databaseFile, VFS: w.vfs})
	if err == nil {
		if cerr := opened.Close(); cerr != nil {
			t.Error(cerr)
		}
	}
	if lerr := w.leave(); lerr != nil {
		t.Error(lerr)
	}
	return err
}

// randomBit draws the bit of flip i.
func (s *shop) randomBit(i int) int64 {
	return rand.New(rand.NewPCG(uint64(i), 2)).Int64N(int64(len(s.image[databaseFile]) * bitsPerByte))
}

// flipped returns the shop's files with one bit turned over, and, if asked for,
// with the page's checksum put right again.
func (s *shop) flipped(bit int64, reseal bool) faultvfs.Image {
	image := maps.Clone(s.image)
	data := slices.Clone(image[databaseFile])
	data[bit/bitsPerByte] ^= 1 << (bit % bitsPerByte)
	if reseal {
		start := bit / bitsPerByte / pageBytes * pageBytes
		page := data[start : start+pageBytes]
		copy(page[pageBytes-sumBytes:], checksum(page[:pageBytes-sumBytes]))
	}
	image[databaseFile] = data
	return image
}

// checksum is that of sqlite.org/cksumvfs.html: two sums of 32-bit words in turn.
func checksum(p []byte) []byte {
	var a, b uint32
	for ; len(p) > 0; p = p[sumBytes:] {
		a += binary.LittleEndian.Uint32(p) + b
		b += binary.LittleEndian.Uint32(p[4:]) + a
	}
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, a), b)
}

// flipAll flips n bits, one at a time, each on a fresh copy, a few at once.
func flipAll(t *testing.T, s *shop, n int, bit func(i int) int64, reseal bool) (sum verdict) {
	t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	for first := range flipsInFlight {
		group.Go(func() {
			w := newWorld(t, uint64(first)+1, faultvfs.Model{})
			for i := first; i < n; i += flipsInFlight {
				w.disk.Restore(s.flipped(bit(i), reseal))
				err := s.readAll(w, bit(i)/bitsPerByte/pageBytes, i)
				mu.Lock()
				sum.add(t, bit(i), err, reseal)
				mu.Unlock()
			}
			if err := w.leave(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	return sum
}

func (v *verdict) add(t *testing.T, bit int64, err error, expected bool) {
	switch {
	case err == nil:
		v.harmless++
	case errors.Is(err, errWrong):
		v.silent++
		if !expected {
			t.Errorf("bit %d: %v", bit, err)
		}
	default:
		v.reported++
	}
}

// errWrong is a wrong answer given without an error.
var errWrong = errors.New("wrong answer")

// readAll opens the database as the program does and asks every reading question
// that could touch the page. A wrong answer outweighs an error.
func (s *shop) readAll(w *world, page int64, i int) (err error) {
	opened, err := store.Open(bg, store.Options{Path: databaseFile, VFS: w.vfs})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	sales, err := opened.Sales(bg)
	err = differs(err, sales, s.sales)
	pools, perr := opened.EagerPools(bg)
	err = errors.Join(err, differs(perr, pools, s.pools))
	for _, id := range s.toRead(page, i) {
		err = errors.Join(err, s.readBooking(opened, id))
	}
	if i%verifyEvery == 0 {
		v, verr := opened.Verify(bg)
		if verr == nil && len(v.Differences) > 0 {
			verr = fmt.Errorf("verify: %q", v.Differences[0])
		}
		if verr == nil {
			verr = differs(nil, *v, s.verified)
		}
		err = errors.Join(err, verr)
	}
	return err
}

// differs returns err, or that the answer is wrong.
func differs(err error, got, want any) error {
	if err == nil && !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%w: %.200v instead of %.200v", errWrong, got, want)
	}
	return err
}

// toRead names bookings on the page, and a few others.
func (s *shop) toRead(page int64, i int) []ident.BookingID {
	on := s.onPage[page]
	out := slices.Clone(on[:min(len(on), onPageMax)])
	rng := rand.New(rand.NewPCG(uint64(i), 3))
	for range bookingsRead {
		out = append(out, s.ids[rng.IntN(len(s.ids))])
	}
	return out
}

func (s *shop) readBooking(opened *store.Store, id ident.BookingID) error {
	want := s.bookings[id]
	r, err := opened.Booking(bg, id)
	err = differs(err, r, want)
	if want.Code == "" {
		return err
	}
	ids, cerr := opened.ByCode(bg, want.Code)
	return errors.Join(err, differs(cerr, ids, []ident.BookingID{id}))
}

// newShop sells some thousand places and closes the shop in order.
func newShop(t *testing.T) *shop {
	t.Helper()
	w := newWorld(t, 1, faultvfs.Model{})
	p, err := w.begin()
	if err == nil {
		err = w.sell(p)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{bookings: map[ident.BookingID]*store.Record{}}
	if err := errors.Join(s.note(w, p.store), p.stop()); err != nil {
		t.Fatal(err)
	}
	s.image = w.disk.Snapshot()
	s.index()
	if err := w.leave(); err != nil {
		t.Fatal(err)
	}
	if len(s.ids) < flipBookings/slowdown || len(s.image) != 1 {
		t.Fatalf("%d bookings in %d files", len(s.ids), len(s.image))
	}
	return s
}

// sell makes room, holds, and finishes most holds in some way.
func (w *world) sell(p *process) error {
	o := w.owners[0]
	var cmds []inventory.Command
	for _, slot := range w.slots {
		cmd := o.command(inventory.SetCapacity{Pool: inventory.Allotment(slot, catalog.Online), Wanted: flipHolds})
		cmd.Role = inventory.RoleClerk
		cmds = append(cmds, cmd)
	}
	for range flipHolds / slowdown {
		cmds = append(cmds, o.command(o.hold(ident.BookingID{}, o.person())))
	}
	if err := w.submitAll(p, cmds); err != nil {
		return err
	}
	for range 2 {
		cmds = cmds[:0]
		for id := range w.ledger.bookings {
			if e, _ := w.ledger.expect(id); o.rng.IntN(5) > 0 {
				if a := o.wishFor(id, &e); a != nil {
					cmds = append(cmds, o.command(a))
				}
			}
		}
		if err := w.submitAll(p, cmds); err != nil {
			return err
		}
	}
	return nil
}

// submitAll sends commands, many at once.
func (w *world) submitAll(p *process, cmds []inventory.Command) error {
	for chunk := range slices.Chunk(cmds, 400) {
		errs := make([]error, len(chunk))
		var group sync.WaitGroup
		for i, cmd := range chunk {
			group.Go(func() {
				d, err := p.committer.Submit(p.ctx, cmd)
				if errs[i] = err; err == nil {
					w.ledger.answered(cmd, d)
				}
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// note reads every right answer.
func (s *shop) note(w *world, opened *store.Store) (err error) {
	for id := range w.ledger.bookings {
		if s.bookings[id], err = opened.Booking(bg, id); err != nil {
			return err
		}
		if err = w.ledger.compare(id, s.bookings[id]); err != nil {
			return err
		}
		s.ids = append(s.ids, id)
	}
	slices.SortFunc(s.ids, func(a, b ident.BookingID) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	if s.sales, err = opened.Sales(bg); err != nil {
		return err
	}
	if s.pools, err = opened.EagerPools(bg); err != nil {
		return err
	}
	v, err := opened.Verify(bg)
	if err == nil {
		s.verified = *v
	}
	return err
}

// index finds on which pages each booking is named.
func (s *shop) index() {
	s.onPage = map[int64][]ident.BookingID{}
	data := s.image[databaseFile]
	prefix := s.ids[0].ID[:4] // all were named in the same second
	for at := 0; ; at++ {
		next := bytes.Index(data[at:], prefix)
		if next < 0 || at+next+ident.IDBytes > len(data) {
			return
		}
		at += next
		id := ident.BookingID{ID: ident.ID(data[at : at+ident.IDBytes])}
		page := int64(at / pageBytes)
		if s.bookings[id] != nil && !slices.Contains(s.onPage[page], id) {
			s.onPage[page] = append(s.onPage[page], id)
		}
	}
}
