package web_test

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/mail"
	"einlass/internal/store"
)

const mailBase = "https://einlass.example"

var (
	mailLink = regexp.MustCompile(mailBase + `/[A-Za-z0-9/_.?=&;-]*`)
	pageLink = regexp.MustCompile(`(?:href|src|action)="(/[^"#]*)"`)
)

// TestFollowingLinksChangesNothing: every link of every kind of mail is followed, and every
// address in the pages behind it, ten times over, as a mail scanner does. Nothing is
// written, and the booking stands.
func TestFollowingLinksChangesNothing(t *testing.T) {
	const passes = 10
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	stands := s.take(t, "Erika Muster", 0)
	gone := s.take(t, "Özlem Muster", 1)
	held := s.browser(t)
	held.post(s.path+"/eligible", somebody(3)).want(200)
	held.post(s.path+"/hold", s.time(4)).want(200, `data-page="cart"`)
	gone.post(gone.at+"/cancel", nil).want(200)
	letters, links := s.lettersOf(t, stands.at, gone.at)
	links = append(links, held.at)
	before := s.taken(t)
	var tape store.Tape
	s.store.Record(&tape)
	seen := map[string]bool{}
	for range passes {
		s.crawl(t, links, seen)
	}
	s.store.Record(nil)
	if len(tape.Batches) != 0 || s.taken(t) != before {
		t.Errorf("following links wrote %d batches: %v; %d places were taken, now %d", len(tape.Batches), tape.Batches[:min(1, len(tape.Batches))], before, s.taken(t))
	}
	stands.get(stands.at).want(200, `data-state="confirmed"`)
	held.get(held.at).want(200, `data-page="cart"`)
	if letters != 8 || len(links) < letters || len(seen) < 12 {
		t.Errorf("void: %d letters, %d links, %d addresses", letters, len(links), len(seen))
	}
	t.Logf("%d letters, %d addresses, %d times each", letters, len(seen), passes)
}

// lettersOf writes every kind of mail in every language about the two bookings, and returns
// how many, and the links in them.
func (s *shop) lettersOf(t *testing.T, at ...string) (letters int, links []string) {
	t.Helper()
	c, err := mail.NewComposer(mailBase, "buchung@kreis.example")
	if err != nil {
		t.Fatal(err)
	}
	sale := s.sales()[0]
	for _, about := range []inventory.About{inventory.AboutConfirmed, inventory.AboutCancelled, inventory.AboutRebooked, inventory.AboutHasOne} {
		rec := s.record(t, at[0])
		if about == inventory.AboutCancelled {
			rec = s.record(t, at[1])
		}
		for _, lang := range locale.Langs {
			m, err := c.Compose(mail.Letter{Seq: 1, About: about, Booking: rec.Booking, Origin: rec.ID, To: "erika@example.org", Lang: lang, Sale: &sale.Sale, Slots: sale.Slots, At: s.now()})
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			for _, part := range m.GetParts() {
				content, err := part.GetContent()
				if err != nil {
					t.Fatal(err)
				}
				text.Write(content)
			}
			for _, file := range m.GetAttachments() {
				if _, err := file.Writer(&text); err != nil {
					t.Fatal(err)
				}
			}
			found := mailLink.FindAllString(html.UnescapeString(text.String()), -1)
			if len(found) == 0 {
				t.Errorf("no link in a mail about %s in %s", about, lang)
			}
			for _, link := range found {
				links = append(links, strings.TrimPrefix(strings.TrimRight(link, "."), mailBase))
			}
			letters++
		}
	}
	return letters, links
}

// record is the stored booking of an address.
func (s *shop) record(t *testing.T, at string) *store.Record {
	t.Helper()
	id, err := ident.ParseID(strings.TrimPrefix(at, "/b/"))
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := s.booking.Booking(t.Context(), ident.BookingID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// crawl follows the links and every address in the pages behind them, once each.
func (s *shop) crawl(t *testing.T, links []string, seen map[string]bool) {
	t.Helper()
	scanner := &http.Client{}
	todo, now := append([]string{}, links...), map[string]bool{}
	for len(todo) > 0 {
		path := todo[0]
		if todo = todo[1:]; now[path] {
			continue
		}
		now[path], seen[path] = true, true
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			req, err := http.NewRequest(method, s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := scanner.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode >= 500 {
				t.Fatalf("%s %s: %d %v", method, path, res.StatusCode, err)
			}
			for _, m := range pageLink.FindAllStringSubmatch(string(body), -1) {
				todo = append(todo, html.UnescapeString(m[1]))
			}
		}
	}
}
