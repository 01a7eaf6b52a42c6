package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"einlass/internal/draw"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/store"
	"einlass/internal/store/storetest/faultvfs"
	"einlass/internal/waitingroom"
)

const (
	roomCuts       = 300
	roomCutsShort  = 60
	roomCutsLeast  = 30 // fewer leave no time after the draw
	joinersAtOnce  = 12
	joinsPerJoiner = 40
	roomCutSpan    = 250
	joinedPerCut   = 10 // fewer acknowledged entries per cut prove too little
)

// queueOf is what people were told of one sale's room, kept outside the program.
type queueOf struct {
	mu      sync.Mutex // guards all
	told    map[ident.Digest]waitingroom.Entry
	numbers map[uint32]uint32 // by place in the log, once they are known
	called  uint32
	owners  int
	heads   []draw.Head // published ones, in order
}

// TestPowerCutsWhileQueueing cuts the power while people draw numbers and are called:
// nobody who was told a place in the log loses it or shares it, the log has no gap, no
// number ever changes and no call is taken back.
func TestPowerCutsWhileQueueing(t *testing.T) {
	cuts := max(roomCutsLeast, count(roomCutsShort, roomCuts))
	seed := uint64(number(t, seedVariable, defaultSeed))
	t.Logf("seed %d", seed)
	w := newWorld(t, seed, faultvfs.Model{})
	p, err := w.begin()
	if err != nil {
		t.Fatal(err)
	}
	q := &queueOf{told: map[ident.Digest]waitingroom.Entry{}, numbers: map[uint32]uint32{}}
	for made := range cuts {
		if made%20 == 1 {
			w.advance(p, waitingroom.Open{Version: 1, Seed: draw.Seed{1}})
		}
		w.plan(faultvfs.CutAt(1 + w.rng.IntN(roomCutSpan)))
		w.queueUp(p, q, made, made > cuts/2)
		w.disk.Cut()
		_ = p.stop() // a dead process cannot close its files in order
		if p, err = w.start(); err == nil {
			err = q.check(p)
		}
		if err != nil {
			t.Fatalf("after cut %d: %v", made, err)
		}
	}
	t.Logf("%d cuts, %d entries acknowledged, %d numbers, %d called", cuts, len(q.told), len(q.numbers), q.called)
	t.Logf("%d heads published", len(q.heads))
	if len(q.told) < cuts*joinedPerCut || len(q.heads) < cuts/headsShare || len(q.numbers) < cuts/2 || q.called == 0 {
		t.Error("too little was acknowledged to prove anything")
	}
	if err := errors.Join(p.stop(), w.leave()); err != nil {
		t.Error(err)
	}
}

// advance has one act carried out, however it ends.
func (w *world) advance(p *process, do waitingroom.Doing) (waitingroom.Outcome, error) {
	return p.committer.Act(p.ctx, waitingroom.Act{Sale: w.sale, Do: do})
}

// queueUp lets people join, and the controller go on, until the power fails.
func (w *world) queueUp(p *process, q *queueOf, round int, opened bool) {
	var group sync.WaitGroup
	for range joinersAtOnce {
		group.Go(func() {
			for range joinsPerJoiner {
				if q.join(w, p) != nil {
					return
				}
			}
		})
	}
	steps := []waitingroom.Doing{waitingroom.Call{To: uint32(round)}}
	if opened {
		steps = append([]waitingroom.Doing{waitingroom.Freeze{}, waitingroom.Draw{}}, steps...)
	}
	group.Go(func() { q.sign(w, p) })
	group.Go(func() {
		for _, do := range steps {
			out, err := w.advance(p, do)
			if call, ok := do.(waitingroom.Call); ok && err == nil && out.Reason == waitingroom.Granted {
				q.mu.Lock()
				q.called = max(q.called, call.To)
				q.mu.Unlock()
			}
		}
	})
	group.Wait()
}

// headsPerLife is how many heads are signed between two cuts, if the power lasts.
const headsPerLife = 5

// headsShare: fewer heads than one in so many cuts prove too little. Whoever signs reads
// the whole log first, and the power fails meanwhile more often the longer it is.
const headsShare = 5

