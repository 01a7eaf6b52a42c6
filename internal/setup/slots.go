package setup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
)

// Bounds of slots.
const (
	everyMin = time.Minute
	slotMax  = 7 * 24 * time.Hour // the longest slot
	groupMax = 2_000              // entries under slots:
	datesMax = 1_000              // days of one entry
)

// placed is a slot with the entry it came from.
type placed struct {
	slot catalog.Slot
	from *field
}

// slots expands all entries into single slots, in order of time.
func (r *reader) slots(f *field, groups []catalog.Group) []catalog.Slot {
	var all []placed
	for _, item := range r.each(f, groupMax, "entries") {
		from := len(all)
		all = r.slotEntry(item, all)
		r.placeIn(item, groups, all[from:])
		if len(all) > catalog.SlotsMax {
			r.errorf(item.node, item.path, "makes more than %d slots; use fewer days or longer steps", catalog.SlotsMax)
			return nil
		}
	}
	if f != nil && f.kind == list && len(f.items) == 0 {
		r.errorf(f.node, f.path, "is empty; at least one slot is needed")
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(a.slot.Start.Compare(b.slot.Start), cmp.Compare(a.slot.Group, b.slot.Group))
	})
	for g := range max(1, len(groups)) {
		r.checkOverlap(ofGroup(all, g))
	}
	r.checkUsed(groups, all)
	out := make([]catalog.Slot, len(all))
	for i := range all {
		out[i] = all[i].slot
	}
	return out
}

// slotEntry reads one entry: either a single slot (start, end) or the slots of
// one or more days (dates, from, to, every).
func (r *reader) slotEntry(f *field, all []placed) []placed {
	o := r.open(f, "dates", "date", "from", "to", "every", "start", "end", "places", "group")
	if o.n == nil {
		return all
	}
	places := r.integer(o.need("places"), 1, catalog.PlacesMax)
	if o.get("start") == nil {
		return r.daySlots(f, o, places, all)
	}
	for _, key := range []string{"dates", "date", "from", "to", "every"} {
		if v := o.get(key); v != nil {
			r.errorf(v.node, v.path, "does not go with start; write start and end, or dates, from, to and every")
		}
	}
	return r.singleSlot(f, o, places, all)
}

func (r *reader) singleSlot(f *field, o object, places int, all []placed) []placed {
	start, end := r.moment(o.need("start")), r.moment(o.need("end"))
	if start.IsZero() || end.IsZero() {
		return all
	}
	endAt := r.where(o.join("end"))
	switch {
	case !end.After(start):
		r.errorf(endAt, o.join("end"), "is not after start; swap them")
		return all
	case end.Sub(start) > slotMax:
		r.errorf(endAt, o.join("end"), "is more than %s after start", short(slotMax))
		return all
	}
	return append(all, placed{slot: catalog.Slot{Start: start, End: end, Places: places}, from: f})
}

// daySlots makes the slots of each day from the first minute to the last.
func (r *reader) daySlots(f *field, o object, places int, all []placed) []placed {
	if v := o.get("end"); v != nil {
		r.errorf(v.node, v.path, "does not go without start; write to:")
	}
	days := r.days(o)
	from, fromOK := r.clock(o.need("from"), false)
	to, toOK := r.clock(o.need("to"), true)
	if !fromOK || !toOK {
		return all
	}
	if to <= from {
		r.errorf(r.where(o.join("to")), o.join("to"), "is not after from; swap them")
		return all
	}
	step := to - from
	if every := o.get("every"); every != nil {
		d := r.duration(every, everyMin, time.Duration(to-from)*time.Minute)
		if d == 0 {
			return all
		}
		step = r.wholeMinutes(every, d)
		if rest := (to - from) % step; rest != 0 {
			r.warnf(every.node, every.path, "leaves the last %d minutes before to without a slot", rest)
		}
	}
	for _, day := range days {
		if len(all) > catalog.SlotsMax {
			break
		}
		all = r.oneDay(f, day, minutes{from, to, step}, places, all)
	}
	return all
}

func (r *reader) wholeMinutes(f *field, d time.Duration) int {
	if d%time.Minute != 0 {
		r.errorf(f.node, f.path, "slots start at whole minutes; write 6m")
	}
	return max(1, int(d/time.Minute))
}

