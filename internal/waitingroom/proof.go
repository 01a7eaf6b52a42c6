package waitingroom

import (
	"time"

	"einlass/internal/draw"
)

// Log is how long the log is, its hash, and when it last changed: what a head of it
// says. The freeze is a change too.
func (r *Roster) Log() (n uint32, sum [draw.HashBytes]byte, at time.Time) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n, sum = r.log.Head()
	if at = r.last; r.room.Phase >= Drawing && at.Before(r.room.FrozenAt) {
		at = r.room.FrozenAt
	}
	return n, sum, at
}

// Frozen is the hash of the log as it was frozen; false before.
func (r *Roster) Frozen() (sum [draw.HashBytes]byte, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.room.FrozenAt.IsZero() {
		return sum, false
	}
	return r.frozenHash(), true
}

// frozenHash is that of the whole log as long as nobody came after the freeze.
func (r *Roster) frozenHash() (sum [draw.HashBytes]byte) {
	if r.cut {
		return r.frozen
	}
	_, sum = r.log.Head()
	return sum
}

// Drawn is what the draw came to, for a log of so many entries; nil before.
func (r *Roster) Drawn(entries uint32) *draw.Drawn {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.room.DrawnAt.IsZero() {
		return nil
	}
	d := &draw.Drawn{
		FrozenAt: r.room.FrozenAt, Frozen: r.room.Frozen, LogHash: r.frozenHash(), DrawnAt: r.room.DrawnAt,
		Seed: r.room.Seed, Key: r.key, Entries: entries,
	}
	if b, err := draw.StoredBeacon(r.room.Beacon.Source, r.room.Beacon.Value); err == nil {
		d.Beacon = b // what was stored was checked before; Check names any other
	}
	return d
}

// Renew takes in terms that another process has stored.
func (r *Roster) Renew(terms []draw.Terms) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(terms) > len(r.room.Terms) {
		r.room.Terms = terms
		r.changes++
	}
}
