package web_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/setup"
	"einlass/internal/waitingroom"
)

// pull moves the levers of the only sale's room.
func (s *shop) pull(t testing.TB, change func(*waitingroom.Levers)) {
	t.Helper()
	_, err := s.store.SetLevers(s.sales()[0].ID, func(l *waitingroom.Levers) error {
		change(l)
		return l.Check()
	}, inventory.AuditRow{At: s.now()})
	if err != nil {
		t.Fatal(err)
	}
}

// openToAll is a sale that asks nobody anything.
func openToAll(p *setup.Plan) { p.Sale.Eligible, p.Sale.Limit = nil, catalog.Limit{} }

var shownRange = regexp.MustCompile(`data-range>([^<]+)<`)

func (b *browser) shownRange() string {
	b.t.Helper()
	m := shownRange.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s shows no range of time:\n%s", b.at, b.page)
	}
	return m[1]
}

// TestARangeOfTimeIsTold: none before the pace was measured and none while nobody is
// called; then one, the same on the page and in the status document, and it comes true.
func TestARangeOfTimeIsTold(t *testing.T) {
	s := newRoom(t, openToAll)
	s.at(-time.Hour)
	s.fill(t, 0, 1200)
	s.pull(t, func(l *waitingroom.Levers) { l.Rate = 300 })
	s.at(time.Second)
	b := s.browser(t)
	b.get(s.path + "/wait")
	b.post(s.path+"/wait/join", nil)
	if b.get(s.path + "/wait"); b.number() != "1.201" || b.shownRange() != "lässt sich noch nicht sagen" {
		t.Fatalf("number %s was told %q before anything was measured", b.number(), b.shownRange())
	}
	none := regexp.MustCompile(`"(fast|slow|range_to)"`)
	if b.get(s.path + "/status.json"); none.MatchString(b.page) {
		t.Errorf("a pace before it was measured: %s", b.page)
	}
	for range 25 {
		s.pass(3 * time.Second)
		s.come(t, func(no uint32) bool { return no%2 == 0 })
	}
	if told := b.get(s.path + "/wait").shownRange(); told != "etwa 2 bis 10\u00a0Minuten" {
		t.Errorf("told %q", told)
	}
	if told := b.get(s.path + "/wait?lang=en").shownRange(); told != "about 2 to 10\u00a0minutes" {
		t.Errorf("told %q in English", told)
	}
	fresh()
	var doc struct {
		Room struct {
			Serving uint32
			Fast    float64
			Slow    float64
			To      uint32 `json:"range_to"`
		}
	}
	if err := json.Unmarshal([]byte(b.get(s.path+"/status.json").page), &doc); err != nil {
		t.Fatal(err)
	}
	speed := waitingroom.Speed{Fast: doc.Room.Fast, Slow: doc.Room.Slow, To: doc.Room.To}
	if r, ok := speed.Range(1201 - doc.Room.Serving); !ok || (r != waitingroom.Range{From: 2, To: 10}) || doc.Room.To < 1201 {
		t.Errorf("the document leads to %+v: %s", r, b.page)
	}
	asked := s.now()
	s.pull(t, func(l *waitingroom.Levers) { l.Paused = true })
	s.pass(time.Second)
	fresh()
	if b.get(s.path + "/wait?lang=de"); b.shownRange() != "lässt sich noch nicht sagen" {
		t.Errorf("while nobody is called: %q", b.shownRange())
	}
	if b.get(s.path + "/status.json"); none.MatchString(b.page) {
		t.Errorf("a pace while nobody is called: %s", b.page)
	}
	s.pull(t, func(l *waitingroom.Levers) { l.Paused = false })
	for s.rooms.Standing(s.sales()[0].ID).Called < 1201 && s.now().Sub(asked) < 20*time.Minute {
		s.pass(5 * time.Second)
		s.come(t, func(no uint32) bool { return no%2 == 0 })
	}
	if took := s.now().Sub(asked); took < 2*time.Minute || took > 10*time.Minute {
		t.Errorf("was told 2 to 10 minutes, was called after %v", took)
	}
}

// statusMax is how long a status document may be, in bytes.
const statusMax = 1024

// TestTheStatusStaysSmall: with everything that it can say.
func TestTheStatusStaysSmall(t *testing.T) {
	s := newRoom(t, openToAll)
	s.at(-time.Hour)
	s.fill(t, 0, 1000)
	s.pull(t, func(l *waitingroom.Levers) {
		l.Rate = 60
		l.Message = catalog.Text{locale.German: strings.Repeat("Bitte warten. ", 14), locale.English: strings.Repeat("Please wait. ", 15)}
	})
	s.at(time.Second)
	for range 60 {
		s.pass(3 * time.Second)
		s.come(t, func(uint32) bool { return true })
	}
	b := s.browser(t)
	fresh()
	if b.get(s.path+"/status.json").want(200, `"fast"`, `"slow"`, `"range_to"`, `"message"`); len(b.page) > statusMax {
		t.Errorf("%d bytes: %s", len(b.page), b.page)
	}
	t.Logf("%d bytes: %s", len(b.page), b.page)
}
