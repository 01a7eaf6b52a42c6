package setup

import (
	"slices"
	"time"

	"einlass/internal/catalog"
)

// percentWhole is the whole of a share.
const percentWhole = 100

func (r *reader) allotments(f *field) []catalog.Allotment {
	var out []catalog.Allotment
	total := 0
	for _, item := range r.each(f, len(catalog.Channels), "allotments") {
		o := r.open(item, "channel", "share", "places", "moves")
		a := catalog.Allotment{Channel: r.channel(o.need("channel")), Moves: r.moment(o.get("moves"))}
		share, places := o.get("share"), o.get("places")
		switch {
		case share != nil && places != nil:
			r.errorf(places.node, places.path, "stands beside share; keep one of the two")
		case share != nil:
			a.Share = r.percent(share)
			if total += a.Share; total > percentWhole {
				r.errorf(share.node, share.path, "all shares together are %d%%; at most %d%% can be given", total, percentWhole)
			}
		case places != nil:
			a.Places = r.integer(places, 1, catalog.PlacesMax)
		case o.n != nil:
			r.errorf(item.node, item.path, "has neither share nor places; write share: 5%%")
		}
		if a.Channel != 0 && slices.ContainsFunc(out, func(b catalog.Allotment) bool { return b.Channel == a.Channel }) {
			r.errorf(item.node, item.path, "%s has an allotment already; keep one", a.Channel)
		}
		out = append(out, a)
	}
	return out
}

func (r *reader) channel(f *field) catalog.Channel {
	s := r.choice(f, catalog.Counter.String(), catalog.Phone.String(), catalog.BoxOffice.String(), catalog.Online.String())
	if s == "" {
		return 0
	}
	c, err := catalog.ParseChannel(s)
	if err != nil {
		r.errorf(f.node, f.path, "%v", err)
		return 0
	}
	if c == catalog.Online {
		r.errorf(f.node, f.path, "online gets what the others leave; take this entry out")
	}
	return c
}

// allot divides the places of every slot among the channels. What does not fit a
// slot evenly is carried to the next slot of the same group and day: 2 % of twenty places
// are four tenths of a place, and would be nothing at all if every slot were
// rounded by itself. So each channel gets its share of a day to within a place.
func (r *reader) allot(p *Plan) {
	if r.failed() {
		return // shares or slots are not what was meant
	}
	by := make([]divider, p.Sale.GroupCount())
	for i := range p.Slots {
		s := &p.Slots[i]
		d := &by[s.Group]
		d.allotments = p.Sale.Allotments
		if fixed := d.fixed(); fixed > s.Places {
			r.errorf(r.where("allotments"), "allotments", "take %d places, but the slot of %s has %d; give fewer",
				fixed, slotName(s, r.zone()), s.Places)
			return
		}
		s.Allotments = d.divide(s.Start.In(r.zone()), s.Places)
	}
}

// divider divides slot after slot, carrying what rounding left over.
type divider struct {
	allotments []catalog.Allotment
	day        time.Time
	carry      []int // per allotment, in hundredths of a place
}

// fixed is the number of places given out in whole numbers in every slot.
func (d *divider) fixed() int {
	sum := 0
	for _, a := range d.allotments {
		sum += a.Places
	}
	return sum
}

// part is what one channel should get of a slot.
type part struct {
	channel catalog.Channel
	quota   int // hundredths of a place; below zero after an earlier slot gave too much
	given   int
}

// divide returns the places per channel; together they are places. Largest
// remainder: everybody gets the whole places of the quota, and who lost most by
// that gets the places left.
func (d *divider) divide(start time.Time, places int) map[catalog.Channel]int {
	y, m, day := start.Date()
	if today := time.Date(y, m, day, 0, 0, 0, 0, time.UTC); !today.Equal(d.day) || d.carry == nil {
		d.day, d.carry = today, make([]int, len(d.allotments))
	}
	out := map[catalog.Channel]int{}
	rest := places - d.fixed()
	online := rest * percentWhole
	parts := make([]part, len(d.allotments)+1)
	for i, a := range d.allotments {
		quota := places*a.Share + d.carry[i]
		if a.Share == 0 {
			quota = 0
		}
		parts[i] = part{channel: a.Channel, quota: quota}
		online -= quota
	}
	parts[len(d.allotments)] = part{channel: catalog.Online, quota: online}
	largestRemainder(parts, rest)
	for i, p := range parts {
		out[p.channel] = p.given
		if i < len(d.allotments) {
			d.carry[i] = p.quota - p.given*percentWhole
			out[p.channel] += d.allotments[i].Places
		}
	}
	return out
}

// largestRemainder fills in given so that the sum is whole.
func largestRemainder(parts []part, whole int) {
	left := whole
	order := make([]int, len(parts))
	for i := range parts {
		order[i] = i
		parts[i].given = max(0, parts[i].quota/percentWhole)
		left -= parts[i].given
	}
	lost := func(i int) int { return parts[i].quota - parts[i].given*percentWhole }
	for ; left > 0; left-- {
		slices.SortStableFunc(order, func(a, b int) int { return lost(b) - lost(a) })
		parts[order[0]].given++
	}
	for ; left < 0; left++ {
		slices.SortStableFunc(order, func(a, b int) int { return lost(a) - lost(b) })
		i := slices.IndexFunc(order, func(i int) bool { return parts[i].given > 0 })
		parts[order[i]].given--
	}
}
