package house

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promised are the rows that docs/promises.md must have.
var promised = strings.Fields("P6 P7 P8 P9 P10 P11 P12 P14 P15 22 23 24 25 35 36 37 38 39 40 41 44 45")

var (
	testFunc   = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	namedTest  = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)\\w+)`")
	namedBug   = regexp.MustCompile("`(bug\\.[a-z0-9.-]+)`")
	bugConst   = regexp.MustCompile(`(?m)^\s+(Bug\w+)\s+Name = "([^"]+)"`)
	caughtBy   = regexp.MustCompile(`\{failpoint\.(Bug\w+), \w+, "([^"]+)"\}`)
	listedBugs = regexp.MustCompile(`(?s)var All = \[\]Name\{(.*?)\n\}`)
)

// allTests are the names of every test of the house.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, m := range testFunc.FindAllStringSubmatch(read(t, path), -1) {
			out[m[1]] = true
		}
		return nil
	})
	if err != nil || len(out) < 200 {
		t.Fatalf("%d tests found, %v: the walk is broken", len(out), err)
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// plantedBugs are the tests by which each planted bug is caught, by the bug's name.
func plantedBugs(t *testing.T) map[string][]string {
	t.Helper()
	names, text := map[string]string{}, read(t, filepath.Join(root, "failpoint", "names.go"))
	all := listedBugs.FindStringSubmatch(text)
	if all == nil {
		t.Fatal("the list of all failpoints is not where it was")
	}
	out := map[string][]string{}
	for _, m := range bugConst.FindAllStringSubmatch(text, -1) {
		names[m[1]], out[m[2]] = m[2], nil
		if !regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(all[1]) {
			t.Errorf("%s is not in failpoint.All: it could not be switched on", m[1])
		}
	}
	for _, m := range caughtBy.FindAllStringSubmatch(read(t, filepath.Join(root, "..", "scripts", "bugs", "main.go")), -1) {
		out[names[m[1]]] = append(out[names[m[1]]], m[2])
	}
	if len(out) < 50 {
		t.Fatalf("%d planted bugs found: the pattern is broken", len(out))
	}
	return out
}

// TestEveryPlantedBugIsTried: a bug that no line of `make bugs` switches on proves nothing.
func TestEveryPlantedBugIsTried(t *testing.T) {
	tests := allTests(t)
	for bug, by := range plantedBugs(t) {
		if len(by) == 0 {
			t.Errorf("%s is tried by nothing: scripts/bugs names no test for it", bug)
		}
		for _, name := range by {
			if name != "." && !anyBegins(tests, name) {
				t.Errorf("%s is tried by %s, which is no test", bug, name)
			}
		}
	}
}

// anyBegins reports whether a test's name begins so, as -run reads it.
func anyBegins(tests map[string]bool, name string) bool {
	for test := range tests {
		if strings.HasPrefix(test, name) {
			return true
		}
	}
	return false
}

// TestPromisesNameWhatProvesThem: the tables of docs name tests and bugs that exist, every
// promise has both, and each bug is caught by a test of its own row.
func TestPromisesNameWhatProvesThem(t *testing.T) {
	tests, bugs := allTests(t), plantedBugs(t)
	rows := map[string]bool{}
	for _, file := range []string{"promises.md", "waiting-room.md", "waiting-room-calling.md", "draw.md"} {
		for s := bufio.NewScanner(strings.NewReader(read(t, filepath.Join(root, "..", "docs", file)))); s.Scan(); {
			checkNames(t, file, s.Text(), tests, bugs)
			if cells := strings.Split(s.Text(), "|"); file == "promises.md" && len(cells) == 7 && !strings.HasPrefix(cells[1], "-") {
				rows[strings.TrimSpace(cells[1])] = true
				checkRow(t, cells, bugs)
			}
		}
	}
	for _, id := range promised {
		if !rows[id] {
			t.Errorf("docs/promises.md has no row %s", id)
		}
	}
}

func checkNames(t *testing.T, file, line string, tests map[string]bool, bugs map[string][]string) {
	t.Helper()
	for _, m := range namedTest.FindAllStringSubmatch(line, -1) {
		if !tests[m[1]] {
			t.Errorf("docs/%s names %s, which is no test", file, m[1])
		}
	}
	for _, m := range namedBug.FindAllStringSubmatch(line, -1) {
		if _, known := bugs[m[1]]; !known {
			t.Errorf("docs/%s names %s, which is no planted bug", file, m[1])
		}
	}
}

// checkRow wants tests and bugs of a promise, and each bug caught by one of the tests.
func checkRow(t *testing.T, cells []string, bugs map[string][]string) {
	t.Helper()
	id, of := strings.TrimSpace(cells[1]), namedTest.FindAllStringSubmatch(cells[3], -1)
	if id == "id" {
		return
	}
	planted := namedBug.FindAllStringSubmatch(cells[4], -1)
	if len(of) == 0 || len(planted) == 0 || strings.TrimSpace(cells[5]) == "" {
		t.Errorf("row %s has %d tests and %d planted bugs", id, len(of), len(planted))
	}
	for _, bug := range planted {
		if !slices.ContainsFunc(bugs[bug[1]], func(run string) bool {
			return slices.ContainsFunc(of, func(m []string) bool { return strings.HasPrefix(m[1], run) })
		}) {
			t.Errorf("row %s: %s is caught by none of its tests, but by %v", id, bug[1], bugs[bug[1]])
		}
	}
}
