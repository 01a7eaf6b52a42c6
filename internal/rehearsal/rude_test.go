package rehearsal

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/fault"
)

// crowdedHouse answers everybody "busy" for a while, then lets them in.
type crowdedHouse struct {
	next  http.Handler
	until time.Time
	busy  atomic.Int64
	open  atomic.Int64 // connections
	peak  atomic.Int64
}

func (h *crowdedHouse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if time.Now().Before(h.until) {
		h.busy.Add(1)
		w.Header().Set("Retry-After", "2")
		page(w, http.StatusServiceUnavailable, "refused", "busy", `<a rel=next href="/o/e">weiter</a>`)
		return
	}
	h.next.ServeHTTP(w, r)
}

// watch counts connections.
func (h *crowdedHouse) watch(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		n := h.open.Add(1)
		for old := h.peak.Load(); n > old && !h.peak.CompareAndSwap(old, n); old = h.peak.Load() {
		}
	case http.StateClosed:
		h.open.Add(-1)
	}
}

func serveCrowded(t *testing.T, busyFor time.Duration) (*crowdedHouse, string) {
	t.Helper()
	public, _ := newShop(20, 40).serve(t)
	h := &crowdedHouse{next: public.Config.Handler, until: time.Now().Add(busyFor)}
	server := httptest.NewUnstartedServer(h)
	server.Config.ConnState = h.watch
	server.Start()
	t.Cleanup(server.Close)
	return h, server.URL
}

func crowdOfRude(base string, share float64) Config {
	c := Defaults()
	c.Base, c.Start, c.People, c.Pace, c.Seed, c.MinutesMax = base, "/o/e", 60, 200, 3, 1
	c.Arrivals = Arrivals{Burst: 60, BurstMS: 300}
	c.Habits.Rude, c.Habits.Abandon, c.Habits.Reload, c.Habits.Double = share, 0, 0, 0
	return c
}

// Rude people ask again without waiting, in several windows; those who obey do not. In
// the end both have their places: the finger tires.
func TestRudePeople(t *testing.T) {
	polite, base := serveCrowded(t, 2*time.Second)
	r, err := Run(context.Background(), crowdOfRude(base, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Rude != 0 || r.Counts.RudeRequests != 0 || polite.busy.Load() > 150 {
		t.Errorf("nobody is rude: %+v, %d busy", r.Counts, polite.busy.Load())
	}
	rude, base := serveCrowded(t, 2*time.Second)
	if r, err = Run(context.Background(), crowdOfRude(base, 0.5), nil); err != nil {
		t.Fatal(err)
	}
	if r.Counts.Rude < 15 || r.Counts.Rude > 45 || r.Counts.RudeRequests < 400 || rude.busy.Load() < 3*polite.busy.Load() {
		t.Errorf("half are rude: %d of 60, %d requests without waiting; %d busy, %d without them", r.Counts.Rude, r.Counts.RudeRequests, rude.busy.Load(), polite.busy.Load())
	}
	if rude.peak.Load() < 60+15 {
		t.Errorf("at most %d connections: one each", rude.peak.Load())
	}
	if r.Outcomes[Booked] < 50 || r.Outcomes[Stuck] > 0 || r.Counts.Unanswered > 0 {
		t.Errorf("outcomes %v, odd %v, %+v", r.Outcomes, r.Odd, r.Counts)
	}
	t.Logf("%d rude people: %d requests without waiting, %d connections at most", r.Counts.Rude, r.Counts.RudeRequests, rude.peak.Load())
}

// A crowd comes to this machine without being asked, and to another one, or with a grant
// in its hand, only where the target says that it may.
func TestACrowdComesOnlyWhereItIsGranted(t *testing.T) {
	says := atomic.Pointer[string]{}
	asked := atomic.Int64{}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != GrantPath || r.Header.Get("Authorization") != "Bearer token" {
			asked.Add(1)
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(*says.Load()))
	}))
	defer target.Close()
	for name, c := range map[string]struct{ base, token, says, why string }{
		"another machine": {"http://192.0.2.1:80", "", "", "there is no grant"},
		"another token":   {target.URL, "wrong", "{}", "grants no rehearsal"},
		"no rehearsal":    {target.URL, "token", "<html>", "grants no rehearsal"},
		"not announced":   {target.URL, "token", `{"people":60,"minutes":1}`, "not announced"},
		"fewer people":    {target.URL, "token", `{"people":59,"minutes":1,"begun":true}`, "the grant is for 59 people"},
		"fewer minutes":   {target.URL, "token", `{"people":60,"begun":true}`, "the grant is for 0 minutes"},
	} {
		says.Store(&c.says)
		cfg := crowdOfRude(c.base, 0)
		cfg.Grant = c.token
		before := asked.Load()
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		_, err := Run(ctx, cfg, nil)
		stop()
		if err == nil || fault.KindOf(err) != fault.Forbidden || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", name, err)
		}
		if c.token == "token" && asked.Load() != before {
			t.Errorf("%s: %d people came", name, asked.Load()-before)
		}
	}
}

// A crowd goes home when its target takes the grant back.
func TestACrowdGoesWhenItIsNotWelcome(t *testing.T) {
	refuse := httptest.NewServer(http.NotFoundHandler())
	defer refuse.Close()
	target, err := NewTarget(refuse.URL, "token", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := target.Ask(context.Background()); !errors.Is(err, errRefused) {
		t.Errorf("%v", err)
	}
	left := make(chan struct{})
	ctx, stop := context.WithTimeout(context.Background(), 2*welcomeEvery)
	defer stop()
	go stayWelcome(ctx, target, func() { close(left) })
	select {
	case <-left:
	case <-ctx.Done():
		t.Error("it stayed")
	}
}
