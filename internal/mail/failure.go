package mail

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"einlass/internal/fault"
	"einlass/internal/locale"

	gomail "github.com/wneessen/go-mail"
)

// Class is how an attempt to send ended when it did not end well. It decides
// what the sender may do next.
type Class uint8

// The classes.
const (
	// Unreached: the relay could not be talked to, or talks to nobody of ours (no
	// connection, no greeting, log-in or sender refused). Nothing was tried with
	// this message; another one would fare the same.
	Unreached Class = iota + 1
	// Temporary: a 4xx for this message, or the connection broke before the last
	// line was handed over. The relay has not taken it.
	Temporary
	// Permanent: a 5xx for this recipient or this message.
	Permanent
	// Uncertain: the whole message was handed over and no reply came. Sending
	// again may make a copy, with the same Message-ID.
	Uncertain
)

var classNames = [...]string{"", "unreached", "temporary", "permanent", "uncertain"}

// String returns the class in English, for logs.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

// Failure is the error of Relay.Send. Its text holds no mail address.
type Failure struct {
	Class Class
	Code  int    // SMTP reply code, 0 without a reply
	Reply string // the relay's words with their code, addresses taken out
	err   error
}

// Error returns class and reply.
func (f *Failure) Error() string {
	if f.Reply != "" {
		return f.Class.String() + ": " + f.Reply
	}
	return fmt.Sprintf("%s: %v", f.Class, f.err)
}

// Unwrap makes every failure of the relay Unavailable to the rest of the house.
func (f *Failure) Unwrap() error { return fault.New(fault.Unavailable, "relay: %w", f.err) }

// AsFailure returns the failure in err's chain; what is none counts as
// Unreached: an error nobody classified must never park a message.
func AsFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Class: Unreached, err: err}
}

// Limits of SMTP reply codes (RFC 5321 §4.2.1).
const (
	temporaryFrom, permanentFrom = 400, 500
	shuttingDown                 = 421 // the relay closes the connection: RFC 5321 §3.8
)

// failed classifies what the library says about one message.
func failed(err error) *Failure {
	var send *gomail.SendError
	if !errors.As(err, &send) {
		return &Failure{Class: Unreached, err: err}
	}
	f := &Failure{Code: send.ErrorCode(), err: errors.New(withoutAddresses(send.Error()))}
	if f.Code != 0 {
		f.Reply = replyOf(send)
	}
	f.Class = classOf(send.Reason, f.Code)
	return f
}

// classOf is the whole decision. Whatever goes wrong at MAIL FROM, before the
// recipient was named, would hit every message alike, so it is held against none.
func classOf(stage gomail.SendErrReason, code int) Class {
	switch {
	case stage == gomail.ErrConnCheck, stage == gomail.ErrSMTPMailFrom:
		return Unreached
	case code == shuttingDown:
		return Temporary
	case code >= permanentFrom:
		return Permanent
	case code >= temporaryFrom:
		return Temporary
	case stage == gomail.ErrSMTPDataClose:
		return Uncertain
	case stage == gomail.ErrGetRcpts, stage == gomail.ErrGetSender:
		return Permanent
	}
	return Temporary
}

// replyOf takes the relay's words out of the library's text: "stage: 550 5.1.1
// no such user, affected recipient(s): …".
func replyOf(send *gomail.SendError) string {
	text := strings.TrimPrefix(send.Error(), send.Reason.String()+": ")
	for _, tail := range []string{", affected recipient(s): ", ", affected message ID: "} {
		text, _, _ = strings.Cut(text, tail)
	}
	if words, err := strconv.Unquote(strings.TrimSpace(text[min(len(text), codeDigits):])); err == nil {
		text = text[:codeDigits] + " " + words // net/textproto quotes the relay's words
	}
	return withoutAddresses(oneLine(text))
}

// codeDigits is the length of a reply code (RFC 5321 §4.2).
const codeDigits = 3

var addressText = regexp.MustCompile(`<?[^\s<>@]+@[^\s<>@]+>?`)

// withoutAddresses takes mail addresses out: a reply often repeats the
// recipient's, and what is kept beside a message must hold nothing personal.
func withoutAddresses(s string) string { return addressText.ReplaceAllString(s, "<…>") }

// enhanced is the status code of RFC 3463 in a reply.
var enhanced = regexp.MustCompile(`\b[45]\.\d{1,3}\.\d{1,3}\b`)

// mailboxCodes are replies that without a status code of RFC 3463 mean that
// there is no such mailbox (RFC 5321 §4.2.3).
var mailboxCodes = map[int]bool{550: true, 551: true, 553: true}

// reason names what a clerk reads.
func (f *Failure) reason() string {
	switch f.Class {
	case Unreached:
		return "unreached"
	case Uncertain:
		return "uncertain"
	case Temporary:
		if f.Code == 0 {
			return "dropped"
		}
		return "later"
	case Permanent:
		return f.refusal()
	}
	return "other"
}

// refusal reads the status code of RFC 3463: the subject (1 address, 2 mailbox,
// 7 policy) says more than the three digits before it.
func (f *Failure) refusal() string {
	status := enhanced.FindString(f.Reply)
	switch {
	case strings.HasPrefix(status, "5.1."):
		return "no_address"
	case status == "5.2.1":
		return "disabled"
	case status == "5.2.2", status == "" && f.Code == 552:
		return "full"
	case strings.HasPrefix(status, "5.7."):
		return "refused"
	case status == "" && mailboxCodes[f.Code], strings.HasSuffix(status, ".0.0") && f.Code == 550:
		return "no_address"
	}
	return "other"
}

// Trouble says in German what a clerk can act on, with the relay's own words
// behind it: "Die Adresse gibt es nicht: 550 5.1.1 no such user". Explain says
// it in another language.
func (f *Failure) Trouble() string {
	if f.Reply == "" {
		return sentence(locale.German, f.reason())
	}
	return sentence(locale.German, f.reason()) + ": " + f.Reply
}

// The troubles that are no reply of a relay.
const (
	TroubleTooLong   = "too_long"  // tried for days
	TroubleNowhere   = "nowhere"   // no address on file
	TroubleUnwritten = "unwritten" // a mistake of ours
)

var troubles = []string{
	"no_address", "full", "disabled", "refused", "other", "later", "dropped", "uncertain", "unreached",
	TroubleTooLong, TroubleNowhere, TroubleUnwritten,
}

// Trouble says one of the troubles above in German, with details behind it if
// there are any.
func Trouble(reason, details string) string {
	return join(": ", sentence(locale.German, reason), details)
}

func sentence(lang locale.Lang, reason string) string {
	id := "mail.trouble." + reason
	return locale.T(lang, id)
}

// Explain says a kept trouble in lang: the sentence is translated, the relay's
// words stay as they are.
func Explain(lang locale.Lang, trouble string) string {
	for _, reason := range troubles {
		if rest, ok := strings.CutPrefix(trouble, sentence(locale.German, reason)); ok && (rest == "" || rest[0] == ':') {
			return sentence(lang, reason) + explainRest(lang, rest)
		}
	}
	return trouble
}

// explainRest translates a second sentence, as in "tried for days: address
// unknown".
func explainRest(lang locale.Lang, rest string) string {
	inner, ok := strings.CutPrefix(rest, ": ")
	if !ok {
		return rest
	}
	return ": " + Explain(lang, inner)
}
