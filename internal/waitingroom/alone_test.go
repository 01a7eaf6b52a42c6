package waitingroom

import (
	"time"

	"einlass/internal/catalog"
)

// alone is the caller of a room with one group and people who come by themselves.
type alone struct {
	*Caller
	callers *Callers
}

// turn is what to do at a tick.
type turn struct {
	To   uint32 // call up to this number
	Late int    // let this many units of late ones in
}

func newAlone(l Limits) alone {
	cs := NewCallers(l, 1)
	return alone{cs.Of(0), cs}
}

func each(uint32) (int, catalog.GroupSet) { return 1, catalog.AnyGroup }

// Step is what the callers plan.
func (a alone) Step(now time.Time, in Input) turn {
	plan := a.callers.Step(now, []Input{in}, each)
	t := turn{To: a.Called(), Late: plan.Late[0]}
	for _, call := range plan.Calls {
		t.To = call.To
	}
	return t
}

func (a alone) raise(to uint32, now time.Time) { a.callers.Raise(Called{To: to, At: now}, each) }
