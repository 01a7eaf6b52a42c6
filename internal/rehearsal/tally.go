package rehearsal

import (
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Names of the distributions in Result.Latency.
const (
	latHold    = "hold"    // button "hold" to the cart
	latConfirm = "confirm" // button "confirm" to the booking
	latPage    = "page"    // any page asked for
	latRefusal = "refusal" // a button to a refusal
	latJourney = "journey" // arrival to booking; think times included
	latStaff   = "staff"   // a clerk's hold and confirm together
	latLate    = "late"    // of the generator itself
)

const (
	latMax      = 10 * time.Minute // longer is counted as this long
	lateAfter   = 50 * time.Millisecond
	sigFigures  = 2 // 1 % of the value: enough for a curve
	microsPerMS = 1000.0
)

// tally counts what happens. All methods may be called from many goroutines.
type tally struct {
	begun time.Time // of the series
	start time.Time // of the sale: everything is told from its opening

	mu       sync.Mutex // guards all below
	arrived  int
	active   int
	outcomes map[Outcome]int
	second   map[Outcome]int
	refusals map[string]int
	refused  int
	odd      map[string]int
	missing  map[string]int
	counts   Counts
	held     int // places in carts now, as far as the crowd knows
	journeys int
	requests int   // of people who booked
	bytes    int64 // of people who booked
	offered  int
	late     int
	pageMax  map[string]int
	desk     Desk
	hists    map[string]*hdr.Histogram
	win      window
	series   Series
	seen     int // windows closed
}

// window is the time series' open window.
type window struct {
	arrivals, holds, booked, busy, requests int
	refusals                                map[string]int
	hold, confirm                           *hdr.Histogram
}

func newHist() *hdr.Histogram { return hdr.New(1, latMax.Microseconds(), sigFigures) }

func newTally(begun, opens time.Time) *tally {
	t := &tally{
		begun: begun, start: opens, outcomes: map[Outcome]int{}, second: map[Outcome]int{}, refusals: map[string]int{},
		odd: map[string]int{}, missing: map[string]int{}, pageMax: map[string]int{}, hists: map[string]*hdr.Histogram{},
		win: window{refusals: map[string]int{}, hold: newHist(), confirm: newHist()},
	}
	t.counts.NoneFreeMS, t.counts.LastBookedMS = -1, -1
	t.series = Series{StepMS: seriesStep.Milliseconds(), OpenedMS: opens.Sub(begun).Milliseconds(), Refusals: map[string][]int{}}
	for _, name := range []string{latHold, latConfirm, latPage, latRefusal, latJourney, latStaff, latLate} {
		t.hists[name] = newHist()
	}
	return t
}

// count changes figures under the lock.
func (t *tally) count(change func(*tally)) {
	t.mu.Lock()
	change(t)
	t.mu.Unlock()
}

// record adds one latency to a distribution and, for hold and confirm, to the
// open window. The caller holds mu.
func (t *tally) record(name string, d time.Duration) {
	us := min(max(d, 0), latMax).Microseconds()
	// Within bounds by the line above, so RecordValue cannot refuse.
	_ = t.hists[name].RecordValue(us)
	switch name {
	case latHold:
		_ = t.win.hold.RecordValue(us)
	case latConfirm:
		_ = t.win.confirm.RecordValue(us)
	}
}

// began notes a turn that fell due and was begun by now.
func (t *tally) began(due, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.offered++
	late := now.Sub(due)
	if late > lateAfter {
		t.late++
	}
	t.record(latLate, late)
}

func (t *tally) arrive() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.arrived++
	t.active++
	t.win.arrivals++
}

// asked notes one answer on the wire, also one nobody looks at (the other of two clicks).
func (t *tally) asked(wire int64, a *answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Requests++
	t.win.requests++
	if kind := a.page.Kind; kind != "" {
		t.pageMax[kind] = max(t.pageMax[kind], int(wire))
	}
	switch {
	case a.busy():
		t.counts.Busy++
		t.win.busy++
	case a.status >= 500:
		t.counts.HTTP5xx++
	}
}

func (t *tally) refuse(reason string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused++
	t.refusals[reason]++
	t.win.refusals[reason]++
	t.record(latRefusal, took)
}

// busy notes how long a busy answer took to come.
func (t *tally) busy(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.record(latRefusal, took)
}

func (t *tally) hold(units int, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Holds++
	t.counts.HeldUnits += units
	t.held += units
	t.counts.HeldMax = max(t.counts.HeldMax, t.held)
	t.win.holds++
	t.record(latHold, took)
}

