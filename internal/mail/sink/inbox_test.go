package sink_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net"
	"net/smtp"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/mail"
	"einlass/internal/mail/sink"
)

func started(t *testing.T, keep int) *sink.Sink {
	t.Helper()
	at := time.Date(2021, 4, 3, 6, 0, 9, 0, time.UTC)
	s, err := sink.Start(sink.Options{Keep: keep, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func send(t *testing.T, s *sink.Sink, to string, raw []byte) {
	t.Helper()
	address := net.JoinHostPort("127.0.0.1", fmt.Sprint(s.Port()))
	if err := smtp.SendMail(address, nil, "amt@kreis.example", []string{to}, raw); err != nil {
		t.Fatal(err)
	}
}

// confirmation is a real letter about a booking of one person.
func confirmation(t *testing.T, to string, code ident.Code) []byte {
	t.Helper()
	c, err := mail.NewComposer("http://127.0.0.1:8080", "amt@kreis.example")
	if err != nil {
		t.Fatal(err)
	}
	id := ident.BookingID{ID: ident.ID{1, 2, 3, 4}}
	start := time.Date(2021, 4, 10, 6, 24, 0, 0, time.UTC)
	m, err := c.Compose(mail.Letter{
		Seq: 7, About: inventory.AboutConfirmed, Origin: id, To: to, Lang: locale.German, At: start.AddDate(0, 0, -7),
		Booking: inventory.Booking{ID: id, State: inventory.Confirmed, Code: code, People: 1, Lines: []inventory.Line{{No: 1, Slot: 11}}},
		Sale: &catalog.Sale{
			Organizer: catalog.Organizer{Name: "Kreis <Amt>", Mail: "amt@kreis.example"},
			Venue:     catalog.Venue{Name: "Halle", Address: "Straße 1; Schwelm"},
			Event:     catalog.Event{Title: catalog.Text{"de": "Impfung für 60- bis 79-Jährige", "en": "Vaccination"}, Zone: "Europe/Berlin"},
		},
		Slots: []catalog.Slot{{ID: 11, Start: start, End: start.Add(6 * time.Minute)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// berlin is where the sale is.
func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func shown(t *testing.T, page []byte, err error, want ...string) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range want {
		if !strings.Contains(string(page), text) {
			t.Errorf("the page does not say %q:\n%s", text, page)
		}
	}
	if bytes.Contains(page, []byte("<script")) {
		t.Errorf("a script:\n%s", page)
	}
	return string(page)
}

// A letter of ours is shown in each of its views, and each says what it is there
// to say.
func TestALetterInEveryView(t *testing.T) {
	s := started(t, 10)
	send(t, s, "erika@example.org", confirmation(t, "erika@example.org", "K7M4QX9D2"))
	b := &sink.Inbox{Sink: s, Lang: locale.German, Zone: berlin(t)}
	list, err := b.List("", 1)
	shown(t, list, err, "Angekommene E-Mails", "1 angekommen.", "08:00:09", "erika@example.org", `href="/demo/mails/1"`, "Impfung für 60- bis 79-Jährige", "K7M-4QX-9D2")
	text := func(view string, want ...string) string {
		t.Helper()
		page, err := b.Show(1, view)
		return shown(t, page, err, append(want, `aria-current="page"`, "?view=text", "?view=html", "?view=calendar", "?view=image", "?view=source")...)
	}
	text("text", `href="http://127.0.0.1:8080/b/`, "K7M-4QX-9D2", "Straße 1; Schwelm")
	text("nonsense", `<div class="sheet text">`)
	text("html", `<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src="/demo/mails/1/html"`)
	text("calendar", "<dt>Was</dt><dd>Impfung für 60- bis 79-Jährige", "<dt>Beginn</dt><dd>Samstag, 10. April 2021, 8:24 Uhr", "Straße 1; Schwelm", "BEGIN:VCALENDAR")
	text("image", `<img src="/demo/mails/1/image" alt="QR-Code`)
	text("source", "Content-Type: multipart/")
	m, err := s.Message(1)
	if err != nil {
		t.Fatal(err)
	}
	o, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	if o.ImageType != "image/png" || !bytes.HasPrefix(o.Image, []byte("\x89PNG")) || !strings.Contains(o.From, "Kreis <Amt>") {
		t.Errorf("%s, %d bytes, from %s", o.ImageType, len(o.Image), o.From)
	}
	page := o.Page()
	picture := base64.StdEncoding.EncodeToString(o.Image)
	if strings.Contains(page, "cid:") || !strings.Contains(page, "data:image/png;base64,"+picture) || !strings.Contains(page, `<base target="_blank">`) {
		t.Errorf("the HTML part is not whole:\n%s", page)
	}
	if _, err := b.Show(2, ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a message that is not there: %v", err)
	}
}

var rowLink = regexp.MustCompile(`href="(/demo/mails/\d+)">`)

// The list is bounded and leafs; a number names the same message until it is
// dropped; recipient and code are found however they are typed.
func TestTheListLeafsAndFinds(t *testing.T) {
	const sent, keep, perPage = 70, 60, 25
	s := started(t, keep)
	for i := range sent - 1 {
		send(t, s, fmt.Sprintf("p%02d@example.org", i), []byte(fmt.Sprintf("Message-ID: <%d@x.example>\r\nSubject: no %d\r\n\r\nhello\r\n", i, i)))
	}
	send(t, s, "Erika.Muster@example.org", confirmation(t, "erika.muster@example.org", "K7M4QX9D2"))
	b := &sink.Inbox{Sink: s, Lang: locale.English, Zone: time.UTC}
	seen := map[string]bool{}
	page := 1
	for next := true; next; page++ {
		body, err := b.List("", page)
		text := shown(t, body, err, "70 arrived; the newest 60 are kept here.")
		rows := rowLink.FindAllStringSubmatch(text, -1)
		if len(rows) > perPage {
			t.Fatalf("page %d has %d rows", page, len(rows))
		}
		for _, r := range rows {
			seen[r[1]] = true
		}
		next = strings.Contains(text, `rel="next"`)
		if strings.Contains(text, `rel="prev"`) != (page > 1) {
			t.Errorf("page %d: the way back", page)
		}
	}
	if page != 4 || len(seen) != keep || !seen["/demo/mails/70"] || !seen["/demo/mails/11"] || seen["/demo/mails/10"] {
		t.Errorf("%d pages, %d messages", page-1, len(seen))
	}
	for _, far := range []int{-1, 0, 99} {
		body, err := b.List("", far)
		shown(t, body, err, "<tbody>")
	}
	for search, found := range map[string]int{
		"erika": 1, "ERIKA.MUSTER@": 1, "k7m4qx9d2": 1, "K7M-4QX-9D2": 1, " 4qx 9d ": 1, "9d": 0, "p6": 9, "example.org": keep, "nobody": 0, "\"><script>": 0,
		strings.Repeat("ü", 80): 0,
	} {
		body, err := b.List(search, 1)
		shown(t, body, err, fmt.Sprintf("%d of the newest 60 mails match.", found))
	}
	send(t, s, "last@example.org", []byte("Subject: last\r\n\r\nx\r\n"))
	body, err := b.Show(70, "")
	shown(t, body, err, "Erika.Muster@example.org")
	if _, err := s.Message(11); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the oldest is dropped: %v", err)
	}
}

// What comes is shown as it is, whatever it is.
func TestStrangeMessages(t *testing.T) {
	s := started(t, 20)
	deep := strings.Builder{}
	for i := range 8 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	for i, raw := range []string{
		"Subject: =?utf-8?q?=3Cscript=3E_Gr=C3=BC=C3=9Fe?=\r\n\r\n<script>alert(1)</script>",
		"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ncut of",
		"Subject: x\r\n" + deep.String(),
		"Subject: x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n***",
		"Subject: x\r\nContent-Type: text/html\r\n\r\n<html><head></head><script>alert(1)</script></html>",
		"Subject: x\r\nContent-Type: image/svg+xml\r\n\r\n<svg onload='alert(1)'/>",
		"no header at all",
		"\xff\xfe\x00",
	} {
		send(t, s, "b@x.example", []byte(raw))
		b := &sink.Inbox{Sink: s, Lang: locale.English, Zone: time.UTC}
		for _, view := range []string{"", "text", "html", "calendar", "image", "source"} {
			page, err := b.Show(i+1, view)
			shown(t, page, err, "</html>")
		}
	}
	b := &sink.Inbox{Sink: s, Lang: locale.English, Zone: time.UTC}
	list, err := b.List("", 1)
	shown(t, list, err, "&lt;script&gt; Grüße", "(no readable subject)")
}
