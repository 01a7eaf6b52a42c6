package rehearsal

import (
	"context"
	"testing"
	"time"
)

// quick is a configuration whose people think for milliseconds.
func quick(base string, people int) Config {
	c := Defaults()
	c.Scenario, c.Base, c.Start, c.Seed, c.People = "test", base, "/o/e", 42, people
	c.Pace, c.MinutesMax = 1000, 1
	c.Arrivals = Arrivals{Burst: people * 3 / 4, BurstMS: 400, RestMS: 200_000}
	c.Think.PatienceMS = 1_500_000
	c.Who.Postcodes = []string{"58285", "58332"}
	c.ConnectionsMax = 2_000
	return c
}

func mustRun(t testing.TB, c Config) *Result {
	t.Helper()
	r, err := Run(context.Background(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d people, %d requests in %d ms: %v refusals %v odd %v missing %v; %.1f µs CPU/request; late %d of %d (max %.0f ms); conns %d; hold %+v; desk %+v",
		c.People, r.Counts.Requests, r.TookMS, r.Outcomes, r.Refusals, r.Odd, r.Missing, r.Machine.CPUMicrosPerReq,
		r.Machine.Late, r.Machine.Offered, r.Machine.LateMax, r.Machine.ConnectionsMax, r.Latency[latHold], r.Desk)
	sum := 0
	for _, n := range r.Outcomes {
		sum += n
	}
	if sum != c.People {
		t.Errorf("%d outcomes for %d people", sum, c.People)
	}
	return r
}

// TestCrowdSellsOut: 2,000 people, 1,000 places; every place is sold once, what
// people saw is what the shop has, and everybody's journey has an end.
func TestCrowdSellsOut(t *testing.T) {
	s := newShop(25, 40)
	s.busyEvery, s.ambiguous, s.codes = 40, "45525", map[string]bool{"kita": true}
	public, staff := s.serve(t)
	c := quick(public.URL, 2_000)
	c.Staff = staff.URL
	c.Places, c.Arrivals.BurstMS = 1_000, 800
	c.Habits.Elsewhere, c.Habits.Retry, c.Habits.WithCode, c.Habits.Abandon = 0.2, 0.3, 0.05, 0
	c.Habits.PartyOfTwo, c.Habits.Typo, c.Habits.Cancel = 0.3, 0.05, 0
	c.Who.Postcodes = append(c.Who.Postcodes, "45525")
	c.Who.Places, c.Who.Codes = []string{"Hattingen"}, []string{"kita"}
	c.Clerks = Clerks{Count: 3, User: "clerk%d", Password: "secret", Channel: "phone", ThinkMS: 1_000} // several try before all is gone
	r := mustRun(t, c)

	bookings, units := s.confirmedUnits()
	if units < 990 || units > 1_000 { // a last single place no party of two can take may stay
		t.Errorf("sold %d of 1,000 places", units)
	}
	if got := len(r.Ledger.Standing()); got != bookings {
		t.Errorf("people saw %d bookings, the shop has %d", got, bookings)
	}
	if lost := r.Ledger.Lost(func(id, code string) bool { return s.bookings[id] != nil && s.bookings[id].code == code }); len(lost) != 0 {
		t.Errorf("lost: %v", lost)
	}
	if n := r.Ledger.DuplicatePeople(1); n != 0 {
		t.Errorf("%d people hold two places", n)
	}
	if len(r.Odd) != 0 || r.Counts.HTTP5xx != 0 || r.Counts.Unanswered != 0 || r.Outcomes[Stuck] != 0 || r.Counts.DoubleCarts != 0 {
		t.Errorf("trouble: odd %v, counts %+v", r.Odd, r.Counts)
	}
	for what, n := range map[string]int{
		"busy": r.Counts.Busy, "doubles": r.Counts.Doubles, "reloads": r.Counts.Reloads, "staff": r.Desk.Bookings,
		"tried again":  len(r.Second),
		"not eligible": r.Outcomes[NotEligible], "sold out": r.Refusals[reasonSoldOut],
	} {
		if n == 0 {
			t.Errorf("the run never exercised: %s", what)
		}
	}
	for _, b := range r.Ledger.Bookings {
		if !b.Named || b.Code != "CODE-"+b.ID || b.Slot == "" {
			t.Fatalf("ledger entry is incomplete: %+v", b)
		}
	}
	checkSeries(t, r)
}

// checkSeries: the windows add up to the sums.
func checkSeries(t *testing.T, r *Result) {
	t.Helper()
	sum := func(line []int) (n int) {
		for _, v := range line {
			n += v
		}
		return n
	}
	s := &r.Series
	if sum(s.Arrivals) != r.Config.People || sum(s.Holds) != r.Counts.Holds || sum(s.Booked) != r.Counts.Booked || sum(s.Busy) != r.Counts.Busy {
		t.Errorf("series do not add up: %d %d %d %d", sum(s.Arrivals), sum(s.Holds), sum(s.Booked), sum(s.Busy))
	}
	for reason, line := range s.Refusals {
		if len(line) != len(s.Holds) || sum(line) != r.Refusals[reason] {
			t.Errorf("refusals %s: %d windows of %d, sum %d of %d", reason, len(line), len(s.Holds), sum(line), r.Refusals[reason])
		}
	}
}

// TestCrowdWithoutQuestions: the hold form stands on the event page itself.
func TestCrowdWithoutQuestions(t *testing.T) {
	t.Parallel()
	s := newShop(5, 20)
	s.asks = false
	s.opensAt = time.Now().Add(300 * time.Millisecond)
	public, _ := s.serve(t)
	c := quick(public.URL, 200)
	c.Habits.Stay, c.Habits.Abandon = 1, 0
	r := mustRun(t, c)
	if _, units := s.confirmedUnits(); units != 100 || r.Counts.Booked != 100 || len(r.Odd) != 0 {
		t.Errorf("sold %d, seen %d, odd %v", units, r.Counts.Booked, r.Odd)
	}
}

// TestPlantedFaults: each switched-off promise is seen by the crowd.
func TestPlantedFaults(t *testing.T) {
	for name, f := range map[string]struct {
		plant func(*shop)
		seen  func(*shop, *Result) bool
	}{
		"forgets bookings": {func(s *shop) { s.forgetful = true }, func(s *shop, r *Result) bool {
			return len(r.Ledger.Lost(func(id, _ string) bool { return s.bookings[id] != nil })) > 0
		}},
		"two places for one person": {func(s *shop) { s.generous = true }, func(_ *shop, r *Result) bool {
			return r.Ledger.DuplicatePeople(1) > 0
		}},
		"two carts for two clicks": {func(s *shop) { s.keyless, s.generous = true, true }, func(_ *shop, r *Result) bool {
			return r.Counts.DoubleCarts > 0
		}},
		"server errors": {func(s *shop) { s.breaks = 5 }, func(_ *shop, r *Result) bool { return r.Counts.HTTP5xx == 5 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(20, 40)
			f.plant(s)
			public, _ := s.serve(t)
			c := quick(public.URL, 300)
			c.Habits.Retry, c.Habits.Double = 0.5, 0.3
			if r := mustRun(t, c); !f.seen(s, r) {
				t.Error("the crowd did not notice")
			}
		})
	}
}

// TestFewConnections: with 20 connections for 400 people everybody still gets
// through, and the cut is reported.
func TestFewConnections(t *testing.T) {
	t.Parallel()
	s := newShop(20, 20)
	public, _ := s.serve(t)
	c := quick(public.URL, 400)
	c.ConnectionsMax, c.Think.PatienceMS = 20, 1_000_000
	r := mustRun(t, c)
	if r.Machine.ConnectionsMax > 20 || r.Machine.Waited == 0 || len(r.Notes) == 0 || r.Counts.Booked == 0 {
		t.Errorf("connections %d, waited %d, notes %v", r.Machine.ConnectionsMax, r.Machine.Waited, r.Notes)
	}
}

// TestStop: a rehearsal that is stopped sends everybody home at once.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newShop(20, 20)
	s.slow = 2 * time.Second
	public, _ := s.serve(t)
	c := quick(public.URL, 300)
	c.Pace = 10
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	start := time.Now()
	r, err := Run(ctx, c, nil)
	if err != nil || time.Since(start) > 3*time.Second {
		t.Fatalf("err %v after %v", err, time.Since(start))
	}
	if r.Outcomes[SentHome] == 0 || len(r.Notes) == 0 {
		t.Errorf("outcomes %v notes %v", r.Outcomes, r.Notes)
	}
	public.CloseClientConnections()
}

// TestNobodyAnswers: a closed port is counted, never an error of the rehearsal.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	s := newShop(1, 1)
	public, _ := s.serve(t)
	c := quick(public.URL, 50)
	public.Close()
	if r := mustRun(t, c); r.Outcomes[Unanswered] != 50 {
		t.Errorf("outcomes %v", r.Outcomes)
	}
}
