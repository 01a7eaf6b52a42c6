package mail

import (
	"bytes"
	"net/mail"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/paper"

	gomail "github.com/wneessen/go-mail"
)

// qrScale is the edge of one QR module in pixels: about 200 pixels in all, which
// the mail shows without smoothing. Twice as large costs three times the CPU.
const qrScale = 4

// Message is a message as a relay takes it.
type Message = gomail.Msg

// Compose writes a letter as a message: plain text, HTML, the calendar part, the
// code as a picture, and the calendar file once more as an attachment for the
// mail programs that show no calendar part. Invalid if the address is not one;
// Internal if the letter lacks something.
func (c *Composer) Compose(l Letter) (*gomail.Msg, error) {
	if !knows(l.Lang) {
		l.Lang = locale.German
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	to, err := address(l.To)
	if err != nil {
		return nil, err
	}
	w := c.words(&l)
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	c.header(m, w, &envelope{to: to, id: c.messageID(&l), lang: l.Lang, sale: l.Sale, at: l.At})
	if err := c.body(m, &l, w); err != nil {
		return nil, err
	}
	return m, nil
}

func knows(lang locale.Lang) bool {
	for _, l := range locale.Langs {
		if l == lang {
			return true
		}
	}
	return false
}

// envelope is what stands above a message.
type envelope struct {
	to, id string // clean
	lang   locale.Lang
	sale   *catalog.Sale
	at     time.Time
}

// header sets every field from clean parts. Addresses are given as values, never
// as text to be parsed again.
func (c *Composer) header(m *gomail.Msg, w *words, e *envelope) {
	m.FromMailAddress(&mail.Address{Name: w.Organizer, Address: c.sender})
	m.ToMailAddress(&mail.Address{Address: e.to})
	if reply, err := address(e.sale.Organizer.Mail); err == nil {
		m.ReplyToMailAddress(&mail.Address{Name: w.Organizer, Address: reply})
	}
	m.Subject(w.Subject)
	m.SetDateWithValue(e.at.UTC())
	m.SetMessageIDWithValue(e.id)
	m.SetGenHeader(gomail.HeaderContentLang, string(e.lang))
	// RFC 3834 §5: nobody's absence note shall answer to it.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
}

// readable adds the two parts that people read.
func readable(m *gomail.Msg, w *words, seq int64) error {
	html, err := w.html()
	if err != nil {
		return fault.New(fault.Internal, "letter %d: %w", seq, err)
	}
	m.SetBodyString(gomail.TypeTextPlain, w.text())
	m.AddAlternativeString(gomail.TypeTextHTML, html)
	return nil
}

func (c *Composer) body(m *gomail.Msg, l *Letter, w *words) error {
	if err := readable(m, w, l.Seq); err != nil {
		return err
	}
	if w.Calendar != "" {
		if err := c.attachCalendar(m, l, w); err != nil {
			return err
		}
	}
	if w.Code == "" {
		return nil
	}
	picture, err := paper.QRPNG(w.Link, qrScale)
	if err != nil {
		return fault.New(fault.Internal, "letter %d: %w", l.Seq, err)
	}
	if err := m.EmbedReader("code.png", bytes.NewReader(picture), gomail.WithFileContentID("<"+c.pictureID(l)+">")); err != nil {
		return fault.New(fault.Internal, "letter %d: embed the code: %w", l.Seq, err)
	}
	return nil
}

// attachCalendar adds the calendar file twice: as a part that mail programs show
// with buttons, and as an attachment for the others.
func (c *Composer) attachCalendar(m *gomail.Msg, l *Letter, w *words) error {
	file, err := c.calendar(l, w)
	if err != nil {
		return err
	}
	kind := gomail.ContentType("text/calendar; method=" + l.method())
	m.AddAlternativeString(kind, string(file))
	err = m.AttachReader(locale.T(l.Lang, "mail.file.calendar"), bytes.NewReader(file),
		gomail.WithFileContentType(kind+"; charset=UTF-8"))
	if err != nil {
		return fault.New(fault.Internal, "letter %d: attach the calendar: %w", l.Seq, err)
	}
	return nil
}

// method is the calendar file's (RFC 5546 §1.4): it takes appointments out only
// where the message is about that.
func (l *Letter) method() string {
	if l.About == inventory.AboutCancelled {
		return "CANCEL"
	}
	return "PUBLISH"
}

// calendar writes the appointments the message is about: those that stand, or
// those that are gone. A rebooking raises the sequence by two, a cancellation by
// one, so that calendars take over whatever comes later, in any order of
// arrival.
func (c *Composer) calendar(l *Letter, w *words) ([]byte, error) {
	gone := l.About == inventory.AboutCancelled
	sequence := 2 * l.Generation
	if gone {
		sequence++
	}
	organizer := paper.Organizer{Name: w.Organizer}
	if m, err := address(l.Sale.Organizer.Mail); err == nil {
		organizer.Mail = m
	}
	note := ""
	if !gone {
		note = paper.Note(l.Lang, w.Code, l.Sale.Event.Bring.In(l.Lang))
	}
	var all []paper.Appointment
	for _, a := range l.appointments() {
		if a.gone != gone {
			continue
		}
		all = append(all, paper.Appointment{
			UID: a.uid, Sequence: sequence, Stamp: l.At, Start: a.slot.Start, End: a.slot.End, Cancelled: gone,
			Summary: paper.Summary(w.Title, oneLine(l.Sale.GroupName(a.slot.Group, l.Lang))), Location: join(", ", w.Where...), Description: note, URL: w.Link, Organizer: organizer,
		})
	}
	file, err := paper.Calendar(all...)
	if err != nil {
		return nil, fault.New(fault.Internal, "letter %d: %w", l.Seq, err)
	}
	return file, nil
}
