package main

import (
	"encoding/binary"
	"math/rand/v2"
)

const (
	// keyBytes is the length of every random name in the schema.
	keyBytes = 16
	// slotCount is how many slot pools one batch updates.
	slotCount = 20
	// slotCapacity is large enough that no run ever fills a slot.
	slotCapacity = 1 << 40
	// startUS is an arbitrary fixed sale time in unix microseconds.
	startUS = 1_790_000_000_000_000
	// holdUS is the length of a hold in microseconds (15 minutes).
	holdUS = 15 * 60 * 1_000_000
)

// The texts bring the rows to the sizes the product has: a hold of about 150
// bytes, a person of about 90, an outbox row of about 110.
const (
	holdNote    = "Anmeldung zur Einschulungsuntersuchung, zwei Personen, stufenfrei"
	personName  = "Annegret Mustermann-Beispiel"
	contactMail = "annegret.mustermann@example.org"
	outboxBody  = "confirmation de termin=2026-11-20T08:00 ort=Kreishaus"
)

// key is a 16-byte name.
type key = [keyBytes]byte

// booking holds every key one booking writes or looks for.
type booking struct {
	slot, hold, person, personPool, idempotency key
}

// source hands out keys from a seed, so that every driver in a round is given
// exactly the same ones.
type source struct {
	rng *rand.ChaCha8
	// ordered makes hold and person keys start with a rising number.
	ordered bool
	next    uint64
}

// newSource returns a source of keys for the seed.
func newSource(seed uint64) *source {
	var s [32]byte
	binary.LittleEndian.PutUint64(s[:], seed)
	return &source{rng: rand.NewChaCha8(s)}
}

// random returns a key without any order.
func (s *source) random() (k key) {
	binary.LittleEndian.PutUint64(k[:8], s.rng.Uint64())
	binary.LittleEndian.PutUint64(k[8:], s.rng.Uint64())
	return k
}

// name returns a key for a row the program names itself: random, or rising in
// its first six bytes when the source is ordered.
func (s *source) name() key {
	k := s.random()
	if s.ordered {
		s.next++
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], 1<<46+s.next)
		copy(k[:6], n[2:])
	}
	return k
}

// bookings returns n bookings spread over the slots.
func (s *source) bookings(n int, slots []key) []booking {
	out := make([]booking, n)
	for i := range out {
		out[i] = booking{
			slot: slots[i%len(slots)], hold: s.name(), person: s.name(),
			personPool: s.random(), idempotency: s.random(),
		}
	}
	return out
}

// keys returns n random keys.
func (s *source) keys(n int) []key {
	out := make([]key, n)
	for i := range out {
		out[i] = s.random()
	}
	return out
}
