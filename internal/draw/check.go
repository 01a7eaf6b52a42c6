package draw

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"
)

// Kind says which promise of a draw a difference is about. docs/draw.md lists them, and
// the other verifier uses the same words.
type Kind string

// The kinds.
const (
	OfCommitment Kind = "commitment" // the seed is not the one that was committed to
	OfTerms      Kind = "terms"      // the terms were not those that were published
	OfTime       Kind = "time"       // things happened in another order than promised
	OfBeacon     Kind = "beacon"     // the beacon is not the promised one
	OfCount      Kind = "count"      // the files are not of one moment, or lines are missing
	OfAlias      Kind = "alias"      // an alias stands twice in the log
	OfLog        Kind = "log"        // the frozen log has another hash
	OfHead       Kind = "head"       // a signed head contradicts the log or is not signed
	OfKey        Kind = "key"        // the key does not follow from seed, log and beacon
	OfNumber     Kind = "number"     // a drawn entry has another number
	OfLate       Kind = "late"       // who came later does not stand in order of arrival
)

// Difference is one thing that is not as it must be. If there are many of a sort, Text
// names the first and counts them.
type Difference struct {
	Kind Kind
	Text string
}

// Report is what Check found: what was counted, every difference, and in plain words
// what the files prove and what they do not.
type Report struct {
	Entries, Drawn, Late int
	Heads                int
	Beacon               Source
	Differences          []Difference
	Proved, NotProved    []string
}

// Check recomputes a draw from its published files. Invalid if the draw is not published
// yet; whatever else is wrong is a difference in the report.
func Check(f Files) (Report, error) {
	if f.Notice.Drawn == nil || len(f.Notice.Terms) == 0 {
		return Report{}, fault.New(fault.Invalid, "%s: the draw is not published yet", FileRoom)
	}
	d := *f.Notice.Drawn
	d.Beacon.Source = cmp.Or(d.Beacon.Source, None)
	c := checker{Files: &f, drawn: &d, terms: f.Notice.Terms[len(f.Notice.Terms)-1]}
	c.frozen = f.Log[:min(int(d.Frozen), len(f.Log))]
	for _, step := range []func(){c.commitment, c.termsInOrder, c.times, c.beacon, c.counts, c.aliases, c.logHash, c.heads, c.numbers} {
		step()
	}
	c.report.Entries, c.report.Drawn, c.report.Late = len(f.Log), len(c.frozen), len(f.Log)-len(c.frozen)
	c.report.Heads, c.report.Beacon = len(f.Heads), d.Beacon.Source
	c.conclude()
	return c.report, nil
}

// checker is one Check.
type checker struct {
	*Files
	drawn  *Drawn
	terms  Terms   // the last ones
	frozen []Alias // the part of the log that was drawn
	report Report
}

func (c *checker) differ(k Kind, format string, args ...any) {
	c.report.Differences = append(c.report.Differences, Difference{k, fmt.Sprintf(format, args...)})
}

// tally counts differences of one sort and remembers the first.
type tally struct {
	count int
	first string
}

func (t *tally) add(format string, args ...any) {
	if t.count++; t.count == 1 {
		t.first = fmt.Sprintf(format, args...)
	}
}

func (c *checker) tell(k Kind, t tally) {
	switch {
	case t.count == 1:
		c.differ(k, "%s", t.first)
	case t.count > 1:
		c.differ(k, "%s; %d such in all", t.first, t.count)
	}
}

func (c *checker) commitment() {
	if c.drawn.Seed.Commitment() != c.Notice.Commitment {
		c.differ(OfCommitment, "the seed is not the one whose hash was published when the room opened")
	}
}

func (c *checker) termsInOrder() {
	for i := range c.Notice.Terms {
		t := &c.Notice.Terms[i]
		if i > 0 && t.Since.Before(c.Notice.Terms[i-1].Since) {
			c.differ(OfTerms, "terms %d are older than those before them", i+1)
		}
		if r := DrandRule(t.Opens, t.Rule.Until); t.Rule.Source == Drand && t.Rule != r {
			c.differ(OfTerms, "terms %d promise round %d of %s; the opening at %s makes it round %d of %s", i+1, t.Rule.Round, t.Rule.From, timeText(t.Opens), r.Round, r.From)
		}
	}
	if !c.Notice.Terms[0].Since.Equal(c.Notice.Opened) {
		c.differ(OfTerms, "the first terms are not from when the room opened")
	}
	if c.terms.Since.After(c.drawn.FrozenAt) {
		c.differ(OfTerms, "the terms were changed after the log was frozen")
	}
}

func (c *checker) times() {
	inOrder := func(what string, a, b time.Time) {
		if b.Before(a) {
			c.differ(OfTime, "%s: %s is before %s", what, timeText(b), timeText(a))
		}
	}
	inOrder("the log was frozen before the opening", c.terms.Opens, c.drawn.FrozenAt)
	inOrder("the log was frozen before the room opened", c.Notice.Opened, c.drawn.FrozenAt)
	inOrder("the draw was before the freeze", c.drawn.FrozenAt, c.drawn.DrawnAt)
}

func (c *checker) beacon() {
	b, rule := c.drawn.Beacon, c.terms.Rule
	switch {
	case b.Source == None && rule.Source != None:
		if c.drawn.DrawnAt.Before(rule.Until) {
			c.differ(OfBeacon, "drawn without the promised beacon at %s, before its time was over at %s", timeText(c.drawn.DrawnAt), timeText(rule.Until))
		}
	case b.Source != rule.Source:
		c.differ(OfBeacon, "source %s was used, %s was promised", b.Source, rule.Source)
	case b.Source == Typed:
		if canonical, err := TypedBeacon(b.Text); err != nil || canonical.Text != b.Text {
			c.differ(OfBeacon, "the value %q is not in its canonical form", b.Text)
		}
	case b.Source == Drand:
		c.drandRound(b, rule)
	}
}

