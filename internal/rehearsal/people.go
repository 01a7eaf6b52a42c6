package rehearsal

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
)

// Guest is one participant as the crowd writes it into forms. Name and birth date
// together are unique within a rehearsal, so that two bookings for one of them
// are a duplicate and never a namesake.
type Guest struct {
	Name     string `json:"name"`
	Birth    string `json:"birth"` // ISO date
	Postcode string `json:"-"`
	Code     string `json:"-"`
}

// persona is what is settled about a person before the first click.
type persona struct {
	index     int
	guests    []Guest
	elsewhere bool // may not book, by place or age
	contact   catalog.ContactKind
	lang      locale.Lang
	typo      string // postcode typed first; empty = typed right
	reloadAt  string // page kind that is reloaded once; empty = none
	doubleAt  string // step whose button is pressed twice; empty = none
	dateStyle int    // how birth dates are written
	abandons  bool
	retries   bool
	cancels   bool
	extends   bool
	stays     bool
	ghost     bool
	rude      bool
}

// Names are common German ones. They stay distinct when case and accents are
// folded, because a sale compares them so.
var (
	firstNames = strings.Fields(`Anna Barbara Birgit Brigitte Christa Dagmar Doris Edith
		Elke Erika Eva Gabriele Gerda Gisela Hannelore Heike Helga Hildegard Ilse Inge Ingrid
		Irmgard Jutta Karin Kerstin Luise Margarete Maria Marion Monika Petra Renate Rita Rosemarie
		Ruth Sabine Sigrid Silvia Susanne Ulrike Ursula Waltraud Andreas Bernd Christian Dieter
		Erich Ernst Frank Franz Georg Gerhard Günter Hans Harald Heinz Helmut Herbert Hermann
		Horst Josef Jürgen Karl Klaus Kurt Manfred Martin Michael Norbert Otto Paul Peter Rainer
		Reinhard Rolf Rudolf Siegfried Stefan Thomas Ulrich Uwe Walter Werner Wilhelm Wolfgang`)
	lastNames = strings.Fields(`Adam Albrecht Arnold Bauer Baumann Beck Becker Berger Bergmann
		Böhm Brandt Braun Busch Dietrich Engel Fischer Frank Franke Friedrich Fuchs Graf Groß Günther
		Haas Hahn Hartmann Heinrich Herrmann Hoffmann Hofmann Horn Huber Jäger Jansen Jung Kaiser Keller
		Klein Koch Köhler König Kraus Krause Krüger Kuhn Kühn Lange Lehmann Lorenz Ludwig Maier Martin
		Mayer Meier Meyer Möller Müller Neumann Otto Peters Pfeiffer Pohl Richter Roth Sauer Schäfer
		Schmidt Schmitt Schmitz Schneider Scholz Schreiber Schröder Schubert Schulte Schulz Schulze
		Schumacher Schuster Schwarz Seidel Simon Sommer Stein Thomas Vogel Vogt Voigt Wagner Walter
		Weber Weiß Werner Winkler Winter Wolf Ziegler Zimmermann`)
)

// registry makes guests: guest k is the same for the same seed and configuration.
// It walks all combinations of first name, last name and birth day with a stride
// that shares no factor with their number, so that none comes twice.
type registry struct {
	total, stride, offset uint64
	youngest              time.Time // birth day of the youngest who may book
	days                  int       // width of the range of birth days
}

const (
	daysPerYear = 365
	ageMargin   = 30 // days kept from both ends: ages count at slot days that differ
)

func newRegistry(c *Config) registry {
	day, err := time.Parse(time.DateOnly, c.Who.EventDay)
	if err != nil {
		day = time.Date(2021, 4, 10, 0, 0, 0, 0, time.UTC) // Validate has refused it before
	}
	r := registry{
		youngest: day.AddDate(-c.Who.AgeFrom, 0, -ageMargin),
		days:     daysPerYear*(c.Who.AgeTo-c.Who.AgeFrom) - ageMargin,
	}
	r.total = uint64(len(firstNames)*len(lastNames)) * uint64(r.days)
	const golden = 0.6180339887 // spreads neighbours far apart
	r.stride = uint64(float64(r.total) * golden)
	for gcd(r.stride, r.total) != 1 {
		r.stride++
	}
	r.offset = c.Seed % r.total
	return r
}

