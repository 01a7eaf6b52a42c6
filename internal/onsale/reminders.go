package onsale

import (
	"container/heap"
	"context"
	"slices"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/locale"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// When somebody is told that their turn is near.
const (
	// NearAhead is how long before the call, at the fastest that is reckoned with: time
	// to read a mail and to find the browser again.
	NearAhead = 10 * time.Minute
	// NearLeast is how many numbers ahead are near as long as no pace was measured: at the
	// opening the first numbers are called at once.
	NearLeast = 100
	// tellMost is how many are told in one act: the others at the next tick.
	tellMost = 200
)

// Reminded is how it stands with somebody's mail: whether their address is kept, and
// whether they were told. Nobody is told twice.
type Reminded struct{ Kept, Told bool }

// reminders knows who wants to be told, by place in the log, and who is next. It keeps
// three bits for everybody and four bytes for whoever waits to be told. Its room's mutex
// guards it.
type reminders struct {
	groups              int
	asked, told, queued places
	next                [catalog.GroupsMax]numbers // by group: those who are to be told, once numbers are drawn
	drawn               bool
}

// places are a set of places in the log.
type places []uint64

const wordBits = 64

func (p *places) set(no uint32, in bool) {
	for int(no/wordBits) >= len(*p) {
		*p = append(*p, 0)
	}
	if bit := uint64(1) << (no % wordBits); in {
		(*p)[no/wordBits] |= bit
	} else {
		(*p)[no/wordBits] &^= bit
	}
}

func (p places) has(no uint32) bool {
	return int(no/wordBits) < len(p) && p[no/wordBits]&(1<<(no%wordBits)) != 0
}

// numbers is a container/heap, the lowest first.
type numbers []uint32

func (n numbers) Len() int           { return len(n) }
func (n numbers) Less(i, j int) bool { return n[i] < n[j] }
func (n numbers) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }

// Push implements heap.Interface.
func (n *numbers) Push(x any) {
	if v, ok := x.(uint32); ok {
		*n = append(*n, v)
	}
}

// Pop implements heap.Interface.
func (n *numbers) Pop() any {
	last := (*n)[len(*n)-1]
	*n = (*n)[:len(*n)-1]
	return last
}

// keep takes in a reminder as it is stored.
func (m *reminders) keep(r *waitingroom.Reminder, roster *waitingroom.Roster) {
	told := !r.Told.IsZero()
	m.asked.set(r.No, r.Mail != "")
	m.told.set(r.No, told)
	if r.Mail == "" || told || m.queued.has(r.No) {
		return
	}
	m.queued.set(r.No, true)
	if m.drawn {
		m.queue(r.No, roster)
	}
}

func (m *reminders) queue(no uint32, roster *waitingroom.Roster) {
	if number, ok := roster.Number(no); ok {
		m.push(number, roster.Wants(no))
	}
}

// push puts a number into the line of each group that suits.
func (m *reminders) push(number uint32, wants catalog.GroupSet) {
	for g := range m.next {
		if wants.Has(g) && g < max(1, m.groups) {
			heap.Push(&m.next[g], number)
		}
	}
}

// draw puts those in order who asked before there were numbers: once.
func (m *reminders) draw(roster *waitingroom.Roster) {
	if m.drawn {
		return
	}
	m.drawn = true
	for i, word := range m.queued {
		for bit := uint32(0); word != 0; bit, word = bit+1, word>>1 {
			if word&1 != 0 {
				m.queue(uint32(i)*wordBits+bit, roster) //nolint:gosec // a place in the log
			}
		}
	}
}

// near takes out whoever is to be told up to a number of each group, at most tellMost. It
// looks at nobody else.
func (m *reminders) near(near func(group int) uint32, roster *waitingroom.Roster) (out []waitingroom.Near) {
	for g := range m.next {
		next, to := &m.next[g], uint32(0)
		if len(*next) > 0 {
			to = near(g)
		}
		for len(*next) > 0 && (*next)[0] <= to && len(out) < tellMost {
			number, _ := heap.Pop(next).(uint32)
			no, _ := roster.At(number)
			if m.queued.has(no) && m.asked.has(no) && !m.told.has(no) { // not told by another group
				out = append(out, waitingroom.Near{No: no, Number: number, Wants: roster.Wants(no)})
			}
			m.queued.set(no, false)
		}
	}
	return out
}

