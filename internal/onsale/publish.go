package onsale

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"einlass/internal/draw"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// Lines of the published files that are made at a time: some 100 kB each.
const (
	linesPart = 4096
	headsPart = 256
)

// Published are the files of a room's draw, all of one moment: that of a signed head.
// The log may have grown since; the files do not.
type Published struct {
	Notice draw.Notice
	Heads  int // heads.jsonl has so many
	rooms  *Rooms
	roster *waitingroom.Roster
	sale   *store.StoredSale
}

// Published returns the files as they were when so many heads were signed; 0 is the last
// one. NotFound if there is no room, no such head, or one from before the freeze after
// the draw: that moment has no numbers.
func (r *Rooms) Published(ctx context.Context, sale *store.StoredSale, heads int) (*Published, error) {
	one := r.room(sale.ID)
	if one == nil {
		return nil, fault.New(fault.NotFound, "no room of %s has opened", sale.Event.Slug)
	}
	so := one.signed.Load()
	p := &Published{Heads: heads, rooms: r, roster: one.roster, sale: sale}
	if heads == 0 {
		p.Heads = so.count
	}
	if heads < 0 || heads > so.count {
		return nil, fault.New(fault.NotFound, "%d heads were signed, not %d", so.count, heads)
	}
	head, err := p.head(ctx, so)
	if err != nil {
		return nil, err
	}
	state := one.roster.Room()
	p.Notice = r.notice(sale, &state)
	if p.Notice.Drawn = one.roster.Drawn(head.N); p.Notice.Drawn == nil {
		return p, nil
	}
	if head.N < state.Frozen || so.frozen == nil || head.At.Before(state.FrozenAt) {
		return nil, fault.New(fault.NotFound, "head %d is from before the draw", p.Heads)
	}
	if failpoint.Bug(failpoint.BugOtherSeed) {
		p.Notice.Drawn.Seed[0] ^= 1
	}
	return p, nil
}

// head is the last head of the files.
func (p *Published) head(ctx context.Context, so *signed) (draw.Head, error) {
	if p.Heads == so.count {
		return so.last, nil // a zero one in the moment before the first
	}
	heads, err := p.rooms.opt.Store.HeadsOf(ctx, p.sale.ID, p.Heads-1, 1)
	if err != nil {
		return draw.Head{}, err
	}
	if len(heads) == 0 {
		return draw.Head{}, fault.New(fault.NotFound, "no head %d", p.Heads)
	}
	return heads[0], nil
}

// Has reports whether there is such a file: log and numbers are published after the
// draw.
func (p *Published) Has(file string) bool {
	switch file {
	case draw.FileRoom, draw.FileHeads:
		return true
	case draw.FileLog, draw.FileNumbers:
		return p.Notice.Drawn != nil
	}
	return false
}

// Size is how many bytes a file has; 0 if that is only known when it is made.
func (p *Published) Size(file string) (n int64) {
	if p.Notice.Drawn == nil {
		return 0
	}
	entries := int64(p.Notice.Drawn.Entries)
	switch file {
	case draw.FileLog:
		return entries * (2*draw.AliasBytes + 1)
	case draw.FileNumbers: // every number from 1 once, each with a line feed
		for from, digits := int64(1), int64(1); from <= entries; from, digits = from*10, digits+1 {
			n += (min(entries, from*10-1) - from + 1) * (digits + 1)
		}
	}
	return n
}

// Part makes a part of a file, from a line on, and says at which line the next one
// begins; 0 after the last. Nobody reads from the database longer than for one part.
func (p *Published) Part(ctx context.Context, file string, from int) (body []byte, next int, err error) {
	if !p.Has(file) {
		return nil, 0, fault.New(fault.NotFound, "no file %s", strconv.Quote(file))
	}
	var b bytes.Buffer
	lines, part := 0, linesPart
	switch file {
	case draw.FileRoom:
		return oneFile(&b, draw.WriteNotice(&b, p.Notice))
	case draw.FileHeads:
		lines, part = p.Heads, headsPart
	default:
		lines = int(p.Notice.Drawn.Entries)
	}
	until := min(from+part, lines)
	if err := p.lines(ctx, &b, file, from, until); err != nil {
		return nil, 0, err
	}
	if next = until; next >= lines {
		next = 0
	}
	return b.Bytes(), next, nil
}

func oneFile(b *bytes.Buffer, err error) ([]byte, int, error) { return b.Bytes(), 0, err }

// lines writes lines of a file, from one up to before another.
func (p *Published) lines(ctx context.Context, b *bytes.Buffer, file string, from, until int) error {
	var got int
	var err error
	switch st := p.rooms.opt.Store; file {
	case draw.FileHeads:
		var heads []draw.Head
		if heads, err = st.HeadsOf(ctx, p.sale.ID, from, until-from); err == nil {
			got, err = len(heads), draw.WriteHeads(b, slices.Values(heads))
		}
	case draw.FileLog:
		var log []draw.Alias
		if log, err = st.Aliases(ctx, p.sale.ID, uint32(from), uint32(until-from)); err == nil { //nolint:gosec // places in the log
			got, err = len(log), draw.WriteLog(b, slices.Values(log))
		}
	default:
		got, err = until-from, draw.WriteNumbers(b, func(yield func(uint32) bool) {
			for no := from; no < until; no++ {
				if number, ok := p.roster.Number(uint32(no)); !ok || !yield(number) { //nolint:gosec // a place in the log
					return
				}
			}
		})
	}
	if err == nil && got != until-from {
		return fault.New(fault.Internal, "%s: %d lines from %d on, %d expected", file, got, from, until-from)
	}
	return err
}
