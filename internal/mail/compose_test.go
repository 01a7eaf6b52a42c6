package mail_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/mail"
)

var promised = time.Date(2021, 4, 3, 6, 1, 30, 0, time.UTC)

func composer(t testing.TB) *mail.Composer {
	t.Helper()
	c, err := mail.NewComposer("https://termine.kreis.example/", "buchung@kreis.example")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// letter is about a booking of two people with two appointments.
func letter(about inventory.About, lang locale.Lang) mail.Letter {
	id := ident.BookingID{ID: ident.ID{1, 2, 3, 4}}
	start := time.Date(2021, 4, 10, 6, 24, 0, 0, time.UTC)
	state := inventory.Confirmed
	if about == inventory.AboutCancelled {
		state = inventory.Cancelled
	}
	return mail.Letter{
		Seq: 7, About: about, Origin: id, To: "erika@müller.example", Lang: lang, At: promised,
		Booking: inventory.Booking{ID: id, State: state, Code: "K7M4QX9D2", People: 2, Lines: []inventory.Line{{No: 1, Slot: 11}, {No: 2, Slot: 12}}},
		Sale: &catalog.Sale{
			Organizer: catalog.Organizer{Name: "Ennepe-Ruhr-Kreis, Fachbereich Gesundheit", Mail: "termine@kreis.example", Phone: "02336 930"},
			Venue:     catalog.Venue{Name: "Dreifeldsporthalle Schwelm", Address: "Milsper Straße, 58332 Schwelm"},
			Event: catalog.Event{
				Title: catalog.Text{"de": "Impfung für 60- bis 79-Jährige", "en": "Vaccination, ages 60 to 79"},
				Bring: catalog.Text{"de": "Ausweis\nImpfpass", "en": "Identity card"}, Zone: "Europe/Berlin",
			},
		},
		Slots: []catalog.Slot{{ID: 11, Start: start, End: start.Add(6 * time.Minute)}, {ID: 12, Start: start.AddDate(0, 0, 42), End: start.AddDate(0, 0, 42).Add(6 * time.Minute)}},
	}
}

// part is one leaf of a message.
type part struct {
	kind, name, disposition, id string
	params                      map[string]string
	body                        []byte
}

// read takes a message apart with the standard library only, and checks what
// every message must keep.
func read(t *testing.T, c *mail.Composer, l mail.Letter) (netmail.Header, []part, []byte) {
	t.Helper()
	m, err := c.Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	for i, line := range bytes.Split(raw.Bytes(), []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %d breaks RFC 5322 §2.1.1: %d octets, %q", i, len(line), line[:min(len(line), 80)])
		}
		for _, b := range line {
			if b > 126 {
				t.Fatalf("line %d is not ASCII: %q", i, line)
			}
		}
	}
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var parts []part
	leaves(t, parsed.Header.Get("Content-Type"), parsed.Header.Get("Content-Transfer-Encoding"), "", "", parsed.Body, &parts)
	return parsed.Header, parts, raw.Bytes()
}

func leaves(t *testing.T, kind, encoding, disposition, id string, body io.Reader, out *[]part) {
	t.Helper()
	mediaType, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatalf("%q: %v", kind, err)
	}
	if !strings.HasPrefix(mediaType, "multipart/") {
		if encoding == "base64" {
			body = base64.NewDecoder(base64.StdEncoding, body)
		} else if encoding == "quoted-printable" {
			body = quotedprintable.NewReader(body)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		*out = append(*out, part{kind: mediaType, name: params["name"], disposition: disposition, id: id, params: params, body: text})
		return
	}
	r := multipart.NewReader(body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		leaves(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"),
			p.Header.Get("Content-Id"), p, out)
	}
}

