package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/rehearsal"

	"golang.org/x/term"
)

// demoCmd is `einlass demo`: a famous sale, sold to a crowd on this machine.
type demoCmd struct {
	Scenario string  `default:"ennepe-ruhr" placeholder:"NAME" help:"Which sale (${default}); also: speyer."`
	People   int     `default:"0" placeholder:"N" help:"How many people come; 0 is as many as came then."`
	Places   int     `default:"0" placeholder:"N" help:"How many places there are, fewer than then; 0 is as many as then."`
	Burst    int     `default:"-1" placeholder:"N" help:"How many come in the first second; -1 is as many as then."`
	Early    int     `default:"-1" placeholder:"N" help:"How many draw a number before the opening; -1 is what we think would have come."`
	Room     bool    `default:"true" negatable:"" help:"Sell by numbers; --no-room lets everybody at the places at once."`
	Clerks   int     `default:"2" placeholder:"N" help:"Clerks who book all the time at the staff's door (${default})."`
	Pace     float64 `default:"12" placeholder:"N" help:"How much faster than real life people think and holds end (${default}). The first second stays a second."`
	Seed     uint64  `default:"1" placeholder:"N" help:"Seed of all chance in the crowd (${default})."`
	Minutes  int     `default:"8"  placeholder:"N" help:"Send everybody home after so many minutes (${default})."`
	Exit     bool    `help:"End after the check instead of staying up for clicking."`
	Report   string  `placeholder:"FILE" help:"Write the report to this HTML file."`
	Dir      string  `placeholder:"FOLDER" help:"Keep database and report here; otherwise they are deleted at the end."`
	Lang     string  `enum:"de,en" default:"${lang}" help:"Language of table and report: ${enum} (${default})."`
	Public   string  `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address of the public pages (${default}, or any free one)."`
	Staff    string  `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Address of the staff pages (${default}, or any free one)."`
	Ops      string  `default:"127.0.0.1:8082" placeholder:"HOST:PORT" help:"Address of health, metrics and the mail inbox (${default}, or any free one)."`
}

// langOfTerminal guesses the language of who sits in front of it.
func langOfTerminal() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "de") {
				return string(locale.German)
			}
			break
		}
	}
	return string(locale.English)
}

func (c *demoCmd) run(s *shell) (result, error) {
	st, err := c.stage(s)
	if err != nil {
		return result{}, err
	}
	code, err := c.perform(s, st)
	if closing := st.close(); err == nil {
		err = closing
	}
	return result{Code: code, written: err == nil}, err
}

// perform lets the crowd in, checks everything, tells it, and stays up.
func (c *demoCmd) perform(s *shell, st *stage) (int, error) {
	seen, err := st.rush(s.ctx, c.progress(s))
	if err != nil {
		return 0, err
	}
	stopped := s.ctx.Err() != nil
	checkCtx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), checkWithin)
	defer cancel()
	v, err := st.check(checkCtx, seen)
	if err != nil {
		return 0, err
	}
	v.facts.Lang, v.facts.Title = locale.Lang(c.Lang), st.plan.Sale.Event.Title.In(locale.Lang(c.Lang))
	if err := c.tell(s, st, seen, v); err != nil {
		return 0, err
	}
	if !c.Exit && !stopped {
		st.stayUp(s.ctx, s.Err)
	}
	if len(v.differences) > 0 {
		return exitFailed, nil
	}
	return exitOK, nil
}

// checkWithin bounds the check at the end, with the wait for the last mail.
const checkWithin = 5 * time.Minute

// progress writes where it stands to standard error.
func (c *demoCmd) progress(s *shell) func(rehearsal.Snapshot) {
	return rehearsal.ProgressWriter(s.Err, isTerminal(s.Err), locale.Lang(c.Lang))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// tell writes table, line, differences and report. With --json standard output
// has the line and nothing else.
func (c *demoCmd) tell(s *shell, st *stage, seen *rehearsal.Result, v *verdict) error {
	line := rehearsal.NewLine(seen, v.facts)
	table := s.Out
	if s.JSON {
		table = s.Err
	}
	fmt.Fprintln(s.Err) //nolint:errcheck // ends the line of progress
	errs := []error{line.WriteTable(table, seen, locale.Lang(c.Lang))}
	if s.JSON || !isTerminal(s.Out) { // a person has the table
		errs = append(errs, line.WriteJSON(s.Out))
	}
	for _, d := range v.differences {
		fmt.Fprintln(s.Err, "DIFFERS:", d) //nolint:errcheck // the exit code says it too
	}
	for _, n := range append(seen.Notes, notesOf(seen)...) {
		fmt.Fprintln(s.Err, "note:", n) //nolint:errcheck // a courtesy
	}
	path, err := st.writeReport(c.Report, seen, v.facts)
	if err == nil && path != "" {
		fmt.Fprintln(s.Err, "report:", path) //nolint:errcheck // a courtesy
	}
	return errors.Join(append(errs, err)...)
}

// notesOf names what no page should do and why requests had no answer.
func notesOf(r *rehearsal.Result) []string {
	var out []string
	for what, n := range r.Odd {
		out = append(out, fmt.Sprintf("%s: %d times", what, n))
	}
	for what, n := range r.Missing {
		out = append(out, fmt.Sprintf("no answer (%s): %d times", what, n))
	}
	if r.Desk.Failed > 0 {
		out = append(out, fmt.Sprintf("clerks had no usable answer %d times", r.Desk.Failed))
	}
	return out
}

// writeReport writes the report to a file, if one was asked for or the folder is
// kept, and keeps it for the page that shows it.
func (st *stage) writeReport(path string, seen *rehearsal.Result, f rehearsal.Facts) (string, error) {
	var text strings.Builder
	if err := rehearsal.WriteReport(&text, seen, f); err != nil {
		return "", err
	}
	html := text.String()
	st.report.Store(&html)
	if path == "" && st.keep {
		path = st.path("report.html")
	}
	if path == "" {
		return "", nil
	}
	if err := os.WriteFile(path, []byte(html), reportMode); err != nil {
		return "", fault.New(fault.Unavailable, "report: %w", err)
	}
	return path, nil
}

// reportMode of the report: it holds figures, no names.
const reportMode = 0o644
