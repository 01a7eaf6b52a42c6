package draw

import (
	"crypto/ed25519"
	"time"
)

// Names of the published files (docs/draw.md).
const (
	FileRoom    = "room.json"
	FileLog     = "log.txt"
	FileHeads   = "heads.jsonl"
	FileNumbers = "numbers.txt"
)

// Bounds on what is read, so that a file from anywhere cannot fill the memory.
const (
	EntriesMax = 1 << 24 // entries of a log: ten million people, and some
	HeadsMax   = 1 << 17 // signed heads: one a second for a day and a half
	TermsMax   = 100     // sets of terms: each postponement adds one
	roomMax    = 1 << 20 // bytes of room.json: TermsMax long sets and the rest
	headMax    = 1 << 10 // bytes of a line of heads.jsonl: it has about 400
	saleMax    = 200     // bytes of a sale's public path
)

// Notice is what room.json says: what is published when a room opens, and after the draw
// what it came to.
type Notice struct {
	Sale       string // its public path: organizer/event/…
	Rules      int    // version of the rules, frozen when the room opened
	Opened     time.Time
	Commitment [HashBytes]byte
	HeadsKey   [ed25519.PublicKeySize]byte
	Terms      []Terms // the last ones hold
	Drawn      *Drawn  // nil before the draw
}

// Drawn is what is published after the draw. Entries counts those of the files, which
// are of one moment: the log grows on while the room is open.
type Drawn struct {
	FrozenAt time.Time
	Frozen   uint32
	LogHash  [HashBytes]byte // of the frozen entries
	DrawnAt  time.Time
	Seed     Seed
	Beacon   Beacon
	Key      [HashBytes]byte
	Entries  uint32
}

// Files are the published files of one draw.
type Files struct {
	Notice  Notice
	Log     []Alias  // by place in the log
	Heads   []Head   // in the order in which they were signed
	Numbers []uint32 // by place in the log, from 1
}

// NumberOf returns the number of the entry at a place in the log: by its rank if it was
// drawn, else by its place.
func NumberOf(ranks []uint32, no uint32) uint32 {
	if int(no) < len(ranks) {
		return ranks[no] + 1
	}
	return no + 1
}
