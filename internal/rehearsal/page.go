package rehearsal

// Page kinds, from <main data-page>: the contract between the pages and every
// program that follows them (SHAPES.md, "Addresses").
const (
	kindEvent    = "event"
	kindEligible = "eligible"
	kindSlots    = "slots"
	kindCart     = "cart"
	kindBooking  = "booking"
	kindRefused  = "refused"
	kindWait     = "wait"
	kindNumber   = "number" // at the desk: what became of one
)

// Steps, from <form data-step>.
const (
	stepEligible    = "eligible"
	stepHold        = "hold"
	stepExtend      = "extend"
	stepConfirm     = "confirm"
	stepCancel      = "cancel"
	stepJoin        = "join"
	stepEnter       = "enter"
	stepLogin       = "login"
	stepDeskHold    = "desk-hold"
	stepDeskConfirm = "desk-confirm"
	stepDeskFind    = "desk-find"
	stepDeskDraw    = "desk-draw"
	stepDeskNumbers = "desk-numbers"    // of a link: where numbers are drawn
	stepDeskAsk     = "desk-cancel-ask" // shows what would be cancelled
	stepDeskCancel  = "desk-cancel"
)

// States of an event page and reasons of a refused page, from <main data-state>.
const (
	stateSoon   = "soon"
	stateFull   = "full"
	stateHeld   = "held"
	stateClosed = "closed"
	statePaused = "paused"

	stateCalled  = "called"   // of a number: may come in
	stateLate    = "late"     // of a number: was called, and stands at the door
	stateSoldOut = "sold-out" // of a waiting page: every place is booked
	stateUnlike  = "unlikely" // of a waiting page: it will probably not be enough

	reasonSoldOut     = "sold_out"
	reasonFullyHeld   = "fully_held"
	reasonTooEarly    = "too_early"
	reasonTooLate     = "too_late"
	reasonPaused      = "paused"
	reasonHasOne      = "has_one"
	reasonCodeUsed    = "code_used"
	reasonNotEligible = "not_eligible"
	reasonBusy        = "busy"
	reasonAddressFull = "address_full"
	reasonHasNumber   = "has_number" // has drawn one, in another browser
)

// Page is what a person can act on: everything else on it is for reading.
// A Page is never changed once extracted; several people may look at the same one.
type Page struct {
	Kind    string // of <main data-page>
	State   string // of <main data-state>
	Next    string // href of the first link rel=next
	Numbers string // href of the link to where clerks draw numbers
	Code    string // booking code, of <strong data-code>
	Until   string // held until, RFC 3339, of <time data-until>
	Refresh int    // seconds after which the page asks to be loaded again; 0 = never
	Errors  int    // marked errors beside fields
	Forms   []Form
}

// Form is one form of a page.
type Form struct {
	Step   string // data-step
	Action string // as written; relative to the page
	Post   bool
	Fields []Field
}

// Field is one named control. A group of radio buttons, like a select, is one
// Field with its Choices.
type Field struct {
	Name    string
	Type    string // hidden, text, email, …, radio, checkbox, select, textarea, submit
	Value   string // as the page has it; of a choice: the one marked
	Needed  bool   // required
	Choices []Choice
}

// Choice is one radio button or option.
type Choice struct {
	Value string
	Free  int // places, of the label's data-free; -1 = not told
}

// Form returns the page's first form of that step, or nil.
func (p *Page) Form(step string) *Form {
	for i := range p.Forms {
		if p.Forms[i].Step == step {
			return &p.Forms[i]
		}
	}
	return nil
}

// Field returns the form's control of that name, or nil.
func (f *Form) Field(name string) *Field {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// has reports whether v is one of the field's choices.
func (f *Field) has(v string) bool {
	for _, c := range f.Choices {
		if c.Value == v {
			return true
		}
	}
	return false
}
