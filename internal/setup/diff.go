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

// Change is one thing that a new sale file would change.
type Change struct {
	Path string // as in the sale file; "slots" for slots
	Text string // "sale.hold.online: 15m → 20m"
}

// String returns the text.
func (c Change) String() string { return c.Text }

// Diff says in words what applying next after old changes, in the order of the
// file. Slots that follow each other and change alike are told in one line. A
// nil old is a new sale.
func Diff(old, next *Plan) []Change {
	loc := next.Sale.Event.Location()
	if old == nil {
		return []Change{{Path: "sale", Text: fmt.Sprintf("new sale: %s/%s, %s in %s",
			next.Sale.Organizer.ID, next.Sale.Event.Slug, plural(next.Places(), "place"), plural(len(next.Slots), "slot"))}}
	}
	out := diffFields(flatten(&old.Sale, loc), flatten(&next.Sale, loc))
	out = append(out, diffCodes(old.Codes, next.Codes)...)
	return append(out, diffSlots(old, next, loc)...)
}

func diffFields(old, next []leaf) []Change {
	before := map[string]string{}
	for _, l := range old {
		before[l.path] = l.text
	}
	var out []Change
	after := map[string]bool{}
	for _, l := range next {
		after[l.path] = true
		was, existed := before[l.path]
		switch {
		case !existed:
			out = append(out, Change{l.path, l.path + ": new: " + l.text})
		case was != l.text:
			out = append(out, Change{l.path, l.path + ": " + was + " → " + l.text})
		}
	}
	for _, l := range old {
		if !after[l.path] {
			out = append(out, Change{l.path, l.path + ": gone, was " + l.text})
		}
	}
	return out
}

// diffCodes tells how many codes come and go; the codes themselves are secret.
func diffCodes(old, next []CodeList) []Change {
	codes := func(lists []CodeList, name string) []string {
		if i := slices.IndexFunc(lists, func(l CodeList) bool { return l.Name == name }); i >= 0 {
			return lists[i].Codes
		}
		return nil
	}
	names := map[string]bool{}
	for _, l := range slices.Concat(old, next) {
		names[l.Name] = true
	}
	var out []Change
	for name := range names {
		was, is := codes(old, name), codes(next, name)
		added, gone := len(missingFrom(was, is)), len(missingFrom(is, was))
		if added+gone > 0 {
			path := "codes." + name
			out = append(out, Change{path, fmt.Sprintf("%s: %s added, %s taken out", path, plural(added, "code"), plural(gone, "code"))})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// missingFrom lists what is in b and not in a.
func missingFrom(a, b []string) []string {
	have := make(map[string]bool, len(a))
	for _, s := range a {
		have[s] = true
	}
	return slices.DeleteFunc(slices.Clone(b), func(s string) bool { return have[s] })
}

// slotChange is what happens to one slot.
type slotChange struct {
	slotKey
	start time.Time
	text  string
}

// slotKey is what a slot is known by; group is empty where the sale has none.
type slotKey struct {
	group string
	start int64
}

func keyOf(s *catalog.Slot, groups []catalog.Group) (k slotKey) {
	if k.start = s.Start.Unix(); s.Group < len(groups) {
		k.group = groups[s.Group].ID
	}
	return k
}

func diffSlots(old, next *Plan, loc *time.Location) []Change {
	groups := next.Sale.Groups // those before are the first of them
	was := make(map[slotKey]*catalog.Slot, len(old.Slots))
	for i := range old.Slots {
		was[keyOf(&old.Slots[i], groups)] = &old.Slots[i]
	}
	all := make([]slotChange, 0, len(next.Slots))
	for i := range next.Slots {
		s := &next.Slots[i]
		key := keyOf(s, groups)
		text := "new, " + plural(s.Places, "place")
		if before := was[key]; before != nil {
			text = slotText(before, s, loc)
		}
		delete(was, key)
		all = append(all, slotChange{key, s.Start, text})
	}
	for key, s := range was {
		all = append(all, slotChange{key, s.Start, "gone, had " + plural(s.Places, "place")})
	}
	slices.SortFunc(all, func(a, b slotChange) int {
		return cmp.Or(strings.Compare(a.group, b.group), a.start.Compare(b.start))
	})
	return tellAlike(all, loc)
}

// slotText says how a slot changes, or nothing.
func slotText(old, next *catalog.Slot, loc *time.Location) string {
	var parts []string
	if !old.End.Equal(next.End) {
		parts = append(parts, "end "+locale.Clock24(old.End, loc)+" → "+locale.Clock24(next.End, loc))
	}
	if old.Places != next.Places {
		parts = append(parts, fmt.Sprintf("places %d → %d", old.Places, next.Places))
	}
	for _, c := range catalog.Channels {
		if c != catalog.Online && old.Allotments[c] != next.Allotments[c] {
			parts = append(parts, fmt.Sprintf("%s %d → %d", c, old.Allotments[c], next.Allotments[c]))
		}
	}
	return strings.Join(parts, ", ")
}

// tellAlike tells neighbours on one day that change alike in one line. Unchanged
// slots have no text and part the runs.
func tellAlike(all []slotChange, loc *time.Location) []Change {
	var out []Change
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].text == all[i].text && all[j].group == all[i].group && sameDay(all[i].start, all[j].start, loc) {
			j++
		}
		if all[i].text != "" {
			out = append(out, Change{Path: "slots", Text: span(all[i:j], loc) + ": " + all[i].text})
		}
		i = j
	}
	return out
}

func sameDay(a, b time.Time, loc *time.Location) bool {
	return a.In(loc).Format(dayLayout) == b.In(loc).Format(dayLayout)
}

// span names a slot, or the first and last of several.
func span(run []slotChange, loc *time.Location) string {
	first := run[0].start
	day := strings.Fields(locale.DateShort(locale.English, first, loc))[1:]
	name := strings.Join(day, " ") + " " + locale.Clock24(first, loc)
	if run[0].group != "" {
		name = run[0].group + " " + name
	}
	if len(run) == 1 {
		return "slot " + name
	}
	return fmt.Sprintf("slots %s to %s (%d)", name, locale.Clock24(run[len(run)-1].start, loc), len(run))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
