package app

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"einlass/internal/draw"
	"einlass/internal/fault"
)

// verifyDrawCmd is `einlass verify draw`. It needs no database: the published files are
// all there is to it.
type verifyDrawCmd struct {
	Files []string `arg:"" name:"file" help:"room.json, log.txt, heads.jsonl and numbers.txt in any order, or the folder they are in."`
}

// verifiedDraw is what `einlass verify draw --json` writes.
type verifiedDraw struct {
	Verify      string   `json:"verify"` // "ok" or "differs"
	Sale        string   `json:"sale"`
	Entries     int      `json:"entries"`
	Drawn       int      `json:"drawn"`
	Late        int      `json:"late"`
	Heads       int      `json:"heads"`
	Beacon      string   `json:"beacon"`
	Differences []string `json:"differences"`
	Proved      []string `json:"proved"`
	NotProved   []string `json:"not_proved"`
}

func (c *verifyDrawCmd) run(*shell) (result, error) {
	files, err := readDraw(c.Files)
	if err != nil {
		return result{}, err
	}
	report, err := draw.Check(files)
	if err != nil {
		return result{}, err
	}
	return reportDraw(files.Notice.Sale, &report), nil
}

// readDraw reads the four files that paths name.
func readDraw(paths []string) (f draw.Files, err error) {
	found, err := drawFiles(paths)
	if err != nil {
		return f, err
	}
	for _, part := range []struct {
		name string
		read func(io.Reader) error
	}{
		{draw.FileRoom, func(r io.Reader) (err error) { f.Notice, err = draw.ReadNotice(r); return err }},
		{draw.FileLog, func(r io.Reader) (err error) { f.Log, err = draw.ReadLog(r); return err }},
		{draw.FileHeads, func(r io.Reader) (err error) { f.Heads, err = draw.ReadHeads(r); return err }},
		{draw.FileNumbers, func(r io.Reader) (err error) { f.Numbers, err = draw.ReadNumbers(r); return err }},
	} {
		if err := readFrom(found[part.name], part.read); err != nil {
			return f, err
		}
	}
	return f, nil
}

// drawFiles finds the four files by their names.
func drawFiles(paths []string) (map[string]string, error) {
	names := []string{draw.FileRoom, draw.FileLog, draw.FileHeads, draw.FileNumbers}
	if len(paths) == 1 {
		if info, err := os.Stat(paths[0]); err == nil && info.IsDir() {
			folder := paths[0]
			paths = nil
			for _, name := range names {
				paths = append(paths, filepath.Join(folder, name))
			}
		}
	}
	found := make(map[string]string, len(names))
	for _, path := range paths {
		found[filepath.Base(path)] = path
	}
	for _, name := range names {
		if found[name] == "" {
			return nil, fault.New(fault.Invalid, "%s is missing; a draw has the files %s", name, strings.Join(names, ", "))
		}
	}
	if len(paths) > len(names) {
		return nil, fault.New(fault.Invalid, "more than the files %s", strings.Join(names, ", "))
	}
	return found, nil
}

// readFrom gives a file to a reader. A file that is not there was named wrongly.
func readFrom(path string, read func(io.Reader) error) error {
	file, err := os.Open(path) //nolint:gosec // named by who calls the program
	if err != nil {
		return fault.New(fault.Invalid, "%w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	return read(file)
}

func reportDraw(sale string, r *draw.Report) result {
	out := verifiedDraw{
		Verify: "ok", Sale: sale, Entries: r.Entries, Drawn: r.Drawn, Late: r.Late, Heads: r.Heads, Beacon: string(r.Beacon),
		Differences: []string{}, Proved: append([]string{}, r.Proved...), NotProved: append([]string{}, r.NotProved...),
	}
	text := fmt.Sprintf("%s: %s entries (%s drawn, %s later) and %s signed heads agree; beacon: %s.\n", sale, number(r.Entries), number(r.Drawn), number(r.Late), number(r.Heads), r.Beacon)
	if len(r.Differences) == 0 {
		return result{Object: out, Text: text + underHeading("Proved:", r.Proved) + underHeading("Not proved:", r.NotProved)}
	}
	out.Verify = "differs"
	for _, d := range r.Differences {
		out.Differences = append(out.Differences, fmt.Sprintf("%s: %s", d.Kind, d.Text))
	}
	text = underHeading(sale+": these files differ from what they must be:", out.Differences) + underHeading("Not proved:", r.NotProved)
	return result{Object: out, Text: text, Code: exitFailed}
}

// underHeading writes sentences under a heading.
func underHeading(heading string, sentences []string) string {
	return heading + "\n  - " + strings.Join(sentences, "\n  - ") + "\n"
}
