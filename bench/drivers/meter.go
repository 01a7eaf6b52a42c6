package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tickUS is the length of one /proc/stat tick in microseconds (USER_HZ is 100).
const tickUS = 10_000

// stolenField and idleFields are positions in the first line of /proc/stat,
// counted after its label (proc(5)).
const (
	idleField   = 3
	iowaitField = 4
	stealField  = 7
)

// reading is the state of the clocks at one moment.
type reading struct {
	at     time.Time
	ownUS  int64
	busyUS int64
}

// usage is what happened between two readings.
type usage struct {
	wall    time.Duration
	cpuUS   float64
	foreign float64 // share of all cores used by others, 0 to 1
}

// read takes the clocks. The own CPU time is user plus system of the process.
func read() (reading, error) {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return reading{}, fmt.Errorf("getrusage: %w", err)
	}
	busy, err := machineBusyUS()
	own := ru.Utime.Nano()/1e3 + ru.Stime.Nano()/1e3
	return reading{at: time.Now(), ownUS: own, busyUS: busy}, err
}

// until says what happened from r to end.
func (r reading) until(end reading) usage {
	own := float64(end.ownUS - r.ownUS)
	wall := end.at.Sub(r.at)
	cores := float64(runtime.NumCPU())
	others := float64(end.busyUS-r.busyUS) - own
	share := max(0, others/(float64(wall.Microseconds())*cores))
	return usage{wall: wall, cpuUS: own, foreign: share}
}

// machineBusyUS sums the busy and stolen time of all cores in microseconds.
func machineBusyUS() (int64, error) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return 0, err
	}
	var ticks int64
	for i, field := range strings.Fields(line)[1:] {
		if i == idleField || i == iowaitField || i > stealField {
			continue
		}
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/stat: %w", err)
		}
		ticks += n
	}
	return ticks * tickUS, nil
}
