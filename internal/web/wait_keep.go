package web

import (
	"net/http"
	"time"

	"einlass/internal/booking"
	"einlass/internal/ident"
	"einlass/internal/waitingroom"
)

const (
	numberCookie = "number"
	secretCookie = "own"
	// numberAge is how long a browser keeps its number: longer than any sale with a
	// room.
	numberAge = 60 * 24 * time.Hour
)

// number reads the browser's place in the log.
func (s *Site) number(r *request, sale *booking.Sale) (no uint32, ok bool) {
	c, err := r.Cookie(r.saleCookie(numberCookie, sale))
	if err != nil {
		return 0, false
	}
	t, err := waitingroom.ReadToken(s.Secret, c.Value, sale.ID)
	return t.No, err == nil
}

func (s *Site) keepNumber(w http.ResponseWriter, r *request, sale *booking.Sale, no uint32) {
	r.setCookie(w, r.saleCookie(numberCookie, sale), waitingroom.Token{Sale: sale.ID, No: no}.String(s.Secret), numberAge)
}

// ownSecret is what opens this browser's number: the same for all its tabs, also if
// the button is pressed twice.
func (s *Site) ownSecret(w http.ResponseWriter, r *request, sale *booking.Sale) (ident.ID, error) {
	name := r.saleCookie(secretCookie, sale)
	if c, err := r.Cookie(name); err == nil {
		if id, err := ident.ParseID(c.Value); err == nil {
			return id, nil
		}
	}
	id, err := ident.New(s.Rand, r.arrived)
	if err != nil {
		return id, err
	}
	r.setCookie(w, name, id.String(), numberAge)
	return id, nil
}
