package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/web/view"
)

// What the language switch of an answer to a POST sends beside the form.
const (
	langField = "lang" // the language wanted
	saidField = "said" // what was answered: a reason or the kind of an error
)

// formWithin is how long a form may take to arrive: one of ours is a few hundred
// bytes.
const formWithin = 5 * time.Second

// readForm reads what a POST sent, and whether it only wants its answer in another
// language. It is read whole before anything else, so that nobody waits for a turn
// with half a form, or holds one while the rest trickles in; its size is bounded by
// the guard.
func (r *request) readForm(w http.ResponseWriter) error {
	if r.Method != http.MethodPost {
		return nil
	}
	c := http.NewResponseController(w)
	if err := c.SetReadDeadline(time.Now().Add(formWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fault.New(fault.Invalid, "form: %w", err)
	}
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "form: %w", err)
	}
	// Not past the form: a deadline that struck later would end the request.
	if err := c.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fault.New(fault.Invalid, "form: %w", err)
	}
	if lang := r.PostForm.Get(langField); lang != "" {
		r.again, r.said = true, r.PostForm.Get(saidField)
		r.lang = locale.Negotiate(lang, r.Header.Get("Accept-Language"))
	}
	return nil
}

// resendForm is the name of the form with what was sent.
const resendForm = "resend"

// resend is what was sent, to be sent once more for an answer in another language.
func (r *request) resend(said string) *view.Resend {
	out := &view.Resend{Action: here(r.Request), Fields: kept(r.PostForm)}
	if said != "" {
		out.Fields = append(out.Fields, view.Hidden{Name: saidField, Value: said})
	}
	return out
}

// keptMax is how many fields of a form come back at most: ten people with five
// each, and some room. Who sends thousands gets no page of them.
const keptMax = 62

// kept are the fields of a form, in the order of their names.
func kept(form url.Values) (out []view.Hidden) {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name == langField || name == saidField {
			continue
		}
		if len(out) < keptMax && len(form[name]) > 0 {
			out = append(out, view.Hidden{Name: name, Value: form[name][0]}) // the one that is read
		}
	}
	return out
}
