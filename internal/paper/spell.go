package paper

import (
	"strings"
	"unicode"
)

const (
	// wordBreak stands between two words, groupBreak where the code has a hyphen
	// or a space: a reader's voice pauses there, and so does a screen reader.
	wordBreak, groupBreak = ", ", " – "
)

// german is the spelling table of DIN 5009:2022, which names cities, and the
// digits as the telephone says them: "zwo", because "zwei" and "drei" are the one
// pair of German digits that is confused on a bad line. The table says it is for
// hearing; nobody has to write it.
var german = map[rune]string{
	'A': "Aachen", 'B': "Berlin", 'C': "Chemnitz", 'D': "Düsseldorf", 'E': "Essen",
	'F': "Frankfurt", 'G': "Goslar", 'H': "Hamburg", 'I': "Ingelheim", 'J': "Jena",
	'K': "Köln", 'L': "Leipzig", 'M': "München", 'N': "Nürnberg", 'O': "Offenbach",
	'P': "Potsdam", 'Q': "Quickborn", 'R': "Rostock", 'S': "Salzwedel", 'T': "Tübingen",
	'U': "Unna", 'V': "Völklingen", 'W': "Wuppertal", 'X': "Xanten", 'Y': "Ypsilon",
	'Z': "Zwickau", 'Ä': "Umlaut Aachen", 'Ö': "Umlaut Offenbach", 'Ü': "Umlaut Unna", 'ẞ': "Eszett",
	'0': "null", '1': "eins", '2': "zwo", '3': "drei", '4': "vier",
	'5': "fünf", '6': "sechs", '7': "sieben", '8': "acht", '9': "neun",
}

// english is the alphabet of NATO and ICAO (Annex 10, volume II) in its own
// spelling ("Alfa", "Juliett"). Digits are everyday words: "two" is confused with
// nothing, and "tree", "fife" and "niner" would puzzle people who never flew.
var english = map[rune]string{
	'A': "Alfa", 'B': "Bravo", 'C': "Charlie", 'D': "Delta", 'E': "Echo",
	'F': "Foxtrot", 'G': "Golf", 'H': "Hotel", 'I': "India", 'J': "Juliett",
	'K': "Kilo", 'L': "Lima", 'M': "Mike", 'N': "November", 'O': "Oscar",
	'P': "Papa", 'Q': "Quebec", 'R': "Romeo", 'S': "Sierra", 'T': "Tango",
	'U': "Uniform", 'V': "Victor", 'W': "Whiskey", 'X': "X-ray", 'Y': "Yankee", 'Z': "Zulu",
	'0': "zero", '1': "one", '2': "two", '3': "three", '4': "four",
	'5': "five", '6': "six", '7': "seven", '8': "eight", '9': "nine",
}

// SpellOut says a booking code in words for reading it aloud: "K7F-3QX" becomes
// "Köln, sieben, Frankfurt – drei, Quickborn, Xanten". A lang that begins with
// "en" is English (NATO), every other German (DIN 5009:2022), the language people
// get who asked for none. Small letters count as capitals, hyphens and spaces as
// a pause; a sign without a word stands for itself.
func SpellOut(code, lang string) string {
	table := german
	if strings.HasPrefix(strings.ToLower(lang), "en") {
		table = english
	}
	groups := strings.FieldsFunc(code, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) })
	for i, group := range groups {
		groups[i] = spellGroup(group, table)
	}
	return strings.Join(groups, groupBreak)
}

// spellGroup says the signs between two pauses.
func spellGroup(group string, table map[rune]string) string {
	var words []string
	for _, r := range group {
		if r == 'ß' { // unicode.ToUpper knows no capital for it
			r = 'ẞ'
		}
		word, known := table[unicode.ToUpper(r)]
		if !known {
			word = string(r)
		}
		words = append(words, word)
	}
	return strings.Join(words, wordBreak)
}
