// Package report says after a sale, in numbers that may be told to anybody, what became
// of it: places by channel, who waited and was called, refusals by reason, what staff
// did beside the rules, and whether the forecast came true. It reads one store.Figures
// and changes nothing.
//
// It promises: no name, no account, no number of somebody; a count of 1 to 4 people is
// never told, and cannot be worked out from what is: for each there is another sale with
// the same page and another number there (ledger). How long people waited is told in
// tenths of them, and only where a tenth is five or more.
package report

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// Report is what may be told of one sale.
type Report struct {
	Made    time.Time
	Running bool // the sale has not closed: everything may change
	Places  Places
	Room    *Room // nil where the sale has no waiting room, or it has not opened
	// Refused are how often people heard why they get nothing, the most frequent first.
	Refused      []Refused
	RefusedTotal Count
	Second       Count // numbers granted by clerks to people who seemed to have one
	Namesakes    Count // bookings that clerks took for people who seemed to have one
	Pulled       []Pulled
}

// Places are what became of the places.
type Places struct {
	Capacity                       int
	Booked, InCarts, Blocked, Free Count
	Bookings                       Count
	Channels                       []Channel
	Single                         bool // a booking is of one place: there is one number for both
}

// Channel is what was booked by one.
type Channel struct {
	Channel          catalog.Channel
	Places, Bookings Count
}

// Room is what became of the numbers.
type Room struct {
	All Count
	// Before are those who were there at the opening and took part in the draw, After
	// those who came later.
	Before, After Count
	Channels      []Channel // Bookings are numbers here
	// Called of all; Came in of them; Booked of them, Empty without; Away were called and
	// did not come in; Waiting were not called.
	Called, Came, Booked, Empty, Away, Waiting Count
	Waits                                      *Waits // nil where too few were called
	// Largest is at most the share of the largest network of the numbers that browsers
	// drew, in per cent; 0 where nothing was counted by network, or too few to tell.
	Largest  int
	Forecast *Forecast // nil where nothing was told
}

// Forecast holds what was told against what came true. A number counts for the first of
// the two words that it was told.
type Forecast struct {
	Probably, ProbablyCalled Count // told "probably"; of them called, while places were free
	Not, NotCalled           Count // told "probably not"; of them called after all
}

// Refused is how often one reason was heard.
type Refused struct {
	Reason inventory.Reason
	Times  Count
}

// How soon a number is left out for the sake of a small one beside it.
const (
	rankCore = iota // booked, called
	rankFrame
	rankDetail
	rankAside
)

// Of makes the report of a sale as it stood when the figures were counted, at now.
func Of(sale *store.StoredSale, f *store.Figures, now time.Time) *Report {
	b := builder{sale: sale, figures: f}
	r := &Report{Made: now, Running: now.Before(sale.Closes), Pulled: pulled(f.Pulled)}
	b.places()
	b.room()
	b.refused()
	second, namesakes := b.add(f.Second, rankAside), b.add(f.Namesakes, rankAside)
	b.close()
	r.Second, r.Namesakes = b.count(second), b.count(namesakes)
	for _, tell := range b.tell {
		tell(r)
	}
	return r
}

// builder puts the figures into a ledger; tell are what then fills the report.
type builder struct {
	ledger
	sale    *store.StoredSale
	figures *store.Figures
	tell    []func(*Report)

	online cell // bookings by the public itself
}

// places lays out the stock and what was booked by channel.
func (b *builder) places() {
	stock, booked := b.figures.Places, b.figures.Booked
	single := b.sale.Party.Max <= 1
	for _, c := range booked {
		single = single && c.Places == c.Bookings // the rules may have been others before
	}
	capacity := b.public(stock.Capacity)
	places, carts := b.add(stock.Booked, rankCore), b.add(stock.Held, rankAside)
	blocked, free := b.things(stock.Blocked, rankAside), b.things(stock.Capacity-stock.Booked-stock.Held-stock.Blocked, rankFrame)
	b.adds(capacity, places, carts, blocked, free)
	all := places
	if !single {
		n := 0
		for _, c := range booked {
			n += c.Bookings
		}
		all = b.add(n, rankDetail)
	}
	var placesBy, bookingsBy []cell
	for _, c := range catalog.Channels {
		p := b.add(booked[c].Places, channelRank(c))
		n := p
		if !single {
			n = b.add(booked[c].Bookings, rankAside)
			b.together(p, n)
		}
		if c == catalog.Online {
			b.online = n
		}
		placesBy, bookingsBy = append(placesBy, p), append(bookingsBy, n)
	}
	b.adds(places, placesBy...)
	if !single {
		b.adds(all, bookingsBy...)
	}
	b.tell = append(b.tell, func(r *Report) {
		r.Places = Places{
			Capacity: stock.Capacity, Booked: b.count(places), InCarts: b.count(carts), Blocked: b.count(blocked), Free: b.count(free),
			Bookings: b.count(all), Single: single,
		}
		for i, c := range catalog.Channels {
			r.Places.Channels = append(r.Places.Channels, Channel{c, b.count(placesBy[i]), b.count(bookingsBy[i])})
		}
	})
}

