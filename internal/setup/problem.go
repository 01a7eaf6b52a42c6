package setup

import (
	"cmp"
	"fmt"
	"slices"
)

// problemsMax is how many problems are reported at once. Who made more than that
// made one mistake many times.
const problemsMax = 200

// Problem is one thing to mend in a sale file.
type Problem struct {
	File    string
	Line    int // from 1
	Column  int // from 1, in characters
	Path    string
	Text    string // what is wrong and what to do
	Warning bool   // the file can be applied nevertheless
}

// String writes the problem as compilers do: file:line:column: path: text.
func (p Problem) String() string {
	kind := ""
	if p.Warning {
		kind = "warning: "
	}
	where := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, kind)
	if p.Path == "" {
		return where + p.Text
	}
	return where + p.Path + ": " + p.Text
}

// problems collects what is wrong with one file.
type problems struct {
	file  string
	list  []Problem
	wrong int // how many of them are errors
}

func (ps *problems) failed() bool { return ps.wrong > 0 }

func (ps *problems) add(p Problem) {
	if !p.Warning {
		ps.wrong++
	}
	if len(ps.list) < problemsMax {
		p.File = ps.file
		ps.list = append(ps.list, p)
	}
}

// errorf reports an error at n.
func (ps *problems) errorf(n *node, path, format string, args ...any) {
	ps.add(Problem{Line: n.line, Column: n.col, Path: path, Text: fmt.Sprintf(format, args...)})
}

// warnf reports a warning at n.
func (ps *problems) warnf(n *node, path, format string, args ...any) {
	ps.add(Problem{Line: n.line, Column: n.col, Path: path, Text: fmt.Sprintf(format, args...), Warning: true})
}

// sorted returns the problems from the first line to the last.
func (ps *problems) sorted() []Problem {
	slices.SortStableFunc(ps.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return ps.list
}
