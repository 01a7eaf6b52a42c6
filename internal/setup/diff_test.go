package setup_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
)

func TestDiff(t *testing.T) {
	for _, d := range []struct {
		old, new string
		want     []string
	}{
		{"online: 15m", "online: 20m", []string{"sale.hold.online: 15m → 20m"}},
		{"from: 60", "from: 65", []string{"sale.eligible[0].age.from: 60 → 65"}},
		{"to: 79, at: slot", "to: 79, at: 2021-04-10", []string{
			"sale.eligible[0].age.at: new: 2021-04-10",
			"sale.eligible[0].age.at_slot: true → false",
		}},
		{"closes: 2021-04-10T07:00", "closes: 2021-04-10T06:30", []string{"sale.closes: 2021-04-10T07:00 → 2021-04-10T06:30"}},
		{"Impftermin", "Termin", []string{"offers[0].name.de: Impftermin → Termin"}},
		{"0.00 EUR", "58.00 EUR", []string{"offers[0].price: 0.00 EUR → 58.00 EUR"}},
		{"termine@kreis.example", "impfen@kreis.example", []string{"organizer.contact.mail: termine@kreis.example → impfen@kreis.example"}},
		{`, "17:00"]`, `]`, []string{"sale.returned.public_at[1]: gone, was 17:00"}},
		{"place: {postcodes: [\"58\", \"45525\"]}", "place: {postcodes: [\"58\"]}", []string{"sale.eligible[0].place.postcodes[1]: gone, was 45525"}},
		{", 2021-04-11]", "]", []string{"slots 11 Apr 08:00 to 17:54 (100): gone, had 20 places"}},
		{"allotments:  ", "  - {date: 2021-04-12, from: \"08:00\", to: \"09:00\", every: 30m, places: 1}\nallotments:  ", []string{
			"slots 12 Apr 08:00 to 08:30 (2): new, 1 place",
		}},
	} {
		got := texts(setup.Diff(parse(t, full), parse(t, change(t, d.old, d.new))))
		if !slices.Equal(got, d.want) {
			t.Errorf("%q → %q:\ngot  %q\nwant %q", d.old, d.new, got, d.want)
		}
	}
}

// TestDiffOneSlot: one slot with fewer places is told as one slot.
func TestDiffOneSlot(t *testing.T) {
	const all = `- {dates: [2021-04-10, 2021-04-11], from: "08:00", to: "18:00", every: 6m, places: 20}`
	file := func(places string) string {
		return change(t, all, `- {date: 2021-04-10, from: "08:00", to: "08:06", places: 20}
  - {date: 2021-04-10, from: "08:06", to: "08:12", places: `+places+`}
  - {date: 2021-04-11, from: "08:12", to: "08:18", places: 20}`)
	}
	got := texts(setup.Diff(parse(t, file("20")), parse(t, file("18"))))
	if want := []string{"slot 10 Apr 08:06: places 20 → 18"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDiffNewSaleAndCodes(t *testing.T) {
	plan := parse(t, full)
	got := texts(setup.Diff(nil, plan))
	if want := []string{"new sale: ennepe-ruhr/impfung-60plus, 4000 places in 200 slots"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	next := parse(t, full)
	plan.Codes[0].Codes, next.Codes[0].Codes = []string{"AAAAAA", "BBBBBB"}, []string{"BBBBBB", "CCCCCC", "DDDDDD"}
	got = texts(setup.Diff(plan, next))
	if want := []string{"codes.kita-2021: 2 codes added, 1 code taken out"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDiffAfterTheStore: a plan that was stored as JSON, its times moved to UTC,
// is still the same plan.
func TestDiffAfterTheStore(t *testing.T) {
	plan := parse(t, change(t, "at: slot", "at: 2021-04-10"))
	document, err := json.Marshal(plan.Sale)
	if err != nil {
		t.Fatal(err)
	}
	stored := *plan
	stored.Sale, stored.Slots = catalog.Sale{}, slices.Clone(plan.Slots)
	if err := json.Unmarshal(document, &stored.Sale); err != nil {
		t.Fatal(err)
	}
	stored.Sale.Opens = stored.Sale.Opens.UTC()
	for i := range stored.Slots {
		stored.Slots[i].Start = stored.Slots[i].Start.UTC()
	}
	if got := texts(setup.Diff(&stored, plan)); len(got) > 0 {
		t.Errorf("a stored plan differs: %q", got)
	}
	stored.Sale.Opens = stored.Sale.Opens.Add(time.Minute)
	if got := texts(setup.Diff(&stored, plan)); !slices.Equal(got, []string{"sale.opens: 2021-04-03T08:01 → 2021-04-03T08:00"}) {
		t.Errorf("a minute's change is told as %q", got)
	}
}

func texts(changes []setup.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = c.String()
	}
	return out
}
