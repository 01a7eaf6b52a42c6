package draw

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"einlass/internal/fault"
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

// The verdicts of both verifiers, as the program ends with them.
const (
	agrees  = "0"
	differs = "1"
	unread  = "2"
)

// here gives the verdict of Check on the files in a folder: "0", "1" with the kinds of
// difference, or "2".
func here(dir string) string {
	f, err := readFolder(dir)
	if err != nil {
		return unread
	}
	report, err := Check(f)
	if err != nil {
		return unread
	}
	var kinds []string
	for _, d := range report.Differences {
		kinds = append(kinds, string(d.Kind))
	}
	return verdictOf(kinds)
}

func verdictOf(kinds []string) string {
	if len(kinds) == 0 {
		return agrees
	}
	slices.Sort(kinds)
	return differs + " " + strings.Join(slices.Compact(kinds), " ")
}

func readFolder(dir string) (f Files, err error) {
	open := map[string]func([]byte) error{
		FileRoom:    func(b []byte) (err error) { f.Notice, err = ReadNotice(bytes.NewReader(b)); return err },
		FileLog:     func(b []byte) (err error) { f.Log, err = ReadLog(bytes.NewReader(b)); return err },
		FileHeads:   func(b []byte) (err error) { f.Heads, err = ReadHeads(bytes.NewReader(b)); return err },
		FileNumbers: func(b []byte) (err error) { f.Numbers, err = ReadNumbers(bytes.NewReader(b)); return err },
	}
	for name, read := range open {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = read(b)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// there gives the verdict of the other verifier.
func there(t *testing.T, dir string) string {
	t.Helper()
	args := []string{"../../docs/verify/verify_draw.py"}
	for _, name := range []string{FileRoom, FileLog, FileHeads, FileNumbers} {
		args = append(args, filepath.Join(dir, name))
	}
	cmd := exec.Command("python3", args...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.Output()
	code := cmd.ProcessState.ExitCode()
	if code < 0 || code > 2 {
		t.Fatalf("%v: %d %v", args, code, err)
	}
	if code != 1 {
		return fmt.Sprint(code)
	}
	var kinds []string
	for line := range strings.Lines(string(out)) {
		kind, _, _ := strings.Cut(line, ":")
		kinds = append(kinds, kind)
	}
	return verdictOf(kinds)
}

// needPython skips where the other verifier cannot run.
func needPython(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("needs python3")
	}
}

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

// Both verifiers accept what was drawn by the rules, whatever the beacon and however
// many there were.
func TestBothVerifiersAcceptHonestDraws(t *testing.T) {
	needPython(t)
	honest := map[string]*room{
		"fallback": newRoom(t, Typed, 40, 12), "postponed": newRoom(t, Drand, 40, 12),
		"nobody": newRoom(t, None, 0, 0), "nobody in time": newRoom(t, Drand, 0, 12), "one": newRoom(t, Typed, 1, 0),
	}
	for _, source := range []Source{None, Typed, Drand} {
		honest[string(source)] = newRoom(t, source, 40, 12)
	}
	late := honest["fallback"]
	late.Notice.Drawn.Beacon, late.Notice.Drawn.DrawnAt = Beacon{Source: None}, late.Notice.Terms[0].Rule.Until
	late.draw()
	postpone(honest["postponed"])
	for name, r := range honest {
		dir := t.TempDir()
		r.write(t, dir)
		if a, b := here(dir), there(t, dir); a != agrees || b != agrees {
			report, err := Check(r.Files)
			t.Errorf("%s: %s here, %s there\n%+v %v", name, a, b, report.Differences, err)
		}
	}
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

// Both verifiers find every kind of tampering, and say the same of it.
func TestBothVerifiersAgree(t *testing.T) {
	needPython(t)
	ran := 0
	for _, source := range []Source{None, Typed, Drand} {
		cases := beaconTamperings[source]
		if source == Typed {
			cases = append(cases, tamperings...)
		}
		for _, c := range cases {
			r, dir := newRoom(t, source, 40, 12), t.TempDir()
			c.do(r)
			r.write(t, dir)
			if a, b := here(dir), there(t, dir); a != c.want || b != c.want {
				t.Errorf("%s, %s: %s here, %s there; want %s", source, c.name, a, b, c.want)
			}
			ran++
		}
	}
	if ran < 47 {
		t.Errorf("only %d tamperings", ran)
	}
	t.Logf("%d tamperings", ran)
}

// flips is how many random changes of one byte both verifiers must judge alike. A long
// run (EINLASS_FLIPS=600) finds what nobody thought of.
const flips, flipsShort = 40, 20

// Whatever byte of whatever file is changed, both verifiers say the same.
func TestBothVerifiersAgreeOnAnyByte(t *testing.T) {
	needPython(t)
	n, verdicts := flips, map[byte]int{}
	if testing.Short() {
		n = flipsShort
	}
	if text := os.Getenv("EINLASS_FLIPS"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{FileRoom, FileHeads, FileLog, FileNumbers}
	for i := range n {
		chance := sha256.Sum256(fmt.Appendf(nil, "flip %d", i))
		r, dir := newRoom(t, []Source{None, Typed, Drand}[i%3], 40, 12), t.TempDir()
		r.write(t, dir)
		change := flip(t, filepath.Join(dir, names[chance[0]%4]), chance[1:])
		a, b := here(dir), there(t, dir)
		// Left out there: a round's signature.
		if a != b && a != "1 beacon key number" {
			t.Errorf("flip %d, %s: %s here, %s there", i, change, a, b)
		}
		verdicts[a[0]]++
	}
	t.Logf("%d changes: %d found to differ, %d refused", n, verdicts['1'], verdicts['2'])
	if verdicts['1'] < n/5 || verdicts['2'] < n/5 {
		t.Errorf("verdicts: %v", verdicts)
	}
}

// bytesChanged is how many random changes of one byte Check alone must notice.
const bytesChanged = 1500

// No byte of the four files can be changed unnoticed, but for two times that are the
// server's word: when it froze and when it drew, within what was promised.
func TestEveryByteCounts(t *testing.T) {
	dir, unnoticed := t.TempDir(), 0
	names := []string{FileRoom, FileHeads, FileLog, FileNumbers}
	rooms := []*room{newRoom(t, None, 40, 12), newRoom(t, Typed, 40, 12), newRoom(t, Drand, 40, 12)}
	for i := range bytesChanged {
		chance := sha256.Sum256(fmt.Appendf(nil, "byte %d", i))
		rooms[i%3].write(t, dir)
		change := flip(t, filepath.Join(dir, names[chance[0]%4]), chance[1:])
		if here(dir) != agrees {
			continue
		}
		unnoticed++
		if !strings.Contains(change, `"frozen_at"`) && !strings.Contains(change, `"drawn_at"`) {
			t.Errorf("unnoticed: %s", change)
		}
	}
	if unnoticed > bytesChanged/100 {
		t.Errorf("%d of %d unnoticed", unnoticed, bytesChanged)
	}
	t.Logf("%d of %d unnoticed, all in times", unnoticed, bytesChanged)
}

// flip changes one byte of a file into another that could stand there, or takes it out.
func flip(t *testing.T, path string, chance []byte) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := (int(chance[0])<<16 | int(chance[1])<<8 | int(chance[2])) % len(text)
	const some = "0123456789abcdefT:Z .,-\"\n{}"
	was, by := text[at], some[int(chance[3])%len(some)]
	if was == by {
		by = was ^ 1
	}
	changed := append(slices.Clone(text[:at]), by)
	if chance[4]%4 == 0 {
		changed = changed[:at]
	}
	if err := os.WriteFile(path, append(changed, text[at+1:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	line := text[bytes.LastIndexByte(text[:at], '\n')+1:]
	line, _, _ = bytes.Cut(line, []byte("\n"))
	return fmt.Sprintf("%s: %q at %d for %q in %s", filepath.Base(path), by, at, was, line)
}

// A drand round with the signature of another is found here, and named as left out
// there.
func TestOnlyHereTheSignatureOfARoundIsChecked(t *testing.T) {
	needPython(t)
	r, dir := newRoom(t, Drand, 40, 12), t.TempDir()
	r.Notice.Drawn.Beacon.Signature = bytesOf(t, realRounds[1].signature)
	r.draw()
	r.write(t, dir)
	if a, b := here(dir), there(t, dir); a != "1 beacon" || b != agrees {
		t.Errorf("%s here, %s there", a, b)
	}
}

// Files that are not in their form are refused by both.
func TestBothVerifiersRefuseOtherForms(t *testing.T) {
	needPython(t)
	replace := func(old, by string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, by, 1) }
	}
	cut := func(s string) string { return strings.TrimSuffix(s, "\n") }
	for name, changes := range map[string][]func(string) string{
		FileRoom: {
			replace("draw 1", "draw 2"), replace("{", "["), replace(`"rules": 3`, `"rules": 3, "rules": 4`), replace(`"sale"`, `"Sale"`),
			replace(`"rules": 3`, `"rules": 3.0`), replace(`"rules": 3`, `"rules": -3`), replace(`"rules": 3`, `"rules": 3, "x": 1`),
			replace(`"source": "typed"`, `"source": "dice"`), replace("Z", "+00:00"), replace(`"round": 0`, `"round": 7`), replace("Lotto", "\xff"),
			func(s string) string { i := strings.Index(s, `"draw"`); return s[:i] + "\"draw\": null\n}\n" }, func(string) string { return "" },
		},
		FileLog:     {cut, strings.ToUpper, replace("\n", "\r\n"), replace("\n", "\n\n"), func(s string) string { return s[1:] }, func(s string) string { return " " + s }},
		FileNumbers: {cut, func(s string) string { return "0" + s }, func(s string) string { return "0\n" + s }, func(s string) string { return "123456789\n" + s }, func(s string) string { return "-1\n" + s }},
		FileHeads:   {cut, replace(`{"n"`, `{"N"`), replace("{", "["), replace(`"n":10`, `"n":-1`), replace(`"n":10`, `"n":10,"n":10`), replace("Z", ""), replace(`"n":10`, `"n":"10"`)},
	} {
		for i, change := range changes {
			dir := t.TempDir()
			newRoom(t, Typed, 40, 12).write(t, dir)
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := change(string(text))
			if changed == string(text) {
				t.Errorf("%s: change %d changes nothing", name, i)
			}
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			if a, b := here(dir), there(t, dir); a != unread || b != unread {
				t.Errorf("%s, change %d: %s here, %s there", name, i, a, b)
			}
		}
	}
}

// What the report says is proved depends on the beacon, and nothing is once something
// differs.
func TestReportSaysWhatIsProved(t *testing.T) {
	for source, want := range map[Source]string{None: "without a beacon", Typed: "Compare", Drand: "random names"} {
		report, err := Check(newRoom(t, source, 40, 12).Files)
		if err != nil || len(report.Proved) < 3 || !strings.Contains(strings.Join(report.NotProved, " "), want) {
			t.Errorf("%s: %+v %v", source, report, err)
		}
		if report.Entries != 52 || report.Drawn != 40 || report.Late != 12 || report.Heads != 6 || report.Beacon != source {
			t.Errorf("%s: counted %+v", source, report)
		}
	}
	r := newRoom(t, Drand, 40, 12)
	r.Numbers[0]++
	if report, err := Check(r.Files); err != nil || len(report.Proved) != 0 {
		t.Errorf("%+v %v", report, err)
	}
	r.Notice.Drawn = nil
	if _, err := Check(r.Files); fault.KindOf(err) != fault.Invalid {
		t.Errorf("not drawn yet: %v", err)
	}
}

// A draw of a million, checked: what a newspaper's computer has to do.
func BenchmarkCheck(b *testing.B) {
	r := newRoom(b, Drand, 1_000_000, 10_000)
	r.signHeads(1000)
	if dir := os.Getenv("EINLASS_DRAW_FILES"); dir != "" {
		r.write(b, dir) // for a look at the other verifier's time
	}
	for b.Loop() {
		if report, err := Check(r.Files); err != nil || len(report.Differences) > 0 {
			b.Fatal(err, report.Differences)
		}
	}
}
