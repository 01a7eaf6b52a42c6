package waitingroom

import (
	"encoding/binary"

	"einlass/internal/failpoint"
	"einlass/internal/ident"
)

// How many numbers one network may draw in a sale that asks nothing.
const (
	// NetworkFree is how many any network may draw whoever else comes: the largest
	// schools have about 2,000 pupils, and not all of them want a place.
	NetworkFree = 1_000
	// crowdShare: beyond that a network may have one in so many of what all others drew,
	// each of them counted up to its free ones: a mobile network that brings a seventh of
	// the crowd behind one address gets in as it comes, and several farms do not lift each
	// other.
	crowdShare = 5
)

// The counters have a fixed size, 512 KiB a sale, however many networks come. Two
// networks that meet in both rows count as one: with 60 networks of thousands among
// others that happens to 1 in a million.
const (
	shareRows  = 2
	shareCells = 1 << 16
)

// Shares counts how many numbers each network has drawn. It knows networks by a keyed
// digest and keeps not even that: who reads its memory finds counts, and no network. It
// has no lock of its own.
type Shares struct {
	free    int
	cells   [shareRows][shareCells]uint32
	crowd   int // numbers of all, each network counted up to free
	counted int // numbers of all
	largest int // of one network
}

// NewShares counts from zero; free is NetworkFree where it is 0.
func NewShares(free int) *Shares {
	if free == 0 {
		free = NetworkFree
	}
	return &Shares{free: free}
}

// Take counts a number that a network is about to draw; false if it has as many as it
// may. What was taken goes to Keep or GiveBack.
func (s *Shares) Take(network ident.Digest) bool {
	n := s.of(network)
	if n >= max(s.free, s.crowd/crowdShare) && !failpoint.Bug(failpoint.BugNetworkUncapped) {
		return false
	}
	if n < s.free {
		s.crowd++
	}
	s.add(network, 1)
	return true
}

// Keep says that the number was drawn.
func (s *Shares) Keep(network ident.Digest) {
	s.counted++
	s.largest = min(s.counted, max(s.largest, s.of(network)))
}

// GiveBack says that it was not.
func (s *Shares) GiveBack(network ident.Digest) {
	s.add(network, -1)
	if s.of(network) < s.free {
		s.crowd--
	}
}

// Counted is how many numbers were drawn, and how many of them the largest network drew.
func (s *Shares) Counted() (all, largest int) { return s.counted, s.largest }

// of is how many numbers a network has, or a little more.
func (s *Shares) of(network ident.Digest) int {
	n := ^uint32(0)
	for row := range shareRows {
		n = min(n, *s.cell(row, network))
	}
	return int(n)
}

func (s *Shares) add(network ident.Digest, by int) {
	for row := range shareRows {
		*s.cell(row, network) += uint32(by) //nolint:gosec // what is given back was taken
	}
}

// cell is a network's counter of one row: each row has other bits of the digest.
func (s *Shares) cell(row int, network ident.Digest) *uint32 {
	at := binary.BigEndian.Uint16(network[2*row:])
	return &s.cells[row][at]
}

// shareFrom is from how many numbers on a share is told: one in a hundred is then
// somebody.
const shareFrom = 100

// fewest is how many of the largest network are told at least: of fewer people nothing is.
const fewest = 5

// LargestShare is the share of the largest network of all numbers counted, in per cent,
// rounded up: never less than it is. False where there are too few to tell.
func LargestShare(all, largest int) (percent int, ok bool) {
	if all < shareFrom {
		return 0, false
	}
	const whole = 100
	return min(whole, (whole*max(fewest, largest)+all-1)/all), true
}