// minutes are the slots of a day: from, to and step in minutes after midnight.
type minutes struct{ from, to, step int }

func (r *reader) oneDay(f *field, day time.Time, m minutes, places int, all []placed) []placed {
	missing := false
	for at := m.from; at+m.step <= m.to; at += m.step {
		start, exists := resolve(day.Add(time.Duration(at)*time.Minute), r.zone())
		if !exists {
			if !missing {
				r.errorf(f.node, f.path, "%02d:%02d on %s does not happen in %s: the clocks go forward then; leave that hour out",
					at/60, at%60, day.Format(dayLayout), r.zone())
			}
			missing = true
			continue
		}
		slot := catalog.Slot{Start: start, End: r.slotEnd(day, at, m.step, start), Places: places}
		all = append(all, placed{slot: slot, from: f})
	}
	return all
}

// slotEnd is step minutes after start, but never later than the clock on the wall
// says: a slot from one to three is an hour shorter in the night in which the
// clocks go forward, so that the slot at three can begin.
func (r *reader) slotEnd(day time.Time, at, step int, start time.Time) time.Time {
	end := start.Add(time.Duration(step) * time.Minute)
	wall, exists := resolve(day.Add(time.Duration(at+step)*time.Minute), r.zone())
	if exists && wall.After(start) && wall.Before(end) {
		return wall
	}
	return end
}

func (r *reader) days(o object) []time.Time {
	f := o.get("dates")
	if single := o.get("date"); single != nil {
		if f != nil {
			r.errorf(single.node, single.path, "stands beside dates; keep one of the two")
		}
		f = single
	}
	if f == nil {
		f = o.need("dates")
	}
	var out []time.Time
	seen := map[time.Time]bool{}
	for _, item := range r.each(f, datesMax, "days") {
		day := r.day(item)
		switch {
		case day.IsZero():
			continue
		case seen[day]:
			r.errorf(item.node, item.path, "%s is written twice; take one out", day.Format(dayLayout))
			continue
		}
		seen[day] = true
		out = append(out, day)
	}
	return out
}

// checkOverlap reports slots of one group that are there twice, and entries that run into each
// other. Single slots (start, end) may overlap: two halls, long visits; that is a
// warning. all is in order of time; each slot is held against the one before it
// and against the one that has lasted longest so far.
func (r *reader) checkOverlap(all []placed) {
	told := map[[2]string]bool{}
	longest := 0
	for i := 1; i < len(all); i++ {
		for _, j := range []int{i - 1, longest} {
			r.overlap(&all[j], &all[i], told)
		}
		if all[i].slot.End.After(all[longest].slot.End) {
			longest = i
		}
	}
}

// overlap reports a pair of entries once, if the slots a and b (not before a)
// overlap.
func (r *reader) overlap(a, b *placed, told map[[2]string]bool) {
	if !b.slot.Start.Before(a.slot.End) {
		return
	}
	first, second := a.from, b.from
	if first.line > second.line {
		first, second = second, first
	}
	pair := [2]string{first.path, second.path}
	if !told[pair] {
		told[pair] = true
		r.tellOverlap(first, second, &a.slot, &b.slot)
	}
}

func (r *reader) tellOverlap(first, second *field, a, b *catalog.Slot) {
	at := slotName(b, r.zone())
	switch {
	case a.Start.Equal(b.Start):
		r.errorf(second.node, second.path, "the slot of %s exists already (line %d); take one out", at, first.line)
	case isSingle(first) || isSingle(second):
		r.warnf(second.node, second.path, "the slot of %s begins before the one of %s ends (line %d)",
			at, slotName(a, r.zone()), first.line)
	default:
		r.errorf(second.node, second.path, "overlaps with line %d: the slot of %s begins before the one of %s ends",
			first.line, at, slotName(a, r.zone()))
	}
}

func isSingle(f *field) bool {
	return slices.ContainsFunc(f.entries, func(e entry) bool { return e.key.text == "start" })
}

// slotName names a slot in words: "10 Apr 2021 08:06".
func slotName(s *catalog.Slot, loc *time.Location) string {
	day := strings.Fields(locale.Day(locale.English, s.Start, loc))
	return fmt.Sprintf("%s %s %s %s", day[0], day[1][:3], day[2], locale.Clock24(s.Start, loc))
}
