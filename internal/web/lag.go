package web

import (
	"sync"
	"time"
)

// lag is how late those hear how it stands who wait for their number: who has not come may
// stand in our own line.
type lag struct {
	mu        sync.Mutex
	standing  int           // people who wait for an answer
	still     time.Time     // nobody was answered since, though somebody waited
	now, past time.Duration // the longest wait in this span and in the one before
	since     time.Time     // this span began
	away      time.Time     // until then somebody stays away whose turn did not come in time
}

// lagSpan is how long a wait is remembered, at least: it tells how it stood for all who came
// meanwhile.
const lagSpan = time.Second

// enter notes that somebody waits for an answer; leave must follow.
func (l *lag) enter(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.standing == 0 {
		l.still = now
	}
	l.standing++
}

// leave notes that somebody who stood here for so long waits no more; heard if they were
// answered.
func (l *lag) leave(stood time.Duration, heard bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.standing--
	if heard {
		l.forget(now)
		l.now, l.still = max(l.now, stood), now
	}
}

// sentAway notes that somebody was told to come again at a moment.
func (l *lag) sentAway(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.away) {
		l.away = until
	}
}

// longest is the longest wait of late; or for how long nobody was answered, though somebody
// waits; or as long as somebody is still told to stay away.
func (l *lag) longest(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	longest := max(l.now, l.past, l.away.Sub(now))
	if l.standing > 0 {
		longest = max(longest, now.Sub(l.still))
	}
	return longest
}

// forget lets a wait go that is too long ago.
func (l *lag) forget(now time.Time) {
	gone := now.Sub(l.since)
	if gone < lagSpan {
		return
	}
	l.past, l.now, l.since = l.now, 0, now
	if gone >= 2*lagSpan {
		l.past = 0
	}
}