// again puts back those who could not be told now.
func (m *reminders) again(near []waitingroom.Near) {
	for _, n := range near {
		if !m.queued.has(n.No) {
			m.queued.set(n.No, true)
			m.push(n.Number, n.Wants)
		}
	}
}

// followReminders takes in what was committed of them.
func (one *room) followReminders(sale ident.SaleID, c *waitingroom.Changes) {
	one.mu.Lock()
	defer one.mu.Unlock()
	for _, p := range c.Forgotten {
		if p.Sale == sale {
			one.reminders.asked.set(p.No, false)
		}
	}
	for i := range c.Reminders {
		if r := &c.Reminders[i]; r.Sale == sale {
			one.reminders.keep(r, one.roster)
		}
	}
}

// recallReminders brings back who wants to be told, and who was.
func (one *room) recallReminders(ctx context.Context, st *store.Store, sale ident.SaleID) error {
	return st.EachReminder(ctx, sale, func(r waitingroom.Reminder) error {
		if failpoint.Bug(failpoint.BugRemindsAgain) {
			r.Told = time.Time{}
		}
		one.reminders.keep(&r, one.roster)
		return nil
	})
}

// nearTo is up to which number turns are near in a group.
func (one *room) nearTo(group int, called uint32) uint32 {
	f := one.forecasts[group].Load()
	switch {
	case f == nil || !f.Known:
		return called + NearLeast
	case f.Speed.To == 0: // at no steady pace; where places only come back now and then, at none
		return max(called, min(called+NearLeast, f.Probably))
	}
	return max(called, f.Speed.Within(called, NearAhead))
}

// tell promises mails to those whose numbers have become near. Whoever was called in the
// meantime is told that.
func (r *Rooms) tell(ctx context.Context, sale *store.StoredSale, one *room) error {
	if r.Levers(sale.ID).Paused {
		return nil
	}
	state := one.roster.Room()
	one.mu.Lock()
	one.reminders.draw(one.roster)
	near := one.reminders.near(func(g int) uint32 { return one.nearTo(g, state.By[g]) }, one.roster)
	one.mu.Unlock()
	if len(near) == 0 {
		return nil
	}
	err := r.act(ctx, sale, waitingroom.Tell{Near: near})
	if err != nil {
		one.mu.Lock()
		one.reminders.again(near)
		one.mu.Unlock()
	}
	return err
}

// Remind keeps an address to which somebody is told that their turn is near. Conflict if
// their number was called already, or they were told.
func (r *Rooms) Remind(ctx context.Context, sale *store.StoredSale, no uint32, mail string, lang locale.Lang) error {
	one := r.room(sale.ID)
	if one == nil {
		return fault.New(fault.Conflict, "the room is not open")
	}
	if number, ok := one.roster.Number(no); ok {
		if _, called := one.roster.CalledAt(number); called {
			return fault.New(fault.Conflict, "number %d was called", number)
		}
	}
	id, err := ident.New(r.opt.Rand, r.opt.Now())
	if err != nil {
		return err
	}
	out, err := r.opt.Committer.Act(ctx, waitingroom.Act{Sale: sale.ID, Do: waitingroom.Remind{No: no, ID: id, Mail: mail, Lang: lang}})
	if err == nil && !slices.Contains([]waitingroom.Reason{waitingroom.Granted, waitingroom.Done}, out.Reason) {
		err = fault.New(fault.Conflict, "no reminder: %s", out.Reason)
	}
	return err
}

// ForgetReminder deletes the address of whoever has a place in the log.
func (r *Rooms) ForgetReminder(ctx context.Context, sale *store.StoredSale, no uint32) error {
	return r.act(ctx, sale, waitingroom.Forget{No: no})
}

// Reminded is how it stands with the mail of whoever has a place in the log.
func (r *Rooms) Reminded(sale ident.SaleID, no uint32) Reminded {
	one := r.room(sale)
	if one == nil {
		return Reminded{}
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	return Reminded{Kept: one.reminders.asked.has(no), Told: one.reminders.told.has(no)}
}
