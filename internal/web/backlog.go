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
	began time.Time // seconds are counted from here: the clock on the wall may be set

	mu    sync.Mutex
	lines map[string]*backlog // by the line's name: a lane of a sale, so they are few
}

// backlog is one line's.
type backlog struct {
	standing int // people who wait for their turn
	seconds  [paceOver]second
	at       int64     // the second that is counted now
	next     time.Time // the first moment that nobody was told
}

// second is what happened in one.
type second struct {
	served int
	waited bool // somebody had to wait as long as waitedLeast
}

const (
	// standShare is the part of the time for a turn, 1/standShare, that people should have to
	// stand in line. With all of it everybody would wait as long as they may, and leave a
	// moment before their turn as often as not.
	standShare = 2
	// paceOver is over how many seconds a line's pace is measured: those that are over and in
	// which somebody had to wait, and the one that is counted now.
	paceOver = 5
	// waitedLeast is what counts as having waited for a turn: in a second with less of it the
	// line may have been served as fast as people came.
	waitedLeast = time.Second / 2
	// paceAssumed is how many a second are served where nobody had to wait of late: what a
	// slow core does beside a crowd.
	paceAssumed = 300
	// paceLeast keeps a line that stands still from sending everybody away for ever.
	paceLeast = 10
	// againMost is how far ahead somebody is told to come again, soonMost somebody who waits
	// for their number, whose turn may come meanwhile, or has something to lose.
	againMost, soonMost = 2 * time.Minute, 20 * time.Second
)

func newBacklogs() *backlogs {
	return &backlogs{began: time.Now(), lines: make(map[string]*backlog)}
}

// line is a line's backlog, its seconds those up to now. The caller holds mu.
func (b *backlogs) line(name string, now time.Time) *backlog {
	l := b.lines[name]
	if l == nil {
		l = &backlog{}
		b.lines[name] = l
	}
	l.forget(int64(now.Sub(b.began) / time.Second))
	return l
}

// enter lets somebody stand in a line, or says how long to stay away because their turn would
// not come in time. Whoever stands there ends it by served, late or left.
func (b *backlogs) enter(name string, of *lane, now time.Time) (away time.Duration, in bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.line(name, now)
	pace, _ := l.pace()
	if !of.always && float64(l.standing) >= of.stands().Seconds()*pace && !failpoint.Bug(failpoint.BugAllStand) {
		return l.again(of, now), false
	}
	l.standing++
	return 0, true
}

// served notes that a turn has come, and how long it was waited for.
func (b *backlogs) served(name string, stood time.Duration, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.line(name, now)
	l.standing--
	s := &l.seconds[l.at%paceOver]
	s.served++
	s.waited = s.waited || stood >= waitedLeast
}

// late notes that a turn did not come in time, and says how long to stay away.
func (b *backlogs) late(name string, of *lane, now time.Time) (away time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.line(name, now)
	l.standing--
	l.seconds[l.at%paceOver].waited = true
	return l.again(of, now)
}

// left notes that somebody went away by themselves, or was sent home by a stop: it says
// nothing of the line.
func (b *backlogs) left(name string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line(name, now).standing--
}

// measured is how many a second were served of a line; waited if somebody had to wait, so
// that it could not have been many more.
func (b *backlogs) measured(name string, now time.Time) (perSecond float64, waited bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.line(name, now).pace()
}

// forget forgets the seconds that are too long ago.
func (l *backlog) forget(at int64) {
	for s := max(l.at+1, at-paceOver+1); s <= at; s++ {
		l.seconds[s%paceOver] = second{}
	}
	l.at = max(l.at, at)
}

// pace is how many a second are served while people wait, in the mean of the seconds that are
// over; the one that is not only counts if it is denser.
func (l *backlog) pace() (perSecond float64, waited bool) {
	sum, n, now := 0, 0, l.at%paceOver
	for i, s := range l.seconds {
		if s.waited && int64(i) != now {
			sum, n = sum+s.served, n+1
		}
	}
	perSecond = paceAssumed
	if n > 0 {
		perSecond = float64(sum) / float64(n)
	}
	return max(perSecond, float64(l.seconds[now].served), paceLeast), n > 0
}

// again hands out the next moment: not before half of those who should stand there have had
// their turn, and not so late that the line runs empty because others leave it before theirs.
func (l *backlog) again(of *lane, now time.Time) time.Duration {
	if failpoint.Bug(failpoint.BugComeTogether) {
		return 0
	}
	pace, _ := l.pace()
	standing := time.Duration(float64(l.standing) / pace * float64(time.Second))
	if first := now.Add(min(standing, of.stands()) / 2); l.next.Before(first) {
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
