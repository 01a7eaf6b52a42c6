package web

import (
	"strings"
	"testing"

	"einlass/internal/locale"
	"einlass/internal/waitingroom"
)

// TestRangesInWords: minutes and hours, never seconds, and what cannot be told.
func TestRangesInWords(t *testing.T) {
	for r, want := range map[waitingroom.Range][2]string{
		{}:                   {"lässt sich noch nicht sagen", "cannot be told yet"},
		{From: 0, To: 2}:     {"weniger als 2 Minuten", "less than 2 minutes"},
		{From: 10, To: 25}:   {"etwa 10 bis 25 Minuten", "about 10 to 25 minutes"},
		{From: 50, To: 120}:  {"etwa 50 Minuten bis 2 Stunden", "about 50 minutes to 2 hours"},
		{From: 120, To: 150}: {"etwa 2 bis 2½ Stunden", "about 2 to 2½ hours"},
	} {
		for i, lang := range []locale.Lang{locale.German, locale.English} {
			for range 2 { // the second time it was said before
				if got := strings.ReplaceAll(sayRange(lang, r), "\u00a0", " "); got != want[i] {
					t.Errorf("%+v: %q, want %q", r, got, want[i])
				}
			}
		}
	}
}
