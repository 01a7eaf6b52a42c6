// Package locale holds the words: message catalogues with plurals in every
// language, and how each language writes dates, times, numbers and money.
package locale

// Lang is a language of texts for people, as a BCP 47 primary tag.
type Lang string

// The languages every text exists in. German is the one a page falls back to.
const (
	German  Lang = "de"
	English Lang = "en"
)

// Langs lists the languages in the order in which they are offered.
var Langs = []Lang{German, English}
