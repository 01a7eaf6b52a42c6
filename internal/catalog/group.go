package catalog

import "einlass/internal/locale"

// Group is a part of a sale whose places are as good as each other to most people: one
// of several sites, one show of a season. Between groups they are not. A sale that names
// none is one group.
type Group struct {
	ID   string `json:"id"` // [a-z0-9-], 1..GroupIDMax characters
	Name Text   `json:"name"`
}

// Limits of groups.
const (
	// GroupsMax is how many groups a sale may have: a wish is one byte a person.
	GroupsMax = 8
	// GroupIDMax is the longest name of a group, in characters: eight of them, each with
	// its figures, fit the status document.
	GroupIDMax = 12
)

// Left is what is left of a group at one moment, in units. It is a hint.
type Left struct {
	Free int // could be held now
	Held int // in carts
}

// Sum adds up what is left of several groups.
func Sum(of []Left) (all Left) {
	for _, l := range of {
		all.Free, all.Held = all.Free+l.Free, all.Held+l.Held
	}
	return all
}

// GroupSet is a set of a sale's groups, by their place in its list. The empty one is any
// of them: nobody wishes for nothing, and a sale without groups asks nobody.
type GroupSet uint8

// AnyGroup is the set of whoever takes a place in any group.
const AnyGroup GroupSet = 0

// GroupsOf makes a set; of none or of all of a sale's groups, AnyGroup.
func GroupsOf(all int, groups ...int) (s GroupSet) {
	for _, g := range groups {
		if g >= 0 && g < min(all, GroupsMax) {
			s |= 1 << g
		}
	}
	if int(s) == 1<<all-1 {
		return AnyGroup
	}
	return s
}

// Has reports whether a group is in the set.
func (s GroupSet) Has(group int) bool { return s == AnyGroup || s&(1<<group) != 0 }

// Any reports whether every group will do.
func (s GroupSet) Any() bool { return s == AnyGroup }

// Of lists the groups of the set in a sale that has so many, in their order.
func (s GroupSet) Of(all int) []int {
	out := make([]int, 0, all)
	for g := range all {
		if s.Has(g) {
			out = append(out, g)
		}
	}
	return out
}

// Grouped reports whether the sale's places are of several groups.
func (s *Sale) Grouped() bool { return len(s.Groups) > 1 }

// GroupCount is how many groups the sale's places are of; 1 where it names none.
func (s *Sale) GroupCount() int { return max(1, len(s.Groups)) }

// GroupName is what people call a group; empty where the sale has none.
func (s *Sale) GroupName(group int, lang locale.Lang) string {
	if !s.Grouped() || group < 0 || group >= len(s.Groups) {
		return ""
	}
	return s.Groups[group].Name.In(lang)
}
