package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/eligibility"
	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/web/view"
)

type eligibleBody struct {
	Title, Link string
	Max         int
	Sizes       []sizeChoice
	People      []personFields
	Errors      []problem
	Refused     []refusedPerson
	Have        bool   // ask whether there is a number already
	Next        string // on the button
	Draws       bool   // the button draws a number
	Wants       *wantForm
}

type sizeChoice struct {
	N  int
	On bool
}

type personFields struct {
	No     int
	Fields []field
}

type refusedPerson struct {
	Name      string
	Sentences []string
}

// eligibleForm asks who comes: before the queue and before a hold, so that
// nobody waits in vain.
func (s *Site) eligibleForm(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	if !sale.Asks() {
		return see(w, sale.Path())
	}
	form := newWhoForm(r.words, sale)
	form.wants = s.asksWants(r, sale)
	if s.joining(sale) { // before the button is pressed: once or twice, it is one number
		if _, err := s.ownSecret(w, r, sale); err != nil {
			return err
		}
	}
	if people := s.people(r, sale); people != nil {
		form.fill(people)
		return s.showEligible(w, r, http.StatusOK, sale, form, nil)
	}
	next := s.afterEligible(r, sale)
	page, err := s.shared.get(sharedKey{sale: sale.ID, lang: r.lang, what: "eligible"}, sale, 0, next, func() ([]byte, error) {
		p := eligiblePage(r, sale, form, nil, next)
		p.Lang, p.Form, p.Language = r.lang, "", others(r.lang, p.Here)
		return view.Render(p)
	})
	if err != nil {
		return err
	}
	return s.showShared(w, r, sale, page)
}

func (s *Site) showEligible(w http.ResponseWriter, r *request, status int, sale *booking.Sale, form *whoForm, refused []refusedPerson) error {
	return s.show(w, r, status, eligiblePage(r, sale, form, refused, s.afterEligible(r, sale)))
}

// afterEligible is what the form's button leads to, as a key of the words.
func (s *Site) afterEligible(r *request, sale *booking.Sale) string {
	_, has := s.number(r, sale)
	switch {
	case !hasRoom(sale):
		return "eligible.next"
	case has || !s.joining(sale):
		return "eligible.wait"
	}
	return drawsNext
}

const drawsNext = "wait.join.do"

// asksWants is the question for groups, where the form draws the number; else nil.
func (s *Site) asksWants(r *request, sale *booking.Sale) *wantForm {
	if s.afterEligible(r, sale) != drawsNext {
		return nil
	}
	return newWants(sale, r.lang)
}

func eligiblePage(r *request, sale *booking.Sale, form *whoForm, refused []refusedPerson, next string) *view.Page {
	p := salePage(sale, "eligible", r.t("eligible.title"))
	p.Here, p.Form = sale.Path()+"/eligible", "who"
	if len(refused) > 0 {
		p.State = "not_eligible"
	}
	b := eligibleBody{Title: sale.Event.Title.In(r.lang), Link: sale.Path(), Max: sale.Party.Max, Refused: refused, Errors: form.problems(), Have: hasRoom(sale), Next: r.t(next), Draws: next == drawsNext, Wants: form.wants}
	for n := 1; n <= sale.Party.Max; n++ {
		b.Sizes = append(b.Sizes, sizeChoice{N: n, On: n == form.size})
		b.People = append(b.People, personFields{No: n, Fields: form.people[n-1]})
	}
	p.Body = b
	return p
}

// eligible judges who comes. Whoever may book goes on to the times, or to the waiting
// room where the sale has one.
func (s *Site) eligible(w http.ResponseWriter, r *request) error {
	sale, err := s.sale(r.Request)
	if err != nil {
		return err
	}
	form := newWhoForm(r.words, sale)
	people := form.read(r)
	form.wants = s.asksWants(r, sale)
	wants := form.wants.read(r)
	for _, p := range people { // counted before any code is looked at
		if p.Code == "" {
			continue
		}
		if err := s.codes.allow(r.RemoteAddr); err != nil {
			return err
		}
	}
	verdicts, err := s.Booking.Judge(r.ctx(), sale, people)
	var not *booking.Ineligible
	var refused []refusedPerson
	if errors.As(err, &not) { // judged also where the form has gaps: all is said in one round
		refused, err = form.judge(r.lang, people, verdicts), nil
	}
	if err != nil {
		return err
	}
	if reason, ok := r.refused(); ok {
		return s.refuseNumber(w, r, sale, reason, people)
	}
	if wrong := form.problems(); r.again || len(wrong) > 0 || not != nil {
		status := formStatus(wrong)
		if not != nil {
			s.noteIneligible(r, sale.ID, refused)
			status = http.StatusUnprocessableEntity
		}
		return s.showEligible(w, r, status, sale, form, refused)
	}
	if err := s.keepPeople(w, r, sale, people); err != nil {
		return err
	}
	return s.onward(w, r, sale, people, wants)
}

