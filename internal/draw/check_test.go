package draw

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"einlass/internal/fault"
)

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
