package web

import (
	"net/http"

	"einlass/internal/booking"
	"einlass/internal/fault"
	"einlass/internal/waitingroom"
)

// transferPath leads from a sale to the form that brings a number to this device.
const transferPath = "/wait/transfer"

// transferMax is the longest code anybody types, in bytes: 15 symbols with a sign
// between any two of them.
const transferMax = 40

type transferBody struct {
	Title, Link string
	Field       field
	Errors      []problem
	Nothing     bool
	Own         string // the code of the number that is here already
}

func transferField(w words) field {
	return field{ID: "transfer", Label: w.t("transfer.code"), Hint: w.t("transfer.hint"), Auto: "off", Max: transferMax}
}

// transferForm asks for the code of a number that was drawn on another device.
func (s *Site) transferForm(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	if !hasRoom(sale) {
		return see(w, sale.Path())
	}
	return s.showTransfer(w, r, http.StatusOK, sale, transferField(r.words), false)
}

func (s *Site) showTransfer(w http.ResponseWriter, r *request, status int, sale *booking.Sale, code field, nothing bool) error {
	p := salePage(sale, "transfer", r.t("transfer.title"))
	p.Here, p.Form = sale.Path()+transferPath, "transfer-form"
	b := transferBody{Title: sale.Event.Title.In(r.lang), Link: sale.Path(), Field: code, Errors: problems([]field{code}), Nothing: nothing}
	if no, has := s.number(r, sale); has {
		b.Own = waitingroom.Token{Sale: sale.ID, No: no}.TransferCode(s.Secret)
	}
	p.Body = b
	return s.show(w, r, status, p)
}

// transfer gives this browser the number of the code. What is no code of ours, one of
// another sale and one of a place that nobody has are answered alike.
func (s *Site) transfer(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	if !hasRoom(sale) {
		return see(w, sale.Path())
	}
	code := transferField(r.words)
	code.read(r)
	code.require(r)
	if code.Error != "" {
		return s.showTransfer(w, r, http.StatusUnprocessableEntity, sale, code, false)
	}
	t, err := s.readTransfer(r, sale, code.Value)
	switch fault.KindOf(err) {
	case fault.Invalid:
		code.say(r.lang, err)
		return s.showTransfer(w, r, http.StatusUnprocessableEntity, sale, code, false)
	case fault.Forbidden:
		return s.showTransfer(w, r, http.StatusNotFound, sale, code, true)
	}
	switch {
	case err != nil:
		return err
	case r.again: // only the language was changed
		return s.showTransfer(w, r, http.StatusOK, sale, code, false)
	}
	s.keepNumber(w, r, sale, t.No)
	return see(w, sale.Path()+"/wait")
}

// readTransfer reads a code of somebody who may try it now: what is no code at all is
// no guess.
func (s *Site) readTransfer(r *request, sale *booking.Sale, typed string) (waitingroom.Token, error) {
	t, err := waitingroom.ReadTransferCode(s.Secret, typed, sale.ID)
	if fault.KindOf(err) == fault.Invalid && err != nil {
		return t, err
	}
	if busy := s.moves.allow(r.RemoteAddr); busy != nil {
		return t, busy
	}
	if err == nil && !s.drawn(sale, t.No) {
		return t, fault.New(fault.Forbidden, "a place that nobody has")
	}
	return t, err
}

// drawn reports whether a place in the log of a sale is somebody's.
func (s *Site) drawn(sale *booking.Sale, no uint32) bool {
	roster := s.Rooms.Roster(sale.ID)
	return roster != nil && no < roster.Room().Entries
}
