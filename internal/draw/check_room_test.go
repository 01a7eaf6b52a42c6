package draw

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// room is a draw as an operator runs it, for tests to publish or to tamper with.
type room struct {
	Files
	key  ed25519.PrivateKey
	seed Seed
}

// window is how long numbers can be drawn before the opening.
const window = 14 * time.Hour

// opensAt is the time at which round 1000 of quicknet becomes the promised one.
var opensAt = RoundTime(1000).Add(-BeaconMargin)

// newRoom draws frozen entries and lets late ones follow, with a head signed every
// tenth entry.
func newRoom(t testing.TB, source Source, frozen, late int) *room {
	t.Helper()
	r := &room{key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)), seed: sha256.Sum256([]byte("room"))}
	opened, until := opensAt.Add(-window), opensAt.Add(10*time.Minute)
	rule, err := NoBeacon(), error(nil)
	switch source {
	case Typed:
		rule, err = TypedRule("Ziehung der Lottozahlen am 23. August 2023, in gezogener Reihenfolge", until)
	case Drand:
		rule = DrandRule(opensAt, until)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Notice = Notice{
		Sale: "kreis/impfung", Rules: 3, Opened: opened, Commitment: r.seed.Commitment(), HeadsKey: PublicKey(r.key),
		Terms: []Terms{{Since: opened, Opens: opensAt, Rule: rule}},
	}
	r.Log = aliasesOf("room "+string(source), frozen+late)
	r.Notice.Drawn = &Drawn{FrozenAt: opensAt.Add(40 * time.Millisecond), Frozen: uint32(frozen), DrawnAt: opensAt.Add(33 * time.Second), Entries: uint32(frozen + late)}
	switch source {
	case None:
		r.Notice.Drawn.Beacon = Beacon{Source: None}
	case Typed:
		r.Notice.Drawn.Beacon, err = TypedBeacon("12 3 41 25 7 33 – Superzahl 4, \u201eäöü\u201c <&>")
	case Drand:
		r.Notice.Drawn.Beacon, err = DrandBeacon(1000, bytesOf(t, realRounds[0].signature))
	}
	if err != nil {
		t.Fatal(err)
	}
	r.signHeads(10)
	r.draw()
	return r
}

// signHeads signs the heads anew: every so many entries, at the freeze, and after.
func (r *room) signHeads(every int) {
	r.Heads = nil
	s, log, d := NewSigner(r.key, r.Notice), NewLog(), r.Notice.Drawn
	for i := range r.Log {
		log.Append(r.Log[i])
		n, sum := log.Head()
		at := r.Notice.Opened.Add(window / time.Duration(len(r.Log)) * time.Duration(i))
		if n > d.Frozen {
			at = d.FrozenAt.Add(time.Duration(i) * time.Second)
		}
		if int(n)%every == 0 || n == d.Frozen || n == d.Entries {
			r.Heads = append(r.Heads, s.Head(n, sum, at))
		}
	}
	if d.Frozen == 0 {
		r.Heads = slices.Insert(r.Heads, 0, s.Head(0, HashOf(nil), d.FrozenAt))
	}
}

// draw computes log hash, key and numbers anew.
func (r *room) draw() {
	d := r.Notice.Drawn
	d.Seed, d.LogHash = r.seed, HashOf(r.Log[:d.Frozen])
	d.Key = KeyOf(d.Seed, d.LogHash, d.Beacon.Bytes())
	ranks := Ranks(d.Key, r.Log[:d.Frozen])
	r.Numbers = make([]uint32, len(r.Log))
	for i := range r.Numbers {
		r.Numbers[i] = NumberOf(ranks, uint32(i))
	}
}

// write publishes the files into a folder and returns their names.
func (f *Files) write(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	for name, write := range map[string]func(*bytes.Buffer) error{
		FileRoom:    func(b *bytes.Buffer) error { return WriteNotice(b, f.Notice) },
		FileLog:     func(b *bytes.Buffer) error { return WriteLog(b, slices.Values(f.Log)) },
		FileHeads:   func(b *bytes.Buffer) error { return WriteHeads(b, slices.Values(f.Heads)) },
		FileNumbers: func(b *bytes.Buffer) error { return WriteNumbers(b, slices.Values(f.Numbers)) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// postpone lets the room have had an earlier opening, with heads from that time.
func postpone(r *room) {
	first, second := r.Notice.Terms[0], r.Notice.Terms[0]
	first.Opens = opensAt.Add(-time.Hour)
	first.Rule = DrandRule(first.Opens, first.Rule.Until)
	second.Since = opensAt.Add(-window / 2)
	all := r.Heads
	r.Notice.Terms = []Terms{first}
	early := NewSigner(r.key, r.Notice)
	r.Notice.Terms = []Terms{first, second}
	later := NewSigner(r.key, r.Notice)
	r.Heads = nil
	for _, h := range all {
		s := later
		if h.At.Before(second.Since) && h.N < r.Notice.Drawn.Frozen {
			s = early
		}
		r.Heads = append(r.Heads, s.Head(h.N, h.Hash, h.At))
	}
}
