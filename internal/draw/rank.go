package draw

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"einlass/internal/failpoint"
)

// Commitment is published when the room opens: it binds the seed and tells nothing
// of it.
func (s Seed) Commitment() [HashBytes]byte { return sha256.Sum256(s[:]) }

// KeyOf is what the order follows from: the operator's seed, the log as it was frozen,
// and a beacon that nobody knew before; empty without one. Seed and hash have fixed
// lengths and the beacon stands last, so that no two draws have the same bytes.
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
	mac, sum := hmac.New(sha256.New, key[:]), [HashBytes]byte{}
	ranks := ranksBy(len(log), func(no uint32) [HashBytes]byte {
		mac.Reset()
		mac.Write(log[no][:])
		mac.Sum(sum[:0])
		if failpoint.Bug(failpoint.BugBiasedDraw) {
			clear(sum[1:])
		}
		return sum
	})
	if failpoint.Bug(failpoint.BugRotatedDraw) {
		for no := range ranks {
			ranks[no] = (uint32(no) + binary.BigEndian.Uint32(key[:])>>1) % uint32(len(ranks)) //nolint:gosec // a place in the log
		}
	}
	return ranks
}

// lot is what is sorted: the first eight bytes of an entry's MAC, which tell a million
// entries apart but once in 37 million draws, and its place in the log. The rest is made
// again when they do not: 16 bytes an entry instead of 36.
type lot struct {
	first uint64
	no    uint32
}

// ranksBy ranks n entries by their MACs.
func ranksBy(n int, mac func(no uint32) [HashBytes]byte) []uint32 {
	lots := make([]lot, n)
	for i := range lots {
		no := uint32(i) //nolint:gosec // a place in the log
		sum := mac(no)
		lots[i] = lot{binary.BigEndian.Uint64(sum[:]), no}
	}
	slices.SortFunc(lots, func(a, b lot) int {
		if c := cmp.Compare(a.first, b.first); c != 0 {
			return c
		}
		x, y := mac(a.no), mac(b.no)
		return cmp.Or(bytes.Compare(x[:], y[:]), cmp.Compare(a.no, b.no))
	})
	ranks := make([]uint32, n)
	for rank, l := range lots {
		ranks[l.no] = uint32(rank) //nolint:gosec // a place in the log
	}
	return ranks
}
