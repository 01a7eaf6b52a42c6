package web_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/web"
)

// from is a browser that comes from an address of its own.
func (s *shop) from(t *testing.T, address string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	tr := &http.Transport{DialContext: d.DialContext}
	t.Cleanup(tr.CloseIdleConnections)
	return &browser{t: t, shop: s, base: s.URL, c: &http.Client{Jar: jar, Transport: tr}}
}

// somebody is a form with a name of their own, in letters.
func somebody(n int) url.Values {
	form := erika()
	form.Set("name-1", fmt.Sprintf("Erika Muster %c%c", 'B'+n%20, 'B'+n/20))
	return form
}

const shareForTests = 5

func newShopWithShare(t *testing.T) *shop {
	return newShopOf(t, "ennepe-ruhr", func(*setup.Plan) {}, func(o *web.Options) { o.CartsPerAddress = shareForTests })
}

// A script behind one address gets its share of places and no more, whatever it
// does; the count follows what is open, and nobody else feels it.
func TestAScriptGetsOnlyItsShareOfTheCarts(t *testing.T) {
	s := newShopWithShare(t)
	var carts []*browser
	try := func(b *browser, n int) *browser {
		t.Helper()
		b.post(s.path+"/eligible", somebody(n)).want(200)
		return b.post(s.path+"/hold", url.Values{"slot": {b.slot(n)}})
	}
	for n := range shareForTests {
		carts = append(carts, try(s.browser(t), n).want(200, `data-page="cart"`))
	}
	late := try(s.browser(t), 7).want(429, `data-state="address_full"`, "Aus Ihrem Netz", "Mobilfunk", `data-step="hold"`, `name="slot"`, "Telefon")
	again := late.hidden("hold")
	// Who has a cart is led to it, gets more time, and may end it.
	first := carts[0]
	cart := first.at
	if first.post(s.path+"/hold", again).want(200, `data-page="cart"`); first.at != cart {
		t.Errorf("a second wish led to %s, the cart is %s", first.at, cart)
	}
	first.post(cart+"/extend", url.Values{"until": {"x"}}).want(200, `data-page="cart"`)
	// Others, and those who work here, are not concerned.
	try(s.from(t, "127.0.0.2"), 8).want(200, `data-page="cart"`)
	desk := s.clerk(t, "kasse1")
	desk.post("/desk"+s.path+"/hold", desk.typed(person("Özlem Muster", "24.12.1950"), "phone")).want(200, `data-page="cart"`)
	// Each of the three ends makes room for one.
	next := 10
	for name, end := range map[string]func(b *browser){
		"confirmed": func(b *browser) {
			b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`)
		},
		"released": func(b *browser) { b.post(b.at+"/release", nil).want(200, `data-page="slots"`) },
	} {
		late.post(s.path+"/hold", again).want(429)
		end(carts[0])
		carts = carts[1:]
		late.post(s.path+"/hold", again).want(200, `data-page="cart"`)
		late = try(s.browser(t), next).want(429)
		next++
		again = late.hidden("hold")
		t.Log(name)
	}
	s.offset.Store(int64(31 * time.Minute))
	if err := s.booking.ExpireDue(context.Background()); err != nil {
		t.Fatal(err)
	}
	late.post(s.path+"/hold", again).want(200, `data-page="cart"`)
	s.verify(t)
}

// All at once: a cart is counted before it is asked for, also by whoever does not
// wait for the answer.
func TestCartsAreCountedBeforeTheyAreAskedFor(t *testing.T) {
	s := newShopWithShare(t)
	var ready []*browser
	for n := range 40 {
		b := s.browser(t)
		ready = append(ready, b.post(s.path+"/eligible", somebody(n)).want(200))
	}
	var got, refused atomic.Int64
	var wg sync.WaitGroup
	for n, b := range ready {
		slot := b.slot(n)
		wg.Go(func() {
			ctx := context.Background()
			if n%2 == 0 { // hangs up at once
				short, cancel := context.WithTimeout(ctx, time.Duration(n)*50*time.Microsecond)
				defer cancel()
				ctx = short
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+s.path+"/hold", strings.NewReader("slot="+slot))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := b.c.Do(req)
			if err != nil {
				return
			}
			res.Body.Close()
			switch res.StatusCode {
			case http.StatusOK:
				got.Add(1)
			case http.StatusTooManyRequests:
				refused.Add(1)
			default:
				t.Errorf("status %d", res.StatusCode)
			}
		})
	}
	wg.Wait()
	s.heldAtMost(t, shareForTests)
	if refused.Load() == 0 {
		t.Error("nobody was refused")
	}
	t.Logf("%d told of a cart, %d refused", got.Load(), refused.Load())
	s.verify(t)
}

// heldAtMost counts the carts there are in the books.
func (s *shop) heldAtMost(t *testing.T, most int) {
	t.Helper()
	pools, err := s.store.EagerPools(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for i := range pools {
		if pools[i].ID.Kind() == inventory.KindAllotment {
			held += pools[i].Held
		}
	}
	if held > most || held == 0 {
		t.Errorf("%d places are held, want 1 to %d", held, most)
	}
}
