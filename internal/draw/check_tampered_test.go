package draw

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"time"
)

// tampering is one thing that somebody could do to the files, and what both verifiers
// must say to it.
type tampering struct {
	name string
	do   func(r *room)
	want string
}

// otherSeed is a seed that was not committed to.
var otherSeed = Seed{1}

// tamperings are at least one for each thing that docs/draw.md says must hold.
var tamperings = []tampering{
	{"a seed chosen afterwards", func(r *room) { r.seed = otherSeed; r.draw() }, "1 commitment"},
	{"a seed chosen afterwards, with its commitment", func(r *room) { r.seed = otherSeed; r.Notice.Commitment = r.seed.Commitment(); r.draw() }, "1 head"},
	{"two numbers swapped", func(r *room) { r.Numbers[3], r.Numbers[7] = r.Numbers[7], r.Numbers[3] }, "1 number"},
	{"two late ones swapped", func(r *room) { n := len(r.Numbers); r.Numbers[n-1], r.Numbers[n-2] = r.Numbers[n-2], r.Numbers[n-1] }, "1 late"},
	{"a late one in front", func(r *room) { r.Numbers[len(r.Numbers)-1] = 1 }, "1 late"},
	{"the seed's numbers of another log", func(r *room) { r.Log[2] = Alias{9}; r.Notice.Drawn.LogHash = frozenHash(r) }, "1 head key number"},
	{"an alias exchanged, drawn again", func(r *room) { r.Log[2] = Alias{9}; r.draw() }, "1 head"},
	{"an alias exchanged only in the log", func(r *room) { r.Log[2] = Alias{9} }, "1 head log"},
	{"an alias twice", func(r *room) { r.Log[2] = r.Log[5]; r.signHeads(10); r.draw() }, "1 alias"},
	{"an entry slipped in after the freeze", slipIn, "1 head"},
	{"an entry taken out", func(r *room) {
		r.Log = slices.Delete(r.Log, 4, 5)
		r.Notice.Drawn.Frozen--
		r.Notice.Drawn.Entries--
		r.draw()
	}, "1 head"},
	{"another key", func(r *room) { r.Notice.Drawn.Key[5] ^= 1 }, "1 key"},
	{"a line of the numbers missing", func(r *room) { r.Numbers = r.Numbers[:len(r.Numbers)-1] }, "1 count"},
	{"a line of the log missing", func(r *room) { r.Log = r.Log[:len(r.Log)-1] }, "1 count head"},
	{"more frozen than there are", func(r *room) { r.Notice.Drawn.Frozen = r.Notice.Drawn.Entries + 1 }, "1 count head log number"},
	{"the freeze moved forward", func(r *room) { r.Notice.Drawn.FrozenAt = r.Notice.Terms[0].Opens.Add(-time.Second) }, "1 time"},
	{"drawn before the freeze", func(r *room) { r.Notice.Drawn.DrawnAt = r.Notice.Drawn.FrozenAt.Add(-time.Microsecond) }, "1 time"},
	{"opened after the freeze", func(r *room) { r.Notice.Opened = r.Notice.Drawn.FrozenAt.Add(time.Microsecond) }, "1 terms time"},
	{"opened at another time", func(r *room) { r.Notice.Opened = r.Notice.Opened.Add(-time.Hour) }, "1 terms"},
	{"a late alias exchanged", func(r *room) { r.Log[len(r.Log)-1] = Alias{9} }, "1 head"},
	{"late ones that no head covers", func(r *room) { r.Heads = r.Heads[:len(r.Heads)-1] }, "1 head"},
	{"a head from before with more than were frozen", func(r *room) {
		h := r.Heads[len(r.Heads)-1]
		r.Heads = []Head{NewSigner(r.key, r.Notice).Head(h.N, h.Hash, opensAt.Add(-time.Minute))}
	}, "1 head"},
	{"a head unsigned", func(r *room) { r.Heads[1].Signature[3] ^= 1 }, "1 head"},
	{"a head with another time", func(r *room) { r.Heads[1].At = r.Heads[1].At.Add(time.Microsecond) }, "1 head"},
	{"a head signed by somebody else", func(r *room) {
		s := NewSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), r.Notice)
		r.Heads[1] = s.Head(r.Heads[1].N, r.Heads[1].Hash, r.Heads[1].At)
	}, "1 head"},
	{"a head of another sale", func(r *room) {
		n := r.Notice
		n.Sale = "kreis/andere"
		r.Heads[1] = NewSigner(r.key, n).Head(r.Heads[1].N, r.Heads[1].Hash, r.Heads[1].At)
	}, "1 head"},
	{"heads that shrink", func(r *room) { r.Heads[0], r.Heads[1] = r.Heads[1], r.Heads[0] }, "1 head"},
	{"the head of the freeze left out", func(r *room) {
		r.Heads = slices.DeleteFunc(r.Heads, func(h Head) bool { return h.N == r.Notice.Drawn.Frozen })
	}, "1 head"},
	{"no heads", func(r *room) { r.Heads = nil }, "1 head"},
	{"another opening than was signed", func(r *room) { r.Notice.Terms[0].Opens = opensAt.Add(-time.Second) }, "1 head"},
	{"terms changed after the freeze", func(r *room) {
		r.Notice.Terms = append(r.Notice.Terms, r.Notice.Terms[0])
		r.Notice.Terms[1].Since = r.Notice.Drawn.FrozenAt.Add(time.Second)
	}, "1 head terms"},
	{"terms out of order", func(r *room) {
		r.Notice.Terms = slices.Insert(r.Notice.Terms, 0, r.Notice.Terms[0])
		r.Notice.Terms[0].Since = r.Notice.Drawn.FrozenAt
	}, "1 terms"},
	{"other rules", func(r *room) { r.Notice.Rules++ }, "1 head"},
}