// guest returns guest k. With wrongAge the birth day lies outside the range of
// ages, where no other guest's can lie.
func (r *registry) guest(k int, wrongAge bool) Guest {
	n := (r.offset + uint64(k)*r.stride) % r.total
	first := firstNames[n%uint64(len(firstNames))]
	n /= uint64(len(firstNames))
	last := lastNames[n%uint64(len(lastNames))]
	n /= uint64(len(lastNames))
	birth := r.youngest.AddDate(0, 0, -int(n))
	if wrongAge {
		birth = birth.AddDate(0, 0, r.days+2*ageMargin)
	}
	return Guest{Name: first + " " + last, Birth: birth.Format(time.DateOnly)}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// newChance returns the source of person i's decisions: the same for the same
// seed, independent of what others do.
func newChance(seed uint64, i int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(i)))
}

// newPersona settles who person i is and what it will do.
func newPersona(c *Config, r *registry, chance *rand.Rand, i int) persona {
	h := &c.Habits
	kind := chance.Float64()
	wrongAge := kind >= h.Elsewhere && kind < h.Elsewhere+h.WrongAge
	hasCode := len(c.Who.Codes) > 0 && kind >= 1-h.WithCode
	p := persona{
		index: i, elsewhere: kind < h.Elsewhere+h.WrongAge, lang: locale.German,
		contact: contactOf(h, chance.Float64()), dateStyle: chance.IntN(len(dateStyles)),
		abandons: chance.Float64() < h.Abandon, retries: chance.Float64() < h.Retry,
		cancels: chance.Float64() < h.Cancel, extends: chance.Float64() < h.Extend,
		stays: chance.Float64() < h.Stay,
	}
	p.ghost = chance.Float64() < h.Ghost
	postcode := pick(chance, c.Who.Postcodes)
	if kind < h.Elsewhere || hasCode {
		postcode = pick(chance, c.Who.Elsewhere)
	}
	size := 1
	if chance.Float64() < h.PartyOfTwo && !hasCode { // a code is good for one
		size = 2
	}
	for n := range size {
		g := r.guest(i+n*c.People, wrongAge)
		g.Postcode = postcode
		if hasCode {
			g.Code = c.Who.Codes[i%len(c.Who.Codes)]
		}
		p.guests = append(p.guests, g)
	}
	p.settleHabits(h, chance)
	if h.Rude > 0 { // last: who comes without rude people is the same crowd
		p.rude = chance.Float64() < h.Rude
	}
	return p
}

func (p *persona) settleHabits(h *Habits, chance *rand.Rand) {
	if chance.Float64() < h.English {
		p.lang = locale.English
	}
	if chance.Float64() < h.Typo {
		p.typo = mistype(p.guests[0].Postcode)
	}
	if chance.Float64() < h.Reload {
		p.reloadAt = pick(chance, []string{kindEvent, kindSlots, kindCart})
	}
	if chance.Float64() < h.Double {
		p.doubleAt = pick(chance, []string{stepHold, stepConfirm})
	}
}

func contactOf(h *Habits, u float64) catalog.ContactKind {
	switch {
	case u < h.Mail:
		return catalog.ContactMail
	case u < h.Mail+h.Phone:
		return catalog.ContactPhone
	case u < h.Mail+h.Phone+h.Post:
		return catalog.ContactPost
	}
	return catalog.ContactNone
}

// mistype leaves out the last digit: an error every form can see.
func mistype(postcode string) string { return postcode[:max(len(postcode)-1, 0)] }

func pick(chance *rand.Rand, from []string) string { return from[chance.IntN(len(from))] }

// dateStyles are the ways people write a birth date (GOV.UK asks to accept them all).
var dateStyles = [...]string{"02.01.2006", "2.1.2006", "02/01/2006", "2006-01-02", "02 01 2006", "02012006"}

// birthAs writes an ISO date in style n.
func birthAs(iso string, n int) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return t.Format(dateStyles[n%len(dateStyles)])
}

// mailOf, phoneOf and postOf are where a person can be reached. The domain is
// reserved for examples (RFC 2606).
func (p *persona) mailOf() string  { return fmt.Sprintf("person-%d@rehearsal.example", p.index) }
func (p *persona) phoneOf() string { return fmt.Sprintf("02336 %06d", p.index) }
func (p *persona) postOf() string {
	return fmt.Sprintf("%s\r\nMusterweg %d\r\n%s Musterstadt", p.guests[0].Name, p.index%200+1, p.guests[0].Postcode)
}
