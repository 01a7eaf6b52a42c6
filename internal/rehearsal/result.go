package rehearsal

import "time"

// Outcome is how one person's journey ended.
type Outcome string

// The outcomes.
const (
	Booked      Outcome = "booked"       // has a place
	SoldOut     Outcome = "sold_out"     // was told that nothing is left
	LeftWaiting Outcome = "left_waiting" // gave up while all places were in carts, or before opening
	NoShow      Outcome = "no_show"      // drew a number and never came back, as meant
	WentHome    Outcome = "went_home"    // was told "probably not" and went
	NotEligible Outcome = "not_eligible" // was told that this sale is for others
	HasOne      Outcome = "has_one"      // was told that this person has a place already
	Abandoned   Outcome = "abandoned"    // held a place and went away, as meant
	HoldLost    Outcome = "hold_lost"    // the hold ended and no other place was found
	GaveUpBusy  Outcome = "busy"         // was asked to wait too often
	Unanswered  Outcome = "unanswered"   // got no answer, or an error, too often
	Stuck       Outcome = "stuck"        // found a page without a way on: a mistake in the pages
	SentHome    Outcome = "sent_home"    // the rehearsal ended before the journey did
)

// Result is everything one rehearsal saw, from the people's side of the wire.
type Result struct {
	Config   Config            `json:"config"`
	Started  time.Time         `json:"started"`
	TookMS   int64             `json:"took_ms"`
	Outcomes map[Outcome]int   `json:"outcomes"`
	Second   map[Outcome]int   `json:"second"` // of people who tried again after booking
	Refusals map[string]int    `json:"refusals"`
	Odd      map[string]int    `json:"odd,omitempty"`     // what no page should do, by sort
	Missing  map[string]int    `json:"missing,omitempty"` // why requests had no answer
	Counts   Counts            `json:"counts"`
	Latency  map[string]Timing `json:"latency"`  // of hold, confirm, page, refusal, journey, staff
	PageMax  map[string]int    `json:"page_max"` // largest answer by page kind, bytes on the wire with head
	Machine  Machine           `json:"machine"`
	Desk     Desk              `json:"desk"`
	Series   Series            `json:"series"`
	Ledger   Ledger            `json:"ledger"`
	Notes    []string          `json:"notes,omitempty"` // cuts and surprises, in English
}

// Counts are sums over the whole run.
type Counts struct {
	Requests    int   `json:"requests"` // the public crowd's, redirects counted
	BytesIn     int64 `json:"bytes_in"`
	BytesOut    int64 `json:"bytes_out"`
	Holds       int   `json:"holds"`      // carts granted
	HeldUnits   int   `json:"held_units"` // places in them
	HeldMax     int   `json:"held_max"`   // most places in carts at once, as the crowd knows it
	Booked      int   `json:"booked"`     // bookings shown as confirmed, staff not counted
	BookedUnits int   `json:"booked_units"`
	Busy        int   `json:"busy"`         // 503 with Retry-After
	HTTP5xx     int   `json:"http_5xx"`     // every other 5xx
	HTTP4xx     int   `json:"http_4xx"`     // 4xx that are no page of the contract
	Unanswered  int   `json:"unanswered"`   // requests without an answer
	Reconnects  int   `json:"reconnects"`   // connections found closed: kept ones, or new ones that the crowd came too late to use
	Doubles     int   `json:"doubles"`      // buttons pressed twice at once
	DoubleCarts int   `json:"double_carts"` // of them: answered with two different carts
	Reloads     int   `json:"reloads"`
	// Of people who do not obey: how many came, what they asked without waiting, and
	// what of it had no answer. It stands in no other figure but Requests and Busy.
	Rude           int `json:"rude"`
	RudeRequests   int `json:"rude_requests"`
	RudeUnanswered int `json:"rude_unanswered"`
	// Of people who booked, from the first click to the confirmation.
	RequestsPerBooking float64 `json:"requests_per_booking"`
	BytesPerBooking    float64 `json:"bytes_per_booking"`
	// First page that said no place is free, and last confirmation; ms after the
	// start, -1 = never.
	NoneFreeMS   int64 `json:"none_free_ms"`
	LastBookedMS int64 `json:"last_booked_ms"`
}

// Timing is one distribution in milliseconds, each from the moment the person
// meant to act.
type Timing struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

// Machine is what the crowd's own process used and how punctual it was. A crowd
// that is late more than 1 % of the time measures itself (LIMITS.md §4).
type Machine struct {
	CPUSeconds      float64 `json:"cpu_s"`
	CPUMicrosPerReq float64 `json:"cpu_us_per_request"`
	ConnectionsMax  int     `json:"connections_max"`  // most open at once
	ConnectionLimit int     `json:"connection_limit"` // what was allowed
	Waited          int     `json:"waited"`           // times somebody waited for a connection
	Offered         int     `json:"offered"`          // turns that fell due
	Late            int     `json:"late"`             // of them begun more than 50 ms late
	LateP99         float64 `json:"late_p99_ms"`
	LateMax         float64 `json:"late_max_ms"`
}

// Desk is what the clerks saw.
type Desk struct {
	Clerks    int `json:"clerks"`
	Bookings  int `json:"bookings"`
	Cancelled int `json:"cancelled"`
	Found     int `json:"found"`
	// Numbers drawn for callers, how often one was looked up, and bookings made for
	// callers whose number was called; those stand in Bookings too.
	Numbers     int `json:"numbers"`
	LookedUp    int `json:"looked_up"`
	FromNumbers int `json:"from_numbers"`
	Refused     int `json:"refused"`
	Failed      int `json:"failed"` // requests without a usable answer
	Requests    int `json:"requests"`
}

// seriesStep is the width of one window of the time series.
const seriesStep = 250 * time.Millisecond

// Series is the run in windows of StepMS. Latencies are in milliseconds and 0 in
// a window in which nothing of the kind happened.
type Series struct {
	StepMS     int64            `json:"step_ms"`
	OpenedMS   int64            `json:"opened_ms"` // when the sale opened, after the first window
	Arrivals   []int            `json:"arrivals"`
	Holds      []int            `json:"holds"`
	Booked     []int            `json:"booked"`
	Busy       []int            `json:"busy"`
	Requests   []int            `json:"requests"`
	Refusals   map[string][]int `json:"refusals"`
	HoldP50    []float64        `json:"hold_p50_ms"`
	HoldP99    []float64        `json:"hold_p99_ms"`
	ConfirmP50 []float64        `json:"confirm_p50_ms"`
	ConfirmP99 []float64        `json:"confirm_p99_ms"`
	Open       []int            `json:"open"` // connections at the window's end
}

// densest is how many requests were answered in the second with most of them: what
// the public side bears on this machine, beside the crowd.
func (s *Series) densest() int {
	const windows = int(time.Second / seriesStep)
	most, sum := 0, 0
	for i, n := range s.Requests {
		sum += n
		if i >= windows {
			sum -= s.Requests[i-windows]
		}
		most = max(most, sum)
	}
	return most
}

// Snapshot is one line of progress.
type Snapshot struct {
	AtMS     int64 `json:"at_ms"`
	People   int   `json:"people"`
	Arrived  int   `json:"arrived"`
	Active   int   `json:"active"`
	Holds    int   `json:"holds"`
	Booked   int   `json:"booked"`
	Refused  int   `json:"refused"`
	Busy     int   `json:"busy"`
	Trouble  int   `json:"trouble"` // 5xx that are not busy, and requests without an answer
	Open     int   `json:"open"`
	Requests int   `json:"requests"`
	Staff    int   `json:"staff"`
}
