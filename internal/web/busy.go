package web

import (
	"html/template"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"sync"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/web/view"
)

// Busy answers 503: too many are here at once. It says so in the language of the
// request, that nothing is lost, and in how many seconds to come again: retryAfter
// and some more, so that those who were refused together do not come back together.
// Whoever only looked is brought back by the page itself. Whoever sent a form finds
// it there, to be sent again by one button; form is what was sent, nil if nobody
// read it. The page's bytes are made once per language: it is wanted most when
// there is time for nothing.
func Busy(w http.ResponseWriter, r *http.Request, retryAfter time.Duration, form url.Values) {
	lang := wordsOf(r).lang
	if asked := form.Get(langField); asked != "" {
		lang = locale.Negotiate(asked, r.Header.Get("Accept-Language"))
	}
	pages, err := busyPages()
	if err != nil { // New has seen that it is not so
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	kind := busyLook
	switch {
	case r.Method != http.MethodPost:
	case mayRepeat(r, form):
		kind = busySend
	default:
		kind, form = busyLost, nil
	}
	seconds := comeAgain(w, retryAfter)
	h := w.Header()
	guardHeaders(h)
	h["Content-Type"] = htmlType
	h.Set("Content-Security-Policy", view.ThemeOf(view.DefaultAccent).Policy)
	h["Cache-Control"] = noStore
	if kind == busyLook {
		h.Set("Refresh", strconv.Itoa(seconds))
	}
	parts := busyFill(pages[busyKey{lang, kind, h.Get(RehearsalHeader) != ""}], here(r), seconds, form)
	if err := writeSegments(w, r, http.StatusServiceUnavailable, parts); err != nil {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	}
}

// mayRepeat reports whether the page may carry the form: one of our own, that was
// read whole.
func mayRepeat(r *http.Request, form url.Values) bool {
	if form == nil || form.Get(saidField) == saidLost || http.NewCrossOriginProtection().Check(r) != nil {
		return false
	}
	size := 0
	for name, values := range form {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	typed := r.Header.Get("Content-Type")
	if typed == "" {
		return size == 0 // a button without a form
	}
	kind, _, err := mime.ParseMediaType(typed)
	return err == nil && kind == "application/x-www-form-urlencoded" && size <= bodyMax
}

// saidLost is what was answered to a form that the page could not keep.
const saidLost = "lost"

// busyKind is for whom the page is: who looked, who sent a form, whose form nobody
// read.
type busyKind uint8

const (
	busyLook busyKind = iota
	busySend
	busyLost
)

type busyKey struct {
	lang locale.Lang
	kind busyKind
	// rehearsal says that the page is that of a rehearsal's copy.
	rehearsal bool
}

// The holes, as they stand in the page that is made once.
const (
	holePath    = "hole-path"
	holeStep    = "hole-step"
	holeSeconds = "hole-seconds"
	holeFields  = `<input type="hidden" name="hole-fields" value="">`
)

var busyHoles = regexp.MustCompile(regexp.QuoteMeta(holeFields) + "|/" + holePath + "|" + holeStep + "|" + holeSeconds)

// busyPages are all of them.
var busyPages = sync.OnceValues(func() (map[busyKey]holedPage, error) {
	out := map[busyKey]holedPage{}
	for _, lang := range locale.Langs {
		for _, kind := range []busyKind{busyLook, busySend, busyLost} {
			for _, rehearsal := range []bool{false, true} {
				page, err := newBusyPage(words{lang}, kind, rehearsal)
				if err != nil {
					return nil, err
				}
				out[busyKey{lang, kind, rehearsal}] = page
			}
		}
	}
	return out, nil
})

func newBusyPage(w words, kind busyKind, rehearsal bool) (holedPage, error) {
	p := plainPage("refused", w.t("refused.busy"))
	p.Lang, p.State, p.Rehearsal = w.lang, fault.Busy.String(), rehearsal
	body := refusedBody{Tone: "warn", What: p.Title}
	again := &view.Resend{Action: "/" + holePath, Step: holeStep, Fields: []view.Hidden{{Name: "hole-fields"}, {Name: saidField, Value: p.State}}}
	next := "refused.busy.next"
	switch kind {
	case busySend:
		p.Form, body.Again = resendForm, again
		p.Language = others(w.lang, "")
	case busyLook:
		next, body.Next, body.NextText = "busy.look.next", again.Action, w.t("busy.look.now")
		p.Language = others(w.lang, again.Action)
	case busyLost:
		next, again.Fields = "busy.lost.next", []view.Hidden{{Name: saidField, Value: saidLost}}
		p.Form, p.Resend = resendForm, again
		p.Language = others(w.lang, "")
	}
	body.Sentences = []string{w.t(next, locale.Data{"Seconds": holeSeconds})}
	p.Body = body
	whole, err := view.Render(p)
	if err != nil {
		return nil, err
	}
	return cutHoles(whole, busyHoles)
}

// step is the last part of an address of ours, which names what its form does.
var step = regexp.MustCompile(`^[a-z]{1,20}$`)

// busyFill puts what is this request's own into the holes.
func busyFill(page holedPage, address string, seconds int, form url.Values) []view.Segment {
	return page.fill(func(hole string) (text string) {
		switch hole {
		case "/" + holePath:
			text = template.HTMLEscapeString(address)
		case holeSeconds:
			text = strconv.Itoa(seconds)
		case holeStep:
			if base := path.Base(address); step.MatchString(base) {
				text = base
			}
		case holeFields:
			for _, f := range kept(form) {
				text += `<input type="hidden" name="` + template.HTMLEscapeString(f.Name) + `" value="` + template.HTMLEscapeString(f.Value) + `">`
			}
		}
		return text
	})
}

// Bounds of what a busy answer tells, in seconds. The spread keeps those who were refused
// together from coming back together, and comes on top of a moment of one's own: a line
// takes in four seconds of what it serves.
const (
	retryMin    = 2
	retrySpread = 6
)

// comeAgain sets Retry-After, with jitter, and returns it in seconds.
func comeAgain(w http.ResponseWriter, after time.Duration) int {
	seconds := max(retryMin, int((after+time.Second-1)/time.Second))
	if !failpoint.Bug(failpoint.BugComeTogether) {
		seconds += rand.IntN(retrySpread) //nolint:gosec // spreading, not secrecy
	}
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return seconds
}
