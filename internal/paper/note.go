package paper

import (
	"strings"

	"einlass/internal/locale"
)

// Note is what a calendar entry says beside time and place: the booking's code and
// what to bring, where there is either. The page's file and the mail's are one entry to
// a calendar (they share its UID), so they must say the same. It is at most MaxText
// octets: what is longer ends in an ellipsis, and stands on the booking's page.
func Note(lang locale.Lang, code, bring string) string {
	var lines []string
	if code != "" {
		lines = append(lines, locale.T(lang, "calendar.code", locale.Data{"Code": code}))
	}
	if bring = strings.TrimSpace(bring); bring != "" {
		lines = append(lines, locale.T(lang, "calendar.bring"), bring)
	}
	note := strings.Join(lines, "\n")
	if len(note) > MaxText {
		note = strings.ToValidUTF8(note[:MaxText-len(ellipsis)], "") + ellipsis
	}
	return note
}

// Summary is what a calendar entry is called: the event, and the group of places where
// the sale has several.
func Summary(title, group string) string {
	if group == "" {
		return title
	}
	return title + ": " + group
}

const ellipsis = "…"
