package waitingroom

// What the simulated crowds look at beside the public methods.

// RateHolds reports whether the rate holds calling back, not the stock.
func RateHolds(c *Caller) bool { return c.budget.tokens < 1 }

// ByRate reports the same as a range of time is told.
func ByRate(o Outlook) bool { return o.open > stockNear*o.pace[0] }

// Wanted is what those who were called and those inside will still want.
func Wanted(c *Caller) float64 {
	mean, _ := c.wanted()
	return mean
}

// Coming is the chance that somebody who is called now comes.
func Coming(c *Caller) float64 { return c.coming.fresh() }