func (c *checker) drandRound(b Beacon, rule Rule) {
	if b.Round != rule.Round {
		c.differ(OfBeacon, "round %d was used, %d was promised", b.Round, rule.Round)
	}
	if at := RoundTime(b.Round); !at.After(c.drawn.FrozenAt) {
		c.differ(OfBeacon, "round %d was known at %s, before the log was frozen at %s", b.Round, timeText(at), timeText(c.drawn.FrozenAt))
	}
	if err := VerifyRound(b.Round, b.Signature); err != nil {
		c.differ(OfBeacon, "%v", err)
	}
}

func (c *checker) counts() {
	if n := int(c.drawn.Entries); len(c.Log) != n || len(c.Numbers) != n {
		c.differ(OfCount, "%s says %d entries, %s has %d, %s has %d", FileRoom, n, FileLog, len(c.Log), FileNumbers, len(c.Numbers))
	}
	if c.drawn.Frozen > c.drawn.Entries {
		c.differ(OfCount, "%d entries were frozen, there are %d", c.drawn.Frozen, c.drawn.Entries)
	}
}

// aliases sorts places in the log instead of filling a map: 4 bytes an entry.
func (c *checker) aliases() {
	order := make([]uint32, len(c.Log))
	for i := range order {
		order[i] = uint32(i) //nolint:gosec // a place in the log
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(bytes.Compare(c.Log[a][:], c.Log[b][:]), cmp.Compare(a, b))
	})
	var twice tally
	for i := 1; i < len(order); i++ {
		if a, b := order[i-1], order[i]; c.Log[a] == c.Log[b] {
			twice.add("lines %d and %d of the log are the same alias", a+1, b+1)
		}
	}
	c.tell(OfAlias, twice)
}

func (c *checker) logHash() {
	if HashOf(c.frozen) != c.drawn.LogHash {
		c.differ(OfLog, "the first %d lines of the log do not have the hash that was drawn with", len(c.frozen))
	}
}

// numbers recomputes the key and every number.
func (c *checker) numbers() {
	key := KeyOf(c.drawn.Seed, c.drawn.LogHash, c.drawn.Beacon.Bytes())
	if key != c.drawn.Key {
		c.differ(OfKey, "the key does not follow from seed, log and beacon")
	}
	var number, late tally
	ranks := Ranks(key, c.frozen)
	for i := range min(len(c.Numbers), len(c.Log)) {
		want := NumberOf(ranks, uint32(i)) //nolint:gosec // a place in the log
		switch {
		case c.Numbers[i] == want:
		case i < len(ranks):
			number.add("entry %d has number %d, the draw gives %d", i+1, c.Numbers[i], want)
		default:
			late.add("entry %d came after the opening and has number %d instead of %d", i+1, c.Numbers[i], want)
		}
	}
	c.tell(OfNumber, number)
	c.tell(OfLate, late)
}

// heads compares every signed head with the log, and the heads with each other.
func (c *checker) heads() {
	var wrong tally
	log, last, frozen := NewLog(), Head{}, false
	termsAt := 0
	hashes := make([][HashBytes]byte, len(c.Notice.Terms))
	for i := range hashes {
		hashes[i] = c.Notice.TermsHash(i)
	}
	for i := range c.Heads {
		h := &c.Heads[i]
		if what := c.head(h, &last, log); what != "" {
			wrong.add("head %d: %s", i+1, what)
			continue
		}
		at := slices.Index(hashes[termsAt:], h.Terms)
		if at < 0 {
			wrong.add("head %d: signed for other terms than are published", i+1)
			continue
		}
		termsAt += at
		frozen = frozen || h.N == c.drawn.Frozen && termsAt == len(hashes)-1
	}
	c.tell(OfHead, wrong)
	if !frozen {
		c.differ(OfHead, "no head was signed of the log as it was frozen, under the last terms")
	}
	if int(last.N) != len(c.Log) {
		c.differ(OfHead, "the last head covers %d entries of %d", last.N, len(c.Log))
	}
}

// head says what is wrong with h, if anything. last is the head before it that was in
// order, log the log as far as that.
func (c *checker) head(h, last *Head, log *Log) string {
	switch {
	case !h.Signed(c.Notice.HeadsKey, c.Notice.Sale) && !failpoint.Bug(failpoint.BugHeadUnsigned):
		return "not signed with the published key"
	case h.N < last.N || h.At.Before(last.At):
		return fmt.Sprintf("%d entries at %s after %d at %s: a log only grows", h.N, timeText(h.At), last.N, timeText(last.At))
	case int(h.N) > len(c.Log):
		return fmt.Sprintf("%d entries, the log has %d", h.N, len(c.Log))
	case h.At.Before(c.drawn.FrozenAt) && h.N > c.drawn.Frozen, h.At.After(c.drawn.FrozenAt) && h.N < c.drawn.Frozen:
		return fmt.Sprintf("%d entries at %s; %d were frozen at %s", h.N, timeText(h.At), c.drawn.Frozen, timeText(c.drawn.FrozenAt))
	}
	*last = *h
	n, _ := log.Head()
	log.Append(c.Log[n:h.N]...)
	if _, sum := log.Head(); sum != h.Hash {
		return fmt.Sprintf("the first %d lines of the log have another hash", h.N)
	}
	return ""
}
