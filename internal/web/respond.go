package web

import (
	"errors"
	"net/http"
	"time"

	"einlass/internal/booking"
	"einlass/internal/fault"
	"einlass/internal/web/view"
)

// show renders a page that is somebody's own: never stored on the way.
func (s *Site) show(w http.ResponseWriter, r *request, status int, p *view.Page) error {
	p.Lang, p.Rehearsal = r.lang, s.Rehearsal
	r.switchLanguage(p)
	parts, err := view.Segments(p)
	if err != nil {
		return err
	}
	h := w.Header()
	h["Content-Type"] = htmlType
	h.Set("Content-Security-Policy", p.Theme.Policy)
	h["Cache-Control"] = noStore
	return writeSegments(w, r.Request, status, parts)
}

// see sends the browser on with a GET (RFC 9110 15.4.4), so that reloading the
// page it then shows repeats nothing.
func see(w http.ResponseWriter, path string) error {
	w.Header().Set("Location", path)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// salePage begins a page in the colours of the sale's organizer.
func salePage(sale *booking.Sale, name, title string) *view.Page {
	return &view.Page{
		Name: name, Title: title, Theme: view.ThemeOf(sale.Organizer.Accent), Brand: sale.Organizer.Name,
		Home: "/" + sale.Organizer.ID, Phone: sale.Organizer.Phone, Zone: sale.Zone, Rehearsal: sale.Rehearsal,
	}
}

// plainPage begins a page that belongs to no organizer.
func plainPage(name, title string) *view.Page {
	return &view.Page{Name: name, Title: title, Theme: view.ThemeOf(view.DefaultAccent), Brand: "Einlass", Home: "/"}
}

// statuses is the one place where kinds become status codes.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.Forbidden: http.StatusForbidden, fault.Busy: http.StatusServiceUnavailable,
	fault.Unavailable: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

// errorPages are the words of each kind.
var errorPages = map[fault.Kind]string{
	fault.NotFound: "error.not_found", fault.Forbidden: "error.forbidden", fault.Unavailable: "error.unavailable",
	fault.Busy: "refused.busy", fault.Invalid: "error.form", fault.Conflict: "refused.not_held", fault.Internal: "error.internal",
}

type errorBody struct {
	Tone, What     string
	Sentences      []string
	Again          *view.Resend
	Next, NextText string
}

// codeBooking is an error with words of its own: a damaged link of a booking, or
// one that leads to none.
const codeBooking = "error.booking"

// errRepeated marks an error that was answered before: its page is only wanted in
// another language.
var errRepeated = errors.New("said before")

// errorSaid is the error whose page is wanted in another language; nil if it was
// none.
func errorSaid(said string) error {
	switch said {
	case saidLost:
		return &fault.Error{Kind: fault.Busy, Err: errRepeated}
	case codeBooking:
		return &fault.Error{Kind: fault.NotFound, Code: codeBooking, Err: errRepeated}
	}
	for kind := range errorPages {
		if said == kind.String() {
			return &fault.Error{Kind: kind, Err: errRepeated}
		}
	}
	return nil
}

// assess takes an error in: it tells its kind, writes what is ours to mend to the
// log, and says when asking again makes sense, in seconds.
func (s *Site) assess(w http.ResponseWriter, route string, err error) (kind fault.Kind, seconds int) {
	kind = fault.KindOf(err)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		kind = fault.Invalid
	}
	if (kind == fault.Internal || kind == fault.Unavailable) && !errors.Is(err, errRepeated) {
		s.Log.Error("request failed", "route", route, "err", err)
	}
	if kind == fault.Busy || kind == fault.Unavailable {
		seconds = retryAfter(w, err)
	}
	return kind, seconds
}

// fail answers with the page of the error's kind. What it says is for people;
// what happened goes to the log.
func (s *Site) fail(w http.ResponseWriter, r *request, err error) {
	if fault.KindOf(err) == fault.Busy {
		s.noteBusy(r)
		Busy(w, r.Request, waitOf(err), r.PostForm)
		return
	}
	kind, seconds := s.assess(w, r.Pattern, err)
	id, said, next, nextText := errorPages[kind], kind.String(), "/", "error.home"
	if e := fault.As(err); e != nil && e.Code == codeBooking {
		id, said, next, nextText = codeBooking, codeBooking, "/find", "error.booking.find"
	}
	p := plainPage("error", r.t(id))
	p.State = kind.String()
	body := errorBody{Tone: "bad", What: r.t(id), Sentences: []string{r.t(id+".next", map[string]any{"Seconds": seconds})}, Next: next, NextText: r.t(nextText)}
	p.Resend = &view.Resend{Action: here(r.Request), Fields: []view.Hidden{{Name: saidField, Value: said}}}
	if kind == fault.Unavailable && r.Method == http.MethodPost { // what was sent can be sent again
		p.Form, p.Resend, body.Again = resendForm, nil, r.resend(said)
	}
	p.Body = body
	if err := s.show(w, r, statuses[kind], p); err != nil {
		s.Log.Error("error page failed", "err", err)
		http.Error(w, http.StatusText(statuses[kind]), statuses[kind])
	}
}

// retryAfter sets Retry-After with jitter and returns it in seconds.
func retryAfter(w http.ResponseWriter, err error) int { return comeAgain(w, waitOf(err)) }

// waitOf is how long an error asks to wait.
func waitOf(err error) time.Duration {
	if e := fault.As(err); e != nil {
		return e.RetryAfter
	}
	return 0
}
