package rehearsal

import (
	"cmp"
	"slices"
)

// Verdict is what a rehearsal comes to.
type Verdict string

// The verdicts.
const (
	Holds  Verdict = "holds"  // every rule was kept with this crowd
	Breaks Verdict = "breaks" // at least one was not
	Void   Verdict = "void"   // nothing can be said: the crowd could not finish
)

// Rule is one thing that a deployment must keep under its crowd.
type Rule string

// The rules. Those of the first group are never a matter of load: one case is a defect.
const (
	RuleOversold Rule = "oversold" // no place twice
	RuleLost     Rule = "lost"     // no acknowledged booking lost
	RuleTwice    Rule = "twice"    // nobody above the limit
	RuleBooks    Rule = "books"    // the books balance
	RuleMails    Rule = "mails"    // every promised mail arrived
	RuleErrors   Rule = "errors"   // no server error

	RuleUnanswered Rule = "unanswered"
	RuleAnswers    Rule = "answers"
	RuleStaff      Rule = "staff"
	RuleGaveUp     Rule = "gave_up"
)

// What the rules of load allow.
const (
	// unansweredMax is the share of requests, by people who obey, that may go without
	// an answer: one in a thousand is what networks lose by themselves.
	unansweredMax = 0.001
	// answerWithinMS: whoever waits longer than two seconds for a page reloads, and a
	// reload is one more request (PROMISES P11).
	answerWithinMS = 2_000
	// staffWithinMS: a clerk has a person on the phone (PROMISES P10).
	staffWithinMS = 300
	// staffMin is how many bookings of clerks it takes to speak of 99 in 100.
	staffMin = 20
	// gaveUpMax is the share of people who may go because they were asked to come
	// again too often: a person in a hundred.
	gaveUpMax = 0.01
	// unfinishedMax is the share of people who may be on their way when the time is
	// up; with more of them the end of the sale was not rehearsed.
	unfinishedMax = 0.01
)

// Failure is a rule that was not kept, with what was found and what is allowed.
type Failure struct {
	Rule  Rule    `json:"rule"`
	Found float64 `json:"found"`
	Limit float64 `json:"limit"`
}

// Judgement says whether a deployment holds its crowd, what breaks first and when.
type Judgement struct {
	Verdict Verdict   `json:"verdict"`
	Failed  []Failure `json:"failed,omitempty"`
	// First is what breaks first: a Cause, or empty where nothing can be said.
	First Cause `json:"first"`
	// BreaksAt is the crowd, in people, at which it would break; 0 where nothing in
	// this run was used enough to tell.
	BreaksAt int      `json:"breaks_at"`
	Sure     Sureness `json:"sure"`
	Strains  []Strain `json:"strains"` // most used first
	Advice   []Cause  `json:"advice"`  // what to change, most urgent first
	Load     Load     `json:"load"`
}

// Judge holds what the crowd saw, what the server knows and how it was loaded against
// the rules. It is arithmetic: the same figures give the same judgement.
func Judge(r *Result, f *Facts, load Load) Judgement {
	j := Judgement{Verdict: Holds, Load: load}
	j.Failed = failures(r, f)
	j.Strains = strains(r, f, &load)
	j.extrapolate(r.Config.People)
	unfinished := float64(r.Outcomes[SentHome]) / float64(max(r.Config.People, 1))
	switch {
	case len(j.Failed) > 0:
		j.Verdict = Breaks
		j.blame(r.Config.People)
	case unfinished > unfinishedMax:
		j.Verdict, j.First, j.BreaksAt = Void, CauseTime, 0
	}
	j.advise(r, &load)
	return j
}

// failures are the rules that were not kept.
func failures(r *Result, f *Facts) []Failure {
	var out []Failure
	check := func(rule Rule, found, limit float64) {
		if found > limit {
			out = append(out, Failure{rule, found, limit})
		}
	}
	check(RuleOversold, float64(f.Oversold), 0)
	check(RuleLost, float64(f.AckedLost), 0)
	check(RuleTwice, float64(f.DuplicatePeople), 0)
	if f.Verify != "ok" {
		out = append(out, Failure{RuleBooks, 1, 0})
	}
	if f.MailsExpected != f.MailsReceived {
		out = append(out, Failure{RuleMails, float64(f.MailsExpected - f.MailsReceived), 0})
	}
	check(RuleErrors, float64(r.Counts.HTTP5xx), 0)
	check(RuleUnanswered, share(r.Counts.Unanswered, r.Counts.Requests), unansweredMax)
	check(RuleAnswers, slowest(r), answerWithinMS)
	if r.Desk.Bookings >= staffMin {
		check(RuleStaff, r.Latency[latStaff].P99, staffWithinMS)
	}
	check(RuleGaveUp, share(r.Outcomes[GaveUpBusy], r.Config.People), gaveUpMax)
	return out
}

// slowest is the 99th percentile, in milliseconds, of whatever people wait for most.
func slowest(r *Result) float64 {
	return max(r.Latency[latPage].P99, r.Latency[latHold].P99, r.Latency[latConfirm].P99, r.Latency[latRefusal].P99)
}

func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// defects are rules whose breach no change of the machine mends.
var defects = []Rule{RuleOversold, RuleLost, RuleTwice, RuleBooks, RuleErrors}

// blame finds what broke. A breach of load is laid on what was used most, if that was
// used enough to be the reason.
func (j *Judgement) blame(people int) {
	j.BreaksAt, j.Sure = people, Measured
	for _, f := range j.Failed {
		if slices.Contains(defects, f.Rule) {
			j.First = CauseDefect
			return
		}
	}
	if j.Failed[0].Rule == RuleMails {
		j.First = CauseMail
		return
	}
	j.First = CauseUnknown
	for _, s := range j.Strains {
		if s.Cause != CauseQueue && s.Use >= blameMin { // a queue has a reason of its own
			j.First = s.Cause
			return
		}
	}
}

// blameMin is how far something must have been used to be the reason of a breach.
const blameMin = 0.7

// extrapolate finds the crowd at which the first of the strains would break.
func (j *Judgement) extrapolate(people int) {
	for i := range j.Strains {
		s := &j.Strains[i]
		s.Sure = surenessOf(s.Use)
		if s.Grows && s.Use >= useMin {
			s.BreaksAt = int(float64(people) / s.Use)
			if j.BreaksAt == 0 || s.BreaksAt < j.BreaksAt {
				j.BreaksAt, j.First, j.Sure = s.BreaksAt, s.Cause, s.Sure
			}
		}
	}
	slices.SortStableFunc(j.Strains, func(a, b Strain) int { return cmp.Compare(b.Use, a.Use) })
}

// advise lists what to change: what broke or would break first, and what stood out.
func (j *Judgement) advise(r *Result, load *Load) {
	add := func(c Cause) {
		if c != "" && !slices.Contains(j.Advice, c) {
			j.Advice = append(j.Advice, c)
		}
	}
	add(j.First)
	for _, s := range j.Strains {
		if s.Use >= blameMin && (s.Cause != CauseQueue || !slices.Contains(j.Advice, CauseCPU)) { // they are mended alike
			add(s.Cause)
		}
	}
	if load.SyncP99MS >= syncSlowMS {
		add(CauseDisk)
	}
	if lateCrowd(&r.Machine) || load.SameMachine && load.MachinePeak >= machineFull {
		add(CauseCrowd)
	}
}

// lateCrowd reports whether the crowd's own process was late so often that its times
// also measure its machine.
func lateCrowd(m *Machine) bool { return m.Late*lateShare > m.Offered }

// lateShare of the turns may be late: one in a hundred.
const lateShare = 100
