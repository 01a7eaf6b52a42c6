package setup

import (
	"slices"
	"time"

	"einlass/internal/catalog"
)

// eraseMax is the longest personal data may be kept after the last slot: ten
// years, the longest duty to keep records (HGB § 257).
const eraseMax = 3650 * 24 * time.Hour

// limitMax is the largest number of places one person may be allowed.
const limitMax = 100

func (r *reader) sale(f *field, s *catalog.Sale) {
	o := r.open(f, "opens", "closes", "allocation", "draw_window_from", "beacon", "hold", "party", "limit",
		"eligible", "ask", "returned", "erase_after", "expects")
	s.Opens = r.moment(o.need("opens"))
	s.Closes = r.moment(o.need("closes"))
	s.Allocation = catalog.AllocateOpen
	if a := o.get("allocation"); a != nil {
		s.Allocation = catalog.Allocation(r.choice(a,
			string(catalog.AllocateOpen), string(catalog.AllocateRoom), string(catalog.AllocateDraw)))
	}
	s.DrawWindowFrom = r.moment(o.get("draw_window_from"))
	s.Beacon = r.beacon(o.get("beacon"))
	s.Hold = r.hold(o.get("hold"))
	s.Party = r.party(o.get("party"))
	s.Limit = r.limit(o.get("limit"))
	s.Eligible = r.grounds(o.get("eligible"))
	s.Ask = r.questions(o.get("ask"))
	s.Returned = r.returned(o.get("returned"))
	if e := o.get("expects"); e != nil {
		s.Expects = r.integer(e, 1, catalog.ExpectsMax)
	}
	s.EraseAfter = catalog.EraseDefault
	if e := o.get("erase_after"); e != nil {
		s.EraseAfter = r.duration(e, 0, eraseMax)
	}
}

func (r *reader) hold(f *field) catalog.HoldTimes {
	out := catalog.HoldTimes{
		Online: catalog.HoldOnlineDefault,
		Extend: catalog.HoldExtendDefault,
		Desk:   catalog.HoldDeskDefault,
	}
	o := r.open(f, "online", "extend", "desk")
	for key, to := range map[string]*time.Duration{"online": &out.Online, "extend": &out.Extend, "desk": &out.Desk} {
		if v := o.get(key); v != nil {
			*to = r.duration(v, catalog.HoldMin, catalog.HoldMax)
		}
	}
	return out
}

func (r *reader) party(f *field) catalog.Party {
	o := r.open(f, "max")
	return catalog.Party{Max: r.integer(o.get("max"), 1, catalog.PartyMax)}
}

func (r *reader) limit(f *field) catalog.Limit {
	out := catalog.Limit{Scope: catalog.LimitSale}
	if f == nil {
		return out
	}
	o := r.open(f, "per_person", "scope", "person")
	out.PerPerson = r.integer(o.need("per_person"), 0, limitMax)
	if s := o.get("scope"); s != nil {
		out.Scope = catalog.LimitScope(r.choice(s,
			string(catalog.LimitSale), string(catalog.LimitEvent), string(catalog.LimitOrganizer)))
	}
	fields := []string{string(catalog.PersonName), string(catalog.PersonBirthDate)}
	for _, item := range r.each(o.get("person"), len(fields), "parts of a person") {
		part := catalog.PersonField(r.choice(item, fields...))
		if slices.Contains(out.Person, part) && part != "" {
			r.errorf(item.node, item.path, "%q is written twice; keep one", part)
		}
		out.Person = append(out.Person, part)
	}
	if len(out.Person) == 0 {
		out.Person = []catalog.PersonField{catalog.PersonName, catalog.PersonBirthDate}
	}
	return out
}

func (r *reader) questions(f *field) []catalog.Question {
	var out []catalog.Question
	for _, item := range r.each(f, 1, "questions") {
		out = append(out, catalog.Question(r.choice(item, string(catalog.AskContact))))
	}
	return out
}

func (r *reader) returned(f *field) catalog.Returned {
	o := r.open(f, "to", "then", "public_at")
	steps := []string{string(catalog.ReturnNextNumber), string(catalog.ReturnWaitlist), string(catalog.ReturnPublic)}
	out := catalog.Returned{
		To:   catalog.ReturnStep(r.choice(o.get("to"), steps...)),
		Then: catalog.ReturnStep(r.choice(o.get("then"), steps...)),
	}
	if out.Then != "" && out.Then == out.To {
		r.errorf(r.where(o.join("then")), o.join("then"), "is the same as to; take it out")
	}
	if out.Then != "" && out.To == "" {
		r.errorf(r.where(o.join("then")), o.join("then"), "has no to before it; write to: %s", out.Then)
	}
	for _, item := range r.each(o.get("public_at"), publicAtMax, "times of day") {
		minutes, ok := r.clock(item, false)
		if ok && slices.Contains(out.PublicAt, catalog.TimeOfDay(minutes)) {
			r.errorf(item.node, item.path, "is written twice; keep one")
		}
		out.PublicAt = append(out.PublicAt, catalog.TimeOfDay(minutes))
	}
	slices.Sort(out.PublicAt)
	return out
}

// publicAtMax is how many times a day returned places may be published: hourly.
const publicAtMax = 24
