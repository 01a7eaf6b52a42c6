package onsale

import (
	"cmp"
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
	// Free is how many units of each group of a sale the public could draw now, and how
	// many are in its carts: a hint.
	Free func(*store.StoredSale) []catalog.Left
	// Lag is how long, on the sale's clock, those who wait for their number have to wait for an
	// answer now, at the longest; nil: nobody ever has to.
	Lag func() time.Duration
	// Rate is how many numbers a second are called at most, Inside how many people may be
	// inside at once; RateDefault and InsideDefault where zero.
	Rate   float64
	Inside int
	// Polls is how many polls a second all who wait may cause at most; waitingroom.PollsMost
	// where zero. Rate and Polls are on the sale's clock.
	Polls float64
	// Answered is how many polls of a sale a second were answered of late, on its clock, while
	// some had to wait for it; false if none had to. nil: none ever has to.
	Answered func(*store.StoredSale) (perSecond float64, waited bool)
	Secret   ident.Secret
	Rand     io.Reader // seeds and aliases
	Now      func() time.Time
	Log      *slog.Logger
}

// Rooms runs the waiting rooms of all sales that have one. It opens, freezes, draws and
// calls at its time; every step is an act of the committer, so that a second runner or
// a restart in the middle changes nothing.
type Rooms struct {
	opt  RoomOptions
	told told
	lag  time.Duration // at the last step; Step owns it

	mu     sync.RWMutex // guards rooms and levers; what is in a room guards itself
	rooms  map[ident.SaleID]*room
	levers map[ident.SaleID]waitingroom.Levers
}

// room is one running room.
type room struct {
	roster    *waitingroom.Roster
	gone      atomic.Uint32 // of which groups nothing is free and nothing in a cart, at the last look
	forecasts [catalog.GroupsMax]atomic.Pointer[Forecast]
	pacing    atomic.Pointer[waitingroom.Pacing]
	signed    atomic.Pointer[signed] // never nil

	version     int               // of the rules whose terms the roster has; Step owns the rest up to mu
	signedAt    time.Time         // the last head, on the sale's clock
	signedIn    waitingroom.Phase // the room was then
	signedTerms int               // and had so many terms

	polls   waitingroom.PollBudget
	pacedAt time.Time            // by the budget, the last time
	groups  map[ident.SlotID]int // of the slots; set once
	search  *waitingroom.Search  // for the forecast of group looking; Step owns both
	looking int

	mu        sync.Mutex // guards inside, door and reminders
	inside    *inside
	door      door
	reminders reminders
}

// NewRooms returns the waiting rooms; Restore must be called before they are used.
func NewRooms(o RoomOptions) *Rooms {
	o.Secret = o.Secret.Derive("rooms")
	o.Rate, o.Inside, o.Polls = cmp.Or(o.Rate, RateDefault), cmp.Or(o.Inside, InsideDefault), cmp.Or(o.Polls, waitingroom.PollsMost)
	return &Rooms{opt: o, rooms: make(map[ident.SaleID]*room)}
}

// Restore brings back every room as it was stored: nobody's number is another one.
func (r *Rooms) Restore(ctx context.Context) error {
	stored, err := r.opt.Store.Rooms(ctx)
	if err != nil {
		return err
	}
	for _, state := range stored {
		one, err := r.restore(ctx, state)
		if err != nil {
			return err
		}
		r.put(state.Sale, one)
	}
	return nil
}

