package eligibility

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
)

// AgeOn returns the age in completed years on a day; negative before birth. Only
// year, month and day are read, each time in its own location. Who was born on
// 29 February completes a year with the end of 28 February, that is on 1 March
// in a common year (BGB § 187 (2), § 188 (2)).
func AgeOn(birth, day time.Time) int {
	by, bm, bd := birth.Date()
	y, m, d := day.Date()
	age := y - by
	if m < bm || (m == bm && d < bd) {
		age--
	}
	return age
}

// inRange reports whether an age fits the rule.
func inRange(r *catalog.AgeRule, age int) bool {
	return age >= 0 && age >= r.From && (r.To == 0 || age <= r.To)
}

func (f *finding) judgeAge(r *catalog.AgeRule, birth time.Time, days []time.Time) {
	if birth.IsZero() {
		f.missing = append(f.missing, FieldBirthDate)
		return
	}
	if !r.AtSlot {
		days = []time.Time{r.At}
	}
	if len(days) == 0 {
		f.missing = append(f.missing, FieldSlot)
		return
	}
	low, high := AgeOn(birth, days[0]), AgeOn(birth, days[0])
	for _, day := range days {
		age := AgeOn(birth, day)
		if inRange(r, age) {
			return
		}
		low, high = min(low, age), max(high, age)
	}
	f.why = append(f.why, Why{FieldBirthDate, ageReason(low, high, days)})
}

// ageReason says how old the person is on the days that count.
func ageReason(low, high int, days []time.Time) locale.Message {
	switch {
	case low < 0:
		return locale.Message{ID: "eligibility.age.unborn"}
	case low != high:
		return locale.Message{ID: "eligibility.age.between", Data: locale.Data{"Low": low, "High": high}}
	case len(days) > 1:
		return locale.Message{ID: "eligibility.age.days", Data: locale.Data{locale.CountKey: low}}
	}
	return locale.Message{ID: "eligibility.age.day", Data: locale.Data{locale.CountKey: low, "Day": days[0]}}
}
