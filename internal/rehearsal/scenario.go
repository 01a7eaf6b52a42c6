package rehearsal

// Preset returns the crowd of one of the four on-sales the product was made for
// (SHAPES.md, "The four scenarios"); ok is false for another name. The caller
// fills in Base, Start, Staff, Seed and Pace. Figures that the press did not
// report are our assumptions and may be changed freely.
func Preset(name string) (c Config, ok bool) {
	c = Defaults()
	c.Scenario = name
	switch name {
	case "ennepe-ruhr":
		presetEnnepe(&c)
	case "kamen":
		presetKamen(&c)
	case "speyer":
		presetSpeyer(&c)
	case "impfen-sh":
		presetHolstein(&c)
	default:
		return Config{}, false
	}
	return c, true
}

// presetEnnepe: 66,000 people aged 60 to 79, 16,000 of them in the first second,
// 4,000 places, six clerks at the phone.
func presetEnnepe(c *Config) {
	c.People, c.Places = 66_000, 4_000
	c.Arrivals.Early, c.Arrivals.EarlyMS = 20_000, 30_000
	c.Arrivals.Burst = 16_000
	c.Habits.Elsewhere, c.Habits.WrongAge = 0.05, 0.05
	c.Who = Who{
		EventDay: "2021-04-10", AgeFrom: 60, AgeTo: 79,
		Postcodes: []string{"58332", "58285", "58256", "58300", "58313", "45525", "58452", "58339"},
		Places:    []string{"Schwelm", "Hattingen", "Witten", "Gevelsberg", "Ennepetal", "Herdecke", "Sprockhövel", "Wetter (Ruhr)", "Breckerfeld"},
		Elsewhere: []string{"44787", "42103", "10115", "50667", "40210"},
	}
	c.Clerks.Count = 6
}

// presetKamen: a season in one hall, couples and friends, four clerks busy all the time.
func presetKamen(c *Config) {
	c.People, c.Places = 3_000, 4_800
	c.Arrivals.Burst = 2_000
	c.Habits.PartyOfTwo = 0.7
	c.Who.EventDay = "2019-09-20"
	c.Who.Postcodes = []string{"59174", "59192", "59425"}
	c.Clerks.Count, c.Clerks.Channel, c.Clerks.ThinkMS = 4, "counter", 8_000
}

// presetSpeyer: three of five live elsewhere, and people try again after booking.
func presetSpeyer(c *Config) {
	c.People, c.Places = 20_000, 2_500
	c.Arrivals.Early, c.Arrivals.EarlyMS = 6_000, 15_000
	c.Arrivals.Burst = 8_000
	c.Habits.Elsewhere, c.Habits.Retry = 0.60, 0.30
	c.Who = Who{
		EventDay: "2021-06-20", AgeFrom: 18, AgeTo: 90,
		Postcodes: []string{"67346", "67354", "67373"},
		Elsewhere: []string{"68159", "69115", "10115", "80331", "20095", "60311"},
	}
}

// presetHolstein: a whole state, two linked appointments, eight sites.
func presetHolstein(c *Config) {
	c.People, c.Places = 60_000, 12_000
	c.Arrivals.Burst = 16_000
	c.Habits.Elsewhere = 0.05
	c.Who = Who{
		EventDay: "2021-02-01", AgeFrom: 80, AgeTo: 100,
		Postcodes: []string{"24103", "23552", "25813", "24937", "25524", "23795"},
		Elsewhere: []string{"20095", "28195", "19053"},
	}
}
