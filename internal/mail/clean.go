package mail

import (
	"strings"
	"unicode"
)

// headerMax is the longest text put into one header field, in characters: a
// subject that long is cut by every mailbox anyway.
const headerMax = 200

// oneLine makes a text safe for a header and for one line of a mail: control
// characters, among them CR and LF, and the signs that turn the direction of
// writing become a space, several spaces become one. "=?" is pulled apart: it
// would begin an encoded word (RFC 2047) and smuggle in what was just removed.
func oneLine(s string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	clean = strings.ReplaceAll(clean, "=?", "= ?")
	return cut(strings.Join(strings.Fields(clean), " "), headerMax)
}

// lines splits a longer text of the organizer into clean lines of at most
// headerMax characters.
func lines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if clean := oneLine(l); clean != "" {
			out = append(out, clean)
		}
	}
	return out
}

// cut shortens a text to n characters and shows that it did.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}