// onward is where whoever may book goes: to the times, or for a number where the sale
// gives its places out by numbers. Drawing it at once spares everybody a page and a
// click, and the opening a third of its requests (ADR 9).
func (s *Site) onward(w http.ResponseWriter, r *request, sale *booking.Sale, people []catalog.Participant, wants catalog.GroupSet) error {
	_, err := s.pass(r, sale)
	switch {
	case err == nil:
	case hasRoom(sale) && s.Closing():
		return fault.New(fault.Unavailable, "being stopped")
	case hasRoom(sale):
		return s.drawNumber(w, r, sale, people, wants)
	default:
		if _, err := s.keepPass(w, r, sale); err != nil {
			return err
		}
	}
	return see(w, sale.Path()+"/slots")
}

// whoForm is the form that asks who comes: the same fields for each person, as
// many people as the party may have.
type whoForm struct {
	words
	sale   *booking.Sale
	size   int
	people [][]field
	wants  *wantForm // nil where a number is not drawn by this form
}

func newWhoForm(w words, sale *booking.Sale) *whoForm {
	f := &whoForm{words: w, sale: sale, size: 1}
	for n := 1; n <= sale.Party.Max; n++ {
		var fields []field
		for _, need := range sale.Needs() {
			if need != eligibility.FieldPlace {
				fields = append(fields, f.field(need, n))
			}
		}
		f.people = append(f.people, fields)
	}
	return f
}

// inputNames are the names of the inputs; the number of the person follows.
var inputNames = map[eligibility.Field]string{
	eligibility.FieldName: "name", eligibility.FieldBirthDate: "birth", eligibility.FieldPostcode: "postcode",
	eligibility.FieldPlace: "place", eligibility.FieldCode: "code",
}

func inputName(f eligibility.Field, person int) string {
	return inputNames[f] + "-" + strconv.Itoa(person)
}

func (f *whoForm) field(kind eligibility.Field, person int) field {
	out := field{ID: inputName(kind, person), Auto: "off", Max: catalog.PlaceMax}
	section := "section-" + strconv.Itoa(person) + " "
	switch kind {
	case eligibility.FieldName:
		out.Label, out.Auto, out.Max = f.t("field.name"), section+"name", catalog.NameMax
	case eligibility.FieldBirthDate:
		out.Label, out.Hint, out.Auto, out.Max = f.t("field.birth_date"), f.t("field.birth_date.hint"), section+"bday", birthMax
	case eligibility.FieldPostcode:
		out.Label, out.Hint, out.Auto, out.Max, out.Mode = f.t("field.postcode"), f.t("field.postcode.hint"), section+"postal-code", catalog.PostcodeMax, "numeric"
	case eligibility.FieldPlace:
		out.Label, out.Hint = f.t("field.place"), f.t("field.place.hint")
	case eligibility.FieldCode:
		out.Label, out.Hint, out.Max = f.t("field.code"), f.t("field.code.hint"), catalog.CodeMax
	}
	return out
}

// birthMax is the longest date anybody types: "24. Dezember 1950" and some room.
const birthMax = 40

// fill shows again what the browser already told.
func (f *whoForm) fill(people []catalog.Participant) {
	if len(people) > len(f.people) {
		return
	}
	f.size = max(1, len(people))
	for i, p := range people {
		for j := range f.people[i] {
			f.people[i][j].Value = valueOf(p, f.people[i][j].ID)
		}
	}
}

func valueOf(p catalog.Participant, id string) string {
	switch id[:len(id)-2] {
	case "name":
		return p.Name
	case "birth":
		if p.BirthDate.IsZero() {
			return ""
		}
		return p.BirthDate.Format("02.01.2006")
	case "postcode":
		return p.Postcode
	case "code":
		return p.Code
	}
	return ""
}