// newRoom is a room that nobody has joined; a sale that was taken away has one that
// nobody asks for.
func (r *Rooms) newRoom(state waitingroom.Room) *room {
	limits := waitingroom.Limits{Rate: r.opt.Rate, Inside: r.opt.Inside, Pass: PassLasts, Hold: catalog.HoldOnlineDefault}
	one, groups := &room{roster: waitingroom.NewRoster(state), door: newDoor(), polls: waitingroom.NewPollBudget(r.opt.Polls), groups: make(map[ident.SlotID]int)}, 1
	for _, sale := range r.opt.Sales() {
		if sale.ID != state.Sale {
			continue
		}
		limits, groups = r.limits(sale), sale.GroupCount()
		for i := range sale.Slots {
			one.groups[sale.Slots[i].ID] = sale.Slots[i].Group
		}
	}
	one.inside, one.reminders.groups = newInside(waitingroom.NewCallers(limits, groups)), groups
	one.signed.Store(&signed{})
	return one
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

// Forecast is what can be told those who wait for a group; nil if nothing can.
func (r *Rooms) Forecast(sale ident.SaleID, group int) *Forecast {
	if one := r.room(sale); one != nil && group >= 0 && group < len(one.forecasts) {
		return one.forecasts[group].Load()
	}
	return nil
}

// SoldOut reports whether nothing was free and nothing in carts, at the last look, of any
// group that suits.
func (r *Rooms) SoldOut(sale ident.SaleID, wants catalog.GroupSet) bool {
	one := r.room(sale)
	if one == nil {
		return false
	}
	gone := one.gone.Load()
	for g := range one.inside.callers.Groups() {
		if wants.Has(g) && gone&(1<<g) == 0 {
			return false
		}
	}
	return true
}

// FollowRooms takes in what was committed of rooms. The committer calls it before
// anybody is answered.
func (r *Rooms) FollowRooms(c *waitingroom.Changes) {
	for sale, state := range c.Rooms {
		if state.Phase == waitingroom.Joining && r.room(sale) == nil {
			r.put(sale, r.newRoom(state))
		}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for sale, one := range r.rooms {
		one.roster.Follow(c)
		one.follow(sale, c, r)
		one.followHeads(sale, c)
		one.followReminders(sale, c)
	}
}

// follow lets the caller learn from what was committed of its room.
func (one *room) follow(sale ident.SaleID, c *waitingroom.Changes, r *Rooms) {
	one.mu.Lock()
	defer one.mu.Unlock()
	for _, call := range c.Calls {
		if call.Sale == sale {
			one.inside.callers.Raise(call, one.roster.Look)
		}
	}
	for i := range c.Entries {
		if e := &c.Entries[i]; e.Sale == sale {
			number, _ := one.roster.Number(e.No)
			called, _ := one.roster.CalledAt(number)
			one.inside.enter(r.pass(sale, e.Entry), e.Entry, called, r.opt.Now())
		}
	}
}

// Follow takes in what was committed of bookings: passes that were spent, and what
// became of the carts.
func (r *Rooms) Follow(c *inventory.Changes) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	now := r.opt.Now()
	for _, one := range r.rooms {
		one.mu.Lock()
		for i := range c.Pools {
			if p := &c.Pools[i].Pool; p.ID.Kind() == inventory.KindPass {
				one.inside.spend(p.ID, p.Holder, one.groupOf(c, p.Holder), now)
			}
		}
		for i := range c.Bookings {
			one.inside.finish(c.Bookings[i].ID, c.Bookings[i].State, now)
		}
		one.mu.Unlock()
	}
}

// groupOf is the group of a cart that a batch has opened; -1 if it is not known.
func (one *room) groupOf(c *inventory.Changes, cart ident.BookingID) int {
	for i := range c.Bookings {
		if b := &c.Bookings[i]; b.ID == cart {
			return one.groupOfSlots(b.Slots())
		}
	}
	return -1
}

func (one *room) groupOfSlots(slots []ident.SlotID) int {
	for _, slot := range slots {
		if g, ok := one.groups[slot]; ok {
			return g
		}
	}
	return -1
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
	if r.opt.Lag != nil {
		r.lag = r.opt.Lag()
	}
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
	if err := r.renew(ctx, sale, one); err != nil {
		return err
	}
	levers := r.Levers(sale.ID)
	state := one.roster.Room()
	r.pace(sale, one, state, now)
	if frozen, err := r.signFrozen(ctx, sale, one, &state); err != nil || !frozen {
		return err
	}
	if err := r.signGrown(ctx, sale, one, &state, now); err != nil {
		return err
	}
	switch {
	case state.Phase != waitingroom.Over && (levers.Closed || !now.Before(sale.Closes)):
		return r.act(ctx, sale, waitingroom.Close{})
	case state.Phase == waitingroom.Joining && !now.Before(state.Promised().Opens):
		return r.act(ctx, sale, waitingroom.Freeze{})
	case state.Phase == waitingroom.Drawing:
		return r.act(ctx, sale, waitingroom.Draw{})
	case state.Phase == waitingroom.Calling:
		if err := r.call(ctx, sale, one, state, now); err != nil {
			return err
		}
		return r.tell(ctx, sale, one)
	}
	return nil
}

// renew reads what was promised anew when the rules were applied again: the opening may
// have been put off.
func (r *Rooms) renew(ctx context.Context, sale *store.StoredSale, one *room) error {
	if one.version == sale.Version {
		return nil
	}
	terms, err := r.opt.Store.TermsOf(ctx, sale.ID)
	if err != nil {
		return err
	}
	one.roster.Renew(terms)
	one.version = sale.Version
	return nil
}

func (r *Rooms) open(ctx context.Context, sale *store.StoredSale) error {
	terms, err := waitingroom.Promise(&sale.Sale, r.opt.Now())
	if err != nil {
		return err
	}
	var seed draw.Seed
	if _, err := io.ReadFull(r.opt.Rand, seed[:]); err != nil {
		return fault.New(fault.Unavailable, "no randomness for a seed: %w", err)
	}
	return r.act(ctx, sale, waitingroom.Open{Version: sale.Version, Seed: seed, Terms: terms})
}

// act has one act carried out. One that is done already is no error.
func (r *Rooms) act(ctx context.Context, sale *store.StoredSale, do waitingroom.Doing) error {
	_, err := r.opt.Committer.Act(ctx, waitingroom.Act{Sale: sale.ID, Do: do})
	return err
}
