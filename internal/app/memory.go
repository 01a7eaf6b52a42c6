package app

import (
	"os"
	"runtime/debug"
)

// How memory is traded for processor time. The server's live data is small (some
// ten MB), so with Go's default the collector runs many times a second in a burst
// and takes a tenth of the machine. Above the limit it works harder again, which
// keeps a machine of 2 GB safe.
const (
	collectAt   = 400       // percent of live data (GOGC)
	memoryLimit = 448 << 20 // bytes; a soft limit (GOMEMLIMIT)
)

// TuneMemory sets both unless the operator has. Start calls it; the benchmark does, to
// measure what is shipped.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
