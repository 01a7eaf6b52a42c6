package waitingroom

import (
	"math"
	"time"

	"einlass/internal/failpoint"
)

// PollsMost is how many polls a second all who wait together may cause, unless an
// operator has proved more: at 12 µs of CPU each it is a hundredth of two cores' time,
// and with a fresh TLS handshake each (290 µs) less than a quarter.
const PollsMost = 1500.0

// PollBudget is how many polls a second all who wait together may cause now. A slower machine, or
// one that has other work, answers fewer than it is allowed: the pace follows what it does.
// Otherwise people stand in line for an answer, or are sent away, and whoever is called
// hears of it late.
type PollBudget struct{ most, now float64 }

// How the budget follows what is answered.
const (
	// pollsShare of what was answered while some had to wait may be asked from then on.
	pollsShare = 0.8
	// pollsGrowth is by how much more may be asked a second, while nobody has to wait: the
	// double after half a minute.
	pollsGrowth = 0.023
	// pollsLeast is the part of what is allowed that may always be asked.
	pollsLeast = 1.0 / 5
)

// NewPollBudget allows so many polls a second at most.
func NewPollBudget(most float64) PollBudget { return PollBudget{most: most, now: most} }

// Now is how many may be asked.
func (b *PollBudget) Now() float64 { return b.now }

// Answered takes note of how many were asked and how many answered a second while some had
// to wait for it; otherwise of how much time went by in which nobody had to. Who waited
// although all were answered did not wait because of the polls.
func (b *PollBudget) Answered(perSecond, asked float64, waited bool, gone time.Duration) {
	if waited && perSecond < asked && !failpoint.Bug(failpoint.BugPaceBlind) {
		b.now = min(b.now, max(perSecond*pollsShare, b.most*pollsLeast))
		return
	}
	b.now = min(b.most, b.now*math.Exp(pollsGrowth*min(max(gone.Seconds(), 0), tickMost)))
}

// What a person is told, in seconds. Everything but the moment of a call is told with a
// jitter of ± a fifth.
const (
	paceNear   = 5.0  // to the next in turn: 4 to 6 s
	paceFar    = 25.0 // to those far behind, if they are few: 20 to 30 s
	paceFirst  = 20.0 // over so long the first polls after the opening are spread
	paceJitter = 0.2
	paceSoon   = 1.0 // to somebody whose call is that near, at the pace of late
)

// callsMost is the part of the polls for those near that calls may cause, before nobody is
// told the moment of theirs: a call causes two polls, at the moment that was told and, as
// that is a guess, often one more.
const callsMost = 0.5

// callsSpan is over how many seconds the pace of calling is taken, from which somebody is
// told the moment of their call: where calling stops, so does that.
const callsSpan = 3.0

// jitterCost is the mean of 1/(1 ± paceJitter): so many more polls jitter makes.
const jitterCost = 1.014

// Pacing says when to ask again. Somebody near is told a short time, and the time grows
// in proportion to the numbers ahead until it is far; whoever will be called before that
// is told the moment of their call. Half of the polls are for those far behind, half for
// the others; the larger the crowd, the longer is far. Whoever asks sooner learns nothing
// sooner.
type Pacing struct {
	near, far float64 // numbers ahead that are near; seconds to those far behind
	calls     float64 // numbers called a second; 0: their moment is not told
	budget    float64 // polls a second
	waiting   float64
}

// NewPacing paces so many people who wait together within a budget of polls a second,
// while so many numbers a second are called.
func NewPacing(waiting int, budget, calls float64) Pacing {
	half := budget / jitterCost / 2
	p := Pacing{far: max(paceFar, float64(waiting)/half), budget: budget, waiting: float64(waiting)}
	if failpoint.Bug(failpoint.BugPaceFixed) {
		p.far = paceFar
	}
	// The near ask near/paceNear times a second, those between them and the far by the
	// logarithm as often.
	p.near = paceNear * half / (1 + math.Log(p.far/paceNear))
	if calls <= half*callsMost {
		p.calls = calls
	}
	return p
}

// Again is when somebody asks again who has so many numbers ahead of them. Jitter is
// theirs, from 0 to 1.
func (p Pacing) Again(ahead uint32, jitter float64) time.Duration {
	s := min(max(paceNear, paceNear*float64(ahead)/p.near), p.far) * (1 - paceJitter + 2*paceJitter*jitter)
	if p.calls > 0 {
		s = min(s, max(paceSoon, (float64(ahead)+1)/p.calls)+paceJitter*jitter) // calls are spread by themselves
	}
	return seconds(s)
}

// Told is what a page needs to pace itself: so many numbers ahead are near, so many
// seconds are told to those far behind, and so many numbers are called a second; 0 if the
// moment of a call is not told.
func (p Pacing) Told() (near, far, calls float64) { return p.near, p.far, p.calls }

// First is how long after the opening somebody asks for their number, who waited for it.
func (p Pacing) First(jitter float64) time.Duration {
	return seconds(max(paceFirst, p.waiting/p.budget) * jitter)
}

// Polls is how many a second this pace causes at most.
func (p Pacing) Polls() float64 {
	near := min(p.waiting, p.near)
	middle := min(p.waiting, p.near*p.far/paceNear)
	polls := near / paceNear
	if middle > near {
		polls += p.near / paceNear * math.Log(middle/near)
	}
	return (polls + (p.waiting-middle)/p.far) * jitterCost
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
