//go:build shots

package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
	"einlass/internal/store"

	protocol "github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	cdp "github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// wholeMorning is a sale in which everything happens that a report has.
func wholeMorning(t *testing.T) *shop {
	t.Helper()
	s := newRoom(t, func(p *setup.Plan) {
		p.Sale.Eligible, p.Sale.Limit, p.Sale.Allotments = nil, catalog.Limit{}, nil
		p.Slots = p.Slots[:4]
		for i := range p.Slots {
			p.Slots[i].Places, p.Slots[i].Allotments = 30, map[catalog.Channel]int{catalog.Online: 25, catalog.Phone: 4, catalog.Counter: 1}
		}
	})
	s.at(-time.Hour)
	crowd := make([]*browser, 60)
	for i := range crowd {
		crowd[i] = s.browser(t)
		crowd[i].get(s.path + "/wait")
		crowd[i].post(s.path+"/wait/join", nil).want(200, `data-state="joined"`)
	}
	s.fill(t, 0, 500)
	s.at(time.Second)
	b, room := s.organizer(t, "leitung"), "/desk"+s.path+"/room"
	booked := map[*browser]bool{}
	for round := range 60 {
		s.pass(3 * time.Second)
		s.come(t, func(no uint32) bool { return no >= 60 && no%2 == 0 })
		s.fill(t, 1000+10*round, 10)
		for _, c := range crowd {
			if c.get(s.path + "/wait"); booked[c] || !strings.Contains(c.page, `data-step="enter"`) {
				continue
			}
			if c.post(s.path+"/wait/enter", nil); !strings.Contains(c.page, `data-page="slots"`) {
				continue
			}
			c.post(s.path+"/hold", url.Values{"slot": {c.slot(len(booked) % 4)}, "size": {"1"}}).want(200, `data-page="cart"`)
			c.post(c.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
			booked[c] = true
		}
		switch round {
		case 10:
			b.post(room+"/pause", url.Values{"say-de": {"Wir prüfen die Leitung."}, "until": {"8:30"}}).want(200)
		case 14:
			b.post(room+"/resume", nil).want(200)
		case 20:
			b.post(room+"/rate", url.Values{"rate": {"600"}}).want(200)
		}
	}
	for i := range 9 {
		b.bookFor("Karla "+string(rune('a'+i))+"aber", url.Values{"contact": {"none"}})
	}
	sale := s.sales()[0].ID
	err := s.store.AddNotes([]store.Refused{
		{Sale: sale, Reason: "sold_out", Times: 312}, {Sale: sale, Reason: "fully_held", Times: 88}, {Sale: sale, Reason: "has_number", Times: 17},
		{Sale: sale, Reason: "not_eligible", Times: 41}, {Sale: sale, Reason: "hold_ended", Times: 3},
	}, nil)
	if err != nil || s.site.Note() != nil {
		t.Fatal(err)
	}
	return s
}

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b[^s]`)

// TestShotsOfTheReport takes pictures of the report on a phone, on a desk and as it is
// printed, and counts the sheets.
func TestShotsOfTheReport(t *testing.T) {
	out := os.Getenv("EINLASS_SHOTS")
	s := wholeMorning(t)
	k := newKeyboard(t)
	k.open(s.staff.URL + "/login?lang=de")
	k.is("login").press("leitung", tab, deskPassword, kb.Enter).is("desk")
	save := func(name string, width int64) {
		t.Helper()
		k.do(cdp.EmulateViewport(width, 900))
		buf, err := cdp.Run(k.ctx, cdp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if over := k.ask("document.documentElement.scrollWidth - innerWidth"); over != "0" {
			t.Errorf("%s at %d is too wide by %s", name, width, over)
		}
		if err := os.WriteFile(fmt.Sprintf("%s/report-%s-%d.png", out, name, width), buf, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	media := func(media string, features ...*emulation.MediaFeature) {
		t.Helper()
		k.do(cdp.Func(func(ctx context.Context, tab *cdp.Target) error {
			_, err := protocol.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: features})
			return err
		}))
	}
	at := s.staff.URL + "/desk" + s.path + "/report"
	for _, lang := range []string{"de", "en"} {
		k.open(at + "?lang=" + lang)
		k.is("report")
		save(lang, 1280)
		save(lang, 360)
		media("print")
		save(lang+"-print", 703) // A4 less its margins
		media("")
		var pdf []byte
		k.do(cdp.Func(func(ctx context.Context, tab *cdp.Target) error {
			css := true
			res, err := protocol.Call(ctx, tab, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &css})
			pdf = res.Data
			return err
		}))
		sheets := len(pdfPage.FindAll(pdf, -1))
		t.Logf("%s: %d sheets of paper, %d bytes", lang, sheets, len(bytes.TrimSpace(pdf)))
		if sheets < 1 || sheets > 2 {
			t.Errorf("%s: %d sheets of paper, want one or two", lang, sheets)
		}
	}
	k.keysListed()
	media("", &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"})
	k.open(at)
	save("dark", 1280)
	media("")
	text := s.organizer(t, "amt").get("/desk" + s.path + "/report?download").page
	file := t.TempDir() + "/report.html"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	k.open("file://" + file)
	k.is("report")
	save("file", 1280)
}
