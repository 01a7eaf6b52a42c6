package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/setup"
	"einlass/internal/store"
)

// applyCmd is `einlass apply FILE`.
type applyCmd struct {
	File   string `arg:"" placeholder:"FILE" help:"The sale file."`
	DryRun bool   `help:"Only say what the file gives in all and what would change."`
}

// applied is what `einlass apply --json` writes.
type applied struct {
	Sale     string   `json:"sale,omitempty"` // organizer/event
	Applied  bool     `json:"applied"`
	DryRun   bool     `json:"dry_run,omitempty"`
	Totals   *totals  `json:"totals,omitempty"` // what the file gives; nil if it is wrong
	Changes  []string `json:"changes"`
	Problems []string `json:"problems,omitempty"`
}

// totals are what a sale file gives in all.
type totals struct {
	Slots    int            `json:"slots"`
	Places   int            `json:"places"`
	Channels map[string]int `json:"channels"` // those that have places
}

func totalsOf(plan *setup.Plan) *totals {
	t := &totals{Slots: len(plan.Slots), Places: plan.Places(), Channels: make(map[string]int)}
	for c, n := range plan.ByChannel() {
		if n > 0 {
			t.Channels[c.String()] = n
		}
	}
	return t
}

// String is the line that a dry run begins with.
func (t *totals) String() string {
	var parts []string
	for _, c := range catalog.Channels {
		if n := t.Channels[c.String()]; n > 0 {
			parts = append(parts, number(n)+" "+c.String())
		}
	}
	return fmt.Sprintf("The file has %s slots with %s places: %s.", number(t.Slots), number(t.Places), strings.Join(parts, ", "))
}

func (c *applyCmd) run(s *shell) (r result, err error) {
	if _, err := os.Stat(c.File); err != nil {
		return r, fault.New(fault.Unavailable, "apply: %s cannot be read: %w", c.File, err)
	}
	plan, problems := setup.Load(filepath.ToSlash(c.File), readFile)
	if plan == nil {
		return wrong(problems), nil
	}
	if c.DryRun {
		if path, err := databasePath(s.DB); err == nil && !exists(path) {
			return tellApplied(plan, setup.Diff(nil, plan), problems, true), nil
		}
	}
	err = s.withStore(true, func(st *store.Store) error {
		changes, err := setup.Apply(s.ctx, st, plan, time.Now(), c.DryRun)
		if err == nil {
			r = tellApplied(plan, changes, problems, c.DryRun)
		}
		return err
	})
	return r, err
}

// saleFileMax bounds what is read of one file: the largest code list there can be.
const saleFileMax = 32 << 20

// readFile opens the files of a sale for setup.Load, which names them with
// slashes.
func readFile(name string) ([]byte, error) {
	name = filepath.FromSlash(name)
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > saleFileMax || !info.Mode().IsRegular() {
		return nil, fault.New(fault.Invalid, "not a file, or larger than %d MB", saleFileMax>>20)
	}
	return os.ReadFile(name)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// wrong tells everything to mend at once.
func wrong(problems []setup.Problem) result {
	out := applied{Changes: []string{}, Problems: lines(problems)}
	text := strings.Join(out.Problems, "\n") + "\nNothing was changed."
	return result{Object: out, Text: text, Code: exitFailed}
}

func lines(problems []setup.Problem) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = p.String()
	}
	return out
}

func tellApplied(plan *setup.Plan, changes []setup.Change, warnings []setup.Problem, dry bool) result {
	out := applied{
		Sale: plan.Sale.Organizer.ID + "/" + plan.Sale.Event.Slug, Applied: !dry, DryRun: dry,
		Totals: totalsOf(plan), Changes: make([]string, len(changes)), Problems: lines(warnings),
	}
	var text strings.Builder
	if dry {
		fmt.Fprintln(&text, out.Totals)
	}
	for _, p := range out.Problems {
		fmt.Fprintln(&text, p)
	}
	for i, c := range changes {
		out.Changes[i] = c.Text
		fmt.Fprintln(&text, c.Text)
	}
	switch {
	case len(changes) == 0:
		text.WriteString("Nothing changes: the sale is as the file says.")
	case dry:
		text.WriteString("Nothing was changed (--dry-run).")
	default:
		fmt.Fprintf(&text, "%s is applied. A running server notices it at once.", out.Sale)
	}
	return result{Object: out, Text: text.String()}
}