func decoded(t *testing.T, s string) string {
	t.Helper()
	out, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var abouts = []inventory.About{inventory.AboutConfirmed, inventory.AboutCancelled, inventory.AboutRebooked, inventory.AboutHasOne}

func TestEveryMessageInEveryLanguage(t *testing.T) {
	c := composer(t)
	subjects := map[string]bool{}
	for _, lang := range locale.Langs {
		for _, about := range abouts {
			t.Run(fmt.Sprintf("%s %s", about, lang), func(t *testing.T) {
				l := letter(about, lang)
				h, parts, raw := read(t, c, l)
				subject := decoded(t, h.Get("Subject"))
				if subjects[subject] || !strings.Contains(subject, l.Sale.Event.Title.In(lang)) {
					t.Errorf("subject %q", subject)
				}
				subjects[subject] = true
				checkHeader(t, h)
				if bytes.Contains(raw, []byte("go-mail")) {
					t.Error("the message names its library")
				}
				checkParts(t, about, parts)
			})
		}
	}
	if len(subjects) != len(abouts)*len(locale.Langs) {
		t.Errorf("%d different subjects", len(subjects))
	}
}

func checkHeader(t *testing.T, h netmail.Header) {
	t.Helper()
	from, err := h.AddressList("From")
	if err != nil || from[0].Address != "buchung@kreis.example" || from[0].Name != "Ennepe-Ruhr-Kreis, Fachbereich Gesundheit" {
		t.Errorf("From %v %v", from, err)
	}
	reply, err := h.AddressList("Reply-To")
	if err != nil || reply[0].Address != "termine@kreis.example" {
		t.Errorf("Reply-To %v %v", reply, err)
	}
	to, err := h.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "erika@xn--mller-kva.example" {
		t.Errorf("To %v %v", to, err)
	}
	date, err := h.Date()
	if err != nil || !date.Equal(promised) {
		t.Errorf("Date %v %v", date, err)
	}
	if h.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("Auto-Submitted %q", h.Get("Auto-Submitted"))
	}
	if id := h.Get("Message-Id"); !regexp.MustCompile(`^<7\.[a-z2-7]{20}@kreis\.example>$`).MatchString(id) {
		t.Errorf("Message-ID %q", id)
	}
}

var addresses = regexp.MustCompile(`(?i)\b[a-z]+://[^\s"<>]+`)

func checkParts(t *testing.T, about inventory.About, parts []part) {
	t.Helper()
	want := []string{"text/plain", "text/html", "text/calendar", "image/png", "text/calendar"}
	method := "PUBLISH"
	if about == inventory.AboutCancelled {
		want, method = []string{"text/plain", "text/html", "text/calendar", "text/calendar"}, "CANCEL"
	}
	var got []string
	link := "https://termine.kreis.example/b/" + letter(about, "de").Booking.ID.String()
	for _, p := range parts {
		got = append(got, p.kind)
		switch p.kind {
		case "text/plain", "text/html":
			if found := addresses.FindAllString(string(p.body), -1); len(found) != 1 || found[0] != link {
				t.Errorf("%s has the links %q, want only %q", p.kind, found, link)
			}
			if strings.Contains(string(p.body), "[mail.") || strings.Contains(string(p.body), "ZgotmplZ") {
				t.Errorf("%s:\n%s", p.kind, p.body)
			}
			if has := strings.Contains(string(p.body), "K7M-4QX-9D2"); has != (about != inventory.AboutCancelled) {
				t.Errorf("%s shows the code: %v", p.kind, has)
			}
		case "text/calendar":
			checkCalendar(t, method, p)
		case "image/png":
			if html := string(parts[1].body); !strings.Contains(html, `src="cid:`+strings.Trim(p.id, "<>")+`"`) {
				t.Errorf("the picture %s is not shown in:\n%s", p.id, html)
			}
			checkQR(t, p.body, link)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("parts %v, want %v", got, want)
	}
}

func checkCalendar(t *testing.T, method string, p part) {
	t.Helper()
	text := string(p.body)
	sequence := "SEQUENCE:0"
	if method == "CANCEL" {
		sequence = "SEQUENCE:1"
	}
	if p.params["method"] != method || !strings.Contains(text, "METHOD:"+method+"\r\n") || strings.Count(text, "BEGIN:VEVENT") != 2 ||
		strings.Count(text, sequence+"\r\n") != 2 || !strings.Contains(text, "DTSTART:20210410T062400Z\r\n") {
		t.Errorf("calendar %v:\n%s", p.params, text)
	}
	if strings.Count(strings.ReplaceAll(text, "\r\n", ""), "\n") != 0 {
		t.Error("bare line ends in the calendar")
	}
}

func checkQR(t *testing.T, png []byte, want string) {
	t.Helper()
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Log("zbarimg is not here: the code was not read back")
		return
	}
	name := filepath.Join(t.TempDir(), "code.png")
	if err := os.WriteFile(name, png, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(zbar, "-q", "--raw", name).Output()
	if err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("the code says %q %v, want %q", out, err, want)
	}
}

