// Package mail writes the messages a booker gets and hands them to a relay.
//
// A message is a function of the booking, the sale and a time: the same letter
// always has the same Message-ID, so that a copy sent after a crash is known as
// a copy. Nothing typed by a booker stands in a mail, no name and no remark: a
// booking form must not become a way to send one's own words to strangers. Every
// mail has exactly one link, to the booking's page or to the waiting room, and
// following it changes nothing. Nothing is loaded from elsewhere when a mail is opened.
//
// A Relay speaks SMTP (RFC 5321) and tells four ends apart that a sender must
// not confuse: the relay was not reached, it asks to come back later, it refuses
// this message for good, and nobody knows because its last reply was lost.
package mail

import (
	"strings"

	"einlass/internal/fault"

	"golang.org/x/net/idna"
)

// addressMax is the longest mail address, in octets (RFC 5321 §4.5.3.1.3).
const addressMax = 254

// domains is IDNA as it is looked up, with the lengths that DNS can carry.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.VerifyDNSLength(true))

// address brings a mail address into the form the wire takes: the domain in
// ASCII (IDNA, RFC 5891). Invalid for anything that is not one bare address.
func address(typed string) (string, error) {
	at := strings.LastIndexByte(typed, '@')
	if at < 1 || strings.ContainsFunc(typed, breaksAddress) {
		return "", fault.New(fault.Invalid, "not a bare mail address")
	}
	domain, err := domains.ToASCII(typed[at+1:])
	if err != nil || domain == "" {
		return "", fault.New(fault.Invalid, "mail address: the domain is not one")
	}
	out := typed[:at+1] + domain
	if len(out) > addressMax {
		return "", fault.New(fault.Invalid, "mail address: more than %d octets", addressMax)
	}
	return out, nil
}

// breaksAddress reports the signs that would end an address on the wire or in a
// header, or need quotes that hardly any mailbox has.
func breaksAddress(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>()[]\,;:"`, r)
}

// Domain returns the domain of a mail address in lower case, for pacing; empty
// for something that is no address.
func Domain(addr string) string {
	wire, err := address(addr)
	if err != nil {
		return ""
	}
	return strings.ToLower(wire[strings.LastIndexByte(wire, '@')+1:])
}
