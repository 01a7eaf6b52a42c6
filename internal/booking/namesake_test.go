package booking_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// TestNobodyGetsTwoWithoutAGrant: random histories of three people, of whom others have
// the same name and birth date. By themselves, at the desk, with a forged grant and with
// somebody else's number each has one place; with a clerk's grant each namesake has one.
func TestNobodyGetsTwoWithoutAGrant(t *testing.T) {
	const steps, people, least = 500, 3, 40
	o := newOffice(t, 2, 2_000)
	rnd := rand.New(rand.NewPCG(42, 1)) //nolint:gosec // a test
	claims := func(n int) []ident.Digest { return o.Claims(o.sale, []catalog.Participant{person(n)}) }
	live := map[string]ident.BookingID{} // person and what they hold by → their booking
	count := map[string]int{}
	clerk := func() booking.Who {
		return booking.Who{Actor: "kasse1", Role: inventory.RoleClerk, Channel: catalog.Online, Arrived: o.now()}
	}
	wishes := map[string]func(n int) (booking.Who, booking.Grant, string){
		"public":         func(int) (booking.Who, booking.Grant, string) { return o.who(), booking.Grant{}, "" },
		"public, forged": func(int) (booking.Who, booking.Grant, string) { return o.who(), booking.Grant{Reason: "let me"}, "" },
		"nameless clerk": func(int) (booking.Who, booking.Grant, string) {
			w := clerk()
			w.Actor = ""
			return w, booking.Grant{Reason: "let me"}, ""
		},
		"clerk": func(int) (booking.Who, booking.Grant, string) { return clerk(), booking.Grant{}, "" },
		"another's number": func(n int) (booking.Who, booking.Grant, string) {
			return o.who(), booking.Grant{Number: 9, Claims: claims((n + 1) % people)}, ""
		},
		"number": func(n int) (booking.Who, booking.Grant, string) {
			k := rnd.IntN(2)
			return o.who(), booking.Grant{Number: uint32(10*n + k + 1), Claims: claims(n)}, fmt.Sprint("number ", k) //nolint:gosec // small
		},
		"clerk grants": func(int) (booking.Who, booking.Grant, string) {
			return clerk(), booking.Grant{Reason: "cards compared"}, "desk"
		},
	}
	kinds := []string{"public", "public, forged", "nameless clerk", "clerk", "another's number", "number", "clerk grants"}
	for step := range steps {
		n, kind := rnd.IntN(people), kinds[rnd.IntN(len(kinds))]
		who, grant, by := wishes[kind](n)
		key := fmt.Sprint(n, " ", by)
		_, has := live[key]
		want := !has
		if by == "desk" {
			if _, plain := live[fmt.Sprint(n, " ")]; plain {
				key, want = fmt.Sprint(key, step), true // each grant is its own
			} else {
				key = fmt.Sprint(n, " ") // it was not needed
			}
		}
		d, err := o.Hold(bg, who, booking.HoldRequest{Sale: o.sale, Cart: pass(t, o.now()), Slot: o.sale.Slots[step%2].ID, People: []catalog.Participant{person(n)}, Grant: grant})
		if err != nil || d.OK() != want || !want && d.Reason != inventory.HasOne {
			t.Fatalf("step %d: %s for person %d, who has one: %v: %+v %v", step, kind, n, has, d, err)
		}
		count[fmt.Sprint(kind, " ", d.OK())]++
		if d.OK() {
			live[key] = d.Booking
			o.confirm(t, d.Booking, byMail)
		}
		if rnd.IntN(3) == 0 {
			for key, id := range live {
				if d, err := o.Cancel(bg, clerk(), id); err != nil || !d.OK() {
					t.Fatalf("cancel: %+v %v", d, err)
				}
				delete(live, key)
				break
			}
		}
	}
	for _, kind := range kinds {
		if kind != "clerk grants" && count[kind+" false"] < least/2 || count[kind+" true"] < 3 {
			t.Errorf("void: %s was granted %d times and refused %d times", kind, count[kind+" true"], count[kind+" false"])
		}
	}
	if count["clerk grants true"] < least {
		t.Errorf("void: %d grants", count["clerk grants true"])
	}
	o.verified(t)
}

// TestAGrantIsForWhoIsRefused: of a party only the namesake draws from a pool of their
// own; the audit says why and by whom, the same form again is the same booking, and two
// alike in one party are told apart by a clerk only.
func TestAGrantIsForWhoIsRefused(t *testing.T) {
	o := newOffice(t, 2, 50)
	first := o.hold(t, 0, person(1))
	o.confirm(t, first.Booking, byMail)
	var tape store.Tape
	o.store.Record(&tape)
	clerk := booking.Who{Actor: "kasse1", Role: inventory.RoleClerk, Channel: catalog.Online, Arrived: o.now()}
	form := booking.HoldRequest{Sale: o.sale, Cart: pass(t, o.now()), Slot: o.sale.Slots[0].ID, People: []catalog.Participant{person(1), person(2)}}
	if d, err := o.Hold(bg, clerk, form); err != nil || d.Reason != inventory.HasOne || d.Holder != first.Booking {
		t.Fatalf("without a reason: %+v %v", d, err)
	}
	form.Grant.Reason = "cards compared"
	party, err := o.Hold(bg, clerk, form)
	if err != nil || !party.OK() {
		t.Fatalf("%+v %v", party, err)
	}
	for range 3 {
		if again, err := o.Hold(bg, clerk, form); err != nil || again.Booking != party.Booking || !again.Repeated {
			t.Errorf("the same form again: %+v %v", again, err)
		}
	}
	if d := o.hold(t, 1, person(2)); d.Reason != inventory.HasOne || d.Holder != party.Booking {
		t.Errorf("who came along with a namesake has a second place: %+v", d)
	}
	if d := o.hold(t, 1, person(1)); d.Reason != inventory.HasOne || d.Holder != first.Booking {
		t.Errorf("the first one has a second place: %+v", d)
	}
	twins := booking.HoldRequest{Sale: o.sale, Cart: pass(t, o.now()), Slot: o.sale.Slots[1].ID, People: []catalog.Participant{person(5), person(5)}}
	if d, err := o.Hold(bg, clerk, twins); err != nil || d.Reason != inventory.HasOne {
		t.Errorf("two alike without a reason: %+v %v", d, err)
	}
	twins.Grant.Reason = "both stand here"
	if d, err := o.Hold(bg, clerk, twins); err != nil || !d.OK() {
		t.Errorf("two alike: %+v %v", d, err)
	}
	twins.Grant.Reason = strings.Repeat("x", inventory.ReasonMax)
	if _, err := o.Hold(bg, clerk, twins); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a reason too long: %v", err)
	}
	o.verified(t)
	if want, got := "cards compared, both stand here", strings.Join(reasons(&tape), ", "); got != want {
		t.Errorf("the audit says %q, want %q", got, want)
	}
}

// reasons are what the audit says of holds for namesakes by the clerk kasse1.
func reasons(tape *store.Tape) (out []string) {
	for _, batch := range tape.Batches {
		for _, w := range batch {
			if !strings.HasPrefix(w.SQL, "INSERT INTO audit") || !slices.Contains(w.Args, any("kasse1")) {
				continue
			}
			for _, a := range w.Args {
				if why, ok := strings.CutPrefix(fmt.Sprint(a), inventory.NamesakeMark); ok {
					out = append(out, why)
				}
			}
		}
	}
	return out
}
