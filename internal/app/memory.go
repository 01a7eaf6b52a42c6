package app

import (
	"os"
	"runtime/debug"
)

// How memory is traded for processor time. The server's live data is small (some
// ten MB), so with Go's default the collector runs many times a second in a burst
// and takes a tenth of the machine. The limit keeps a machine of 4 GB safe; it must
// stay well above what 16,000 busy connections need: with 448 MiB the collector ran
// without a pause and a full opening took three times as long.
const (
	collectAt   = 200     // percent of live data (GOGC)
	memoryLimit = 2 << 30 // bytes; a soft limit (GOMEMLIMIT)
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
