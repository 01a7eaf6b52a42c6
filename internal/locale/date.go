package locale

import (
	"strconv"
	"time"
)

var weekdays = map[Lang][7]string{
	German:  {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
	English: {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
}

var months = map[Lang][12]string{
	German: {
		"Januar", "Februar", "März", "April", "Mai", "Juni",
		"Juli", "August", "September", "Oktober", "November", "Dezember",
	},
	English: {
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	},
}

// monthShort is how many letters of an English month and weekday the short form
// shows. German short weekdays have two letters, as timetables print them.
const (
	monthShort     = 3
	weekdayShortEN = 3
	weekdayShortDE = 2
)

// Date writes a day in full: "Samstag, 10. April 2021" / "Saturday 10 April 2021".
func Date(lang Lang, t time.Time, loc *time.Location) string {
	t = t.In(loc)
	if lang == English {
		return weekdays[English][t.Weekday()] + " " + Day(lang, t, loc)
	}
	return weekdays[German][t.Weekday()] + ", " + Day(lang, t, loc)
}

// Day writes a day without its weekday: "10. April 2021" / "10 April 2021".
func Day(lang Lang, t time.Time, loc *time.Location) string {
	t = t.In(loc)
	year, month, day := t.Date()
	if lang == English {
		return strconv.Itoa(day) + " " + months[English][month-1] + " " + strconv.Itoa(year)
	}
	return strconv.Itoa(day) + ". " + months[German][month-1] + " " + strconv.Itoa(year)
}

// DateShort writes a day for narrow columns: "Sa 10.4." / "Sat 10 Apr". The year
// is missing: only where it cannot be mistaken.
func DateShort(lang Lang, t time.Time, loc *time.Location) string {
	t = t.In(loc)
	_, month, day := t.Date()
	if lang == English {
		return weekdays[English][t.Weekday()][:weekdayShortEN] + " " + strconv.Itoa(day) + " " +
			months[English][month-1][:monthShort]
	}
	return weekdays[German][t.Weekday()][:weekdayShortDE] + " " + strconv.Itoa(day) + "." +
		strconv.Itoa(int(month)) + "."
}

// Clock writes a time of day as it is said: "8:24 Uhr" / "8:24 am".
func Clock(lang Lang, t time.Time, loc *time.Location) string {
	t = t.In(loc)
	if lang != English {
		return strconv.Itoa(t.Hour()) + ":" + two(t.Minute()) + " Uhr"
	}
	half := " am"
	if t.Hour() >= 12 {
		half = " pm"
	}
	hour := t.Hour() % 12
	if hour == 0 {
		hour = 12
	}
	return strconv.Itoa(hour) + ":" + two(t.Minute()) + half
}

// Clock24 writes a time of day for grids and staff screens, the same in every
// language: "08:24".
func Clock24(t time.Time, loc *time.Location) string {
	t = t.In(loc)
	return two(t.Hour()) + ":" + two(t.Minute())
}

// DateTime writes day and time: "Samstag, 10. April 2021, 8:24 Uhr" /
// "Saturday 10 April 2021, 8:24 am".
func DateTime(lang Lang, t time.Time, loc *time.Location) string {
	return Date(lang, t, loc) + ", " + Clock(lang, t, loc)
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
