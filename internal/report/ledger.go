package report

import (
	"cmp"
	"slices"

	"einlass/internal/failpoint"
)

// Small counts say something about somebody: whoever knows one of three people who were
// refused knows two thirds of the answer.
const (
	// smallMost is the largest count that is not told.
	smallMost = 4
	// stepMost bounds how many counts must change together before another sale has the
	// same page. More were never needed; it bounds the search.
	stepMost = 12
)

// Count is a number of the report as it may be told. A number that may not is not in it.
type Count struct {
	N     int // 0 unless shown
	State Shown
}

// Shown is how much of a count may be told.
type Shown uint8

// The states of a count.
const (
	Exact  Shown = iota // as it is
	Small               // it is 1 to 4
	Hidden              // with it a small one could be worked out
)

// Is reports whether the count is told as it is.
func (c Count) Is() bool { return c.State == Exact }

// cell names a number of a ledger.
type cell int

// fact is one number and what is known about it.
type fact struct {
	n      int
	people bool // it counts people or what they were told: 1 to 4 is not printed
	silent bool // it stands nowhere, but whoever subtracts has it
	public bool // it is known anyway; hiding it hides nothing
	rank   int  // the higher, the sooner it is left out for the sake of others
	state  Shown
	blank  bool // it was left out although it may be small or nothing
}

// ledger are the numbers of a report with the sums that hold between them. It decides
// what may be printed: for every small count there must be another sale that has exactly
// the same page and another number there.
type ledger struct {
	facts []fact
	sums  []sum
}

// sum says that the parts add up to the total.
type sum struct {
	total cell
	parts []cell
}

// add takes in a number that counts people. The rank says how soon it is left out.
func (l *ledger) add(n, rank int) cell {
	return l.put(fact{n: n, people: true, rank: rank})
}

// things takes in a number of things, which may be small.
func (l *ledger) things(n, rank int) cell { return l.put(fact{n: n, rank: rank}) }

// public takes in a number that everybody knows.
func (l *ledger) public(n int) cell { return l.put(fact{n: n, public: true}) }

// silent takes in a number of people that is not printed but could be worked out.
func (l *ledger) silent(n int) cell { return l.put(fact{n: n, people: true, silent: true}) }

func (l *ledger) put(f fact) cell {
	l.facts = append(l.facts, f)
	return cell(len(l.facts) - 1)
}

func (l *ledger) adds(total cell, parts ...cell) {
	l.sums = append(l.sums, sum{total, parts})
}

// count returns a number as it may be told; close comes first.
func (l *ledger) count(c cell) Count {
	f := l.facts[c]
	if f.state != Exact {
		return Count{State: f.state}
	}
	return Count{N: f.n}
}

// close decides what is printed. Small counts are not; then others are left out, the
// least important first, until no small count can be worked out.
func (l *ledger) close() {
	for i := range l.facts {
		if f := &l.facts[i]; f.small() {
			f.state = Small
		}
	}
	if failpoint.Bug(failpoint.BugSmallAlone) {
		return
	}
	for i := range l.facts {
		if l.facts[i].small() && !l.safe(cell(i)) {
			l.protect(cell(i))
		}
	}
}

func (f *fact) small() bool { return f.people && f.n >= 1 && f.n <= smallMost }

// protect leaves out others until the count is safe: one if one is enough, else two, else
// everything it is added up with. Leaving out more never makes another count less safe.
func (l *ledger) protect(c cell) {
	others := l.others()
	for _, a := range others {
		l.facts[a].state = Hidden
		if l.safe(c) {
			return
		}
		l.facts[a].state = Exact
	}
	for i, a := range others {
		for _, b := range others[i+1:] {
			l.facts[a].state, l.facts[b].state = Hidden, Hidden
			if l.safe(c) {
				return
			}
			l.facts[a].state, l.facts[b].state = Exact, Exact
		}
	}
	l.blankOut(c)
}

// others are the numbers that may be left out, the least important first, then the
// smallest. One of nobody is not: that it is nobody would still be seen.
func (l *ledger) others() (out []cell) {
	for i := range l.facts {
		if f := &l.facts[i]; f.state == Exact && !f.silent && !f.public && f.n > smallMost {
			out = append(out, cell(i))
		}
	}
	slices.SortStableFunc(out, func(a, b cell) int {
		x, y := &l.facts[a], &l.facts[b]
		return cmp.Or(cmp.Compare(y.rank, x.rank), cmp.Compare(x.n, y.n))
	})
	return out
}

// blankOut prints nothing of whatever the count is added up with, not even that it is
// small or nobody.
func (l *ledger) blankOut(c cell) {
	near := map[cell]bool{c: true}
	for range l.sums { // whatever hangs together by sums
		for _, s := range l.sums {
			all := append([]cell{s.total}, s.parts...)
			if slices.ContainsFunc(all, func(o cell) bool { return near[o] }) {
				for _, o := range all {
					near[o] = true
				}
			}
		}
	}
	for o := range near {
		if f := &l.facts[o]; !f.public && !f.silent {
			f.state, f.blank = Hidden, true
		}
	}
}

// safe reports whether there is another sale with the same page and another number
// here: a proof, since it is found.
func (l *ledger) safe(c cell) bool {
	if l.facts[c].blank {
		return true
	}
	for _, d := range []int{1, -1} {
		by := make([]int, len(l.facts))
		if l.may(c, d) {
			if by[c] = d; l.mend(by, stepMost) {
				return true
			}
		}
	}
	return false
}

// mend changes hidden numbers, each once, until all sums hold again.
func (l *ledger) mend(by []int, steps int) bool {
	s, off := l.broken(by)
	if off == 0 {
		return true
	}
	if steps == 0 {
		return false
	}
	try := func(c cell, d int) bool {
		if by[c] != 0 || !l.may(c, d) {
			return false
		}
		by[c] = d
		if l.mend(by, steps-1) {
			return true
		}
		by[c] = 0
		return false
	}
	for _, p := range s.parts {
		if try(p, off) {
			return true
		}
	}
	return try(s.total, -off)
}

// broken returns a sum that does not hold after the changes, and what its parts lack.
func (l *ledger) broken(by []int) (sum, int) {
	for _, s := range l.sums {
		off := by[s.total]
		for _, p := range s.parts {
			off -= by[p]
		}
		if off != 0 {
			return s, off
		}
	}
	return sum{}, 0
}

// may reports whether a number could be another one by so much without a change of the
// page: one that is printed could not, a small one stays small, and one that was left out
// for others stays above.
func (l *ledger) may(c cell, by int) bool {
	f := &l.facts[c]
	n := f.n + by
	switch {
	case n < 0 || f.public:
		return false
	case f.silent || f.blank:
		return true
	case f.state == Small:
		return n >= 1 && n <= smallMost
	}
	return f.state == Hidden && n > smallMost
}
