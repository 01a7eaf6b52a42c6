// Package house keeps the three laws of the floor plan. It has tests only.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// levels is the floor plan: imports go to a strictly lower level. To move a wall,
// change it here in the commit that says why.
var levels = map[string]int{
	"app": 7,
	"web": 6, "web/view": 5,
	"booking": 5, "onsale": 5, "setup": 5,
	"committer": 4, "outbox": 4, "report": 4, "staff": 4,
	"store": 3, "mail": 3, "rehearsal": 3,
	"inventory": 2, "waitingroom": 2, "eligibility": 2, "waitlist": 2, "paper": 2,
	"draw": 1, "catalog": 1, "chart": 1,
	"ident": 0, "locale": 0, "fault": -1, "failpoint": -1,
	// Rooms for tests only; they may look into everything.
	"house": 9, "waitingroom/crowds": 9, "store/storetest": 9, "store/storetest/faultvfs": 9, "mail/sink": 9, "sim": 9,
}

// exceptions name the sideways steps that are allowed, each with its sentence.
var exceptions = map[string]string{
	"app→mail/sink": "the demo runs its own receiving end",
	"web→web/view":  "view is web's own drawer: templates and the sheet, split off by size",
}

// doors are the packages that only some rooms may use.
var doors = map[string][]string{
	"database/sql":             {"store"},
	"github.com/ncruces/":      {"store"},
	"net/http":                 {"web", "rehearsal", "app"},
	"html/template":            {"web", "web/view", "mail", "mail/sink", "rehearsal"},
	"net/smtp":                 {"mail"},
	"github.com/wneessen/":     {"mail"},
	"github.com/emersion/":     {"mail/sink"},
	"github.com/alecthomas/":   {"app"},
	"github.com/prometheus/":   {"app"},
	"github.com/alexedwards/":  {"web", "staff"},
	"golang.org/x/crypto/":     {"staff", "app", "ident"},
	"rsc.io/qr":                {"paper"},
	"github.com/arran4/":       {"paper"},
	"github.com/goccy/go-yaml": {"setup"},
	"github.com/cloudflare/":   {"draw"},
}

// worldly are packages that make a room depend on the world: not for the core.
var worldly = []string{"context", "os", "net", "net/http", "log/slog", "math/rand", "math/rand/v2", "database/sql"}

// worldlyLevel is the highest level that must stay arithmetic.
const worldlyLevel = 2

// worldlyExceptions: failpoint's build for tests reads the environment; it is not
// part of the product.
var worldlyExceptions = map[string]bool{"failpoint/on.go": true}

const root = ".."

type source struct {
	room, file string
	imports    []string
	tree       *ast.File
	set        *token.FileSet
}

// sources parses every non-test file of the house.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s := source{room: filepath.ToSlash(filepath.Dir(rel)), file: filepath.ToSlash(rel), tree: tree, set: set}
		for _, i := range tree.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, name)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d files found: the walk is broken", len(out))
	}
	return out
}

func TestImportsGoDown(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		level, ok := levels[s.room]
		if !ok {
			t.Errorf("%s: room %q is not on the floor plan; a new room needs one noun, one sentence and a level (docs/house.md)", s.file, s.room)
			continue
		}
		seen[s.room] = true
		for _, name := range s.imports {
			to, inside := strings.CutPrefix(name, "einlass/internal/")
			if !inside || exceptions[s.room+"→"+to] != "" {
				continue
			}
			if below, ok := levels[to]; ok && below >= level {
				t.Errorf("%s imports %s: imports go strictly down the floor plan (%d to %d), so that data takes the short way and no two rooms know each other", s.file, to, level, below)
			}
		}
	}
	t.Logf("%d rooms", len(seen))
}

func TestOneDoorEach(t *testing.T) {
	for _, s := range sources(t) {
		for _, name := range s.imports {
			for door, rooms := range doors {
				if name != door && !(strings.HasSuffix(door, "/") && strings.HasPrefix(name, door)) {
					continue
				}
				if !slices.Contains(rooms, s.room) && !strings.HasPrefix(s.room, "store/storetest") {
					t.Errorf("%s imports %s: only %v may, so that there is one place to look when it misbehaves", s.file, name, rooms)
				}
			}
		}
	}
}

func TestTheCoreIsArithmetic(t *testing.T) {
	for _, s := range sources(t) {
		if levels[s.room] > worldlyLevel || worldlyExceptions[s.file] {
			continue
		}
		for _, name := range s.imports {
			if slices.Contains(worldly, name) {
				t.Errorf("%s imports %s: rooms up to level %d are arithmetic; now is an argument and chance a seed, so that every run can be repeated", s.file, name, worldlyLevel)
			}
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Now" {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" {
					t.Errorf("%s calls time.Now: now is an argument", s.set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

// functionMax is the ratchet on the length of a function, in lines.
const functionMax = 70

func TestTidy(t *testing.T) {
	packages := map[string]bool{}
	todo := regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	for _, s := range sources(t) {
		packages[s.room] = packages[s.room] || s.tree.Doc != nil
		for _, group := range s.tree.Comments {
			if todo.MatchString(group.Text()) {
				t.Errorf("%s: a bare to-do; do it or write an issue", s.set.Position(group.Pos()))
			}
		}
		for _, d := range s.tree.Decls {
			checkDecl(t, s, d)
		}
	}
	for room, ok := range packages {
		if !ok {
			t.Errorf("room %s has no package comment: what it promises, what it never does, its invariants", room)
		}
	}
}

// checkDecl wants a comment on whatever others can use, and short functions.
func checkDecl(t *testing.T, s source, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if n := s.set.Position(d.End()).Line - s.set.Position(d.Pos()).Line + 1; n > functionMax {
			t.Errorf("%s: %s has %d lines, more than %d: it holds two thoughts", s.set.Position(d.Pos()), d.Name.Name, n, functionMax)
		}
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			t.Errorf("%s: %s has no comment", s.set.Position(d.Pos()), d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
				t.Errorf("%s: type %s has no comment", s.set.Position(ts.Pos()), ts.Name.Name)
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

// link matches a relative link of a Markdown file.
var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

func TestLinksResolve(t *testing.T) {
	checked := 0
	top := filepath.Join(root, "..")
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			checked++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked == 0 {
		t.Error("no link found: the walk or the pattern is broken")
	}
	t.Logf("%d links", checked)
}
