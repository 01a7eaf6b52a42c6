package app

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"einlass/internal/draw"
)

// drawFolder publishes a draw of 30 entries and 5 later ones, by the exported calls that
// a room makes.
func drawFolder(t *testing.T) string {
	t.Helper()
	opens := time.Date(2026, 4, 3, 8, 0, 0, 0, time.UTC)
	key, seed := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), draw.Seed{1, 2, 3}
	beacon, err := draw.TypedBeacon("3 7 12 25 33 41")
	if err != nil {
		t.Fatal(err)
	}
	rule, err := draw.TypedRule("Lotto am 3. April 2026", opens.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	n := draw.Notice{
		Sale: "amt/termin", Rules: 1, Opened: opens.Add(-14 * time.Hour), Commitment: seed.Commitment(), HeadsKey: draw.PublicKey(key),
		Terms: []draw.Terms{{Since: opens.Add(-14 * time.Hour), Opens: opens, Rule: rule}},
	}
	log, entries := draw.NewLog(), make([]draw.Alias, 35)
	for i := range entries {
		entries[i] = draw.Alias{byte(i), 1}
	}
	log.Append(entries[:30]...)
	frozen, sum := log.Head()
	signer := draw.NewSigner(key, n)
	heads := []draw.Head{signer.Head(frozen, sum, opens), signer.Head(35, draw.HashOf(entries), opens.Add(2*time.Minute))}
	drawn := draw.Drawn{FrozenAt: opens, Frozen: frozen, LogHash: sum, DrawnAt: opens.Add(time.Minute), Seed: seed, Beacon: beacon, Entries: uint32(len(entries))}
	drawn.Key = draw.KeyOf(seed, sum, beacon.Bytes())
	n.Drawn = &drawn
	ranks, numbers := draw.Ranks(drawn.Key, entries[:30]), make([]uint32, len(entries))
	for i := range numbers {
		numbers[i] = draw.NumberOf(ranks, uint32(i))
	}
	dir := t.TempDir()
	published(t, dir, draw.FileRoom, func(b *bytes.Buffer) error { return draw.WriteNotice(b, n) })
	published(t, dir, draw.FileLog, func(b *bytes.Buffer) error { return draw.WriteLog(b, slices.Values(entries)) })
	published(t, dir, draw.FileHeads, func(b *bytes.Buffer) error { return draw.WriteHeads(b, slices.Values(heads)) })
	published(t, dir, draw.FileNumbers, func(b *bytes.Buffer) error { return draw.WriteNumbers(b, slices.Values(numbers)) })
	return dir
}

func published(t *testing.T, dir, name string, write func(*bytes.Buffer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A draw is verified from its files alone: no database is there, and none is made.
func TestVerifyDraw(t *testing.T) {
	dir := drawFolder(t)
	t.Setenv("EINLASS_DB", filepath.Join(dir, "none.db"))
	file := func(name string) string { return filepath.Join(dir, name) }
	four := []string{"verify", "draw", file(draw.FileNumbers), file(draw.FileHeads), file(draw.FileRoom), file(draw.FileLog)}
	for _, args := range [][]string{four, {"verify", "draw", dir}} {
		code, out, log := tell(t, "", args...)
		if code != exitOK || !strings.Contains(out, "35 entries (30 drawn, 5 later) and 2 signed heads agree") || !strings.Contains(out, "Not proved:") || log != "" {
			t.Errorf("einlass %v: %d\n%s%s", args, code, out, log)
		}
	}
	code, out, _ := tell(t, "", "verify", "draw", "--json", dir)
	if v := oneDraw(t, out); code != exitOK || v.Verify != "ok" || v.Entries != 35 || v.Beacon != "typed" || len(v.Differences) != 0 || len(v.Proved) == 0 {
		t.Errorf("%d %+v", code, v)
	}
	for name, args := range map[string][]string{
		"a file short": four[:5], "a file twice": append(slices.Clone(four), file(draw.FileLog)), "no such folder": {"verify", "draw", file("nothing")},
		"not in its form": {"verify", "draw", file(draw.FileLog), file(draw.FileNumbers), file(draw.FileRoom), misnamed(t, file(draw.FileLog))},
	} {
		if code, out, log := tell(t, "", args...); code != exitUsage || out != "" || log == "" {
			t.Errorf("%s: %d %q %q", name, code, out, log)
		}
	}
	if _, err := os.Stat(file("none.db")); err == nil {
		t.Error("a database was made")
	}
}

// misnamed copies a file to where the heads should be.
func misnamed(t *testing.T, from string) string {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), draw.FileHeads)
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

func oneDraw(t *testing.T, out string) (v verifiedDraw) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(out))
	if err := d.Decode(&v); err != nil || d.More() {
		t.Fatalf("not exactly one object: %v\n%s", err, out)
	}
	return v
}

// A number that was moved is named, and the program ends with 1.
func TestVerifyDrawNamesWhatDiffers(t *testing.T) {
	dir := drawFolder(t)
	path := filepath.Join(dir, draw.FileNumbers)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	lines[2], lines[9] = lines[9], lines[2]
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := tell(t, "", "verify", "draw", dir)
	if code != exitFailed || !strings.Contains(out, "number: entry 3 has number") || !strings.Contains(out, "2 such in all") || strings.Contains(out, "Proved:\n") {
		t.Errorf("%d\n%s", code, out)
	}
	code, out, _ = tell(t, "", "verify", "draw", dir, "--json")
	if v := oneDraw(t, out); code != exitFailed || v.Verify != "differs" || len(v.Differences) != 1 || len(v.Proved) != 0 {
		t.Errorf("%d %+v", code, v)
	}
}