// channelRank leaves the largest channel out last.
func channelRank(c catalog.Channel) int {
	if c == catalog.Online {
		return rankFrame
	}
	return rankDetail
}

// together hides the places of few bookings, which tell about how many there were.
func (b *builder) together(places, bookings cell) {
	if f := &b.facts[places]; b.facts[bookings].small() && !f.small() {
		f.state = Hidden
	}
}

// room lays out the numbers, where there are any.
func (b *builder) room() {
	f := b.figures
	if f.Room.Phase == 0 {
		return
	}
	entries, late := int(f.Room.Entries), len(f.Late)
	all := b.add(entries, rankCore)
	before, after := b.add(entries-late, rankDetail), b.add(late, rankDetail)
	b.adds(all, before, after)
	by := make([]cell, len(catalog.Channels))
	for i, c := range catalog.Channels {
		by[i] = b.add(f.Entries[c], channelRank(c)+1)
	}
	b.adds(all, by...)
	c := b.called(all, before)
	words := b.forecast(c)
	b.tell = append(b.tell, func(r *Report) {
		r.Room = &Room{
			All: b.count(all), Before: b.count(before), After: b.count(after), Called: b.count(c.called), Came: b.count(c.came),
			Booked: b.count(c.booked), Empty: b.count(c.empty), Away: b.count(c.away), Waiting: b.count(c.waiting),
		}
		for i, channel := range catalog.Channels {
			r.Room.Channels = append(r.Room.Channels, Channel{Channel: channel, Bookings: b.count(by[i])})
		}
		r.Room.Waits, r.Room.Forecast = waits(b.sale, f), words()
		r.Room.Largest, _ = waitingroom.LargestShare(f.Joiners.Counted, f.Joiners.Largest)
	})
}

// calling are what became of the numbers that were called.
type calling struct{ called, waiting, came, away, booked, empty cell }

// called lays out who was called and what became of them. Numbers are called in their
// order, those of the draw first: whoever knows how many were there at the opening and
// how many were called knows the difference.
func (b *builder) called(all, before cell) calling {
	f := b.figures
	entries, called, drawn := int(f.Room.Entries), f.Room.People, b.facts[before].n
	booked := min(f.ByRoom, f.Came) // others had passes from before the sale got its room
	c := calling{
		called: b.add(called, rankCore), waiting: b.add(entries-called, rankFrame),
		came: b.add(f.Came, rankFrame), away: b.add(called-f.Came, rankDetail), empty: b.add(f.Came-booked, rankAside),
	}
	if online := f.Booked[catalog.Online].Bookings; online == booked {
		c.booked = b.online // the same people, told twice
	} else {
		c.booked = b.add(booked, rankCore)
		b.adds(b.online, c.booked, b.silent(online-booked))
	}
	b.adds(all, c.called, c.waiting)
	b.adds(c.called, c.came, c.away)
	b.adds(c.came, c.booked, c.empty)
	if called <= drawn {
		b.adds(before, c.called, b.silent(drawn-called))
	} else {
		b.adds(c.called, before, b.silent(called-drawn))
	}
	return c
}

// refused lays out the reasons.
func (b *builder) refused() {
	n := 0
	var by []cell
	for _, one := range b.figures.Refused {
		n += one.Times
		by = append(by, b.add(one.Times, rankDetail))
	}
	all := b.add(n, rankFrame)
	b.adds(all, by...)
	b.tell = append(b.tell, func(r *Report) {
		r.RefusedTotal = b.count(all)
		for i, one := range b.figures.Refused {
			r.Refused = append(r.Refused, Refused{one.Reason, b.count(by[i])})
		}
	})
}
