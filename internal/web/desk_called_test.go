package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
)

// filled is the desk's form as the page gives it, with a person and a time.
func (b *browser) filled(who url.Values, slot string) url.Values {
	b.t.Helper()
	form := b.hidden("desk-hold")
	for name, v := range who {
		form[name] = v
	}
	form.Set("slot", slot)
	return form
}

// books sends it.
func (b *browser) books(who url.Values, slot string) *browser {
	b.t.Helper()
	return b.post("/desk"+b.shop.path+"/hold", b.filled(who, slot))
}

// TestAClerkBooksWithACalledNumber: a caller whose number was called gets a place of those
// that are given out by numbers, once, though nothing is left for the phone; and nobody
// whose number was not called.
func TestAClerkBooksWithACalledNumber(t *testing.T) {
	s := newRoom(t, short)
	s.at(-time.Hour)
	b := s.roomDesk(t)
	var receipts []string
	for i := range 6 {
		b.draws(oneOfMany(i)).want(200, `data-page="number"`)
		receipts = append(receipts, b.at)
	}
	s.at(time.Second)
	booked, waiting := 0, 0
	for i, receipt := range receipts {
		b.get(receipt)
		slot := s.time(min(booked, 1)).Get("slot")
		if !strings.Contains(b.page, `data-step="desk-book"`) {
			no := receipt[strings.LastIndex(receipt, "/")+1:]
			b.get("/desk"+s.path+"?number="+no).want(200, `name="channel" value="counter"`)
			form := b.filled(oneOfMany(i), slot)
			form.Set("number", no)
			b.post("/desk"+s.path+"/hold", form).want(409, `data-state="not_called"`)
			waiting++
			continue
		}
		link := "/desk" + s.path + "?number=" + receipt[strings.LastIndex(receipt, "/")+1:]
		b.want(200, `href="`+link+`"`)
		b.get(link).want(200, "Buchen mit der aufgerufenen Nummer", `name="channel" value="online"`)
		b.books(oneOfMany(i), slot).want(200, `data-page="cart"`)
		cart := b.at
		b.get(link).books(oneOfMany(i), slot).want(200, `data-page="cart"`)
		if b.at != cart {
			t.Errorf("one number has the carts %s and %s", cart, b.at)
		}
		form := b.hidden("desk-confirm")
		form.Set("contact", "none")
		b.post(cart+"/confirm", form).want(200, `data-page="booking"`)
		b.get(link).books(oneOfMany(i), slot).want(200, `data-page="booking"`)
		booked++
	}
	if n := s.taken(t); booked != 2 || waiting != 4 || n != 2 {
		t.Errorf("%d booked, %d wait, %d places taken", booked, waiting, n)
	}
	for _, slot := range s.sales()[0].Slots {
		if free, _ := s.booking.Available.Slot(slot.ID, catalog.Online); free != 0 {
			t.Errorf("%d places of slot %d are free online", free, slot.ID)
		}
	}
}
