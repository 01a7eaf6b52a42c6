package report

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"einlass/internal/catalog"
)

// attacker is somebody with the printed page, pencil and paper, who knows what is part
// of what and how the page hides small counts. It shares no code with the ledger.
type attacker struct {
	names     []string
	low, high []int // what each number can be
	truth     []int
	sums      [][]term // each adds up to nothing
}

type term struct{ v, times int }

const unbounded = 1 << 30

// number takes in a number of the page; truth is for judging afterwards.
func (a *attacker) number(name string, c Count, truth int) int {
	low, high := 0, unbounded
	switch c.State {
	case Exact:
		low, high = c.N, c.N
	case Small:
		low, high = 1, 4
	}
	a.names, a.low, a.high, a.truth = append(a.names, name), append(a.low, low), append(a.high, high), append(a.truth, truth)
	return len(a.names) - 1
}

// between is a number that the page does not have.
func (a *attacker) between(name string, truth int) int {
	return a.number(name, Count{State: Hidden}, truth)
}

func (a *attacker) adds(total int, parts ...int) {
	sum := []term{{total, 1}}
	for _, p := range parts {
		sum = append(sum, term{p, -1})
	}
	a.sums = append(a.sums, sum)
}

func (a *attacker) same(x, y int) { a.adds(x, y) }

// narrow tightens what each number can be until nothing more follows.
func (a *attacker) narrow() {
	for again := true; again; {
		again = false
		for _, sum := range a.sums {
			for _, t := range sum {
				// t = −Σ others, as t.times is 1 or −1
				low, high := 0, 0
				for _, o := range sum {
					if o.v != t.v {
						x, y := -o.times*t.times*a.low[o.v], -o.times*t.times*a.high[o.v]
						low, high = low+min(x, y), high+max(x, y)
					}
				}
				if low > a.low[t.v] {
					a.low[t.v], again = low, true
				}
				if high < a.high[t.v] {
					a.high[t.v], again = high, true
				}
			}
		}
	}
}

// solved returns which numbers follow from the sums alone, whatever they can be.
func (a *attacker) solved() map[int]bool {
	var rows [][]*big.Rat
	width := len(a.names)
	row := func() []*big.Rat {
		r := make([]*big.Rat, width)
		for i := range r {
			r[i] = new(big.Rat)
		}
		return r
	}
	for _, sum := range a.sums {
		r := row()
		for _, t := range sum {
			if a.low[t.v] != a.high[t.v] { // the known ones only move the right side
				r[t.v].SetInt64(int64(t.times))
			}
		}
		rows = append(rows, r)
	}
	out, top := map[int]bool{}, 0
	for col := range width {
		pivot := -1
		for i := top; i < len(rows); i++ {
			if rows[i][col].Sign() != 0 {
				pivot = i
			}
		}
		if pivot < 0 {
			continue
		}
		rows[top], rows[pivot] = rows[pivot], rows[top]
		for i := range rows {
			if i == top || rows[i][col].Sign() == 0 {
				continue
			}
			f := new(big.Rat).Quo(rows[i][col], rows[top][col])
			for k := range width {
				rows[i][k].Sub(rows[i][k], new(big.Rat).Mul(f, rows[top][k]))
			}
		}
		top++
	}
	for _, r := range rows {
		only, n := -1, 0
		for v := range r {
			if r[v].Sign() != 0 {
				only, n = v, n+1
			}
		}
		if n == 1 {
			out[only] = true
		}
	}
	return out
}

// found returns the numbers from 1 to 4 that the attacker has worked out.
func (a *attacker) found(t *testing.T) (out []string) {
	a.narrow()
	solved := a.solved()
	for v, name := range a.names {
		if a.low[v] > a.truth[v] || a.high[v] < a.truth[v] {
			t.Fatalf("the attacker is wrong about %s: %d to %d, it is %d", name, a.low[v], a.high[v], a.truth[v])
		}
		if n := a.truth[v]; n >= 1 && n <= 4 && (a.low[v] == a.high[v] || solved[v]) {
			out = append(out, name)
		}
	}
	return out
}

// read puts the page before the attacker.
func read(r *Report, m *morning) *attacker {
	a := &attacker{}
	f := m.figures
	stock := f.Places
	free := stock.Capacity - stock.Booked - stock.Held - stock.Blocked
	capacity := a.things("capacity", Count{N: stock.Capacity}, stock.Capacity)
	booked, carts := a.number("booked places", r.Places.Booked, stock.Booked), a.number("carts", r.Places.InCarts, stock.Held)
	a.adds(capacity, booked, carts, a.things("blocked", r.Places.Blocked, stock.Blocked), a.things("free", r.Places.Free, free))
	all := 0
	for _, b := range f.Booked {
		all += b.Bookings
	}
	bookings, places, byChannel := a.number("bookings", r.Places.Bookings, all), []int(nil), []int(nil)
	for _, c := range r.Places.Channels {
		b := f.Booked[c.Channel]
		p, n := a.number("places "+c.Channel.String(), c.Places, b.Places), a.number("bookings "+c.Channel.String(), c.Bookings, b.Bookings)
		if r.Places.Single {
			a.same(p, n)
		}
		places, byChannel = append(places, p), append(byChannel, n)
	}
	a.adds(booked, places...)
	a.adds(bookings, byChannel...)
	if len(r.Refused) > 0 {
		n, parts := 0, []int(nil)
		for i, one := range r.Refused {
			n += f.Refused[i].Times
			parts = append(parts, a.number("refused "+string(one.Reason), one.Times, f.Refused[i].Times))
		}
		a.adds(a.number("refused", r.RefusedTotal, n), parts...)
	}
	a.number("second", r.Second, f.Second)
	if r.Room != nil {
		a.room(r.Room, m, byChannel[0])
	}
	return a
}

