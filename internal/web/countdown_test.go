package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestTheEndOfACartIsLookedUpByItsAddress: also on the page that answers a form
// with a mistake. To load that anew would ask to send the form again.
func TestTheEndOfACartIsLookedUpByItsAddress(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.hold(t, "Erika Muster", 0)
	cart := b.at
	b.want(200, `data-cart="`+cart+`"`)
	b.post(cart+"/confirm", url.Values{"contact": {"mail"}}).want(422, `data-page="cart"`, `data-cart="`+cart+`"`)
	if strings.Contains(b.page, "location.reload") {
		t.Error("the countdown loads the answer to a form anew")
	}
	clerk := s.clerk(t, "kasse1")
	clerk.get("/desk" + s.path)
	clerk.post("/desk"+s.path+"/hold", clerk.typed(person("Max Muster", "24.12.1950"), "phone")).want(200, `data-page="cart"`)
	desk := clerk.at
	clerk.post(desk+"/confirm", url.Values{"contact": {"mail"}}).want(422, `data-cart="`+desk+`"`)
	s.offset.Store(int64(time.Hour))
	b.get(cart)
	if !strings.Contains(b.page, "Die Reservierung ist zu Ende") {
		t.Errorf("the cart's address answers %d:\n%s", b.code, b.page)
	}
}
