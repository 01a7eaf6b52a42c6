package draw

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
)

// HashBytes is the length of every hash here: SHA-256.
const HashBytes = sha256.Size

// logPurpose separates the hash of a log from every other hash.
const logPurpose = "einlass log v1\n"

// Commitment is published when the room opens: it binds the seed and tells nothing
// of it.
func (s Seed) Commitment() [HashBytes]byte { return sha256.Sum256(s[:]) }

// HashOf is the hash of a log: of its aliases in their order.
func HashOf(log []Alias) (sum [HashBytes]byte) {
	h := sha256.New()
	h.Write([]byte(logPurpose))
	for i := range log {
		h.Write(log[i][:])
	}
	h.Sum(sum[:0])
	return sum
}

// KeyOf is what the order follows from: the operator's seed, the log as it was frozen,
// and a beacon that nobody knew before; empty without one.
func KeyOf(seed Seed, log [HashBytes]byte, beacon []byte) (key [HashBytes]byte) {
	h := sha256.New()
	h.Write(seed[:])
	h.Write(log[:])
	h.Write(beacon)
	h.Sum(key[:0])
	return key
}

// Ranks returns the rank of each entry of a log, from 0: the order of
// HMAC-SHA256(key, alias), equal ones in the order of the log.
func Ranks(key [HashBytes]byte, log []Alias) []uint32 {
	type lot struct {
		mac [HashBytes]byte
		no  uint32
	}
	lots, mac := make([]lot, len(log)), hmac.New(sha256.New, key[:])
	for i := range log {
		mac.Reset()
		mac.Write(log[i][:])
		lots[i].no = uint32(i) //nolint:gosec // a place in the log
		mac.Sum(lots[i].mac[:0])
	}
	slices.SortFunc(lots, func(a, b lot) int {
		if c := bytes.Compare(a.mac[:], b.mac[:]); c != 0 {
			return c
		}
		return int(a.no) - int(b.no)
	})
	ranks := make([]uint32, len(log))
	for rank, l := range lots {
		ranks[l.no] = uint32(rank) //nolint:gosec // a place in the log
	}
	return ranks
}
