package paper

import (
	"strings"
	"testing"
	"unicode"
)

func TestSpellOut(t *testing.T) {
	tests := []struct{ code, lang, want string }{
		{"K7F-3QX", "de", "Köln, sieben, Frankfurt – drei, Quickborn, Xanten"},
		{"K7F-3QX", "en", "Kilo, seven, Foxtrot – three, Quebec, X-ray"},
		{"k7f 3qx", "en-GB", "Kilo, seven, Foxtrot – three, Quebec, X-ray"},
		{"ABC", "de-DE", "Aachen, Berlin, Chemnitz"},
		{"2", "de", "zwo"},
		{"2", "en", "two"},
		{"äß", "de", "Umlaut Aachen, Eszett"},
		{"ẞ", "de", "Eszett"},
		{"A", "", "Aachen"},
		{"A", "fr", "Aachen"},
		{"A–B", "en", "Alfa – Bravo"},
		{"--A--", "en", "Alfa"},
		{"A#1", "en", "Alfa, #, one"},
		{"", "de", ""},
		{" - ", "en", ""},
	}
	for _, tt := range tests {
		if got := SpellOut(tt.code, tt.lang); got != tt.want {
			t.Errorf("SpellOut(%q, %q) = %q, want %q", tt.code, tt.lang, got, tt.want)
		}
	}
}

// Every letter and digit has a word of its own, and each letter's word begins
// with it: else the table could not be trusted by ear.
func TestSpellingTablesAreSound(t *testing.T) {
	for lang, table := range map[string]map[rune]string{"de": german, "en": english} {
		seen, checked := map[string]rune{}, 0
		for _, r := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" {
			word := table[r]
			if word == "" || seen[word] != 0 {
				t.Errorf("%s %c: %q is missing or used for %c too", lang, r, word, seen[word])
			}
			if unicode.IsLetter(r) && !strings.HasPrefix(word, string(r)) {
				t.Errorf("%s %c: %q begins with another letter", lang, r, word)
			}
			seen[word] = r
			checked++
		}
		if checked != 36 {
			t.Errorf("%s: %d signs, want 36", lang, checked)
		}
	}
}
