package catalog_test

import (
	"slices"
	"testing"

	"einlass/internal/catalog"
)

func TestGroupSets(t *testing.T) {
	for _, c := range []struct {
		all    int
		groups []int
		want   []int
		any    bool
	}{
		{1, nil, []int{0}, true},
		{1, []int{0}, []int{0}, true},
		{3, nil, []int{0, 1, 2}, true},
		{3, []int{1}, []int{1}, false},
		{3, []int{2, 0}, []int{0, 2}, false},
		{3, []int{0, 1, 2}, []int{0, 1, 2}, true},
		{3, []int{1, 1, 7, -1}, []int{1}, false},
		{8, []int{7}, []int{7}, false},
		{8, []int{0, 1, 2, 3, 4, 5, 6, 7}, []int{0, 1, 2, 3, 4, 5, 6, 7}, true},
	} {
		s := catalog.GroupsOf(c.all, c.groups...)
		if got := s.Of(c.all); !slices.Equal(got, c.want) || s.Any() != c.any {
			t.Errorf("%v of %d: %v, any %v; want %v", c.groups, c.all, got, s.Any(), c.want)
		}
		for g := range c.all {
			if s.Has(g) != slices.Contains(c.want, g) {
				t.Errorf("%v of %d: has %d is %v", c.groups, c.all, g, s.Has(g))
			}
		}
	}
}
