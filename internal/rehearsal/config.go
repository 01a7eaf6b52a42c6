package rehearsal

import (
	"math"
	"net/url"
	"time"

	"einlass/internal/fault"
)

// Config describes one rehearsal. It is plain data: the crowd's process gets it
// as one JSON object. Times in milliseconds are on the injected clock, which runs
// Pace times faster than the wall, unless their comment says "real".
type Config struct {
	Scenario string  `json:"scenario"`
	Base     string  `json:"base"`            // public listener, "http://127.0.0.1:8080"
	Start    string  `json:"start"`           // path of the only address people know
	Staff    string  `json:"staff,omitempty"` // staff listener; needed with Clerks
	RootPEM  string  `json:"root_pem,omitempty"`
	Grant    string  `json:"grant,omitempty"` // token; needed for another machine
	Seed     uint64  `json:"seed"`
	Pace     float64 `json:"pace"` // 1..PaceMax
	People   int     `json:"people"`
	Part     Part    `json:"part,omitempty"`
	Places   int     `json:"places"` // what the sale has, for the report only
	// OpensMS is when the sale opens, in unix milliseconds (real); 0 is at once.
	OpensMS int64 `json:"opens_ms,omitempty"`

	Arrivals Arrivals `json:"arrivals"`
	Habits   Habits   `json:"habits"`
	Who      Who      `json:"who"`
	Think    Think    `json:"think"`
	Clerks   Clerks   `json:"clerks"`

	ConnectionsMax int `json:"connections_max"` // 1..ConnectionsMax
	MinutesMax     int `json:"minutes_max"`     // real; the crowd is sent home then
}

// Part is what one process plays of a rehearsal: everything, where empty.
type Part string

// The parts that have a process of their own. A clerk at a desk does not share a
// processor's queue with 16,000 phones: in one process with them a click of theirs
// waited up to 1.6 s for its turn, and was booked against the server (measured).
const (
	PartPeople Part = "people"
	PartClerks Part = "clerks"
)

// Arrivals say when people come: Early of them within EarlyMS before the opening, where
// numbers can be drawn before; Burst within BurstMS of the opening; the others over
// RestMS after it, more at its beginning. Early ones and the burst are in real time:
// their pressure is what is rehearsed and no clock makes it milder.
type Arrivals struct {
	Early   int   `json:"early,omitempty"`
	EarlyMS int64 `json:"early_ms,omitempty"` // real
	Burst   int   `json:"burst"`
	BurstMS int64 `json:"burst_ms"` // real
	RestMS  int64 `json:"rest_ms"`
}

// Habits are shares of people, 0..1, and what they do.
type Habits struct {
	PartyOfTwo float64 `json:"party_of_two"` // come with somebody
	Elsewhere  float64 `json:"elsewhere"`    // live outside: may not book
	WrongAge   float64 `json:"wrong_age"`    // live inside, wrong age: may not book
	WithCode   float64 `json:"with_code"`    // live outside, but have an access code
	Typo       float64 `json:"typo"`         // mistype the postcode first
	Abandon    float64 `json:"abandon"`      // hold a place and never confirm
	Reload     float64 `json:"reload"`       // reload one page
	Double     float64 `json:"double"`       // press one button twice at once
	Retry      float64 `json:"retry"`        // after booking, try again from another browser
	Cancel     float64 `json:"cancel"`       // give the booking back at once
	Extend     float64 `json:"extend"`       // ask for more time in the cart
	Stay       float64 `json:"stay"`         // wait while all places are in carts
	Ghost      float64 `json:"ghost"`        // draw a number and never come back
	GoHome     float64 `json:"go_home"`      // of those told "probably not", at each look
	English    float64 `json:"english"`      // read English
	Rude       float64 `json:"rude"`         // of all: never wait when told to, see rude.go

	Mail  float64 `json:"mail"`  // of the bookers: hear by mail
	Phone float64 `json:"phone"` // by phone
	Post  float64 `json:"post"`  // by letter; the rest not at all
}

// Who says how the people are made, so that they fit the sale's rules.
type Who struct {
	EventDay  string   `json:"event_day"` // ISO date at which ages are counted
	AgeFrom   int      `json:"age_from"`  // years, inclusive
	AgeTo     int      `json:"age_to"`    // years, inclusive, > AgeFrom
	Postcodes []string `json:"postcodes"` // of people who may book
	Places    []string `json:"places"`    // towns they choose when asked, first match wins
	Elsewhere []string `json:"elsewhere"` // postcodes of people who may not
	Codes     []string `json:"codes"`     // access codes of people who may book by code alone
}

// Think holds the medians of think times in milliseconds and their spread. Times
// are log-normal: most people are quick, some are very slow.
type Think struct {
	ReadMS     int64   `json:"read_ms"`     // the event page
	EligibleMS int64   `json:"eligible_ms"` // name, birth date, postcode
	ChooseMS   int64   `json:"choose_ms"`   // a slot
	ConfirmMS  int64   `json:"confirm_ms"`  // the cart
	AgainMS    int64   `json:"again_ms"`    // before looking again
	PatienceMS int64   `json:"patience_ms"` // how long somebody waits for carts to come back
	WaitMS     int64   `json:"wait_ms"`     // how long somebody with a number waits after the opening, ± a quarter
	Sigma      float64 `json:"sigma"`       // of the logarithm; 0.5 is a factor of 1.6 either way
}

