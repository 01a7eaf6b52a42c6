package draw

import (
	"fmt"
	"slices"
)

// conclude says in plain words what the files prove. Nothing is proved by files that
// contradict each other.
func (c *checker) conclude() {
	r := &c.report
	if len(r.Differences) > 0 {
		r.NotProved = []string{"Anything about the order: the files contradict each other or what was promised."}
		return
	}
	r.Proved = []string{
		fmt.Sprintf("The order of the %d entries that were there at the opening follows from the seed, the log and the beacon alone: no number was given or moved by hand.", r.Drawn),
		fmt.Sprintf("The %d entries that came later stand in the order of the log, behind them.", r.Late),
		"To everybody who kept room.json or a signed head from while the room ran, and finds it in these files again: seed, beacon rule and the log up to then are as they were.",
	}
	r.NotProved = []string{
		"That an alias is a person, and that everybody in the log was entitled to be there: the log has random names only.",
		"That the times in these files are right, and that those who came later arrived in this order: that is the word of the server.",
		"That the log was not changed where nobody watched: a signed head proves the log up to there to whoever kept it; one of the frozen log, kept from before the beacon came, proves the freeze.",
	}
	c.aboutTheBeacon()
}

func (c *checker) aboutTheBeacon() {
	r, b := &c.report, c.drawn.Beacon
	const chosen = "That the operator did not choose the order: without a beacon whoever knows the seed can try entries until the order suits."
	switch {
	case b.Source == Drand:
		r.Proved = append(r.Proved, fmt.Sprintf("The beacon is round %d of drand's chain quicknet, promised beforehand and signed by its members; it came at %s. If the log was frozen when the files say, nobody could know the order while entries were taken.", b.Round, timeText(RoundTime(b.Round))))
	case b.Source == Typed:
		r.Proved = append(r.Proved, "If the value typed in is what the promised source published, and the log was frozen before that: nobody could know the order while entries were taken.")
		r.NotProved = slices.Insert(r.NotProved, 0, fmt.Sprintf("That the value typed in is what the source published. Compare: %q; source: %s.", b.Text, c.terms.Rule.From))
	case c.terms.Rule.Source == None:
		r.NotProved = slices.Insert(r.NotProved, 0, chosen)
	default:
		r.NotProved = slices.Insert(r.NotProved, 0, fmt.Sprintf("That the promised beacon (%s) could not be had: it was drawn without at %s.", c.terms.Rule.Source, timeText(c.drawn.DrawnAt)), chosen)
	}
}
