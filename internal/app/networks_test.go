package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"einlass/internal/fault"
)

// TestOnlyTrustedProxiesNameANetwork: whoever comes by themselves has one network,
// whatever their browser says; behind a proxy that we trust everybody has their own.
func TestOnlyTrustedProxiesNameANetwork(t *testing.T) {
	const people, free = 12, 3
	for trust, want := range map[string]int{"": free, "127.0.0.0/8": people} {
		db := filepath.Join(t.TempDir(), "einlass.db")
		if code, out, log := tell(t, "", "apply", "--db", db, roomFile(t)); code != 0 {
			t.Fatalf("apply: %d\n%s%s", code, out, log)
		}
		cfg := anyPorts()
		if cfg.NumbersPerNetwork = free; trust != "" {
			cfg.TrustProxy = []string{trust}
		}
		s := serve(t, db, cfg, Clock{})
		soon(t, "the room is open", func() bool { return s.rooms.Roster(s.sales()[0].ID) != nil })
		drawn := 0
		for i := range people {
			r := httptest.NewRequest(http.MethodPost, s.public.url()+"/amt/termin/wait/join", http.NoBody)
			r.RequestURI = ""
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("203.0.113.%d, 198.51.%d.1", i, i))
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode == http.StatusSeeOther {
				drawn++
			}
		}
		if drawn != want {
			t.Errorf("trusting %q: %d of %d drew a number, want %d", trust, drawn, people, want)
		}
	}
	cfg := anyPorts()
	if cfg.NumbersPerNetwork = numbersMax + 1; fault.KindOf(cfg.Check()) != fault.Invalid {
		t.Error("as many numbers as somebody likes can be asked for")
	}
}
