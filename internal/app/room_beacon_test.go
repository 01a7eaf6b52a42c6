package app

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"einlass/internal/waitingroom"
)

// round1000 is a round of quicknet as its relays answer it.
const round1000 = `{"round":1000,"signature":"b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"}`

var downloads = regexp.MustCompile(`<a href="([^"]+)" download>([a-z.]+)</a>`)

// TestBeaconIsBroughtFromOutside: a running server waits for the beacon, an operator
// brings it from another process, and the files prove the draw. What was not promised is
// refused in a sentence.
func TestBeaconIsBroughtFromOutside(t *testing.T) {
	dir := t.TempDir()
	db, file, round, other := filepath.Join(dir, "einlass.db"), roomFile(t), filepath.Join(dir, "round.json"), filepath.Join(dir, "other.json")
	change(t, file, "allocation: room", "allocation: room\n  beacon: {source: typed, from: Lotto am Samstag}")
	for path, text := range map[string]string{round: round1000, other: strings.Replace(round1000, ":1000", ":1001", 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, out, log := tell(t, "", "apply", "--db", db, file); code != exitOK {
		t.Fatalf("apply: %d\n%s%s", code, out, log)
	}
	beacon := func(args ...string) (int, string, string) {
		return tell(t, "", append([]string{"room", "beacon", "--db", db, "amt/termin"}, args...)...)
	}
	if code, _, log := beacon("--text", "3 7 12"); code != exitFailed || !strings.Contains(log, "not frozen yet") {
		t.Errorf("before the opening: %d %s", code, log)
	}
	s := serve(t, db, anyPorts(), Clock{})
	sale := s.sales()[0].ID
	soon(t, "the log is frozen", func() bool {
		r := s.rooms.Roster(sale)
		return r != nil && r.Room().Phase == waitingroom.Drawing
	})
	v := newQueuer(t, s)
	v.join(t)
	if page := v.page(t); !strings.Contains(page, `data-state="drawing"`) || !strings.Contains(page, "Lotto am Samstag") {
		t.Errorf("while the draw waits:\n%s", page)
	}
	for says, args := range map[string][]string{
		"either with --text VALUE or": {},
		"either with --text":          {"--text", "7", "--round", round},
		"cannot be seen":              {"--text", "3\u200b7"},
		"--round: drand":              {"--round", file},
		"--round: ":                   {"--round", other},
		"--text: Lotto am Samstag":    {"--round", round},
	} {
		if code, _, log := beacon(args...); code == exitOK || !strings.Contains(log, says) {
			t.Errorf("%v: %d %s", args, code, log)
		}
	}
	if code, out, log := beacon("--text", " 3  7 12 "); code != exitOK || !strings.Contains(out, `"3 7 12"`) {
		t.Errorf("%d %s%s", code, out, log)
	}
	soon(t, "the numbers are called", func() bool { return s.rooms.Roster(sale).Room().Phase == waitingroom.Calling })
	if code, _, log := beacon("--text", "3 7 12"); code != exitFailed || !strings.Contains(log, "has its beacon already") {
		t.Errorf("once more: %d %s", code, log)
	}
	var folder string
	soon(t, "the files say what was drawn", func() bool { folder = downloadDraw(t, v.url); return exists(filepath.Join(folder, "log.txt")) })
	if code, out, log := tell(t, "", "verify", "draw", folder); code != exitOK || !strings.Contains(out, "beacon: typed") {
		t.Errorf("%d %s%s", code, out, log)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	verify(t, db)
}

// change replaces one thing in a file.
func change(t *testing.T, file, old, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%v: no %q in %s", err, old, text)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// downloadDraw fetches the files that the page about the draw links to.
func downloadDraw(t *testing.T, url string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, link := range downloads.FindAllStringSubmatch(string(fetchDraw(t, url+"/draw")), -1) {
		host := strings.TrimSuffix(url, "/amt/termin")
		if err := os.WriteFile(filepath.Join(dir, link[2]), fetchDraw(t, host+link[1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func fetchDraw(t *testing.T, url string) []byte {
	t.Helper()
	res, err := http.Get(url) //nolint:gosec // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", url, res.StatusCode, err)
	}
	return body
}
