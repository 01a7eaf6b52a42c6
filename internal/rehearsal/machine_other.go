//go:build !unix

package rehearsal

import "time"

// cpuUsed is not known here; the report then says 0.
func cpuUsed() time.Duration { return 0 }

// filesMax is not known here.
func filesMax() int { return 0 }
