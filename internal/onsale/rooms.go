package onsale

import (
	"context"
	"io"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/draw"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// RoomsEvery is how often Rooms.Run wants to be ticked: what an operator or a clock
// changes is seen well within a second.
const RoomsEvery = 250 * time.Millisecond

// PassLasts is how long somebody who was called may take to choose before the pass
// must be renewed.
const PassLasts = 15 * time.Minute

// RoomOptions are what the waiting rooms work with.
type RoomOptions struct {
	Store     *store.Store
	Committer *committer.Committer
	Sales     func() []*store.StoredSale
	// Free is how many units of a sale the public could draw now, and how many are in
	// its carts: a hint.
	Free   func(*store.StoredSale) (free, held int)
	Secret ident.Secret
	Rand   io.Reader // seeds and aliases
	Now    func() time.Time
	Log    *slog.Logger
}

// Rooms runs the waiting rooms of all sales that have one. It opens, freezes, draws and
// calls at its time; every step is an act of the committer, so that a second runner or
// a restart in the middle changes nothing.
type Rooms struct {
	opt RoomOptions

	mu     sync.RWMutex // guards rooms and levers; what is in a room guards itself
	rooms  map[ident.SaleID]*room
	levers map[ident.SaleID]waitingroom.Levers
}

// room is one running room.
type room struct {
	roster  *waitingroom.Roster
	inside  *insiders
	soldOut atomic.Bool // nothing is free and nothing in a cart, at the last look
}

// NewRooms returns the waiting rooms; Restore must be called before they are used.
func NewRooms(o RoomOptions) *Rooms {
	o.Secret = o.Secret.Derive("rooms")
	return &Rooms{opt: o, rooms: make(map[ident.SaleID]*room)}
}

// Restore brings back every room as it was stored: nobody's number is another one.
func (r *Rooms) Restore(ctx context.Context) error {
	stored, err := r.opt.Store.Rooms(ctx)
	if err != nil {
		return err
	}
	for _, state := range stored {
		one := newRoom(state)
		err := r.opt.Store.EachEntry(ctx, state.Sale, 0, func(e waitingroom.Entry) error {
			one.roster.Add(e)
			if e.Passes > 0 {
				one.inside.enter(r.pass(state.Sale, e), int(e.Size))
			}
			return nil
		})
		if err != nil {
			return err
		}
		calls, err := r.opt.Store.CallsOf(ctx, state.Sale)
		if err != nil {
			return err
		}
		one.roster.Recall(calls)
		one.roster.Restored()
		r.put(state.Sale, one)
	}
	return nil
}

func newRoom(state waitingroom.Room) *room {
	return &room{roster: waitingroom.NewRoster(state), inside: newInsiders()}
}

func (r *Rooms) put(sale ident.SaleID, one *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rooms[sale] = one
}

func (r *Rooms) room(sale ident.SaleID) *room {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.rooms[sale]
}

// Roster returns a sale's room; nil if it has none, or it has not opened.
func (r *Rooms) Roster(sale ident.SaleID) *waitingroom.Roster {
	if one := r.room(sale); one != nil {
		return one.roster
	}
	return nil
}

// readLevers looks what operators have said meanwhile, here or from another process.
func (r *Rooms) readLevers(ctx context.Context) error {
	now, err := r.opt.Store.Levers(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for sale, l := range now {
		if !reflect.DeepEqual(l, r.levers[sale]) && r.rooms[sale] != nil {
			r.rooms[sale].roster.Touch()
		}
	}
	r.levers = now
	return nil
}

// Levers are what an operator has told a sale's room to do.
func (r *Rooms) Levers(sale ident.SaleID) waitingroom.Levers {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.levers[sale]
}

// Changes grows whenever something of a sale's room has changed that pages show.
func (r *Rooms) Changes(sale ident.SaleID) int64 {
	if roster := r.Roster(sale); roster != nil {
		return roster.Changes()
	}
	return 0
}

// SoldOut reports whether a sale had nothing free and nothing in carts at the last look.
func (r *Rooms) SoldOut(sale ident.SaleID) bool {
	one := r.room(sale)
	return one != nil && one.soldOut.Load()
}

// FollowRooms takes in what was committed of rooms. The committer calls it before
// anybody is answered.
func (r *Rooms) FollowRooms(c *waitingroom.Changes) {
	for sale, state := range c.Rooms {
		if state.Phase == waitingroom.Joining && r.room(sale) == nil {
			r.put(sale, newRoom(state))
		}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, one := range r.rooms {
		one.roster.Follow(c)
	}
	for i := range c.Entries {
		if one := r.rooms[c.Entries[i].Sale]; one != nil {
			one.inside.enter(r.pass(c.Entries[i].Sale, c.Entries[i].Entry), int(c.Entries[i].Size))
		}
	}
}

// Follow takes in what was committed of bookings: passes that were spent.
func (r *Rooms) Follow(c *inventory.Changes) {
	for i := range c.Pools {
		if p := &c.Pools[i].Pool; p.ID.Kind() == inventory.KindPass {
			r.spent(p.ID)
		}
	}
}

func (r *Rooms) spent(pass inventory.PoolID) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, one := range r.rooms {
		if one.inside.spend(pass) {
			return
		}
	}
}

// Run keeps the rooms at every tick until ctx ends.
func (r *Rooms) Run(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		if err := r.Step(ctx); err != nil && ctx.Err() == nil {
			r.opt.Log.Error("a waiting room could not go on; the next try follows at once", "err", err)
		}
	}
}

// Step does what is due now in every room.
func (r *Rooms) Step(ctx context.Context) error {
	if err := r.readLevers(ctx); err != nil {
		return err
	}
	now := r.opt.Now()
	for _, sale := range r.opt.Sales() {
		if sale.Allocation != catalog.AllocateRoom {
			continue
		}
		if err := r.step(ctx, sale, now); err != nil {
			return err
		}
	}
	return nil
}

// step takes one room one step on.
func (r *Rooms) step(ctx context.Context, sale *store.StoredSale, now time.Time) error {
	one := r.room(sale.ID)
	if one == nil {
		if now.Before(sale.WindowFrom()) || !now.Before(sale.Closes) {
			return nil
		}
		return r.open(ctx, sale)
	}
	levers := r.Levers(sale.ID)
	switch state := one.roster.Room(); {
	case state.Phase != waitingroom.Over && (levers.Closed || !now.Before(sale.Closes)):
		return r.act(ctx, sale, waitingroom.Close{})
	case state.Phase == waitingroom.Joining && !now.Before(sale.Opens):
		return r.act(ctx, sale, waitingroom.Freeze{})
	case state.Phase == waitingroom.Drawing:
		return r.act(ctx, sale, waitingroom.Draw{})
	case state.Phase == waitingroom.Calling && !levers.Paused:
		return r.call(ctx, sale, one, state, now)
	}
	return nil
}

func (r *Rooms) open(ctx context.Context, sale *store.StoredSale) error {
	var seed draw.Seed
	if _, err := io.ReadFull(r.opt.Rand, seed[:]); err != nil {
		return fault.New(fault.Unavailable, "no randomness for a seed: %w", err)
	}
	return r.act(ctx, sale, waitingroom.Open{Version: sale.Version, Seed: seed})
}

// act has one act carried out. One that is done already is no error.
func (r *Rooms) act(ctx context.Context, sale *store.StoredSale, do waitingroom.Doing) error {
	_, err := r.opt.Committer.Act(ctx, waitingroom.Act{Sale: sale.ID, Do: do})
	return err
}