// TestSameRowSameMessageID: a copy is known as one, and neither time nor chance
// nor what happened meanwhile changes the name.
func TestSameRowSameMessageID(t *testing.T) {
	c := composer(t)
	l := letter(inventory.AboutConfirmed, "de")
	first, _, _ := read(t, c, l)
	l.At, l.Booking.State = l.At.Add(time.Hour), inventory.Cancelled
	again, _, _ := read(t, c, l)
	l.Seq++
	other, _, _ := read(t, c, l)
	if a, b := first.Get("Message-Id"), again.Get("Message-Id"); a != b || a == other.Get("Message-Id") {
		t.Errorf("%s, %s, %s", a, b, other.Get("Message-Id"))
	}
	if strings.Contains(first.Get("Message-Id"), l.Booking.ID.String()[:6]) {
		t.Error("the Message-ID shows the booking's name")
	}
}

func TestLateMessageSendsNobodyToALostPlace(t *testing.T) {
	for _, lang := range locale.Langs {
		l := letter(inventory.AboutConfirmed, lang)
		l.Booking.State = inventory.Rebooked
		_, parts, _ := read(t, composer(t), l)
		if len(parts) != 2 || !strings.Contains(string(parts[0].body), locale.T(lang, "mail.stale")) || strings.Contains(string(parts[0].body), "K7M") {
			t.Errorf("%d parts:\n%s", len(parts), parts[0].body)
		}
	}
}

func TestPartlyCancelled(t *testing.T) {
	l := letter(inventory.AboutCancelled, "de")
	l.Booking.State, l.Booking.Lines[1].Gone = inventory.Confirmed, true
	h, parts, _ := read(t, composer(t), l)
	if s := decoded(t, h.Get("Subject")); !strings.HasPrefix(s, "Teilweise storniert") {
		t.Errorf("subject %q", s)
	}
	text := string(parts[0].body)
	calendar := string(parts[2].body)
	if !strings.Contains(text, "22. Mai 2021, 8:24 Uhr bis 8:30 Uhr – storniert") || !strings.Contains(text, "K7M-4QX-9D2") ||
		strings.Count(calendar, "BEGIN:VEVENT") != 1 || !strings.Contains(calendar, "DTSTART:20210522T062400Z") || !strings.Contains(calendar, "METHOD:CANCEL") {
		t.Errorf("%s\n%s", text, calendar)
	}
}

// TestRebookingMovesTheAppointment: the same UID with a higher sequence.
func TestRebookingMovesTheAppointment(t *testing.T) {
	first := letter(inventory.AboutConfirmed, "de")
	moved := letter(inventory.AboutRebooked, "de")
	moved.Booking.ID, moved.Generation = ident.BookingID{ID: ident.ID{9}}, 1
	_, a, _ := read(t, composer(t), first)
	_, b, _ := read(t, composer(t), moved)
	uid := regexp.MustCompile(`UID:\S+`)
	if x, y := uid.FindString(string(a[2].body)), uid.FindString(string(b[2].body)); x != y || x == "" {
		t.Errorf("UID %q became %q", x, y)
	}
	if !strings.Contains(string(b[2].body), "SEQUENCE:2\r\n") {
		t.Errorf("%s", b[2].body)
	}
}

