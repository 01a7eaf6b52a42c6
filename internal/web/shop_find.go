package web

import (
	"net/http"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

type findBody struct {
	Fields  []field
	Errors  []problem
	Nothing bool
}

func findFields(w words) (code, proof field) {
	code = field{ID: "code", Label: w.t("field.booking_code"), Hint: w.t("field.booking_code.hint"), Auto: "off", Max: catalog.CodeMax}
	proof = field{ID: "proof", Label: w.t("field.proof"), Hint: w.t("field.proof.hint"), Auto: "off", Max: catalog.MailMax}
	return code, proof
}

// findForm asks for the code and a proof.
func (s *Site) findForm(w http.ResponseWriter, r *request) error {
	code, proof := findFields(r.words)
	return s.showFind(w, r, http.StatusOK, []field{code, proof}, false)
}

func (s *Site) showFind(w http.ResponseWriter, r *request, status int, fields []field, nothing bool) error {
	p := plainPage("find", r.t("find.title"))
	p.Here, p.Form = "/find", "find"
	p.Body = findBody{Fields: fields, Errors: problems(fields), Nothing: nothing}
	return s.show(w, r, status, p)
}

// find answers the same whether there is no such code or the proof does not fit,
// and lets nobody try quickly.
func (s *Site) find(w http.ResponseWriter, r *request) error {
	code, proof := findFields(r.words)
	code.read(r)
	proof.read(r)
	code.require(r)
	proof.require(r)
	typed, err := ident.ParseCode(code.Value)
	if err != nil {
		code.say(r.lang, err)
	}
	if code.Error != "" || proof.Error != "" {
		return s.showFind(w, r, http.StatusUnprocessableEntity, []field{code, proof}, false)
	}
	if err := s.finds.allow(r.RemoteAddr); err != nil {
		return err
	}
	id, err := s.Booking.Find(r.ctx(), typed, proof.Value)
	if err != nil {
		return err
	}
	if id.IsZero() {
		return s.showFind(w, r, http.StatusNotFound, []field{code, proof}, true)
	}
	return see(w, "/b/"+id.String())
}
