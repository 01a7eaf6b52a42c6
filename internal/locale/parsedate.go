package locale

import (
	"strings"
	"time"
	"unicode"

	"einlass/internal/fault"
)

// FieldBirthDate is the input that ParseDate's errors belong to.
const FieldBirthDate = "birth_date"

// Message codes of dates that cannot be read.
const (
	CodeDateForm       = "date.form"       // no day, month and year can be made out
	CodeDateImpossible = "date.impossible" // 31 April: the calendar has no such day
	CodeDateYear       = "date.year"       // two digits, or far outside a life
)

// Bounds of a birth year. The oldest person known lived 122 years.
const (
	birthYearMin = 1880
	birthYearMax = 2200
)

// dateMax is the longest input looked at, in bytes.
const dateMax = 60

// Lengths of numbers in a date.
const (
	dayDigits     = 2
	yearDigits    = 4
	compactDigits = 8 // 24121950 or 19501224
	compactShort  = 6 // 241250
)

// ParseDate reads a birth date as people type it: 24.12.1950, 24/12/1950,
// 1950-12-24, "24 12 1950", 24121950, 19501224, "24. Dezember 1950", "24 December
// 1950", "December 24, 1950". Day before month, unless the year comes first; it
// never guesses otherwise. The result is midnight UTC of that day. Errors are
// Invalid, belong to FieldBirthDate and carry one of the codes above; a year of
// two digits is refused because 50 may be 1950 or 2050.
func ParseDate(s string) (time.Time, error) {
	if len(s) > dateMax {
		return time.Time{}, fault.Field(FieldBirthDate, CodeDateForm)
	}
	parts := dateParts(s)
	if len(parts) == 1 {
		parts = splitCompact(parts[0])
	}
	d, code := readParts(parts)
	if code == "" {
		code = d.check()
	}
	if code != "" {
		return time.Time{}, fault.Field(FieldBirthDate, code)
	}
	return d.time(), nil
}

// calendarDay is a day that may not exist.
type calendarDay struct{ year, month, day int }

func (d calendarDay) time() time.Time {
	return time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
}

// check returns the code of what is wrong with d, or nothing.
func (d calendarDay) check() string {
	if d.year < birthYearMin || d.year > birthYearMax {
		return CodeDateYear
	}
	t := d.time()
	if t.Year() != d.year || int(t.Month()) != d.month || t.Day() != d.day {
		return CodeDateImpossible
	}
	return ""
}

// dateParts cuts a date into runs of digits and of letters.
func dateParts(s string) []string {
	var parts []string
	var kind, before int
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= '0' && r <= '9':
			kind = 1
		case unicode.IsLetter(r), unicode.IsMark(r):
			kind = 2
		case unicode.IsSpace(r), strings.ContainsRune("./-–,", r):
			before = 0
			continue
		default:
			return nil
		}
		if kind != before {
			parts = append(parts, "")
		}
		parts[len(parts)-1] += string(r)
		before = kind
	}
	return withoutOrdinals(parts)
}

// withoutOrdinals drops what stands behind an English day: 24th, 1st.
func withoutOrdinals(parts []string) []string {
	out := parts[:0]
	for i, p := range parts {
		ordinal := p == "st" || p == "nd" || p == "rd" || p == "th"
		if i == 0 || !ordinal {
			out = append(out, p)
		}
	}
	return out
}

// splitCompact cuts 24121950 into day, month and year, or 19501224 into year,
// month and day. They cannot be mixed up: a year of 1880 to 2200 read as month and
// day begins with 18 or more, which is no month.
func splitCompact(s string) []string {
	switch len(s) {
	case compactShort:
		return []string{s[:2], s[2:4], s[4:]}
	case compactDigits:
		if !isBirthYear(s[4:]) && isBirthYear(s[:4]) {
			return []string{s[:4], s[4:6], s[6:]}
		}
		return []string{s[:2], s[2:4], s[4:]}
	}
	return nil
}

func isBirthYear(s string) bool {
	year, ok := smallNumber(s)
	return ok && year >= birthYearMin && year <= birthYearMax
}

// readParts finds out which of three parts is which.
func readParts(parts []string) (d calendarDay, code string) {
	if len(parts) != 3 {
		return d, CodeDateForm
	}
	day, month, year := parts[0], parts[1], parts[2]
	switch {
	case len(day) == yearDigits && isDigits(day):
		day, year = year, day
	case monthNumber(day) > 0: // December 24, 1950
		day, month = month, day
	}
	var okDay, okMonth, okYear bool
	d.day, okDay = smallNumber(day)
	d.year, okYear = smallNumber(year)
	if d.month = monthNumber(month); d.month == 0 {
		d.month, okMonth = smallNumber(month)
		okMonth = okMonth && len(month) <= dayDigits
	} else {
		okMonth = true
	}
	if !okDay || !okMonth || !okYear || len(day) > dayDigits {
		return d, CodeDateForm
	}
	return d, "" // a year of two digits is found by check
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// smallNumber reads one to four digits.
func smallNumber(s string) (n int, ok bool) {
	if s == "" || len(s) > yearDigits || !isDigits(s) {
		return 0, false
	}
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// monthAliases are spellings of months that are no beginning of a name in months.
var monthAliases = map[string]int{
	"mrz": 3, "maerz": 3, "jänner": 1, "jaenner": 1, "jän": 1, "feber": 2,
}

// monthNumber reads the name of a month in any of our languages, whole or cut
// to at least three letters; 0 if it is none.
func monthNumber(s string) int {
	const shortest = 3
	s = strings.ReplaceAll(s, "a\u0308", "ä")
	if n := monthAliases[s]; n > 0 {
		return n
	}
	if len([]rune(s)) < shortest {
		return 0
	}
	for _, lang := range Langs {
		for i, name := range months[lang] {
			if strings.HasPrefix(strings.ToLower(name), s) {
				return i + 1
			}
		}
	}
	return 0
}
