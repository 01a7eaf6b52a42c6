package draw

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"einlass/internal/fault"
)

// pyLinesMax is how long the other verifier may be: somebody is to read it in one go.
const pyLinesMax = 200

func TestTheOtherVerifierIsShort(t *testing.T) {
	text, err := os.ReadFile("../../docs/verify/verify_draw.py")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n > pyLinesMax {
		t.Errorf("%d lines", n)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if len(line) > 130 {
			t.Errorf("line %d has %d characters: short by lines, not by breath", i+1, len(line))
		}
	}
}

// What is written is read again as it was.
func TestFilesComeBack(t *testing.T) {
	for _, source := range []Source{None, Typed, Drand} {
		r, dir := newRoom(t, source, 40, 12), t.TempDir()
		r.write(t, dir)
		f, err := readFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		again := f.write(t, t.TempDir())
		for _, name := range again {
			a, errA := os.ReadFile(name)
			b, errB := os.ReadFile(dir + name[strings.LastIndexByte(name, '/'):])
			if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
				t.Errorf("%s, %s: another text %v", source, name, err)
			}
		}
		if !slices.Equal(f.Log, r.Log) || !slices.Equal(f.Numbers, r.Numbers) || !slices.EqualFunc(f.Heads, r.Heads, sameHead) {
			t.Errorf("%s: other contents", source)
		}
	}
}

func sameHead(a, b Head) bool {
	at := a.At.Equal(b.At)
	a.At = b.At
	return at && a == b
}

func TestAliasHasOneText(t *testing.T) {
	a := aliasesOf("text", 1)[0]
	if got, err := ParseAlias(a.String()); err != nil || got != a || string(a.AppendLine(nil)) != a.String()+"\n" {
		t.Errorf("%s: %v %v", a, got, err)
	}
	for _, bad := range []string{"", a.String()[1:], a.String() + "0", strings.ToUpper(a.String()), "g" + a.String()[1:]} {
		if _, err := ParseAlias(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A file from anywhere is refused before it fills the memory, and a disk that fails is
// not taken for a wrong file.
func TestReadersAreBounded(t *testing.T) {
	for name, err := range map[string]error{
		"a long line":       second(ReadLog(strings.NewReader(strings.Repeat("0", 1<<20)))),
		"a long head":       second(ReadHeads(strings.NewReader("{" + strings.Repeat(" ", 2*headMax) + "}\n"))),
		"too many heads":    readLines(strings.NewReader(strings.Repeat("\n", 6)), FileHeads, 1, 5, func([]byte) error { return nil }),
		"a long number":     second(ReadNumbers(strings.NewReader("1234567890\n"))),
		"a large room.json": second(ReadNotice(strings.NewReader(strings.Repeat(" ", roomMax+1)))),
	} {
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "more than") && !strings.Contains(err.Error(), "longer than") {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := iotest.ErrReader(errors.New("disk"))
	for name, err := range map[string]error{"log": second(ReadLog(broken)), "room": second(ReadNotice(broken))} {
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := WriteNumbers(failing{}, slices.Values([]uint32{1})); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("write: %v", err)
	}
	if err := WriteNotice(failing{}, Notice{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("write: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk") }

// seedFiles gives a fuzzer the published files of small draws.
func seedFiles(f *testing.F, pick func(r *room) string) {
	for _, source := range []Source{None, Typed, Drand} {
		f.Add([]byte(pick(newRoom(f, source, 12, 2))))
	}
	f.Add([]byte(""))
}

// Whatever is read can be written, and is the same text: there is one way to write it.
func FuzzReadNotice(f *testing.F) {
	seedFiles(f, func(r *room) string {
		var b bytes.Buffer
		if err := WriteNotice(&b, r.Notice); err != nil {
			f.Fatal(err)
		}
		return b.String()
	})
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := ReadNotice(bytes.NewReader(text))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := WriteNotice(&again, n); err != nil || !bytes.Equal(again.Bytes(), text) {
			t.Errorf("read, but written as another text: %v\n%s", err, again.Bytes())
		}
		if _, err := Check(Files{Notice: n}); err != nil && n.Drawn != nil {
			t.Error(err)
		}
	})
}

// The same for the three files of lines, in one: they share a reader.
func FuzzReadLines(f *testing.F) {
	seedFiles(f, func(r *room) string { return string(AppendHead(nil, r.Heads[0])) })
	seedFiles(f, func(r *room) string { return string(r.Log[0].AppendLine(r.Log[1].AppendLine(nil))) })
	f.Add([]byte("1\n20\n16777216\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var again bytes.Buffer
		if log, err := ReadLog(bytes.NewReader(text)); err == nil {
			if err := WriteLog(&again, slices.Values(log)); err != nil || !bytes.Equal(again.Bytes(), text) {
				t.Errorf("log: %v %q", err, again.Bytes())
			}
		}
		again.Reset()
		if heads, err := ReadHeads(bytes.NewReader(text)); err == nil {
			if err := WriteHeads(&again, slices.Values(heads)); err != nil || !bytes.Equal(again.Bytes(), text) {
				t.Errorf("heads: %v %q", err, again.Bytes())
			}
		}
		again.Reset()
		if numbers, err := ReadNumbers(bytes.NewReader(text)); err == nil {
			if err := WriteNumbers(&again, slices.Values(numbers)); err != nil || !bytes.Equal(again.Bytes(), text) {
				t.Errorf("numbers: %v %q", err, again.Bytes())
			}
		}
	})
}

// What somebody types in has one form, which is its own form.
func FuzzTypedBeacon(f *testing.F) {
	for _, text := range []string{"3 7 12 25", " 1\u00a02 ", "Mu\u0308nchen", "\ufeff1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := TypedBeacon(text)
		if err != nil {
			return
		}
		if again, err := TypedBeacon(b.Text); err != nil || again.Text != b.Text {
			t.Errorf("%q became %q, then %q %v", text, b.Text, again.Text, err)
		}
	})
}