// Clerks work at the staff listener all the time, one booking after another, until
// the crowd has gone.
type Clerks struct {
	Count    int     `json:"count"`
	User     string  `json:"user"` // "%d" is replaced by the clerk's number, from 1
	Password string  `json:"password"`
	Channel  string  `json:"channel"` // phone or counter
	ThinkMS  int64   `json:"think_ms"`
	Find     float64 `json:"find"`   // share of bookings after which a name is looked up
	Cancel   float64 `json:"cancel"` // share of bookings taken back at once
	// Numbers is the share of callers who want a number once the sale is open, where there
	// are any; before the opening they all do.
	Numbers float64 `json:"numbers"`
}

// Defaults returns what people do where a scenario says nothing else. The shares
// of abandoning (5 %) and reloading (10 %) are those of LIMITS.md G5; the rest are
// our own assumptions.
func Defaults() Config {
	return Config{
		Pace: 1, ConnectionsMax: ConnectionsMax, MinutesMax: 30,
		Arrivals: Arrivals{BurstMS: 1_000, RestMS: 10 * 60_000},
		Habits: Habits{
			PartyOfTwo: 0.25, Typo: 0.03, Abandon: 0.05, Reload: 0.10, Double: 0.05,
			Extend: 0.01, Stay: 0.05, Ghost: 0.15, GoHome: 0.1, English: 0.05, Mail: 0.80, Phone: 0.10, Post: 0.05,
		},
		Who: Who{
			EventDay: "2021-04-10", AgeFrom: 20, AgeTo: 80,
			Postcodes: []string{"58285"}, Elsewhere: []string{"10115", "20095", "80331", "50667"},
		},
		Think: Think{
			ReadMS: 3_000, EligibleMS: 15_000, ChooseMS: 6_000, ConfirmMS: 20_000,
			AgainMS: 25_000, PatienceMS: 10 * 60_000, WaitMS: 30 * 60_000, Sigma: 0.5,
		},
		Clerks: Clerks{Channel: "phone", ThinkMS: 20_000, Find: 0.2, Cancel: 0.03, Numbers: 0.2},
	}
}

// Validate returns an Invalid error that names the first figure out of range.
func (c *Config) Validate() error {
	for _, check := range []struct {
		ok   bool
		what string
	}{
		{c.People <= PeopleMax, "people: 1 to 200,000"},
		{c.People > 0, "people: nobody comes"},
		{c.Part == "" || c.Part == PartPeople || c.Part == PartClerks, "part: people or clerks"},
		{c.Pace >= 1 && c.Pace <= PaceMax, "pace: 1 to 1,000"},
		{c.ConnectionsMax >= 1 && c.ConnectionsMax <= ConnectionsMax, "connections_max: 1 to 16,000"},
		{c.MinutesMax >= 1 && c.MinutesMax <= MinutesMax, "minutes_max: 1 to 120"},
		{c.Arrivals.Burst >= 0 && c.Arrivals.Early >= 0 && c.Arrivals.Early+c.Arrivals.Burst <= c.People, "arrivals: early and burst together are 0 to people"},
		{c.Arrivals.BurstMS >= 0 && c.Arrivals.RestMS >= 0 && c.Arrivals.EarlyMS >= 0, "arrivals: not negative"},
		{isBase(c.Base), "base: http:// or https:// and a host"},
		{len(c.Start) > 0 && c.Start[0] == '/', "start: a path that begins with /"},
		{c.Who.AgeFrom >= 0 && c.Who.AgeTo > c.Who.AgeFrom && c.Who.AgeTo <= 110, "who: age_from below age_to, at most 110"},
		{len(c.Who.Postcodes) > 0 && len(c.Who.Elsewhere) > 0, "who: postcodes inside and elsewhere"},
		{c.Clerks.Count >= 0 && c.Clerks.Count <= ClerksMax, "clerks.count: 0 to 200"},
		{c.Clerks.Count == 0 || isBase(c.Staff), "staff: the staff listener's address"},
		{c.Clerks.Numbers >= 0 && c.Clerks.Numbers <= 1, "clerks.numbers: a share, 0 to 1"},
		{c.Think.Sigma >= 0 && c.Think.Sigma <= 2, "think.sigma: 0 to 2"},
	} {
		if !check.ok {
			return fault.New(fault.Invalid, "rehearsal: %s", check.what)
		}
	}
	if _, err := time.Parse(time.DateOnly, c.Who.EventDay); err != nil {
		return fault.New(fault.Invalid, "rehearsal: who.event_day: %w", err)
	}
	return c.Habits.validate()
}

func (h *Habits) validate() error {
	for _, share := range []float64{
		h.PartyOfTwo, h.Elsewhere, h.WrongAge, h.WithCode, h.Typo, h.Abandon, h.Reload,
		h.Double, h.Retry, h.Cancel, h.Extend, h.Stay, h.English, h.Mail, h.Phone, h.Post,
		h.Ghost, h.GoHome, h.Rude, h.Elsewhere + h.WrongAge + h.WithCode, h.Mail + h.Phone + h.Post,
	} {
		const rounding = 1e-9
		if !(share >= 0 && share <= 1+rounding) {
			return fault.New(fault.Invalid, "rehearsal: habits: shares lie between 0 and 1 and each group sums to at most 1")
		}
	}
	return nil
}

// real converts milliseconds of the injected clock to real time.
func (c *Config) real(ms int64) time.Duration {
	return time.Duration(float64(ms) / c.Pace * float64(time.Millisecond))
}

func isBase(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		(u.Path == "" || u.Path == "/") && u.RawQuery == ""
}

// spread draws a log-normal duration around median, between a tenth and ten times
// of it; normal is a standard normal deviate.
func spread(median time.Duration, sigma, normal float64) time.Duration {
	f := min(max(math.Exp(sigma*normal), 0.1), 10)
	return time.Duration(float64(median) * f)
}