// read takes what was typed for as many people as come.
func (f *whoForm) read(r *request) []catalog.Participant {
	f.size = 1
	if n, err := strconv.Atoi(r.PostFormValue("size")); err == nil && n >= 1 && n <= f.sale.Party.Max {
		f.size = n
	}
	out := make([]catalog.Participant, f.size)
	for i := range out {
		out[i] = f.readPerson(r, i)
	}
	for _, fields := range f.people[f.size:] { // who does not come after all: kept, not judged
		for j := range fields {
			fields[j].read(r)
			fields[j].Error = ""
		}
	}
	return out
}

func (f *whoForm) readPerson(r *request, i int) (p catalog.Participant) {
	if r.PostFormValue(inputName(eligibility.FieldPlace, i+1)) != "" {
		f.people[i] = append(f.people[i], f.field(eligibility.FieldPlace, i+1))
	}
	for j := range f.people[i] {
		in := &f.people[i][j]
		in.read(r)
		switch in.ID {
		case inputName(eligibility.FieldName, i+1):
			in.require(r)
			p.Name = in.Value
		case inputName(eligibility.FieldBirthDate, i+1):
			p.BirthDate = f.birth(in)
		case inputName(eligibility.FieldPostcode, i+1):
			p.Postcode = in.Value
		case inputName(eligibility.FieldPlace, i+1):
			p.Place = in.Value
		case inputName(eligibility.FieldCode, i+1):
			p.Code = in.Value
		}
		if required := f.kind(in.ID, i+1); required != "" && eligibility.Required(&f.sale.Sale, required) {
			in.require(r)
		}
	}
	return p
}

func (f *whoForm) kind(id string, person int) eligibility.Field {
	for kind := range inputNames {
		if inputName(kind, person) == id {
			return kind
		}
	}
	return ""
}

// judge turns verdicts into questions and sentences: a field to fill in, a town
// to choose, or why somebody may not book.
func (f *whoForm) judge(lang locale.Lang, people []catalog.Participant, verdicts []eligibility.Verdict) (refused []refusedPerson) {
	for i, v := range verdicts {
		switch v.Outcome {
		case eligibility.Missing:
			for _, kind := range v.Fields {
				f.mark(kind, i+1, f.t("form.required"))
			}
		case eligibility.NeedsPlace:
			f.askPlace(i, v.Places)
		case eligibility.NotEligible:
			who := refusedPerson{Name: people[i].Name}
			if who.Name == "" {
				who.Name = f.t("eligible.person", locale.Data{"No": i + 1})
			}
			for _, reason := range v.Reasons {
				who.Sentences = append(who.Sentences, reason.Text(lang))
				for _, why := range reason.Why {
					f.mark(why.Field, i+1, why.In(lang))
				}
			}
			for _, kind := range v.Fields {
				f.mark(kind, i+1, f.t("form.required"))
			}
			refused = append(refused, who)
		}
	}
	return refused
}

func (f *whoForm) mark(kind eligibility.Field, person int, text string) {
	for j := range f.people[person-1] {
		if in := &f.people[person-1][j]; in.ID == inputName(kind, person) && in.Error == "" {
			in.Error = text
		}
	}
}

// askPlace puts the choice of towns behind the postcode.
func (f *whoForm) askPlace(i int, places []string) {
	town := f.field(eligibility.FieldPlace, i+1)
	town.Options, town.Error = places, f.t("form.required")
	fields := f.people[i]
	if last := &fields[len(fields)-1]; last.ID == town.ID {
		town.Value = last.Value
		fields = fields[:len(fields)-1]
	}
	f.people[i] = append(fields, town)
}

// problems says whose field is meant, where several come.
func (f *whoForm) problems() (out []problem) {
	for i, fields := range f.people {
		for _, p := range problems(fields) {
			if f.size > 1 {
				p.Text = f.t("eligible.person", locale.Data{"No": i + 1}) + ", " + p.Text
			}
			out = append(out, p)
		}
	}
	return append(out, f.wants.problems()...)
}

// birth reads a date as people type it.
func (f *whoForm) birth(in *field) time.Time {
	if in.Value == "" || in.Error != "" {
		return time.Time{}
	}
	day, err := locale.ParseDate(in.Value)
	if err != nil {
		in.say(f.lang, err)
	}
	return day
}
