package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/store"
)

// Bounds of a search at the desk: enough to find one person, too little to copy
// the list.
const (
	// SearchMin is the shortest part of a name that is looked for, in characters.
	SearchMin = 2
	// SearchMax is how many bookings a search returns at most.
	SearchMax = 25
)

// Search finds bookings of one sale by code, or by a part of a participant's
// name: for staff. Those that stand come first, then by name. more says that
// there are others. Invalid if too little was typed to look for.
func (b *Service) Search(ctx context.Context, sale *Sale, typed string) (found []*store.Record, more bool, err error) {
	typed = strings.TrimSpace(typed)
	if code, err := ident.ParseCode(typed); err == nil {
		found, _, err = b.searched(ctx, sale, func(*store.Record) bool { return true }, func() ([]ident.BookingID, error) { return b.store.ByCode(ctx, code) })
		if err != nil || len(found) > 0 {
			return found, false, err
		}
	}
	words := strings.FieldsFunc(typed, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	longest := slices.MaxFunc(append(words, ""), func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	if utf8.RuneCountInString(longest) < SearchMin {
		return nil, false, fault.Field("q", "desk.find.short")
	}
	return b.searched(ctx, sale, func(r *store.Record) bool { return named(r, words) }, func() ([]ident.BookingID, error) {
		backwards := slices.Clone(words)
		slices.Reverse(backwards)
		return b.byName(ctx, sale.ID, strings.Join(words, " "), strings.Join(backwards, " "), longest)
	})
}

// searched reads what was found, keeps what belongs to the sale and fits, and
// sorts it.
func (b *Service) searched(ctx context.Context, sale *Sale, fits func(*store.Record) bool, look func() ([]ident.BookingID, error)) (found []*store.Record, more bool, err error) {
	ids, err := look()
	if err != nil {
		return nil, false, err
	}
	for _, id := range ids {
		r, err := b.store.Booking(ctx, id)
		if err != nil {
			return nil, false, err
		}
		if r.Sale != sale.ID || !fits(r) {
			continue
		}
		if len(found) == SearchMax {
			more = true
			break
		}
		found = append(found, r)
	}
	slices.SortStableFunc(found, func(a, b *store.Record) int {
		return cmp.Or(cmp.Compare(gone(a), gone(b)), cmp.Compare(firstName(a), firstName(b)))
	})
	return found, more, nil
}

func gone(r *store.Record) int {
	if r.State.Keeps() {
		return 0
	}
	return 1
}

func firstName(r *store.Record) string {
	if len(r.People) == 0 {
		return ""
	}
	return strings.ToLower(r.People[0].Name)
}

// byName asks the store for each part, once for each way its letters beyond ASCII,
// which the store does not fold, may have been written: özdemir, Özdemir, ÖZDEMIR.
// The best parts come first: the store returns so many bookings of each.
func (b *Service) byName(ctx context.Context, sale ident.SaleID, parts ...string) ([]ident.BookingID, error) {
	var out []ident.BookingID
	asked := map[string]bool{}
	for _, part := range parts {
		for _, way := range waysToWrite(part) {
			if asked[way] {
				continue
			}
			asked[way] = true
			ids, err := b.store.ByName(ctx, sale, way)
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				if !slices.Contains(out, id) {
					out = append(out, id)
				}
			}
		}
	}
	return out, nil
}

func waysToWrite(part string) []string {
	lower := strings.ToLower(part)
	initials := []rune(lower)
	for i, r := range initials {
		if i == 0 || !unicode.IsLetter(initials[i-1]) {
			initials[i] = unicode.ToUpper(r)
		}
	}
	return []string{foldASCII(lower), foldASCII(string(initials)), foldASCII(strings.ToUpper(part))}
}

func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// named reports whether one participant's name has every word, in any order:
// people say their surname first.
func named(r *store.Record, words []string) bool {
	for _, p := range r.People {
		name := strings.ToLower(p.Name)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(name, strings.ToLower(w)) }) {
			return true
		}
	}
	return false
}