// sign publishes heads of the log as it is committed.
func (q *queueOf) sign(w *world, p *process) {
	for range headsPerLife {
		rooms, err := p.store.Rooms(bg)
		if err != nil || len(rooms) == 0 {
			return
		}
		log, err := p.store.Aliases(bg, w.sale, 0, rooms[0].Entries)
		if err != nil || len(log) != int(rooms[0].Entries) {
			return
		}
		head := draw.Head{N: rooms[0].Entries, Hash: draw.HashOf(log), At: rooms[0].Opened}
		if out, err := w.advance(p, waitingroom.Sign{No: rooms[0].Heads, Head: head}); err != nil || out.Reason != waitingroom.Granted {
			return
		}
		q.mu.Lock()
		q.heads = append(q.heads, head)
		q.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

// checkHeads holds every stored head against the log: none contradicts it, and none that
// was published is missing.
func (q *queueOf) checkHeads(p *process, room waitingroom.Room) error {
	stored, err := p.store.HeadsOf(bg, room.Sale, 0, draw.HeadsMax)
	if err != nil {
		return err
	}
	aliases, err := p.store.Aliases(bg, room.Sale, 0, room.Entries)
	if err != nil {
		return err
	}
	log, found := draw.NewLog(), 0
	for i, h := range stored {
		n, _ := log.Head()
		if h.N < n || h.N > room.Entries {
			return fmt.Errorf("head %d has %d entries after %d; the log has %d", i, h.N, n, room.Entries)
		}
		log.Append(aliases[n:h.N]...)
		if _, sum := log.Head(); sum != h.Hash {
			return fmt.Errorf("head %d contradicts the log", i)
		}
		if found < len(q.heads) && h == q.heads[found] {
			found++
		}
	}
	if found != len(q.heads) || room.Heads != len(stored) {
		return fmt.Errorf("%d heads are stored and %d counted; %d of %d that were published are among them", len(stored), room.Heads, found, len(q.heads))
	}
	return nil
}

func (q *queueOf) join(w *world, p *process) error {
	q.mu.Lock()
	q.owners++
	owner := ident.DigestOf([]byte(fmt.Sprint("owner ", q.owners)))
	q.mu.Unlock()
	alias := draw.Alias(ident.DigestOf(owner[:]))
	out, err := w.advance(p, waitingroom.Join{Owner: owner, Alias: alias, Size: 1, Claims: []ident.Digest{owner}})
	if err != nil || out.Reason != waitingroom.Granted {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.told[owner] = out.Entry
	return nil
}

// check compares the disk with what people were told.
func (q *queueOf) check(p *process) error {
	rooms, err := p.store.Rooms(bg)
	if err != nil || len(rooms) == 0 {
		return err
	}
	room := rooms[0]
	roster, log := waitingroom.NewRoster(room), map[ident.Digest]waitingroom.Entry{}
	err = p.store.EachEntry(bg, room.Sale, 0, func(e waitingroom.Entry) error {
		if int(e.No) != len(log) {
			return fault.New(fault.Internal, "the log has a gap before %d", e.No)
		}
		log[e.Owner] = e
		roster.Add(e)
		return nil
	})
	if err != nil {
		return err
	}
	roster.Restored()
	if int(room.Entries) != len(log) || room.Called < q.called {
		return fmt.Errorf("room %+v with %d entries; %d were called", room, len(log), q.called)
	}
	if err := q.checkHeads(p, room); err != nil {
		return err
	}
	for owner, told := range q.told {
		if log[owner] != told {
			return fmt.Errorf("was told %+v, has %+v", told, log[owner])
		}
	}
	for no := range room.Entries {
		if n, ok := roster.Number(no); ok {
			if was, known := q.numbers[no]; known && was != n {
				return fmt.Errorf("place %d had number %d and has %d", no, was, n)
			}
			q.numbers[no] = n
		}
	}
	return q.again(p, room.Sale)
}

// again joins once more with the secrets of some: they have the places they had.
func (q *queueOf) again(p *process, sale ident.SaleID) error {
	asked := 0
	for owner, told := range q.told {
		if asked++; asked > 20 {
			break
		}
		out, err := p.committer.Act(p.ctx, waitingroom.Act{Sale: sale, Do: waitingroom.Join{Owner: owner, Alias: draw.Alias{9}}})
		if err != nil || out.Entry != told {
			return fmt.Errorf("joined again: was %+v, is %+v, %w", told, out.Entry, err)
		}
	}
	return nil
}

// TestRoomsAreReadAsWritten: every field comes back, to the microsecond.
func TestRoomsAreReadAsWritten(t *testing.T) {
	s, err := store.Open(bg, store.Options{Path: t.TempDir() + "/e.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's database
	sale, err := Apply(s, saleDocument(), saleSlots(), opens)
	if err != nil {
		t.Fatal(err)
	}
	typed, err := draw.TypedRule("a lottery", now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	head := draw.Head{N: 1, Hash: [32]byte{1}, At: now, Terms: [32]byte{2}, Signature: [64]byte{3}}
	acts := []waitingroom.Act{
		{Sale: sale, Do: waitingroom.Open{Version: 3, Seed: draw.Seed{1, 2}, Terms: draw.Terms{Opens: now, Rule: typed}}},
		{Sale: sale, Do: waitingroom.Join{Owner: ident.DigestOf([]byte("a")), Alias: draw.Alias{7}, Size: 2, Channel: 1, Claims: []ident.Digest{{1}, {2}}}},
		{Sale: sale, Do: waitingroom.Join{Owner: ident.DigestOf([]byte("b")), Alias: draw.Alias{8}, Size: 1}},
		{Sale: sale, Do: waitingroom.Freeze{}},
		{Sale: sale, Do: waitingroom.Sign{Head: head}},
		{Sale: sale, Do: waitingroom.Bring{Beacon: draw.Beacon{Source: draw.Typed, Text: "3 7 12"}}},
		{Sale: sale, Do: waitingroom.Draw{}},
		{Sale: sale, Do: waitingroom.Call{To: 1}},
		{Sale: sale, Do: waitingroom.Enter{No: 1, Until: now.Add(time.Minute)}},
		{Sale: sale, Do: waitingroom.Remind{No: 0, ID: ident.ID{5}, Mail: "a@b.example", Lang: "en"}},
		{Sale: sale, Do: waitingroom.Remind{No: 1, ID: ident.ID{6}, Mail: "b@b.example", Lang: "de"}},
		{Sale: sale, Do: waitingroom.Tell{Near: []waitingroom.Near{{No: 1, Number: 2}}}},
	}
	want := waitingroom.NewState()
	for _, a := range acts {
		tx, err := s.Begin()
		if err != nil {
			t.Fatal(err)
		}
		state, err := tx.LoadRooms([]waitingroom.Act{a})
		if err != nil {
			t.Fatal(err)
		}
		_, changes := waitingroom.Decide(state, []waitingroom.Act{a}, now)
		waitingroom.Decide(want, []waitingroom.Act{a}, now)
		if err := errors.Join(tx.SaveRooms(changes), tx.Commit(now)); err != nil {
			t.Fatal(err)
		}
		tx.End()
	}
	rooms, err := s.Rooms(bg)
	if err != nil || len(rooms) != 1 || fmt.Sprint(rooms[0]) != fmt.Sprint(want.Rooms[sale]) {
		t.Errorf("%+v, want %+v: %v", rooms, want.Rooms[sale], err)
	}
	for place, e := range want.Entries {
		if got, err := s.Entry(bg, place); err != nil || got != e {
			t.Errorf("%+v, want %+v: %v", got, e, err)
		}
	}
	for _, r := range want.Reminders {
		if got, err := s.Reminder(bg, r.ID); err != nil || got != r {
			t.Errorf("%+v, want %+v: %v", got, r, err)
		}
	}
	if heads, err := s.HeadsOf(bg, sale, 0, 9); err != nil || len(heads) != 1 || heads[0] != head {
		t.Errorf("%+v, want %+v: %v", heads, head, err)
	}
	if log, err := s.Aliases(bg, sale, 1, 9); err != nil || len(log) != 1 || log[0] != (draw.Alias{8}) {
		t.Errorf("%+v: %v", log, err)
	}
	if calls, err := s.CallsOf(bg, sale); err != nil || len(calls) != 1 || calls[0].To != 1 || !calls[0].At.Equal(now) {
		t.Errorf("%+v %v", calls, err)
	}
	if _, err := s.Entry(bg, waitingroom.Place{Sale: sale, No: 9}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an entry that nobody has: %v", err)
	}
}