// book counts a new booking; of a first journey it also adds what it cost.
func (t *tally) book(units, requests int, bytes int64, took, journey time.Duration, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Booked++
	t.counts.BookedUnits += units
	t.counts.LastBookedMS = now.Sub(t.start).Milliseconds()
	t.held -= units
	t.win.booked++
	t.journeys++
	t.requests += requests
	t.bytes += bytes
	t.record(latConfirm, took)
	t.record(latJourney, journey)
}

// noneFree notes the first page that says so.
func (t *tally) noneFree(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts.NoneFreeMS < 0 {
		t.counts.NoneFreeMS = now.Sub(t.start).Milliseconds()
	}
}

func (t *tally) end(o Outcome, second bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if second {
		t.second[o]++
		return
	}
	t.outcomes[o]++
}

// tick closes every window that has passed by now.
func (t *tally) tick(now time.Time, open int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for due := int(now.Sub(t.begun) / seriesStep); t.seen < due; {
		t.closeWindow(open)
	}
}

func (t *tally) closeWindow(open int) {
	s, w := &t.series, &t.win
	s.Arrivals = append(s.Arrivals, w.arrivals)
	s.Holds = append(s.Holds, w.holds)
	s.Booked = append(s.Booked, w.booked)
	s.Busy = append(s.Busy, w.busy)
	s.Requests = append(s.Requests, w.requests)
	s.Open = append(s.Open, open)
	s.HoldP50, s.HoldP99 = appendPercentiles(s.HoldP50, s.HoldP99, w.hold)
	s.ConfirmP50, s.ConfirmP99 = appendPercentiles(s.ConfirmP50, s.ConfirmP99, w.confirm)
	for reason, n := range w.refusals {
		if s.Refusals[reason] == nil {
			s.Refusals[reason] = make([]int, t.seen)
		}
		s.Refusals[reason] = append(s.Refusals[reason], n)
	}
	t.seen++
	for reason, line := range s.Refusals {
		if len(line) < t.seen {
			s.Refusals[reason] = append(line, 0)
		}
	}
	clear(w.refusals)
	w.arrivals, w.holds, w.booked, w.busy, w.requests = 0, 0, 0, 0, 0
}

// appendPercentiles appends h's median and 99th percentile and empties it.
func appendPercentiles(p50, p99 []float64, h *hdr.Histogram) (more50, more99 []float64) {
	if h.TotalCount() == 0 {
		return append(p50, 0), append(p99, 0)
	}
	p50 = append(p50, float64(h.ValueAtPercentile(50))/microsPerMS)
	p99 = append(p99, float64(h.ValueAtPercentile(99))/microsPerMS)
	h.Reset()
	return p50, p99
}

func (t *tally) snapshot(now time.Time, people, open int) Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Snapshot{
		AtMS: now.Sub(t.start).Milliseconds(), People: people, Arrived: t.arrived, Active: t.active,
		Holds: t.counts.Holds, Booked: t.counts.Booked, Refused: t.refused, Busy: t.counts.Busy,
		Trouble: t.counts.HTTP5xx + t.counts.Unanswered, Open: open, Requests: t.counts.Requests,
		Staff: t.desk.Bookings,
	}
}

func timing(h *hdr.Histogram) Timing {
	at := func(p float64) float64 { return float64(h.ValueAtPercentile(p)) / microsPerMS }
	if h.TotalCount() == 0 {
		return Timing{}
	}
	return Timing{
		Count: h.TotalCount(), P50: at(50), P90: at(90), P99: at(99), P999: at(99.9),
		Max: float64(h.Max()) / microsPerMS,
	}
}

// result turns the figures into a Result; the caller adds what only it knows.
func (t *tally) result(now time.Time, open int) *Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closeWindow(open)
	r := &Result{
		Started: t.start, TookMS: now.Sub(t.start).Milliseconds(), Outcomes: t.outcomes, Second: t.second,
		Refusals: t.refusals, Odd: t.odd, Missing: t.missing, Counts: t.counts, Latency: map[string]Timing{},
		PageMax: t.pageMax, Desk: t.desk, Series: t.series,
	}
	for name, h := range t.hists {
		r.Latency[name] = timing(h)
	}
	late := r.Latency[latLate]
	delete(r.Latency, latLate)
	r.Machine.Offered, r.Machine.Late, r.Machine.LateP99, r.Machine.LateMax = t.offered, t.late, late.P99, late.Max
	if t.journeys > 0 {
		r.Counts.RequestsPerBooking = float64(t.requests) / float64(t.journeys)
		r.Counts.BytesPerBooking = float64(t.bytes) / float64(t.journeys)
	}
	return r
}
