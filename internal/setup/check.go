package setup

import (
	"slices"

	"einlass/internal/catalog"
)

// checkTimes checks what must hold between the times of a sale. Times that could
// not be read are zero and were reported.
func (r *reader) checkTimes(p *Plan) {
	s := &p.Sale
	if s.Opens.IsZero() || s.Closes.IsZero() {
		return
	}
	if !s.Opens.Before(s.Closes) {
		r.errorf(r.where("sale.opens"), "sale.opens", "is not before closes; swap them")
		return
	}
	r.checkDrawWindow(s)
	r.checkBeacon(s)
	r.checkMoves(s)
	if len(p.Slots) == 0 {
		return
	}
	last := p.Slots[len(p.Slots)-1]
	if !s.Opens.Before(last.End) {
		r.errorf(r.where("sale.opens"), "sale.opens", "is after the last slot (%s); nothing could be booked", slotName(&last, r.zone()))
		return
	}
	if s.Closes.After(last.End) {
		r.warnf(r.where("sale.closes"), "sale.closes", "is after the last slot (%s); bookings end with the slot", slotName(&last, r.zone()))
	}
}

func (r *reader) checkDrawWindow(s *catalog.Sale) {
	const path = "sale.draw_window_from"
	if s.DrawWindowFrom.IsZero() {
		return
	}
	if !s.DrawWindowFrom.Before(s.Opens) {
		r.errorf(r.where(path), path, "is not before opens; numbers are drawn before the sale opens")
	}
	if s.Allocation == catalog.AllocateOpen {
		r.warnf(r.where(path), path, "has no effect with allocation: open")
	}
}

func (r *reader) checkMoves(s *catalog.Sale) {
	list := r.where("allotments")
	for i, a := range s.Allotments {
		if a.Moves.IsZero() || i >= len(list.items) {
			continue
		}
		path := field{path: "allotments"}.index(i) + ".moves"
		switch {
		case a.Moves.Before(s.Opens):
			r.errorf(r.where(path), path, "is before the sale opens; the allotment would never be one")
		case a.Moves.After(s.Closes):
			r.warnf(r.where(path), path, "is after the sale closes; the rest will not move on")
		}
	}
}

// checkCodes checks that grounds and lists of codes belong together.
func (r *reader) checkCodes(p *Plan) {
	for i, g := range p.Sale.Eligible {
		known := slices.ContainsFunc(p.Codes, func(l CodeList) bool { return l.Name == g.Code })
		if g.Code == "" || known {
			continue
		}
		path := field{path: "sale.eligible"}.index(i) + ".code"
		names := make([]string, len(p.Codes))
		for j, l := range p.Codes {
			names[j] = l.Name
		}
		if len(names) > 0 {
			r.errorf(r.where(path), path, "there is no list %q under codes%s", g.Code, suggest(g.Code, names))
			continue
		}
		r.warnf(r.where(path), path, "has no list yet, so nobody can book with it; add codes: {%s: codes.txt}", g.Code)
	}
	for _, l := range p.Codes {
		used := slices.ContainsFunc(p.Sale.Eligible, func(g catalog.Ground) bool { return g.Code == l.Name })
		if !used && l.Name != "" {
			r.warnf(r.where("codes."+l.Name), "codes."+l.Name, "is used by no ground; add code: %s under eligible", l.Name)
		}
	}
}
