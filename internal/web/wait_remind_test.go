package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
	"einlass/internal/mail"
	"einlass/internal/mail/sink"
	"einlass/internal/outbox"
	"einlass/internal/setup"
	"einlass/internal/waitingroom"
	"einlass/internal/web"
)

// post is the shop's delivery, with a relay of its own.
type post struct {
	*sink.Sink
	shop   *shop
	worker *outbox.Worker
}

// delivers starts the delivery of a shop's mails.
func (s *shop) delivers(t *testing.T) *post {
	t.Helper()
	p := &post{shop: s}
	var err error
	if p.Sink, err = sink.Start(sink.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	relay, err := mail.NewRelay(mail.RelayConfig{Host: "127.0.0.1", Port: p.Port(), TLS: mail.NoTLS, Hello: "test.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	composer, err := mail.NewComposer("https://einlass.example", "buchung@kreis.example")
	if err != nil {
		t.Fatal(err)
	}
	p.worker = outbox.New(s.store, relay, composer, outbox.Options{Now: s.now, After: time.After, Log: slog.New(slog.DiscardHandler), Pace: -1, DomainPace: -1})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.worker.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return p
}

// settled waits until nothing is due any more.
func (p *post) settled(t *testing.T) {
	t.Helper()
	for range 2000 {
		c, err := p.shop.store.CountOutbox(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c.Due == 0 {
			return
		}
		p.worker.Wake()
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("mails are due for ever")
}

// to counts the mails to each address.
func (p *post) to(t *testing.T) map[string][]*sink.Opened {
	t.Helper()
	out := map[string][]*sink.Opened{}
	for _, m := range p.Messages() {
		o, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		to := strings.Trim(o.To, "<>")
		out[to] = append(out[to], o)
	}
	return out
}

// TestWhoAskedIsToldOnce: people ask the evening before and while they wait; each hears
// it once, about ten minutes before the call or at once, whatever restarts; who took the
// address back hears nothing, who is not near hears nothing, and after the sale no
// address is left.
func TestWhoAskedIsToldOnce(t *testing.T) {
	const people, each = 3000, 5 // twenty of those who ask are near at the opening: none by chance once in 10⁸ draws
	s := newRoom(t, openToAll)
	p := s.delivers(t)
	s.at(-time.Hour)
	s.fill(t, 0, people)
	sale := s.sales()[0]
	address := func(no uint32) string { return fmt.Sprintf("person%d@mail%d.example", no, no%3) }
	asked := 0
	for no := uint32(0); no < people; no += each {
		if err := s.rooms.Remind(t.Context(), sale, no, address(no), locale.Langs[no/each%2]); err != nil {
			t.Fatal(err)
		}
		asked++
	}
	back := uint32(7 * each)
	if err := s.rooms.ForgetReminder(t.Context(), sale, back); err != nil {
		t.Fatal(err)
	}
	s.pull(t, func(l *waitingroom.Levers) { l.Rate = 60 })
	s.at(time.Second)
	first := len(s.check(t, p, address, back, people, each))
	if first == 0 || first > 45 {
		t.Errorf("%d were told before anything was measured", first)
	}
	restarts, calledWhenTold := 0, map[string]uint32{}
	for round := range 60 {
		s.pass(6 * time.Second)
		s.come(t, func(no uint32) bool { return no%2 == 0 })
		if round%6 == 5 {
			if err := s.restart(); err != nil {
				t.Fatal(err)
			}
			restarts++
		}
		for to := range s.check(t, p, address, back, people, each) {
			if _, known := calledWhenTold[to]; !known {
				calledWhenTold[to] = s.rooms.Roster(sale.ID).Room().Called
			}
		}
	}
	s.toldInTime(t, calledWhenTold, address, back, people, each)
	t.Logf("%d asked, %d told at once, %d in all after %d restarts; %d called", asked, first, len(calledWhenTold), restarts, s.rooms.Standing(sale.ID).Called)
	if len(calledWhenTold) < 100 || restarts < 9 || len(calledWhenTold) > asked-100 {
		t.Errorf("%d told, %d restarts: too few", len(calledWhenTold), restarts)
	}
	s.at(30 * 24 * time.Hour)
	s.noAddressStays(t, len(calledWhenTold))
	s.verify(t)
}

// toldInTime checks that who was called was told before, and nobody much too early.
func (s *shop) toldInTime(t *testing.T, calledWhenTold map[string]uint32, address func(uint32) string, back uint32, people, each uint32) {
	t.Helper()
	roster, ahead := s.rooms.Roster(s.sales()[0].ID), 0
	called := roster.Room().Called
	for no := uint32(0); no < people; no += each {
		number, _ := roster.Number(no)
		at, told := calledWhenTold[address(no)]
		switch {
		case number <= called && no != back && !told:
			t.Errorf("number %d was called and not told", number)
		case told && number > at+100:
			ahead++
		}
		if told && number > at+60*10*2 {
			t.Errorf("number %d was told when %d was called", number, at)
		}
	}
	if ahead < 15 {
		t.Errorf("%d were told more than a hundred numbers ahead: too few", ahead)
	}
}

// noAddressStays checks what is kept of the reminders when the room is over.
func (s *shop) noAddressStays(t *testing.T, told int) {
	t.Helper()
	kept := 0
	err := s.store.EachReminder(t.Context(), s.sales()[0].ID, func(r waitingroom.Reminder) error {
		if kept++; r.Mail != "" || r.Told.IsZero() {
			t.Errorf("after the sale: %+v", r)
		}
		return nil
	})
	if err != nil || kept < told {
		t.Errorf("%d were told, %d are remembered: %v", told, kept, err)
	}
}

// check looks through all mails so far, and returns who got one.
func (s *shop) check(t *testing.T, p *post, address func(uint32) string, back uint32, people, each int) map[string][]*sink.Opened {
	t.Helper()
	p.settled(t)
	all := p.to(t)
	for to, mails := range all {
		if len(mails) != 1 {
			t.Fatalf("%s got %d mails", to, len(mails))
		}
	}
	if len(all[address(back)]) > 0 {
		t.Errorf("%s had taken the address back", address(back))
	}
	roster := s.rooms.Roster(s.sales()[0].ID)
	for no := 0; no < people; no += each {
		mails := all[address(uint32(no))]
		if len(mails) == 0 {
			continue
		}
		number, _ := roster.Number(uint32(no))
		lang := locale.Langs[no/each%2]
		shown := locale.Number(lang, int64(number))
		if o := mails[0]; !strings.Contains(o.Text, "\n"+map[locale.Lang]string{"de": "Ihre Nummer: ", "en": "Your number: "}[lang]+shown) || !strings.Contains(o.HTML, ">"+shown+"</p>") {
			t.Errorf("number %s is not in: %s", shown, o.Text)
		}
	}
	return all
}

var anyLink = regexp.MustCompile(`https?://[^\s"<>]+`)

// TestAMailIsAskedForInTheBrowser: the form, its mistakes, the way back, the mail itself
// and that it gives nothing away.
func TestAMailIsAskedForInTheBrowser(t *testing.T) {
	s := newRoom(t)
	p := s.delivers(t)
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).want(200, `data-state="soon"`)
	s.at(-time.Hour)
	b.get(s.path+"/wait").want(200, `data-state="join"`)
	if strings.Contains(b.page, "/wait/mail") {
		t.Error("a mail for somebody without a number")
	}
	b.get(s.path+"/wait/mail").want(200, `data-page="wait"`, `data-state="join"`)
	b.post(s.path+"/wait/mail", url.Values{"mail": {"erika@beispiel.de"}}).want(200, `data-state="join"`)
	b.post(s.path+"/wait/join", nil).want(200, `data-state="joined"`, `href="`+s.path+`/wait/mail"`)
	b.get(s.path+"/wait/mail").want(200, `data-page="remind"`, `data-step="remind"`)
	b.post(s.path+"/wait/mail", nil).want(422, "Bitte füllen Sie dieses Feld aus", `href="#mail"`)
	b.post(s.path+"/wait/mail", url.Values{"mail": {"erika at home"}}).want(422, "Das ist keine E-Mail-Adresse", `value="erika at home"`)
	b.post(s.path+"/wait/mail", url.Values{"mail": {"erika@beispiel.de"}, "lang": {"en"}}).want(200, `data-page="remind"`, "Tell me", `value="erika@beispiel.de"`)
	b.post(s.path+"/wait/mail?lang=de", url.Values{"mail": {"erika@beispiel.de"}}).want(200, `data-state="joined"`, "Wir schreiben Ihnen", `data-step="forget-mail"`)
	if strings.Contains(b.page, "beispiel.de") {
		t.Error("the page shows the address")
	}
	b.get(s.path+"/wait/mail").want(200, `data-state="joined"`) // asked already
	b.post(s.path+"/wait/mail/forget", nil).want(200, `href="`+s.path+`/wait/mail"`)
	b.post(s.path+"/wait/mail/forget", nil).want(200, `data-state="joined"`)
	b.post(s.path+"/wait/mail", url.Values{"mail": {"erika@beispiel.de"}}).want(200, "Wir schreiben Ihnen")
	token := b.c.Jar.Cookies(mustURL(t, s.URL))
	code := b.transferCode()
	s.at(0)
	p.settled(t)
	mails := p.to(t)["erika@beispiel.de"]
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	o := mails[0]
	links := append(anyLink.FindAllString(o.Text, -1), anyLink.FindAllString(o.HTML, -1)...)
	if len(links) != 2 || links[0] != "https://einlass.example"+s.path+"/wait" || links[1] != links[0] {
		t.Errorf("links %v", links)
	}
	for _, c := range token {
		if c.Name != "lang" && strings.Contains(o.Text+o.HTML, c.Value) {
			t.Errorf("the mail has the cookie %s", c.Name)
		}
	}
	if strings.Contains(o.Text+o.HTML, code) || strings.Contains(o.Text, "Erika") || o.Calendar != "" || o.Image != nil {
		t.Errorf("the mail says too much:\n%s", o.Text)
	}
	for _, say := range []string{"Ihre Nummer: 1\r\n", "noch niemand aufgerufen", "Es gilt, was dort steht", "in dem Browser", "keine Nummer"} {
		if !strings.Contains(o.Text, say) {
			t.Errorf("the mail does not say %q:\n%s", say, o.Text)
		}
	}
	b.get(s.path+"/wait").want(200, `data-state="called"`, "unterwegs an Sie", `data-step="forget-mail"`)
	b.post(s.path+"/wait/mail/forget", nil).want(200, `data-state="called"`)
	if strings.Contains(b.page, `data-step="forget-mail"`) {
		t.Error("forgotten, and can be forgotten again")
	}
	b.post(s.path+"/wait/mail", url.Values{"mail": {"other@beispiel.de"}}).want(200, `data-state="called"`)
	p.settled(t)
	if n := p.Counts().Taken; n != 1 {
		t.Errorf("%d mails", n)
	}
	s.verify(t)
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestACourtesyIsInNobodysWay: what was forgotten, is refused or is too late ends without
// a mail, and no clerk is asked to look at it.
func TestACourtesyIsInNobodysWay(t *testing.T) {
	s := newRoom(t, openToAll)
	s.at(-time.Hour)
	s.fill(t, 0, 4)
	sale := s.sales()[0]
	ask := func(no uint32, to string) {
		t.Helper()
		if err := s.rooms.Remind(t.Context(), sale, no, to, locale.German); err != nil {
			t.Fatal(err)
		}
	}
	ask(0, "forgets@mail.example")
	ask(1, "nobody@mail.example")
	ask(2, "well@mail.example")
	s.at(0)
	if err := s.rooms.ForgetReminder(t.Context(), sale, 0); err != nil {
		t.Fatal(err)
	}
	p := s.delivers(t)
	p.Misbehave(func(_ int, to string) sink.Fault {
		if strings.HasPrefix(to, "nobody") {
			return sink.Refuse550
		}
		return sink.None
	})
	p.settled(t)
	p.Down() // for longer than anybody needs to hear of it
	s.fill(t, 4, 1)
	ask(4, "late@mail.example")
	s.pull(t, func(l *waitingroom.Levers) { l.Rate = 1 })
	s.pass(time.Second)
	for !s.rooms.Reminded(sale.ID, 4).Told {
		s.pass(time.Second)
	}
	s.offset.Add(int64(31 * time.Minute))
	if err := p.Up(); err != nil {
		t.Fatal(err)
	}
	p.settled(t)
	c, err := s.store.CountOutbox(t.Context())
	if all := p.to(t); err != nil || len(all) != 1 || len(all["well@mail.example"]) != 1 {
		t.Errorf("%d people got a mail: %v", len(all), err)
	}
	if c.Sent != 1 || c.Nothing != 3 || c.Parked != 0 {
		t.Errorf("%+v, want one sent and nothing parked", c)
	}
	s.verify(t)
}

// A server that sends no mail offers none, and takes no address for one.
func TestNoMailIsOfferedWhereNoneLeaves(t *testing.T) {
	s := newShopOf(t, "ennepe-ruhr", func(p *setup.Plan) {
		p.Sale.Allocation, p.Sale.DrawWindowFrom = catalog.AllocateRoom, opens.Add(-14*time.Hour)
	}, func(o *web.Options) { o.NoMail = true })
	b := s.browser(t)
	s.at(-time.Hour)
	b.get(s.path + "/eligible").want(200)
	b.post(s.path+"/eligible", erika()).want(200, `data-state="joined"`)
	if strings.Contains(b.page, "/wait/mail") {
		t.Error("the waiting page offers a mail")
	}
	b.get(s.path+"/wait/mail").want(200, `data-page="wait"`)
	b.post(s.path+"/wait/mail", url.Values{"mail": {"erika@beispiel.de"}}).want(200, `data-page="wait"`, `data-state="joined"`)
	if s.rooms.Reminded(s.sales()[0].ID, 0).Kept {
		t.Error("an address was kept for a mail that never leaves")
	}
}