// things are small where they are small: nobody is behind them.
func (a *attacker) things(name string, c Count, truth int) int {
	return a.number(name+thing, c, truth)
}

const thing = " (a thing)"

func (a *attacker) room(r *Room, m *morning, online int) {
	f := m.figures
	entries, called, late := int(f.Room.Entries), int(f.Room.Called), len(f.Late)
	all, before, after := a.number("numbers", r.All, entries), a.number("before", r.Before, entries-late), a.number("after", r.After, late)
	a.adds(all, before, after)
	var by []int
	for _, c := range r.Channels {
		by = append(by, a.number("numbers "+c.Channel.String(), c.Bookings, f.Entries[c.Channel]))
	}
	a.adds(all, by...)
	c, w := a.number("called", r.Called, called), a.number("waiting", r.Waiting, entries-called)
	came, away := a.number("came", r.Came, f.Came), a.number("away", r.Away, called-f.Came)
	booked, empty := a.number("booked", r.Booked, f.ByRoom), a.number("empty", r.Empty, f.Came-f.ByRoom)
	a.adds(all, c, w)
	a.adds(c, came, away)
	a.adds(came, booked, empty)
	if f.ByRoom == f.Booked[catalog.Online].Bookings {
		a.same(booked, online) // it is known that the room is the only way in
	}
	if drawn := entries - late; called <= drawn { // it is known that the drawn are called first
		a.adds(before, c, a.between("drawn and not called", drawn-called))
	} else {
		a.adds(c, before, a.between("late and called", called-drawn))
	}
	if r.Forecast == nil {
		return
	}
	t := firstWords(f)
	yes, no, neither := t[saidProbably], t[saidNot], t[noWord]
	p, pc := a.number("probably", r.Forecast.Probably, yes.called+yes.waiting), a.number("probably, called", r.Forecast.ProbablyCalled, yes.called)
	n, nc := a.number("not", r.Forecast.Not, no.called+no.waiting), a.number("not, called", r.Forecast.NotCalled, no.called)
	pw, nw := a.between("probably, not called", yes.waiting), a.between("not, not called", no.waiting)
	a.adds(p, pc, pw)
	a.adds(n, nc, nw)
	a.adds(c, pc, nc, a.between("no word, called", neither.called))
	a.adds(w, pw, nw, a.between("no word, not called", neither.waiting))
}

// TestSmallCountsCannotBeWorkedOut: of thousands of sales, none prints a count of 1 to
// 4, and none lets one be worked out.
func TestSmallCountsCannotBeWorkedOut(t *testing.T) {
	const sales = 4000
	rng := rand.New(rand.NewPCG(7, 11))
	small, hidden, whole, rooms := 0, 0, 0, 0
	for i := range sales {
		m := randomMorning(rng)
		r := Of(m.sale, m.figures, m.now)
		a := read(r, m)
		for _, name := range a.found(t) {
			if !strings.HasSuffix(name, thing) {
				t.Errorf("sale %d: %s can be worked out: %+v", i, name, m.figures)
			}
		}
		s, h := tally(r)
		small, hidden = small+s, hidden+h
		if s+h == 0 {
			whole++
		}
		if r.Room != nil {
			rooms++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d sales, %d with a room, %d small counts, %d left out for their sake, %d pages whole", sales, rooms, small, hidden, whole)
	if small < 2*sales || hidden < sales || whole < sales/100 || rooms < sales/2 {
		t.Error("the sales were too plain to prove anything")
	}
}

// tally counts what a report does not tell.
func tally(r *Report) (small, hidden int) {
	see := func(all ...Count) {
		for _, c := range all {
			switch {
			case c.State == Small:
				small++
			case c.State == Hidden:
				hidden++
			case c.N == 0:
			}
		}
	}
	see(r.Places.Booked, r.Places.InCarts, r.Places.Blocked, r.Places.Free, r.Places.Bookings, r.RefusedTotal, r.Second)
	for _, c := range r.Places.Channels {
		see(c.Places, c.Bookings)
	}
	for _, one := range r.Refused {
		see(one.Times)
	}
	if r.Room == nil {
		return small, hidden
	}
	see(r.Room.All, r.Room.Before, r.Room.After, r.Room.Called, r.Room.Came, r.Room.Booked, r.Room.Empty, r.Room.Away, r.Room.Waiting)
	for _, c := range r.Room.Channels {
		see(c.Bookings)
	}
	if f := r.Room.Forecast; f != nil {
		see(f.Probably, f.ProbablyCalled, f.Not, f.NotCalled)
	}
	return small, hidden
}
