package web_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/fault"
	"einlass/internal/setup"
	"einlass/scenarios"
)

func planOf(t *testing.T, scenario string) *setup.Plan {
	t.Helper()
	plan, problems := setup.Load(scenario+".yaml", scenarios.Read)
	if plan == nil {
		t.Fatal(problems)
	}
	return plan
}

// status asks for the small document and returns its state.
func (b *browser) status() string {
	b.t.Helper()
	b.get(b.shop.path + "/status.json").want(200)
	var doc struct{ State string }
	if err := json.Unmarshal([]byte(b.page), &doc); err != nil {
		b.t.Fatalf("%v\n%s", err, b.page)
	}
	return doc.State
}

// A sale opens and closes to the nanosecond, on every page at the same moment:
// the page that everybody shares, the small document, and the button. Going back
// in time shows that nothing is remembered from another window.
func TestTheSaleFlipsAtItsVeryMoment(t *testing.T) {
	closes := 48 * time.Hour
	s := newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) { p.Sale.Closes = opens.Add(closes) })
	b := s.browser(t)
	s.offset.Store(int64(time.Minute))
	b.post(s.path+"/eligible", erika()).want(200, `data-page="slots"`)
	slot := b.slot(0)
	flips := 0
	for _, c := range []struct {
		at            time.Duration
		state, button string
	}{
		{-time.Hour, "soon", "too_early"}, {-1, "soon", "too_early"}, {0, "open", ""}, {1, "open", ""},
		{-1, "soon", "too_early"}, {0, "open", ""},
		{closes - 1, "open", ""}, {closes, "closed", "too_late"}, {closes - 1, "open", ""}, {closes + time.Hour, "closed", "too_late"},
	} {
		s.offset.Store(int64(c.at))
		b.get(s.path).want(200, `data-state="`+c.state+`"`)
		if got := b.status(); got != c.state {
			t.Errorf("%s after opening: status.json says %q, the page %q", c.at, got, c.state)
		}
		fresh := s.browser(t)
		who := erika()
		who.Set("name-1", "Erika Muster "+c.at.String()+strings.Repeat("i", flips))
		flips++
		s.offset.Store(int64(c.at))
		fresh.post(s.path+"/eligible", who)
		if fresh.post(s.path+"/hold", url.Values{"slot": {slot}}); c.button != "" {
			if fresh.code != 409 && fresh.code != 422 && fresh.code != 403 || !strings.Contains(fresh.page, `data-state="`+c.button+`"`) {
				t.Errorf("%s after opening the button answers %d:\n%s", c.at, fresh.code, fresh.page)
			}
			continue
		}
		fresh.want(200, `data-page="cart"`)
	}
}

// When the database is gone, everybody still sees the page as it last was, and
// nobody who acts is promised anything: they are told that it does not work now,
// and when to come again.
func TestPagesWhenTheStoreIsAway(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.get(s.path).want(200, `data-state="open"`)
	before := b.page
	b.post(s.path+"/eligible", erika()).want(200)
	slot := b.slot(0)
	b.post(s.path+"/hold", url.Values{"slot": {slot}}).want(200, `data-page="cart"`)
	cart := b.at
	for deadline := time.Now().Add(5 * time.Second); b.page == before || b.at == cart; b.get(s.path).want(200) {
		if time.Now().After(deadline) {
			t.Fatal("the page never showed that a place is held")
		}
	}
	last := b.page
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.booking.Refresh(context.Background()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the look for changes says %v", err)
	}
	for range 3 {
		b.get(s.path).want(200, `data-state="open"`)
		if b.page != last {
			t.Errorf("the shared page has changed:\n%s", b.page)
		}
	}
	if got := b.status(); got != "open" {
		t.Errorf("status.json says %q", got)
	}
	for _, act := range []func(){
		func() { b.get(cart) }, func() { b.post(cart+"/confirm", url.Values{"contact": {"none"}}) }, func() { b.post(cart+"/release", nil) },
	} {
		act()
		b.want(503, `data-state="unavailable"`)
	}
}

// A look for changes that fails changes nothing, and the next one sees what this
// one did not.
func TestARefreshThatFailsIsTriedAgain(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.get(s.path).want(200, "Impfung")
	plan := planOf(t, "ennepe-ruhr")
	plan.Sale.Opens, plan.Sale.Event.Title["de"] = opens, "Zweite Impfung"
	apply(t, s.store, plan)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.booking.Refresh(gone); err == nil {
		t.Fatal("a look without time succeeded")
	}
	if b.get(s.path).want(200); strings.Contains(b.page, "Zweite Impfung") {
		t.Error("half a look has changed the page")
	}
	if err := s.booking.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.get(s.path).want(200, "Zweite Impfung")
}
