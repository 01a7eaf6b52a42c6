package web

import (
	"sync"
	"time"

	"einlass/internal/fault"
)

// Growing pauses after wrong passwords. The first mistakes cost nothing; from
// then on every try doubles the pause.
const (
	pauseFirst = 2 * time.Second
	pausesMax  = 10_000 // keys remembered; beyond it the one tried longest ago is forgotten
	// pauseForget is how long after the last try the counting starts anew.
	pauseForget = 30 * time.Minute
)

// allowance is how many tries a kind of key has before pauses begin, and how long
// they may become.
type allowance struct {
	tries   int
	longest time.Duration
	shared  bool // by several accounts: one right password does not clear it
}

var (
	// fromHere counts one account from one address: somebody who mistypes, or who
	// guesses.
	fromHere = allowance{tries: 5, longest: 15 * time.Minute}
	// fromAddress counts all accounts from one address: a counter hall may share
	// one behind its router.
	fromAddress = allowance{tries: 20, longest: 15 * time.Minute, shared: true}
	// fromAnywhere counts one account from all addresses. The pause stays short:
	// strangers must not be able to lock a clerk out for a morning.
	fromAnywhere = allowance{tries: 20, longest: 30 * time.Second}
	// fromDevice counts one account in a browser that it has logged in with before,
	// and nothing else is counted there: a stranger cannot pause it, nor can a
	// colleague behind the same router.
	fromDevice = allowance{tries: 5, longest: 15 * time.Minute}
)

// pauses counts tries by key. A try is counted before the password is looked at,
// so that a thousand at once are a thousand tries (PROMISES 43).
type pauses struct {
	mu   sync.Mutex // guards seen
	seen *recent[string, *tries]
}

type tries struct {
	n     int
	last  time.Time
	until time.Time // no further try before
}

// pauseKey is what tries are counted by.
type pauseKey struct {
	key string
	allowance
}

func newPauses() *pauses { return &pauses{seen: newRecent[string, *tries](pausesMax)} }

// take counts one try of each key, or says Busy with how long to wait.
func (p *pauses) take(now time.Time, keys ...pauseKey) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := time.Duration(0)
	for _, k := range keys {
		if t, ok := p.seen.get(k.key); ok {
			wait = max(wait, t.until.Sub(now))
		}
	}
	if wait > 0 {
		return fault.BusyFor(wait, "too many tries to log in")
	}
	for _, k := range keys {
		p.count(now, k)
	}
	return nil
}

func (p *pauses) count(now time.Time, k pauseKey) {
	t, ok := p.seen.get(k.key)
	if !ok || now.Sub(t.last) > pauseForget {
		t = &tries{}
		p.seen.put(k.key, t)
	}
	t.n, t.last = t.n+1, now
	if over := t.n - k.tries; over >= 0 {
		t.until = now.Add(grown(over, k.longest))
	}
}

// grown doubles the first pause over times, up to longest.
func grown(over int, longest time.Duration) time.Duration {
	d := pauseFirst
	for range over {
		if d *= 2; d >= longest {
			return longest
		}
	}
	return d
}

// right takes a right password's own try back: the account's counts are over, a
// shared one keeps those of others.
func (p *pauses) right(keys ...pauseKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range keys {
		t, ok := p.seen.get(k.key)
		switch {
		case !k.shared:
			p.seen.drop(k.key)
		case ok:
			t.n--
			t.until = time.Time{}
		}
	}
}