// TestNothingBreaksOutOfItsField: whatever an organizer's file holds, there is
// the same number of headers, one recipient, one link.
func TestNothingBreaksOutOfItsField(t *testing.T) {
	c := composer(t)
	clean, _, _ := read(t, c, letter(inventory.AboutConfirmed, "de"))
	tried := 0
	for _, evil := range []string{
		"a\r\nBcc: victim@example.org", "a\nBcc: v@example.org\n\nbody", "\x00\x07", "a\u2028b", "<script>alert(1)</script>", "\"quoted\" \\ <x@y.example>",
		"=?utf-8?q?a=0D=0ABcc:_v@example.org?=", "{{.Link}}{{template \"x\"}}", strings.Repeat("ä", 5000), strings.Repeat("x", 5000), "\u202egnp.exe", "\xff\xfe",
	} {
		for i := range 5 {
			l := letter(inventory.AboutConfirmed, "de")
			switch i {
			case 0:
				l.Sale.Event.Title = catalog.Text{"de": evil}
			case 1:
				l.Sale.Organizer.Name = evil
			case 2:
				l.Sale.Venue = catalog.Venue{Name: evil, Address: evil}
			case 3:
				l.Sale.Organizer.Phone, l.Sale.Organizer.Mail = evil, evil
			case 4:
				l.Sale.Event.Bring = catalog.Text{"de": evil}
			}
			if i == 0 && strings.TrimSpace(strings.Map(printable, evil)) == "" {
				continue // an event without a title has no calendar entry
			}
			tried++
			h, parts, _ := read(t, c, l)
			if want := len(clean); len(h) != want && !(i == 3 && len(h) == want-1) {
				t.Errorf("%q: %d header fields, want %d", evil, len(h), want)
			}
			if to, err := h.AddressList("To"); err != nil || len(to) != 1 || h.Get("Bcc") != "" {
				t.Errorf("%q: To %v %v Bcc %q", evil, to, err, h.Get("Bcc"))
			}
			if s := decoded(t, h.Get("Subject")); strings.ContainsAny(s, "\r\n\x00") {
				t.Errorf("%q: subject %q", evil, s)
			}
			if html := string(parts[1].body); strings.Contains(html, "<script") || strings.Count(html, "<a ") != 1 {
				t.Errorf("%q:\n%s", evil, html)
			}
		}
	}
	if tried < 55 {
		t.Errorf("only %d combinations", tried)
	}
}

func printable(r rune) rune {
	if r < ' ' || r == '\ufffd' {
		return ' '
	}
	return r
}

func TestAddressesThatAreNone(t *testing.T) {
	c := composer(t)
	for _, to := range []string{"", "erika", "@example.org", "a@", "a@b.example\r\nBcc: x@y.example", "a b@c.example", "a@b.example,c@d.example", "<a@b.example>",
		`"a b"@c.example`, "a@" + strings.Repeat("x", 64) + ".example", strings.Repeat("a", 250) + "@b.example", "a@b..example"} {
		l := letter(inventory.AboutConfirmed, "de")
		l.To = to
		if _, err := c.Compose(l); err == nil {
			t.Errorf("%q was taken for an address", to)
		}
		if d := mail.Domain(to); d != "" {
			t.Errorf("%q has the domain %q", to, d)
		}
	}
	if d := mail.Domain("Erika@MÜLLER.example"); d != "xn--mller-kva.example" {
		t.Errorf("domain %q", d)
	}
}

// TestSizeOfAMessage: thousands are sent within minutes, through lines that are
// not ours.
func TestSizeOfAMessage(t *testing.T) {
	_, _, raw := read(t, composer(t), letter(inventory.AboutConfirmed, "de"))
	t.Logf("%d bytes", len(raw))
	if len(raw) > 25_000 {
		t.Errorf("%d bytes", len(raw))
	}
}
