package web

import (
	"html"
	"strconv"
	"strings"
	"sync"

	"einlass/internal/booking"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/waitingroom"
)

// rangeWords is how the page's script says a range of time. It has the same steps and
// the same words as the page.
type rangeWords struct{ Steps, About, Under, Untold, Minutes, Hours string }

// Where the script puts its figures.
const (
	scriptFrom   = "{from}"
	scriptTo     = "{to}"
	scriptFigure = "{n}"
)

func rangeWordsOf(w words) *rangeWords {
	steps := make([]string, len(waitingroom.RangeSteps))
	for i, m := range waitingroom.RangeSteps {
		steps[i] = strconv.Itoa(m)
	}
	return &rangeWords{
		Steps:   strings.Join(steps, " "),
		About:   w.t("wait.range", locale.Data{"From": scriptFrom, "To": scriptTo}),
		Under:   w.t("wait.range.under", locale.Data{"To": scriptTo}),
		Untold:  w.t("wait.range.untold"),
		Minutes: w.t("wait.range.minutes", locale.Data{"N": scriptFigure}),
		Hours:   w.t("wait.range.hours", locale.Data{"N": scriptFigure}),
	}
}

// rangeSaid keeps each range in words once it was said: there are as many as pairs of
// steps. No page of a person needs a template for it.
var rangeSaid sync.Map // rangeKey → string

type rangeKey struct {
	lang locale.Lang
	waitingroom.Range
}

// sayRange puts a range of time into words, escaped; the one of zero says that nothing
// can be told.
func sayRange(lang locale.Lang, r waitingroom.Range) string {
	if said, ok := rangeSaid.Load(rangeKey{lang, r}); ok {
		return said.(string)
	}
	said := html.EscapeString(rangeText(words{lang}, r))
	rangeSaid.Store(rangeKey{lang, r}, said)
	return said
}

func rangeText(w words, r waitingroom.Range) string {
	switch to := minutes(w, r.To); {
	case r.To == 0:
		return w.t("wait.range.untold")
	case r.From == 0:
		return w.t("wait.range.under", locale.Data{"To": to})
	case r.From >= hoursFrom == (r.To >= hoursFrom): // "10 to 25 minutes"
		return w.t("wait.range", locale.Data{"From": figure(r.From), "To": to})
	default:
		return w.t("wait.range", locale.Data{"From": minutes(w, r.From), "To": to})
	}
}

// hoursFrom is from how many minutes on hours are said.
const hoursFrom = 120

// figure is a step in minutes as it is said, in minutes or hours.
func figure(m int) string {
	if m < hoursFrom {
		return strconv.Itoa(m)
	}
	half := ""
	if m%60 != 0 {
		half = "½"
	}
	return strconv.Itoa(m/60) + half
}

func minutes(w words, m int) string {
	if m < hoursFrom {
		return w.t("wait.range.minutes", locale.Data{"N": figure(m)})
	}
	return w.t("wait.range.hours", locale.Data{"N": figure(m)})
}

// rangeOf is the range of time until somebody is called, the zero one if it cannot be
// told: nothing is measured, nobody is called, or they may never be.
func (s *Site) rangeOf(sale *booking.Sale, number uint32, best *onsale.Prospect) waitingroom.Range {
	if s.Rooms.Levers(sale.ID).Paused {
		return waitingroom.Range{}
	}
	return best.Range(number)
}
