package catalog

import "einlass/internal/locale"

// Text is one text in several languages.
type Text map[locale.Lang]string

// In returns the text in l, else in German, else in English.
func (t Text) In(l locale.Lang) string {
	for _, try := range []locale.Lang{l, locale.German, locale.English} {
		if s := t[try]; s != "" {
			return s
		}
	}
	return ""
}
