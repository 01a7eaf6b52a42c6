package app

import "einlass/internal/fault"

// What the program ends with (SHAPES).
const (
	exitOK          = 0
	exitFailed      = 1 // a check failed
	exitUsage       = 2
	exitUnavailable = 3
)

// ExitAtOnce is what the program ends with when it is told a second time to stop.
const ExitAtOnce = exitUnavailable

// exitOf turns an error into what the program ends with: what somebody asked for
// wrongly is 2 when it came from the command line and 1 when it came from what
// they named; what is away is 3.
func exitOf(err error) int {
	if err == nil {
		return exitOK
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return exitUsage
	case fault.NotFound, fault.Conflict, fault.Forbidden:
		return exitFailed
	}
	return exitUnavailable
}
