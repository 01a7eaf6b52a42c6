package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/waitingroom"
)

// peopleAge is how long what somebody told about themselves is kept in their own
// browser, sealed, before a hold stores it.
const peopleAge = 2 * time.Hour

// peopleLast is how long it is kept for one sale: where numbers are drawn the evening
// before, until they can be called no more.
func peopleLast(sale *booking.Sale, now time.Time) time.Duration {
	if hasRoom(sale) {
		return min(numberAge, max(peopleAge, sale.Closes.Sub(now)))
	}
	return peopleAge
}

// hostCookie makes a name that only this host can set (RFC 6265bis 4.1.3.2), where
// the way is protected. A cookie that came another way is another one.
func (r *request) hostCookie(name string) string {
	if r.secure {
		return "__Host-" + name
	}
	return name
}

// saleCookie is the name of a cookie that belongs to one sale.
func (r *request) saleCookie(what string, sale *booking.Sale) string {
	return r.hostCookie(what + "-" + strconv.FormatInt(int64(sale.ID), 10))
}

func (r *request) setCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second),
		HttpOnly: true, Secure: r.secure, SameSite: http.SameSiteLaxMode,
	})
}

const peoplePurpose = "people"

// keepPeople puts who comes into the browser's own keeping: encrypted, signed,
// and in no address.
func (s *Site) keepPeople(w http.ResponseWriter, r *request, sale *booking.Sale, people []catalog.Participant) error {
	body, err := json.Marshal(people)
	if err != nil {
		return fault.New(fault.Internal, "participants: %w", err)
	}
	lasts := peopleLast(sale, r.arrived)
	token, err := s.Secret.Seal(s.Rand, r.saleCookie(peoplePurpose, sale), r.arrived.Add(lasts), body)
	if err != nil {
		return err
	}
	r.setCookie(w, r.saleCookie(peoplePurpose, sale), token, lasts)
	return nil
}

// forgetPeople takes it out of the browser's keeping once a booking has it: on a
// computer that many use, the next one shall not read who was there before.
func (s *Site) forgetPeople(w http.ResponseWriter, r *request, sale *booking.Sale) {
	if name := r.saleCookie(peoplePurpose, sale); hasCookie(r, name) {
		r.setCookie(w, name, "", -time.Second)
	}
}

func hasCookie(r *request, name string) bool {
	_, err := r.Cookie(name)
	return err == nil
}

// people reads who comes; none if the browser does not say or the time is over.
func (s *Site) people(r *request, sale *booking.Sale) []catalog.Participant {
	c, err := r.Cookie(r.saleCookie(peoplePurpose, sale))
	if err != nil {
		return nil
	}
	body, err := s.Secret.Open(r.saleCookie(peoplePurpose, sale), c.Value, r.arrived)
	if err != nil && failpoint.Bug(failpoint.BugPeoplePlain) {
		body, err = base64.RawURLEncoding.DecodeString(c.Value)
	}
	if err != nil {
		return nil
	}
	var people []catalog.Participant
	if json.Unmarshal(body, &people) != nil {
		return nil
	}
	return people
}

const passCookie = "pass"

// keepPass issues a pass of the open gate and gives it to the browser.
func (s *Site) keepPass(w http.ResponseWriter, r *request, sale *booking.Sale) (waitingroom.Pass, error) {
	p, err := s.gate.Issue(sale.ID, r.arrived)
	if err != nil {
		return waitingroom.Pass{}, err
	}
	r.setCookie(w, r.saleCookie(passCookie, sale), p.Token(s.Secret), p.Until.Sub(r.arrived))
	return p, nil
}

// pass reads the browser's pass; Forbidden if it has none that is good.
func (s *Site) pass(r *request, sale *booking.Sale) (waitingroom.Pass, error) {
	c, err := r.Cookie(r.saleCookie(passCookie, sale))
	if err != nil {
		return waitingroom.Pass{}, fault.New(fault.Forbidden, "no pass")
	}
	gate := waitingroom.GateOpen
	if hasRoom(sale) {
		gate = waitingroom.GateRoom
	}
	return waitingroom.ReadPass(s.Secret, c.Value, sale.ID, gate, r.arrived)
}
