package report

import (
	"regexp"
	"strconv"
	"time"

	"einlass/internal/store"
)

// Pulled is what staff did to the room at a moment. Who did it and with which words is
// not told: messages stood on the pages, and may name somebody.
type Pulled struct {
	At   time.Time
	What []Act
}

// Act is one lever that was pulled.
type Act struct {
	Lever Lever
	Rate  int // with RateSet: numbers a minute at most
}

// Lever names an act; messages are named after it.
type Lever string

// The levers.
const (
	Paused      Lever = "pause"
	Resumed     Lever = "resume"
	RateSet     Lever = "rate"
	RateFree    Lever = "rate_free"
	MessageSet  Lever = "message"
	MessageGone Lever = "message_gone"
	Closed      Lever = "close"
	Changed     Lever = "changed" // a message was replaced, a pause prolonged
)

// standing is how the levers stood, as the audit has it.
type standing struct {
	state   string
	rate    int
	message bool
}

// written is what waitingroom.Levers writes; whoever changes one changes the other
// (TestLeversAreReadAsWritten).
var written = regexp.MustCompile(`^(calling|paused|closed)(?:, at most (\d+) a minute)?(, with a message)?$`)

// pulled tells the acts from how the levers stood after each. A row that is none of ours
// says only that something was changed.
func pulled(rows []store.Pulled) (out []Pulled) {
	last := standing{state: "calling"}
	for _, row := range rows {
		p := Pulled{At: row.At}
		if m := written.FindStringSubmatch(row.Levers); m != nil {
			now := standing{state: m[1], message: m[3] != ""}
			now.rate, _ = strconv.Atoi(m[2]) // none is 0
			p.What = last.to(now)
			last = now
		}
		if p.What == nil {
			p.What = []Act{{Lever: Changed}}
		}
		out = append(out, p)
	}
	return out
}

// to is what was done between two standings.
func (s standing) to(now standing) (acts []Act) {
	if now.state != s.state {
		acts = append(acts, Act{Lever: map[string]Lever{"calling": Resumed, "paused": Paused, "closed": Closed}[now.state]})
	}
	switch {
	case now.rate == s.rate:
	case now.rate == 0:
		acts = append(acts, Act{Lever: RateFree})
	default:
		acts = append(acts, Act{Lever: RateSet, Rate: now.rate})
	}
	switch {
	case now.message && !s.message:
		acts = append(acts, Act{Lever: MessageSet})
	case s.message && !now.message:
		acts = append(acts, Act{Lever: MessageGone})
	}
	return acts
}
