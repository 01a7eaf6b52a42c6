package setup_test

import (
	"context"
	"strings"
	"testing"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/setup"
)

// threeSites is a sale whose sites open at the same time; order is that of the list, and
// slots what stands under slots.
func threeSites(order, slots string) string {
	names := map[string]string{
		"schwelm":    "{id: schwelm, name: {de: Schwelm, en: Schwelm}}",
		"witten":     "{id: witten, name: {de: Witten, en: Witten}}",
		"gevelsberg": "{id: gevelsberg, name: {de: Gevelsberg, en: Gevelsberg}}",
	}
	list := make([]string, 0, len(names))
	for id := range strings.FieldsSeq(order) {
		list = append(list, names[id])
	}
	head, tail, _ := strings.Cut(full, "slots:")
	_, tail, _ = strings.Cut(tail, "allotments:")
	return head + "groups: [" + strings.Join(list, ", ") + "]\nslots:\n" + slots + "allotments:" + tail
}

const (
	slotsSchwelm    = "  - {date: 2021-04-10, from: \"08:00\", to: \"10:00\", every: 10m, places: 20, group: schwelm}\n"
	slotsWitten     = "  - {date: 2021-04-10, from: \"08:00\", to: \"09:00\", every: 10m, places: 10, group: witten}\n"
	slotsGevelsberg = "  - {date: 2021-04-11, from: \"08:00\", to: \"09:00\", every: 10m, places: 10, group: gevelsberg}\n"
)

func TestGroupsOfPlaces(t *testing.T) {
	plan := parse(t, threeSites("schwelm witten", slotsSchwelm+slotsWitten))
	if !plan.Sale.Grouped() || plan.Sale.GroupName(1, locale.German) != "Witten" || len(plan.Slots) != 18 {
		t.Fatalf("%+v with %d slots", plan.Sale.Groups, len(plan.Slots))
	}
	by := map[int]map[catalog.Channel]int{0: {}, 1: {}}
	for i, s := range plan.Slots {
		for c, n := range s.Allotments {
			by[s.Group][c] += n
		}
		if i > 0 && s.Start.Before(plan.Slots[i-1].Start) {
			t.Errorf("slot %d is not in the order of time", i)
		}
	}
	// 5 % by phone and 2 % at the counter, of each group.
	if by[0][catalog.Phone] != 12 || by[1][catalog.Phone] != 3 || by[0][catalog.Counter]+by[0][catalog.Online] != 228 {
		t.Errorf("%v", by)
	}
	if plain := parse(t, full); plain.Sale.Grouped() || plain.Sale.GroupCount() != 1 || plain.Sale.GroupName(0, locale.German) != "" {
		t.Errorf("%+v", plain.Sale.Groups)
	}
}

// TestWrongGroups: each mistake is said where it stands.
func TestWrongGroups(t *testing.T) {
	right := threeSites("schwelm witten", slotsSchwelm+slotsWitten)
	nine := "groups: ‸["
	for i := range 9 {
		nine += "{id: g" + string(rune('a'+i)) + ", name: {de: G, en: G}}, "
	}
	for name, c := range map[string]struct{ old, new, says string }{
		"no group":        {"places: 10, group: witten", "places: 10", "slots[1].group: is missing"},
		"unknown group":   {"group: witten", "group: ‸wittn", `there is no group "wittn" under groups; did you mean "witten"?`},
		"nobody is there": {"id: witten", "id: gone", `there is no group "witten" under groups`},
		"without slots":   {"group: witten", "group: schwelm", `groups[1]: no slot is in the group "witten"`},
		"id twice":        {"id: witten", "id: ‸schwelm", `groups[1].id: "schwelm" is the id of the group in line`},
		"id too long":     {"id: witten", "id: ‸sprockhoevels", "groups[1].id: has 13 characters; at most 12"},
		"nine":            {"groups: [", nine, "groups: 11 groups; at most 8 are allowed"},
		"no name":         {"{id: witten, name: {de: Witten, en: Witten}}", "‸{id: witten}", "groups[1].name: is missing"},
		"no groups":       {"groups: [{id: schwelm, name: {de: Schwelm, en: Schwelm}}, {id: witten, name: {de: Witten, en: Witten}}]\n", "", "slots[0].group: there are no groups"},
		"twice at a time": {"allotments:", slotsWitten + "allotments:", "exists already"},
	} {
		if !strings.Contains(right, c.old) {
			t.Fatalf("%s: the file has no %q", name, c.old)
		}
		text := strings.Replace(right, c.old, c.new, 1)
		before, _, marked := strings.Cut(text, mark)
		plan, found := setup.Parse("sale.yaml", []byte(strings.Replace(text, mark, "", 1)))
		want := "sale.yaml:"
		if marked {
			want += place(before)
		}
		said := false
		for _, p := range found {
			said = said || strings.HasPrefix(p.String(), want) && strings.Contains(p.String(), c.says) && !p.Warning
		}
		if plan != nil || !said {
			t.Errorf("%s: want %s … %s\ngot %v", name, want, c.says, found)
		}
	}
}

// TestGroupsKeepTheirOrder: slots and wishes are stored by the place of their group.
func TestGroupsKeepTheirOrder(t *testing.T) {
	h := newHouse(t)
	st := h.open()
	try := func(order, slots string) error {
		_, err := setup.Apply(context.Background(), st, parse(t, threeSites(order, slots)), applyNow, false)
		return err
	}
	if err := try("schwelm witten", slotsSchwelm+slotsWitten); err != nil {
		t.Fatal(err)
	}
	for order, says := range map[string]string{
		"witten schwelm":            "groups stay in their order",
		"gevelsberg schwelm witten": "groups stay in their order",
	} {
		slots := slotsSchwelm + slotsWitten
		if strings.Contains(order, "gevelsberg") {
			slots += slotsGevelsberg
		}
		if err := try(order, slots); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", order, err)
		}
	}
	if err := try("schwelm", slotsSchwelm); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "witten is missing") {
		t.Errorf("one was taken out: %v", err)
	}
	changes, err := setup.Apply(context.Background(), st, parse(t, threeSites("schwelm witten gevelsberg", slotsSchwelm+slotsWitten+slotsGevelsberg)), applyNow, false)
	if err != nil || len(changes) == 0 || !strings.Contains(changes[len(changes)-1].Text+changes[len(changes)-2].Text+changes[len(changes)-3].Text, "gevelsberg") {
		t.Fatalf("one more at the end: %v %v", changes, err)
	}
	sales, err := st.Sales(context.Background())
	if err != nil || len(sales[0].Slots) != 24 {
		t.Fatalf("%d slots, %v", len(sales[0].Slots), err)
	}
	if a, b := sales[0].Slots[0], sales[0].Slots[1]; !a.Start.Equal(b.Start) || a.Group != 0 || b.Group != 1 {
		t.Errorf("%+v, %+v", a, b)
	}
	h.book(st, 1) // at eight in Schwelm
	moved := "  - {date: 2021-04-10, from: \"08:00\", to: \"08:10\", places: 20, group: gevelsberg}\n" +
		strings.Replace(slotsSchwelm, "08:00", "08:10", 1)
	if err := try("schwelm witten gevelsberg", moved+slotsWitten+slotsGevelsberg); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "stays in its group") {
		t.Errorf("a slot with a booking was moved: %v", err)
	}
}
