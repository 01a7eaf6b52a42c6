package web

import (
	"sync"
	"time"

	"einlass/internal/failpoint"
)

// backlogs tell whoever comes to a line at once whether their turn will come in time, and if
// not, when to come again: a moment of their own, one after the other, as many a second as
// the line is served. Whoever is told a few seconds, however many there are, comes back while
// the line is still full, and costs a page each time: 59,000 people had 150,000 such answers,
// and a quarter of the places was not sold (ADR 11).
type backlogs struct {
	mu    sync.Mutex
	lines map[string]*backlog // by the line's name: a lane of a sale, so they are few
}

// backlog is one line's.
type backlog struct {
	standing int // people who wait for their turn
	seconds  [paceOver]second
	at       int64     // the unix second that is counted now
	next     time.Time // the first moment that nobody was told
}

// second is what happened in one.
type second struct {
	served int
	full   bool // somebody had to wait
}

const (
	// standShare is the part of the time for a turn, 1/standShare, that people should have to
	// stand in line. With all of it everybody would wait as long as they may, and leave a
	// moment before their turn as often as not.
	standShare = 2
	// paceOver is over how many seconds a line's pace is measured: those in which somebody had
	// to wait.
	paceOver = 5
	// paceAssumed is how many a second are served where nobody had to wait of late: what a
	// slow core does beside a crowd.
	paceAssumed = 300
	// paceLeast keeps a line that stands still from sending everybody away for ever.
	paceLeast = 10
	// againFirst is how far ahead the first moment is, at most.
	againFirst = newWithin / standShare / 2
	// againMost is how far ahead somebody is told to come again, soonMost somebody who waits
	// for their number, whose turn may come meanwhile, or has something to lose.
	againMost, soonMost = 2 * time.Minute, 20 * time.Second
)

func newBacklogs() *backlogs { return &backlogs{lines: make(map[string]*backlog)} }

// enter lets somebody stand in a line, or says how long to stay away because their turn would
// not come within the time.
func (b *backlogs) enter(line string, of *lane, now time.Time) (away time.Duration, in bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[line]
	if l == nil {
		l = &backlog{}
		b.lines[line] = l
	}
	l.pass(now)
	most := of.within.Seconds() / standShare * l.pace()
	if !of.always && float64(l.standing) >= most && !failpoint.Bug(failpoint.BugAllStand) {
		return l.again(of, now), false
	}
	l.standing++
	return 0, true
}

// called notes that a turn has come, and whether it had to be waited for.
func (b *backlogs) called(line string, waited bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[line]
	l.standing--
	l.pass(now)
	s := &l.seconds[l.at%paceOver]
	s.served++
	s.full = s.full || waited
}

// late notes that a turn did not come in time, and says how long to stay away.
func (b *backlogs) late(line string, of *lane, now time.Time) (away time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[line]
	l.standing--
	l.pass(now)
	l.seconds[l.at%paceOver].full = true
	return l.again(of, now)
}

// pass forgets the seconds that have gone by.
func (l *backlog) pass(now time.Time) {
	at := now.Unix()
	for s := max(l.at+1, at-paceOver+1); s <= at; s++ {
		l.seconds[s%paceOver] = second{}
	}
	l.at = max(l.at, at)
}

// pace is how many a second are served while people wait. The second that is not over yet
// only counts if it is denser than those before.
func (l *backlog) pace() float64 {
	sum, n := 0, 0
	for i, s := range l.seconds {
		if s.full && int64(i) != l.at%paceOver {
			sum, n = sum+s.served, n+1
		}
	}
	pace := float64(paceAssumed)
	if n > 0 {
		pace = float64(sum) / float64(n)
	}
	return max(pace, float64(l.seconds[l.at%paceOver].served), paceLeast)
}

// again hands out the next moment: not before half of those who stand there have had their
// turn, and not so late that the line runs empty because others leave it before theirs.
func (l *backlog) again(of *lane, now time.Time) time.Duration {
	pace := l.pace()
	if failpoint.Bug(failpoint.BugComeTogether) {
		return 0
	}
	if first := now.Add(min(time.Duration(float64(l.standing)/pace/2*float64(time.Second)), againFirst)); l.next.Before(first) {
		l.next = first
	}
	most := againMost
	if of.always {
		most = soonMost
	}
	away := min(l.next.Sub(now), most)
	l.next = now.Add(away + time.Duration(float64(time.Second)/pace))
	return away
}

// measured is how many a second were served of a line in the last seconds in which somebody
// had to wait; false if nobody had to.
func (b *backlogs) measured(line string, now time.Time) (pace float64, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[line]
	if l == nil {
		return 0, false
	}
	l.pass(now)
	for i, s := range l.seconds {
		full = full || s.full && int64(i) != l.at%paceOver
	}
	return l.pace(), full
}
