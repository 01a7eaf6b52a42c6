package catalog_test

import (
	"strings"
	"testing"
	"unicode"

	"einlass/internal/catalog"
)

func TestNormalizeCode(t *testing.T) {
	for typed, want := range map[string]string{
		"KITA-47QM":                 "KITA47QM",
		"kita 47qm":                 "KITA47QM",
		" k-i–t.a/4 7\u00a0q\tm\n":  "KITA47QM",
		"ｋｉｔａ４７ｑｍ":                  "KITA47QM",
		"":                          "",
		"---":                       "",
		"\xff\xfe47":                "47",
		strings.Repeat("A", 64):     strings.Repeat("A", 64),
		strings.Repeat("A", 65):     "",
		strings.Repeat("-", 10_000): "",
		"OIL-0I1":                   "OIL0I1",
	} {
		got := catalog.NormalizeCode(typed)
		if got != want {
			t.Errorf("NormalizeCode(%q) = %q, want %q", typed, got, want)
		}
		if again := catalog.NormalizeCode(got); again != got {
			t.Errorf("NormalizeCode(%q) = %q, of that again %q", typed, got, again)
		}
	}
}

// TestNormalizeCodeTwice: for every letter there is, doing it twice changes nothing.
func TestNormalizeCodeTwice(t *testing.T) {
	letters := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.Nd) {
			continue
		}
		letters++
		once := catalog.NormalizeCode("a" + string(r) + "b")
		if again := catalog.NormalizeCode(once); again != once {
			t.Errorf("%U: %q, of that again %q", r, once, again)
		}
	}
	if letters < 100_000 {
		t.Errorf("only %d letters", letters)
	}
}
