package inventory

// Count is what the bookings say a pool should have.
type Count struct{ Held, Booked int }

// Recount adds up, from the bookings alone, what every pool should have held and
// booked. It is the independent side of `einlass verify` and of the tests: it
// knows the bookings and none of the ways they came about. Spent draws count as
// booked in every state, because they never come back.
func Recount(bookings []Booking) map[PoolID]Count {
	out := make(map[PoolID]Count)
	for i := range bookings {
		RecountOne(out, &bookings[i])
	}
	return out
}

// RecountOne adds one booking to the sums.
func RecountOne(sums map[PoolID]Count, b *Booking) {
	b.eachDraw(func(d *Draw) {
		c := sums[d.Pool]
		switch {
		case d.Spent:
			c.Booked += d.fresh()
		case b.State == Held:
			c.Held += d.fresh()
		case b.State.Keeps():
			c.Booked += d.fresh()
		default:
			return
		}
		sums[d.Pool] = c
	})
}
