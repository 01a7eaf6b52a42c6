package catalog

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"einlass/internal/locale"
)

// Participant is who comes. Eligibility, limit, ticket and check-in belong to
// the participant, never to a mail address or a browser.
type Participant struct {
	Name      string    `json:"name"`
	BirthDate time.Time `json:"birth_date,omitzero"` // midnight UTC of the day
	Postcode  string    `json:"postcode,omitempty"`
	Place     string    `json:"place,omitempty"` // the town, where the postcode is shared
	Code      string    `json:"code,omitempty"`  // access code as typed
}

// Fits reports whether every text is within its limit, valid UTF-8 and without
// control characters: what a database, a mail or a list could stumble over.
func (p *Participant) Fits() bool {
	for _, t := range []struct {
		text string
		most int
	}{{p.Name, NameMax}, {p.Postcode, PostcodeMax}, {p.Place, PlaceMax}, {p.Code, CodeMax}} {
		if len(t.text) > t.most || !utf8.ValidString(t.text) || strings.ContainsFunc(t.text, unicode.IsControl) {
			return false
		}
	}
	return true
}

// ContactKind is how the booker wants to hear from us. People without e-mail are
// people. The numbers are stored.
type ContactKind uint8

// The ways to reach a booker.
const (
	ContactNone  ContactKind = 0
	ContactMail  ContactKind = 1
	ContactPhone ContactKind = 2
	ContactPost  ContactKind = 3
)

var contactNames = [...]string{"none", "mail", "phone", "post"}

// String returns the name used in forms and reports.
func (k ContactKind) String() string {
	if int(k) < len(contactNames) {
		return contactNames[k]
	}
	return ""
}

// ByHand reports whether a person must do it: call, or print and post.
func (k ContactKind) ByHand() bool { return k == ContactPhone || k == ContactPost }

// ParseContactKind reads a kind's name; ok is false if there is none of that name.
func ParseContactKind(s string) (k ContactKind, ok bool) {
	for i, name := range contactNames {
		if name == s {
			return ContactKind(i), true
		}
	}
	return 0, false
}

// Contact is how to reach the booker. Only the field of its kind is set.
type Contact struct {
	Kind  ContactKind `json:"kind"`
	Mail  string      `json:"mail,omitempty"`
	Phone string      `json:"phone,omitempty"`
	Post  string      `json:"post,omitempty"` // address, several lines
	Lang  locale.Lang `json:"lang"`           // language of what we send
}

// Limits of what a person may type, in bytes of UTF-8. A database could refuse
// more, and one refusal may not reach it (poison rule).
const (
	NameMax     = 120
	MailMax     = 254 // RFC 5321 4.5.3.1.3 leaves 254 octets for an address
	PhoneMax    = 40
	PostMax     = 400
	PostcodeMax = 10
	PlaceMax    = 80
	CodeMax     = 64
)
