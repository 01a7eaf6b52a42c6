package web

import (
	"sync"
	"time"
)

// lag is how late those hear how it stands who wait for their number: who has not come may
// stand in our own line.
type lag struct {
	mu        sync.Mutex
	now, past time.Duration // the longest wait in this span and in the one before
	since     time.Time     // this span began
	away      time.Time     // until then somebody stays away whose turn did not come in time
}

// lagSpan is how long a wait is remembered, at least: it tells how it stood for all who came
// meanwhile, also where none of them has been answered yet.
const lagSpan = time.Second

// stood notes how long somebody stood here for a turn.
func (l *lag) stood(d time.Duration, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass(now)
	l.now = max(l.now, d)
}

// sentAway notes that somebody was told to come again at a moment.
func (l *lag) sentAway(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.away) {
		l.away = until
	}
}

// longest is the longest wait of late, or as long as somebody is still told to stay away.
func (l *lag) longest(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass(now)
	return max(l.now, l.past, l.away.Sub(now))
}

func (l *lag) pass(now time.Time) {
	gone := now.Sub(l.since)
	if gone < lagSpan {
		return
	}
	l.past, l.now, l.since = l.now, 0, now
	if gone >= 2*lagSpan {
		l.past = 0
	}
}
