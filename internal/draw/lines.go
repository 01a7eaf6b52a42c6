package draw

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"strconv"

	"einlass/internal/fault"
)

// writeBuffer gathers lines before they are written, in bytes.
const writeBuffer = 64 << 10

// writeLines writes lines that appendTo makes, one by one.
func writeLines[T any](w io.Writer, name string, of iter.Seq[T], appendTo func([]byte, T) []byte) error {
	buf := make([]byte, 0, writeBuffer+headMax)
	for v := range of {
		if buf = appendTo(buf, v); len(buf) < writeBuffer {
			continue
		}
		if _, err := w.Write(buf); err != nil {
			return fault.New(fault.Unavailable, "write %s: %w", name, err)
		}
		buf = buf[:0]
	}
	if _, err := w.Write(buf); err != nil {
		return fault.New(fault.Unavailable, "write %s: %w", name, err)
	}
	return nil
}

// WriteLog writes log.txt: all aliases in the order of the log, one a line.
func WriteLog(w io.Writer, log iter.Seq[Alias]) error {
	return writeLines(w, FileLog, log, func(b []byte, a Alias) []byte { return a.AppendLine(b) })
}

// WriteHeads writes heads.jsonl: one head a line.
func WriteHeads(w io.Writer, heads iter.Seq[Head]) error {
	return writeLines(w, FileHeads, heads, AppendHead)
}

// WriteNumbers writes numbers.txt: the number of each entry in the order of the log.
func WriteNumbers(w io.Writer, numbers iter.Seq[uint32]) error {
	return writeLines(w, FileNumbers, numbers, func(b []byte, n uint32) []byte {
		return append(strconv.AppendUint(b, uint64(n), 10), '\n')
	})
}

// readLines gives every line to f, without its line feed. Each line ends with one, the
// last too. Invalid with the line's number if f refuses one, if a line is longer than
// lineMax or if there are more than linesMax.
func readLines(r io.Reader, name string, lineMax, linesMax int, f func(line []byte) error) error {
	b := bufio.NewReaderSize(r, max(writeBuffer, lineMax+1))
	for n := 1; ; n++ {
		line, err := b.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return nil
		case err == io.EOF:
			return fault.New(fault.Invalid, "%s:%d: the line is cut off", name, n)
		case errors.Is(err, bufio.ErrBufferFull) || err == nil && len(line) > lineMax+1:
			return fault.New(fault.Invalid, "%s:%d: a line longer than %d bytes", name, n, lineMax)
		case err != nil:
			return fault.New(fault.Unavailable, "%s: %w", name, err)
		case n > linesMax:
			return fault.New(fault.Invalid, "%s: more than %d lines", name, linesMax)
		}
		if err := f(line[:len(line)-1]); err != nil {
			return fault.New(fault.Invalid, "%s:%d: %w", name, n, err)
		}
	}
}

// ReadLog reads log.txt. Invalid if a line is no alias.
func ReadLog(r io.Reader) (log []Alias, err error) {
	err = readLines(r, FileLog, 2*AliasBytes, EntriesMax, func(line []byte) error {
		var a Alias
		log = append(log, a)
		return unhex(log[len(log)-1][:], line)
	})
	return log, err
}

// ReadHeads reads heads.jsonl. Invalid if a line is no head; whether it is signed is for
// Check to say.
func ReadHeads(r io.Reader) (heads []Head, err error) {
	err = readLines(r, FileHeads, headMax, HeadsMax, func(line []byte) error {
		h, err := readHead(line)
		heads = append(heads, h)
		return err
	})
	return heads, err
}

// numberDigits is how long a number can be: EntriesMax has 8 digits.
const numberDigits = 8

// ReadNumbers reads numbers.txt. Invalid if a line is no whole number from 1, or has
// zeros in front.
func ReadNumbers(r io.Reader) (numbers []uint32, err error) {
	err = readLines(r, FileNumbers, numberDigits, EntriesMax, func(line []byte) error {
		var n uint32
		for i, c := range line {
			if c < '0' || c > '9' || i == 0 && c == '0' {
				return fault.New(fault.Invalid, "not a number")
			}
			n = n*10 + uint32(c-'0')
		}
		if n == 0 {
			return fault.New(fault.Invalid, "not a number")
		}
		numbers = append(numbers, n)
		return nil
	})
	return numbers, err
}
