// Package inventory is the allocation core. It knows one thing, the pool: a
// capacity, and how much of it is held, booked and blocked. Slots, seats,
// allotments, "one place per person", access codes and passes are all pools; a
// line draws units from every pool it belongs to, all or nothing.
//
// Everything is arithmetic: Decide takes what was loaded, the commands and the
// time, and returns the decisions and the changes to save. It reads no clock, no
// disk and no chance, so the same input gives the same output on every machine.
//
// Invariant after every command, repeated as CHECK in the database: all counts
// are ≥ 0 and held + booked + blocked ≤ capacity; the sums equal what the
// bookings say (see Recount and the command `einlass verify`).
package inventory

import (
	"encoding/binary"
	"fmt"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

// PoolKind says what a pool stands for; it is the first byte of a PoolID. The
// numbers are stored.
type PoolKind byte

// The kinds of pools. Eager pools have a row from the moment a sale is set up;
// lazy ones only while something is held or booked.
const (
	KindAllotment PoolKind = 1 // eager: a slot's part for one channel
	KindReturned  PoolKind = 2 // eager: what was given back in a slot
	// 3 is kept for a limit over several slots (DESIGN 1); it is eager.
	KindSeat   PoolKind = 4 // lazy: one numbered seat in one slot
	KindPerson PoolKind = 5 // lazy: what one person may have in a scope
	KindCode   PoolKind = 6 // lazy: what one access code is good for
	KindPass   PoolKind = 7 // lazy: the right to one cart, spent once
)

// PoolID names a pool: its kind, then 120 bits. Eager pools carry slot and
// channel in the clear; lazy ones a keyed hash, so that a stolen table does not
// tell who is behind it.
type PoolID [16]byte

// Kind returns what the pool stands for.
func (id PoolID) Kind() PoolKind { return PoolKind(id[0]) }

// Lazy reports whether the pool has a row only while it is in use.
func (id PoolID) Lazy() bool { return id.Kind() >= KindSeat }

// IsZero reports whether id names no pool.
func (id PoolID) IsZero() bool { return id == PoolID{} }

// String is for logs and for verify: kind, then slot and channel or the hash.
func (id PoolID) String() string {
	switch id.Kind() {
	case KindAllotment:
		return fmt.Sprintf("slot %d %s", id.Slot(), id.Channel())
	case KindReturned:
		return fmt.Sprintf("slot %d returned", id.Slot())
	}
	return fmt.Sprintf("%s %x", kindNames[id.Kind()], id[1:])
}

var kindNames = map[PoolKind]string{KindSeat: "seat", KindPerson: "person", KindCode: "code", KindPass: "pass"}

// Slot returns the slot of an allotment or returned pool.
func (id PoolID) Slot() ident.SlotID { return ident.SlotID(binary.BigEndian.Uint64(id[1:])) }

// Channel returns the channel of an allotment.
func (id PoolID) Channel() catalog.Channel { return catalog.Channel(id[9]) }

// Allotment names the part of slot that channel sells.
func Allotment(slot ident.SlotID, channel catalog.Channel) PoolID {
	id := eager(KindAllotment, uint64(slot))
	id[9] = byte(channel)
	return id
}

// Returned names what was given back in slot and waits to be handed on.
func Returned(slot ident.SlotID) PoolID { return eager(KindReturned, uint64(slot)) }

func eager(kind PoolKind, n uint64) PoolID {
	var id PoolID
	id[0] = byte(kind)
	binary.BigEndian.PutUint64(id[1:], n)
	return id
}

// LazyPool names a lazy pool by a keyed hash of its scope and key. kind must be
// a lazy one. The hash keeps 120 bits: with 10^9 pools the chance that any two
// meet is below 10^-18.
func LazyPool(secret ident.Secret, kind PoolKind, scope, key string) PoolID {
	id := PoolID(secret.Digest("pool", []byte{byte(kind)}, []byte(scope), []byte(key)))
	id[0] = byte(kind)
	return id
}

// Pass names the pool of a pass by the pass's own random name. The moment it was
// issued comes first, so that rows written together lie together (ADR 1); 88 of
// its random bits follow. It is no secret: a pass is a signed token.
func Pass(pass ident.ID) (id PoolID) {
	copy(id[1:], pass[:])
	id[0] = byte(KindPass)
	return id
}

// Pool is a capacity and what has become of it, in units (places).
type Pool struct {
	ID PoolID
	// Wanted is the capacity staff asked for; Capacity the one in force:
	// max(Wanted, Held+Booked+Blocked). Releases lower it towards Wanted first,
	// so nothing is resold while the pool is over.
	Wanted   int
	Capacity int
	Held     int // in carts
	Booked   int // confirmed, or spent
	Blocked  int // kept back by staff
	// Returning: booked units that become free go, with their capacity, to the
	// slot's returned pool, from where the sale's rule hands them on. Allotments
	// only.
	Returning bool
	// Holder is the booking that last drew from a lazy pool: whose seat it is,
	// which cart a pass was spent on.
	Holder ident.BookingID
}

// Free returns how many units can be drawn.
func (p Pool) Free() int { return p.Capacity - p.used() }

// Over returns by how many units the pool exceeds what staff want of it.
func (p Pool) Over() int { return max(0, p.Capacity-p.Wanted) }

func (p Pool) used() int { return p.Held + p.Booked + p.Blocked }

// Check returns what is wrong with the pool's numbers, or nil. It is the same
// condition as the CHECK in the database.
func (p Pool) Check() error {
	if p.Held < 0 || p.Booked < 0 || p.Blocked < 0 || p.Wanted < 0 || p.used() > p.Capacity || p.Capacity != max(p.Wanted, p.used()) {
		return fmt.Errorf("pool %s: wanted %d capacity %d held %d booked %d blocked %d", p.ID, p.Wanted, p.Capacity, p.Held, p.Booked, p.Blocked)
	}
	return nil
}

// settle sets the capacity in force after a count changed.
func (p *Pool) settle() { p.Capacity = max(p.Wanted, p.used()) }
