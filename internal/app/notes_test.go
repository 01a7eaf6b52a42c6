package app

import (
	"net/http"
	"net/url"
	"testing"

	"einlass/internal/inventory"
	"einlass/internal/store"
)

// TestAStopKeepsTheNotes: what was counted since the last time is stored when the server
// is stopped.
func TestAStopKeepsTheNotes(t *testing.T) {
	db := database(t, 6, 10)
	s := serve(t, db, anyPorts(), Clock{})
	cart, sale := s.PublicURL()+"/cart/"+hold(t, s).Booking.String(), s.sales()[0].ID
	send := func(what string, want int) {
		t.Helper()
		res, err := http.PostForm(cart+what, url.Values{"contact": {"none"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close() //nolint:errcheck // only read
		if res.StatusCode != want {
			t.Fatalf("%s: %d, want %d", what, res.StatusCode, want)
		}
	}
	send("/release", http.StatusOK)
	for range 7 {
		send("/confirm", http.StatusConflict)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{Path: db})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	f, err := st.Figures(t.Context(), sale)
	if err != nil || len(f.Refused) != 1 || f.Refused[0] != (store.Refused{Sale: sale, Reason: inventory.HoldEnded, Times: 7}) {
		t.Errorf("%+v %v", f.Refused, err)
	}
}
