package locale

import "time"

// dayLength is a day of 24 hours: durations count hours, not calendar days.
const dayLength = 24 * time.Hour

// Duration writes a length of time in at most two units: "45 Sekunden",
// "14 Minuten", "1 Stunde 5 Minuten", "2 Tage". It rounds down, because a
// promise of time must not be longer than the time; below zero is zero.
func Duration(lang Lang, d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return unit(lang, "format.seconds", int(d/time.Second))
	case d < time.Hour:
		return unit(lang, "format.minutes", int(d/time.Minute))
	case d < 2*dayLength:
		return pair(lang, "format.hours", int(d/time.Hour), "format.minutes", int(d%time.Hour/time.Minute))
	}
	return pair(lang, "format.days", int(d/dayLength), "format.hours", int(d%dayLength/time.Hour))
}

// Left writes what is left of a time: "noch 14 Minuten" / "14 minutes left".
func Left(lang Lang, d time.Duration) string {
	return T(lang, "format.left", Data{"Time": Duration(lang, d)})
}

func unit(lang Lang, id string, n int) string { return T(lang, id, Data{CountKey: n}) }

// pair writes a larger and a smaller unit and leaves out a smaller one of zero.
func pair(lang Lang, large string, n int, small string, m int) string {
	if m == 0 {
		return unit(lang, large, n)
	}
	return unit(lang, large, n) + " " + unit(lang, small, m)
}
