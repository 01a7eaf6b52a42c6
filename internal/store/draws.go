package store

import (
	"encoding/binary"

	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// The draws of a booking are one value in its row, because a batch always needs
// all of them together and nothing else ever searches in them: one read and one
// write instead of one per pool (ADR 2). Layout, all numbers unsigned varints:
//
//	version(1) count(shared) draw* count(lines) line*
//	line = slot gone count(draws) draw*
//	draw = pool(16 bytes) units flags [carried if flags&2]
//
// flags: 1 spent, 2 carried follows.
const drawsVersion = 1

const (
	drawSpent   = 1
	drawCarried = 2
)

// Bounds on what decodeDraws accepts: far above what any command can make.
const (
	drawsPerListMax = 1 << 12
	drawUnitsMax    = 1 << 31
)

// encodeDraws appends b's draws to buf.
func encodeDraws(buf []byte, b *inventory.Booking) []byte {
	buf = append(buf, drawsVersion)
	buf = appendDraws(buf, b.Shared)
	buf = binary.AppendUvarint(buf, uint64(len(b.Lines)))
	for i := range b.Lines {
		l := &b.Lines[i]
		buf = binary.AppendUvarint(buf, uint64(l.Slot))
		buf = append(buf, flag(l.Gone))
		buf = appendDraws(buf, l.Draws)
	}
	return buf
}

func appendDraws(buf []byte, draws []inventory.Draw) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(draws)))
	for i := range draws {
		d := &draws[i]
		buf = append(buf, d.Pool[:]...)
		buf = binary.AppendUvarint(buf, uint64(d.Units))
		flags := flag(d.Spent) * drawSpent
		if d.Carried > 0 {
			flags |= drawCarried
		}
		buf = append(buf, flags)
		if d.Carried > 0 {
			buf = binary.AppendUvarint(buf, uint64(d.Carried))
		}
	}
	return buf
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// decodeDraws reads what encodeDraws wrote into b. Internal if it is damaged.
func decodeDraws(data []byte, b *inventory.Booking) error {
	r := drawReader{data: data}
	if r.byte() != drawsVersion {
		return fault.New(fault.Internal, "booking %s: unknown layout of draws", b.ID)
	}
	b.Shared = r.draws()
	b.Lines = make([]inventory.Line, r.count())
	for i := range b.Lines {
		b.Lines[i] = inventory.Line{No: i + 1, Slot: ident.SlotID(r.uvarint()), Gone: r.byte() == 1, Draws: r.draws()}
	}
	if r.bad || len(r.data) != 0 {
		return fault.New(fault.Internal, "booking %s: damaged draws", b.ID)
	}
	return nil
}

// drawReader reads from data and remembers whether anything was out of place.
type drawReader struct {
	data []byte
	bad  bool
}

func (r *drawReader) byte() byte {
	if len(r.data) == 0 {
		r.bad = true
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *drawReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.bad, r.data = true, nil
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *drawReader) count() int {
	n := r.uvarint()
	if n > drawsPerListMax {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *drawReader) units() int {
	n := r.uvarint()
	if n > drawUnitsMax {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *drawReader) draws() []inventory.Draw {
	n := r.count()
	if n == 0 {
		return nil
	}
	out := make([]inventory.Draw, n)
	for i := range out {
		out[i] = r.draw()
	}
	return out
}

func (r *drawReader) draw() (d inventory.Draw) {
	if len(r.data) < len(d.Pool) {
		r.bad, r.data = true, nil
		return d
	}
	copy(d.Pool[:], r.data)
	r.data = r.data[len(d.Pool):]
	d.Units = r.units()
	flags := r.byte()
	d.Spent = flags&drawSpent != 0
	if flags&drawCarried != 0 {
		d.Carried = r.units()
	}
	if d.Carried > d.Units || flags&^(drawSpent|drawCarried) != 0 {
		r.bad = true
	}
	return d
}
