package setup

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"einlass/internal/catalog"
)

// Layouts of days and times in a sale file.
const (
	dayLayout     = "2006-01-02"
	minuteLayout  = "2006-01-02T15:04"
	minutesPerDay = 24 * 60
)

// yearMin and yearMax bound every date in a sale file.
const (
	yearMin = 1900
	yearMax = 2200
)

// integer reads a whole number within [low, high]; low if it is wrong or absent.
func (r *reader) integer(f *field, low, high int) int {
	s, ok := r.scalar(f)
	if !ok {
		return low
	}
	n, err := strconv.Atoi(strings.ReplaceAll(s, "_", ""))
	switch {
	case err != nil:
		r.errorf(f.node, f.path, "%q is not a whole number", shorten(s))
		return low
	case n < low || n > high:
		r.errorf(f.node, f.path, "%d is out of bounds; allowed is %d to %d", n, low, high)
		return low
	}
	return n
}

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// slug reads a part of an address.
func (r *reader) slug(f *field) string {
	s, ok := r.scalar(f)
	if !ok {
		return ""
	}
	if len(s) > catalog.SlugMax || !slugForm.MatchString(s) {
		r.errorf(f.node, f.path, "%q cannot be part of an address; use up to %d of a-z, 0-9 and single -", shorten(s), catalog.SlugMax)
		return ""
	}
	return s
}

// choice reads one of a few words.
func (r *reader) choice(f *field, known ...string) string {
	s, ok := r.scalar(f)
	if !ok {
		return ""
	}
	for _, k := range known {
		if s == k {
			return s
		}
	}
	r.errorf(f.node, f.path, "%q is not known%s", shorten(s), suggest(s, known))
	return ""
}

var durationForm = regexp.MustCompile(`^(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?$`)

// duration reads a length of time such as 6m, 1h30m, 90s or 30d, within bounds.
func (r *reader) duration(f *field, low, high time.Duration) time.Duration {
	s, ok := r.scalar(f)
	if !ok {
		return 0
	}
	m := durationForm.FindStringSubmatch(s)
	if m == nil || s == "" {
		r.errorf(f.node, f.path, "%q is not a length of time; write 6m, 1h30m, 90s or 30d", shorten(s))
		return 0
	}
	var d time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, err := strconv.Atoi("0" + m[i+1])
		if err != nil {
			return 0 // at most eight digits: cannot happen
		}
		d += time.Duration(n) * unit
	}
	if d < low || d > high {
		r.errorf(f.node, f.path, "%s is out of bounds; allowed is %s to %s", s, short(low), short(high))
		return 0
	}
	return d
}

// short writes a length of time as sale files do: 15m, 1h30m, 30d.
func short(d time.Duration) string {
	const day = 24 * time.Hour
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var clockForm = regexp.MustCompile(`^(\d{1,2}):(\d{2})$`)

// clock reads a time of day in minutes after midnight; 24:00 only where the end
// of a day makes sense. ok is false if there is none.
func (r *reader) clock(f *field, midnightEnd bool) (minutes int, ok bool) {
	s, found := r.scalar(f)
	if !found {
		return 0, false
	}
	if m := clockForm.FindStringSubmatch(s); m != nil {
		hour, herr := strconv.Atoi(m[1])
		minute, merr := strconv.Atoi(m[2])
		total := hour*60 + minute
		if herr == nil && merr == nil && minute < 60 && (total < minutesPerDay || midnightEnd && total == minutesPerDay) {
			return total, true
		}
	}
	r.errorf(f.node, f.path, `%q is not a time of day; write "08:00"`, shorten(s))
	return 0, false
}

// day reads a calendar day, as midnight UTC; zero if it is wrong.
func (r *reader) day(f *field) time.Time {
	s, ok := r.scalar(f)
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(dayLayout, s)
	if err != nil || t.Year() < yearMin || t.Year() > yearMax {
		r.errorf(f.node, f.path, "%q is not a day; write 2021-04-10", shorten(s))
		return time.Time{}
	}
	return t
}

// moment reads a local time in the event's zone, or one with its offset
// ("2021-10-31T02:30+01:00"). Of an hour that happens twice the first is meant;
// an hour that does not happen is an error.
func (r *reader) moment(f *field) time.Time {
	s, ok := r.scalar(f)
	if !ok {
		return time.Time{}
	}
	form := strings.Replace(s, " ", "T", 1)
	for _, layout := range []string{minuteLayout + "Z07:00", minuteLayout + ":05Z07:00"} {
		if t, err := time.Parse(layout, form); err == nil && inYears(t) {
			return t.In(r.zone())
		}
	}
	for _, layout := range []string{minuteLayout, minuteLayout + ":05"} {
		t, err := time.Parse(layout, form)
		if err != nil || !inYears(t) {
			continue
		}
		local, exists := resolve(t, r.zone())
		if !exists {
			r.errorf(f.node, f.path, "%s does not happen in %s: the clocks go forward then; write the hour after", s, r.zone())
			return time.Time{}
		}
		return local
	}
	r.errorf(f.node, f.path, "%q is not a local time; write 2021-04-03T08:00", shorten(s))
	return time.Time{}
}

func inYears(t time.Time) bool { return t.Year() >= yearMin && t.Year() <= yearMax }

// zone is the event's zone; UTC after an unknown one, which was reported.
func (r *reader) zone() *time.Location {
	if r.loc == nil {
		return time.UTC
	}
	return r.loc
}

// resolve finds the moment at which the clocks in loc show wall (given as UTC):
// the first if there are two, none in the hour that is left out in spring. It
// tries the offsets of the day before and the day after.
func resolve(wall time.Time, loc *time.Location) (t time.Time, exists bool) {
	for _, probe := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(probe).In(loc).Zone()
		candidate := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		_, shown := candidate.Zone()
		if shown == offset && (!exists || candidate.Before(t)) {
			t, exists = candidate, true
		}
	}
	return t, exists
}

var moneyForm = regexp.MustCompile(`^(\d{1,9})(?:\.(\d{2}))? ([A-Z]{3})$`)

// money reads an amount: 58.00 EUR.
func (r *reader) money(f *field) catalog.Money {
	s, ok := r.scalar(f)
	if !ok {
		return catalog.Money{}
	}
	m := moneyForm.FindStringSubmatch(s)
	if m == nil {
		r.errorf(f.node, f.path, "%q is not a price; write 58.00 EUR, with a point", shorten(s))
		return catalog.Money{}
	}
	cents, err := strconv.ParseInt(m[1]+(m[2] + "00")[:2], 10, 64)
	if err != nil {
		r.errorf(f.node, f.path, "%q is not a price", shorten(s))
	}
	return catalog.Money{Cents: cents, Currency: m[3]}
}

var percentForm = regexp.MustCompile(`^(\d{1,4}) ?%$`)

// percent reads a share of 1% to 100%, in whole percent.
func (r *reader) percent(f *field) int {
	s, ok := r.scalar(f)
	if !ok {
		return 0
	}
	m := percentForm.FindStringSubmatch(s)
	if m == nil {
		r.errorf(f.node, f.path, "%q is not a share; write whole percent, such as 5%%", shorten(s))
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 || n > 100 {
		r.errorf(f.node, f.path, "%s is out of bounds; allowed is 1%% to 100%%", s)
		return 0
	}
	return n
}
