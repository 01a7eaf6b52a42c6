package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestLanesBoundWhatIsWorkedOn(t *testing.T) {
	const people = 400
	l := newLanes()
	kinds := []struct {
		method, path string
		lane         *lane
	}{
		{http.MethodGet, "/amt/termin/slots", &l.looks},
		{http.MethodGet, "/b/x", &l.looks},
		{http.MethodPost, "/amt/termin/hold", &l.acts},
		{http.MethodPost, "/cart/x/confirm", &l.finish},
		{http.MethodGet, "/amt/termin", nil},
		{http.MethodGet, "/amt/termin/status.json", nil},
	}
	var now, most sync.Map // *lane → *atomic.Int64
	counter := func(m *sync.Map, k *lane) *atomic.Int64 {
		v, _ := m.LoadOrStore(k, new(atomic.Int64))
		return v.(*atomic.Int64)
	}
	l.next = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		k := l.lane(r)
		n := counter(&now, k).Add(1)
		for m := counter(&most, k); ; {
			seen := m.Load()
			if n <= seen || m.CompareAndSwap(seen, n) {
				break
			}
		}
		time.Sleep(2 * time.Millisecond)
		counter(&now, k).Add(-1)
	})
	var wg sync.WaitGroup
	for i := range people {
		k := kinds[i%len(kinds)]
		r := httptest.NewRequest(k.method, k.path, nil)
		if l.lane(r) != k.lane {
			t.Fatalf("%s %s is in another lane", k.method, k.path)
		}
		wg.Go(func() { l.ServeHTTP(httptest.NewRecorder(), r) })
	}
	wg.Wait()
	for _, lane := range []*lane{&l.looks, &l.acts, &l.finish} {
		if got := counter(&most, lane).Load(); got > int64(cap(lane.places)) || got < 2 {
			t.Errorf("%d at once, want 2 to %d", got, cap(lane.places))
		}
	}
	if l.waiting.Load() != 0 || l.late.Load() != 0 {
		t.Errorf("%d wait, %d were late", l.waiting.Load(), l.late.Load())
	}
}

func TestWhoseTurnDoesNotComeIsAskedToComeAgain(t *testing.T) {
	l := newLanes()
	l.looks.within = 10 * time.Millisecond
	l.next = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was worked on") })
	for range cap(l.looks.places) {
		l.looks.places <- struct{}{}
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	told := map[string]bool{}
	for i := range 12 {
		ctx := context.Background()
		if i == 0 {
			ctx = gone
		}
		w := httptest.NewRecorder()
		l.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/b/x", nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d", w.Code)
		}
		told[w.Header().Get("Retry-After")] = true
	}
	if len(told) != retrySpread || l.late.Load() != 12 {
		t.Errorf("told %v; %d were late", told, l.late.Load())
	}
}
