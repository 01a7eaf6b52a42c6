package rehearsal

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"einlass/internal/locale"
)

func (s *shop) drawForm(w http.ResponseWriter, _ *http.Request) {
	page(w, 200, "draw", "", `<form method=post action="/desk/o/e/number" data-step="desk-draw"><select name=channel><option value=phone>T</select><input name=name-1><input name=birth-1><input name=postcode-1><button>Nummer</button></form>`)
}

// draw gives one number to each person.
func (s *shop) draw(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := Guest{Name: r.FormValue("name-1"), Birth: r.FormValue("birth-1")}
	if slices.Contains(s.numbers, g) {
		page(w, http.StatusConflict, "draw", "has_number", "")
		return
	}
	s.numbers, s.looks = append(s.numbers, g), append(s.looks, 0)
	if time.Now().Before(s.opensAt) {
		s.early++
	}
	http.Redirect(w, r, fmt.Sprintf("/desk/o/e/number/%d?slip=x", len(s.numbers)-1), http.StatusSeeOther)
}

// receipt says that a number waits when it was just drawn, and is called later. Every
// fifth is never called.
func (s *shop) receipt(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	no, err := strconv.Atoi(r.PathValue("no"))
	if err != nil || no >= len(s.numbers) {
		page(w, http.StatusNotFound, "error", "", "")
		return
	}
	state, book := "waiting", ""
	if s.looks[no]++; s.looks[no] > 1 && no%5 > 0 {
		state, book = "called", fmt.Sprintf(`<a data-step="desk-book" href="/desk?number=%d">Buchen</a>`, no)
	}
	page(w, 200, "number", state, book)
}

// TestClerksDrawNumbersForCallers: before the opening they draw and nothing else, and are
// refused nothing; later they book for whom was called, each once, and go on booking for
// others.
func TestClerksDrawNumbersForCallers(t *testing.T) {
	s := newShop(40, 200)
	s.numbers = []Guest{}
	public, staff := s.serve(t)
	c := quick(public.URL, 1_000)
	c.Staff, c.Places = staff.URL, 8000
	s.opensAt = time.Now().Add(300 * time.Millisecond)
	c.OpensMS = s.opensAt.UnixMilli()
	c.Habits.Abandon, c.Habits.Cancel = 0, 0
	c.Arrivals.Burst, c.Arrivals.RestMS = 100, 3_500_000
	c.Clerks = Clerks{Count: 4, User: "clerk%d", Password: "secret", Channel: "phone", ThinkMS: 20_000, Numbers: 0.3}
	r := mustRun(t, c)
	d := r.Desk
	t.Logf("%+v; %d numbers before the opening", d, s.early)
	if d.Numbers != len(s.numbers) || s.early < 5 || d.Numbers <= s.early || d.FromNumbers < 5 || d.Bookings < d.FromNumbers+5 || d.LookedUp <= d.FromNumbers {
		t.Errorf("too little, or counted wrong: %+v, %d numbers, %d early", d, len(s.numbers), s.early)
	}
	if d.Failed != 0 || r.Ledger.DuplicatePeople(1) != 0 {
		t.Errorf("%d failed, %d people with two places: %v", d.Failed, r.Ledger.DuplicatePeople(1), r.Odd)
	}
	booked := 0
	for _, a := range r.Ledger.Standing() {
		for _, g := range s.numbers {
			if a.Channel == "phone" && a.Guests[0].Name == g.Name {
				booked++
			}
		}
	}
	if booked != d.FromNumbers {
		t.Errorf("%d bookings of people with a number from the desk, counted %d", booked, d.FromNumbers)
	}
	line := NewLine(r, Facts{})
	var table strings.Builder
	if err := line.WriteTable(&table, r, locale.English); err != nil || !strings.Contains(table.String(), "numbers drawn by clerks") || !strings.Contains(table.String(), "places booked from them") {
		t.Errorf("the table does not tell of them: %v\n%s", err, table.String())
	}
}

// TestClerksFindAndTakeBack: what a clerk booked they find again, and what they took back
// nobody has; how often is theirs to say, not the machine's.
func TestClerksFindAndTakeBack(t *testing.T) {
	s := newShop(40, 400)
	public, staff := s.serve(t)
	c := quick(public.URL, 20)
	c.Staff, c.Places = staff.URL, 16_000
	c.Habits.Abandon, c.Habits.Cancel = 0, 0
	c.Arrivals.Burst, c.Arrivals.RestMS = 1, 1_500_000
	c.Clerks = Clerks{Count: 3, User: "clerk%d", Password: "secret", Channel: "phone", ThinkMS: 20_000, Find: 1, Cancel: 1}
	r := mustRun(t, c)
	d := r.Desk
	// The run's end may meet each clerk between two of these acts.
	if d.Bookings < 10 || d.Bookings-d.Found > d.Clerks || d.Bookings-d.Cancelled > d.Clerks || d.Failed != 0 {
		t.Errorf("%+v", d)
	}
	bookings, _ := s.confirmedUnits()
	if got := len(r.Ledger.Standing()); got != bookings {
		t.Errorf("people saw %d bookings, the shop has %d", got, bookings)
	}
}
