package mail

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/locale"

	gomail "github.com/wneessen/go-mail"
)

// Near is what a message is written from that tells somebody who waits that their turn
// is near. Like a Letter it always says the same.
type Near struct {
	Seq    int64    // of the outbox row
	Name   ident.ID // of the reminder: with Seq it makes the Message-ID
	To     string   // bare mail address
	Lang   locale.Lang
	Sale   *catalog.Sale
	Number uint32
	Called uint32 // up to which number was called
	At     time.Time
}

// ComposeNear writes it: plain text and HTML, one link to the waiting page, which has no
// number in it. Invalid if the address is not one.
func (c *Composer) ComposeNear(n Near) (*gomail.Msg, error) {
	if !knows(n.Lang) {
		n.Lang = locale.German
	}
	if n.Sale == nil || n.Number == 0 {
		return nil, fault.New(fault.Internal, "letter %d: no sale, or no number", n.Seq)
	}
	to, err := address(n.To)
	if err != nil {
		return nil, err
	}
	w := c.nearWords(&n)
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	c.header(m, w, &envelope{to: to, id: c.messageName(n.Seq, ident.BookingID{ID: n.Name}), lang: n.Lang, sale: n.Sale, at: n.At})
	return m, readable(m, w, n.Seq)
}

func (c *Composer) nearWords(n *Near) *words {
	topic := "near"
	if n.Number <= n.Called {
		topic = "called"
	}
	say := func(id string, data ...locale.Data) string { return locale.T(n.Lang, id, data...) }
	w := &words{
		Lang: n.Lang, Greeting: say("mail.greeting"), Lead: say("mail.lead." + topic), Title: oneLine(n.Sale.Event.Title.In(n.Lang)),
		CodeLabel: say("mail.number"), Code: locale.Number(n.Lang, int64(n.Number)),
		CodeHint: n.asOf(),
		Link:     c.baseURL + "/" + n.Sale.Organizer.ID + "/" + n.Sale.Event.Slug + "/wait", LinkLabel: say("mail.wait"), LinkHint: say("mail.wait.hint"),
		Note: say("mail.near.note"), Close: say("mail.close"), Organizer: oneLine(n.Sale.Organizer.Name), Automatic: say("mail.automatic"),
	}
	w.Subject = oneLine(say("mail.subject."+topic, locale.Data{"Title": w.Title}))
	if w.Ask = ask(n.Sale, n.Lang); len(w.Ask) > 0 {
		w.AskHead = say("mail.ask")
	}
	return w
}

// asOf says how far was called when the message was promised.
func (n *Near) asOf() string {
	at := locale.Clock(n.Lang, n.At, n.Sale.Event.Location())
	if n.Called == 0 {
		return locale.T(n.Lang, "mail.number.nobody", locale.Data{"At": at})
	}
	return locale.T(n.Lang, "mail.number.as_of", locale.Data{"At": at, "Called": locale.Number(n.Lang, int64(n.Called))})
}
