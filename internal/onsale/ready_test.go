package onsale

import (
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/store"
)

func TestReadiness(t *testing.T) {
	now := time.Date(2031, 4, 2, 12, 0, 0, 0, time.UTC)
	sale := &store.StoredSale{Sale: catalog.Sale{ID: 7, Expects: 1_000}, Version: 3}
	row := func(version, people int, ago time.Duration, verdict string) store.RehearsalRow {
		return store.RehearsalRow{Sale: 7, Version: version, People: people, At: now.Add(-ago), Verdict: verdict}
	}
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		rows []store.RehearsalRow
		want Lack
	}{
		"none":                         {nil, LackAny},
		"another sale's":               {[]store.RehearsalRow{{Sale: 8, Version: 3, People: 9_999, At: now, Verdict: "holds"}}, LackAny},
		"passed":                       {[]store.RehearsalRow{row(3, 1_000, day, "holds")}, LackNone},
		"void":                         {[]store.RehearsalRow{row(3, 1_000, day, "void")}, LackPassed},
		"broke":                        {[]store.RehearsalRow{row(3, 1_000, day, "breaks")}, LackPassed},
		"old rules":                    {[]store.RehearsalRow{row(2, 1_000, day, "holds")}, LackRules},
		"one too few":                  {[]store.RehearsalRow{row(3, 999, day, "holds")}, LackSize},
		"a fortnight":                  {[]store.RehearsalRow{row(3, 1_000, 14*day, "holds")}, LackNone},
		"a moment longer":              {[]store.RehearsalRow{row(3, 1_000, 14*day+1, "holds")}, LackFresh},
		"a small one after it":         {[]store.RehearsalRow{row(3, 10, day, "holds"), row(3, 1_000, 2*day, "holds")}, LackNone},
		"a void one after it":          {[]store.RehearsalRow{row(3, 1_000, day, "void"), row(3, 1_000, 2*day, "holds")}, LackNone},
		"it broke after it had passed": {[]store.RehearsalRow{row(3, 1_000, day, "breaks"), row(3, 1_000, 2*day, "holds")}, LackPassed},
		"only a larger crowd broke it": {[]store.RehearsalRow{row(3, 1_001, day, "breaks"), row(3, 1_000, 2*day, "holds")}, LackNone},
		"a defect": {[]store.RehearsalRow{
			{Sale: 7, Version: 3, People: 9_000, At: now, Verdict: "breaks", Broke: "defect"}, row(3, 1_000, 2*day, "holds"),
		}, LackPassed},
	} {
		r := ReadinessOf(sale, 0, c.rows, nil, now)
		if r.Lack != c.want || r.Rehearsed() != (c.want == LackNone) || (r.Last == nil) != (c.want == LackAny) {
			t.Errorf("%s: %q, want %q", name, r.Lack, c.want)
		}
	}
	unsaid := &store.StoredSale{Version: 1}
	for places, want := range map[int]int{0: 1, 4: 40, 30_000: catalog.ExpectsMax} {
		if got := Expected(&unsaid.Sale, places); got != want {
			t.Errorf("%d places: %d people, want %d", places, got, want)
		}
	}
}
