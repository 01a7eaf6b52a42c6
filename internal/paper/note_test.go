package paper

import (
	"strings"
	"testing"
	"unicode/utf8"

	"einlass/internal/locale"
)

func TestNote(t *testing.T) {
	for _, c := range []struct{ code, bring, want string }{
		{"", "", ""},
		{"K7M-4QX-9D2", " ", "Buchungscode K7M-4QX-9D2"},
		{"K7M-4QX-9D2", "Ausweis\nImpfpass\n", "Buchungscode K7M-4QX-9D2\nBitte bringen Sie mit:\nAusweis\nImpfpass"},
		{"", "Ausweis", "Bitte bringen Sie mit:\nAusweis"},
	} {
		if got := Note(locale.German, c.code, c.bring); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for extra := range 4 { // a cut in the middle of a letter
		long := Note(locale.English, "K7M-4QX-9D2", strings.Repeat("x", extra)+strings.Repeat("ü", MaxText))
		if len(long) > MaxText || len(long) < MaxText-4 || !utf8.ValidString(long) || !strings.HasSuffix(long, "…") {
			t.Errorf("%d octets, valid %t, end %q", len(long), utf8.ValidString(long), long[len(long)-8:])
		}
	}
}
