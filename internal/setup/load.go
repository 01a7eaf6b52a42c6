package setup

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"

	"einlass/internal/catalog"
)

// codeFileMax bounds a code list: catalog.CodesMax codes of a usual length with
// their line ends.
const codeFileMax = 16 << 20

// comment begins a line of a code list that is not a code.
const comment = "#"

// Load reads a sale file and its code lists through read, which opens a file by
// name and is the caller's door to the disk. The lists lie relative to the sale
// file. Everything wrong in any of the files is reported at once; the plan is nil
// if any of it is an error.
func Load(file string, read func(name string) ([]byte, error)) (*Plan, []Problem) {
	data, err := read(file)
	if err != nil {
		return nil, []Problem{{File: file, Line: 1, Column: 1, Text: "cannot be read: " + err.Error()}}
	}
	plan, found := Parse(file, data)
	if plan == nil {
		return nil, found
	}
	wrong := 0
	for i := range plan.Codes {
		list := &plan.Codes[i]
		ps := problems{file: path.Join(path.Dir(file), list.File)}
		ps.readCodes(list, read)
		wrong += ps.wrong
		found = append(found, ps.list...)
	}
	if wrong > 0 {
		return nil, found
	}
	return plan, found
}

// readCodes fills in the codes of one list: one a line, empty lines and lines
// beginning with # left out.
func (ps *problems) readCodes(list *CodeList, read func(name string) ([]byte, error)) {
	start := &node{line: 1, col: 1}
	data, err := read(ps.file)
	switch {
	case err != nil:
		ps.errorf(start, "", "the list %s cannot be read: %v", list.Name, err)
		return
	case len(data) > codeFileMax:
		ps.errorf(start, "", "the list has %d bytes; %d are allowed", len(data), codeFileMax)
		return
	case !utf8.Valid(data):
		ps.errorf(start, "", "the list is not written in UTF-8; save it as UTF-8")
		return
	}
	first := map[string]int{}
	number := 0
	for raw := range bytes.Lines(bytes.TrimPrefix(data, []byte(byteOrderMark))) {
		number++
		line := strings.TrimSpace(string(raw))
		if line == "" || strings.HasPrefix(line, comment) {
			continue
		}
		ps.code(list, line, number, first)
		if len(list.Codes) > catalog.CodesMax {
			ps.errorf(&node{line: number, col: 1}, "", "more than %d codes; make two lists", catalog.CodesMax)
			return
		}
	}
	if len(list.Codes) == 0 && ps.wrong == 0 {
		ps.errorf(start, "", "the list %s has no codes; write one a line", list.Name)
	}
}

// code adds one line. The code itself is a secret: problems do not repeat it.
func (ps *problems) code(list *CodeList, line string, number int, first map[string]int) {
	place := &node{line: number, col: 1}
	code := catalog.NormalizeCode(line)
	switch earlier := first[code]; {
	case len(code) > 0 && earlier > 0:
		ps.errorf(place, "", "is the code of line %d again; take one out", earlier)
	case utf8.RuneCountInString(code) < catalog.CodeMin:
		ps.errorf(place, "", "is no code: %d to %d letters and digits are needed; shorter ones can be guessed",
			catalog.CodeMin, catalog.CodeMax)
	default:
		first[code] = number
		list.Codes = append(list.Codes, code)
	}
}
