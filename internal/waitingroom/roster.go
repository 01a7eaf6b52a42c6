package waitingroom

import (
	"sort"
	"sync"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/failpoint"
)

// Roster is one room as the pages and the controller see it: everybody's number, and
// how far the calling is. It follows what was committed and decides nothing. It keeps
// 17 bytes a person before the draw and 10 after it, one more where they wish for groups;
// what else is known of a person lies in their own browser and in the database.
type Roster struct {
	mu      sync.RWMutex // guards everything below
	room    Room
	aliases []draw.Alias         // by place in the log; until the draw
	sizes   []uint8              // by place in the log
	passes  []uint8              // by place in the log
	wants   []catalog.GroupSet   // by place in the log; nil as long as everything suits all
	ranks   []uint32             // by place in the log, of those who were drawn
	order   []uint32             // place in the log by rank
	calls   [][]Called           // by group, in the order of their numbers
	log     *draw.Log            // the hash of the whole log, as it grows
	last    time.Time            // of the last entry
	cut     bool                 // somebody came after the freeze
	frozen  [draw.HashBytes]byte // of the log as it was frozen, from then on
	key     [draw.HashBytes]byte // from the draw on
	changes int64
}

// NewRoster returns the roster of a room with nobody in it yet: Add brings the entries.
func NewRoster(r Room) *Roster { return &Roster{room: r, log: draw.NewLog(), last: r.Opened} }

// Add appends entries of the log, which must follow those before.
func (r *Roster) Add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(e)
}

func (r *Roster) add(e Entry) {
	if int(e.No) != len(r.sizes) {
		return // heard before
	}
	if r.room.Phase < Calling || e.No < r.room.Frozen && r.ranks == nil {
		r.aliases = append(r.aliases, e.Alias)
	}
	if r.room.Phase >= Drawing && e.No == r.room.Frozen {
		r.frozen, r.cut = r.frozenHash(), true
	}
	r.log.Append(e.Alias)
	r.last = e.At
	r.sizes = append(r.sizes, e.Size)
	r.passes = append(r.passes, e.Passes)
	if e.Wants != catalog.AnyGroup || r.wants != nil {
		r.wants = append(r.wants, make([]catalog.GroupSet, len(r.sizes)-len(r.wants))...)
		r.wants[e.No] = e.Wants
	}
}

// Recall brings what was called before a restart.
func (r *Roster) Recall(calls []Called) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range calls {
		r.call(c)
	}
}

func (r *Roster) call(c Called) {
	for c.Group >= len(r.calls) {
		r.calls = append(r.calls, nil)
	}
	r.calls[c.Group] = append(r.calls[c.Group], c)
}

// Restored ends the bringing of a room that has been drawn: it puts the order together
// again, which is the same for ever.
func (r *Roster) Restored() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.room.Phase >= Calling {
		r.rank()
	}
}

// Follow takes in what was committed of this room.
func (r *Roster) Follow(c *Changes) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sale := r.room.Sale
	r.changes++
	room, ok := c.Rooms[sale]
	drawn := ok && r.room.Phase < Calling && room.Phase >= Calling
	if ok { // first: those who joined in the same batch came before its freeze or after it
		r.room = room
	}
	for i := range c.Joined {
		if c.Joined[i].Sale == sale {
			r.add(c.Joined[i].Entry)
		}
	}
	for i := range c.Entries {
		if e := &c.Entries[i]; e.Sale == sale && int(e.No) < len(r.passes) {
			r.passes[e.No] = e.Passes
		}
	}
	for _, call := range c.Calls {
		if call.Sale == sale {
			r.call(call)
		}
	}
	if drawn {
		r.rank()
	}
}

// rank draws: from now on there are numbers.
func (r *Roster) rank() {
	frozen := r.aliases[:min(len(r.aliases), int(r.room.Frozen))]
	if failpoint.Bug(failpoint.BugReshuffles) {
		r.room.Seed[0] ^= byte(r.room.Called)
	}
	r.key = draw.KeyOf(r.room.Seed, r.frozenHash(), r.room.Beacon.Value)
	r.ranks = draw.Ranks(r.key, frozen)
	r.order = make([]uint32, len(r.ranks))
	for no, rank := range r.ranks {
		r.order[rank] = uint32(no) //nolint:gosec // a place in the log
	}
	r.aliases = nil
}

// Changes grows whenever something has changed.
func (r *Roster) Changes() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.changes
}

// Touch says that something else has changed that pages show beside the roster.
func (r *Roster) Touch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
}

// Room returns the stored state.
func (r *Roster) Room() Room {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.room
}

// Number returns the number of the entry at a place in the log, from 1; false before
// the draw, or if there is nobody. A number never changes.
func (r *Roster) Number(no uint32) (uint32, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.number(no)
}

func (r *Roster) number(no uint32) (uint32, bool) {
	switch {
	case int(no) >= len(r.sizes) || r.room.Phase < Calling:
		return 0, false
	case int(no) < len(r.ranks):
		return r.ranks[no] + 1, true
	}
	return no + 1, true // came after the freeze: in the order of the log
}

// At returns the place in the log of a number; false if nobody has it.
func (r *Roster) At(number uint32) (no uint32, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.at(number)
}

func (r *Roster) at(number uint32) (no uint32, ok bool) {
	if number == 0 || int(number) > len(r.sizes) || r.room.Phase < Calling {
		return 0, false
	}
	if int(number) <= len(r.order) {
		return r.order[number-1], true
	}
	return number - 1, true
}

// Size is how many come on a number; 0 if nobody has it.
func (r *Roster) Size(number uint32) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	no, ok := r.at(number)
	if !ok {
		return 0
	}
	return int(r.sizes[no])
}

// Wants is what suits the entry at a place in the log.
func (r *Roster) Wants(no uint32) catalog.GroupSet {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.wanted(no)
}

func (r *Roster) wanted(no uint32) catalog.GroupSet {
	if int(no) >= len(r.wants) {
		return catalog.AnyGroup
	}
	return r.wants[no]
}

// Passes is how many passes the entry at a place in the log was given.
func (r *Roster) Passes(no uint32) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if int(no) >= len(r.passes) {
		return 0
	}
	return int(r.passes[no])
}

// CalledAt returns when a number was called; false if it was not.
func (r *Roster) CalledAt(number uint32) (time.Time, bool) {
	call, ok := r.CallOf(number)
	return call.At, ok
}

// CallOf returns the call that a number was called by: the first one that reached it, of
// the groups that suit. False if it was not called.
func (r *Roster) CallOf(number uint32) (call Called, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	no, has := r.at(number)
	if !has {
		return Called{}, false
	}
	wants := r.wanted(no)
	for g, calls := range r.calls {
		if !wants.Has(g) {
			continue
		}
		i := sort.Search(len(calls), func(i int) bool { return calls[i].To >= number })
		if i < len(calls) && (!ok || (calls[i].No < call.No) != failpoint.Bug(failpoint.BugGroupOrder)) {
			call, ok = calls[i], true
		}
	}
	return call, ok
}

// Look says how many come on a number and what suits them.
func (r *Roster) Look(number uint32) (size int, wants catalog.GroupSet) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	no, ok := r.at(number)
	if !ok {
		return 0, catalog.AnyGroup
	}
	return int(r.sizes[no]), r.wanted(no)
}

// Waiting is how many numbers were not called yet.
func (r *Roster) Waiting() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return max(0, int(r.room.Entries)-r.room.People)
}