// frozenHash is the hash of the frozen log as it is now.
func frozenHash(r *room) [HashBytes]byte { return HashOf(r.Log[:r.Notice.Drawn.Frozen]) }

// slipIn puts a friend into the frozen part and draws again.
func slipIn(r *room) {
	d := r.Notice.Drawn
	r.Log = slices.Insert(r.Log, int(d.Frozen), Alias{0xee})
	d.Frozen++
	d.Entries++
	r.draw()
}

// beaconTamperings are about one source of beacon only.
var beaconTamperings = map[Source][]tampering{
	None: {
		{"a beacon that nobody promised", func(r *room) { r.Notice.Drawn.Beacon, _ = TypedBeacon("1 2 3"); r.draw() }, "1 beacon"},
	},
	Typed: {
		{"left out before its time", func(r *room) { r.Notice.Drawn.Beacon = Beacon{Source: None}; r.draw() }, "1 beacon"},
		{"two blanks", func(r *room) { r.Notice.Drawn.Beacon.Text = "1  2"; r.draw() }, "1 beacon"},
		{"not composed", func(r *room) { r.Notice.Drawn.Beacon.Text = "Mu\u0308nchen"; r.draw() }, "1 beacon"},
		{"something unseen", func(r *room) { r.Notice.Drawn.Beacon.Text = "1\u200b2"; r.draw() }, "1 beacon"},
		{"a control character", func(r *room) { r.Notice.Drawn.Beacon.Text = "1\x1c2"; r.draw() }, "1 beacon"},
		{"another value than was drawn with", func(r *room) { r.Notice.Drawn.Beacon.Text = "1 2 3" }, "1 key number"},
		{"another source than was signed", func(r *room) { r.Notice.Terms[0].Rule.From = "Würfel des Landrats" }, "1 head"},
	},
	Drand: {
		{"left out before its time", func(r *room) { r.Notice.Drawn.Beacon = Beacon{Source: None}; r.draw() }, "1 beacon"},
		{"another round", func(r *room) {
			r.Notice.Drawn.Beacon.Round, r.Notice.Drawn.Beacon.Signature = 1001, bytesOfHex(realRounds[1].signature)
			r.draw()
		}, "1 beacon"},
		{"a promise of another round", func(r *room) {
			r.Notice.Terms[0].Rule.Round = 1001
			r.Notice.Drawn.Beacon.Round, r.Notice.Drawn.Beacon.Signature = 1001, bytesOfHex(realRounds[1].signature)
			r.signHeads(10)
			r.draw()
		}, "1 terms"},
		{"a value typed in instead", func(r *room) { r.Notice.Drawn.Beacon, _ = TypedBeacon("1 2 3"); r.draw() }, "1 beacon"},
		{"another chain", func(r *room) { r.Notice.Terms[0].Rule.From = strings.Repeat("0", 64); r.signHeads(10) }, "1 terms"},
		{"frozen when the round was known", func(r *room) {
			r.Notice.Drawn.FrozenAt = RoundTime(1000)
			r.signHeads(10)
		}, "1 beacon"},
	},
}

func bytesOfHex(text string) []byte {
	b := make([]byte, len(text)/2)
	if unhex(b, text) != nil {
		return nil
	}
	return b
}
