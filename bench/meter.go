package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// foreignMax is the share of the machine that others may use before a round is
// void, of 1. With more than a sixth a figure is not worth quoting; to see whether a
// figure works at all it can be raised.
var foreignMax = 0.15

// voidsMax is how many void rounds a figure tolerates before it gives up.
const voidsMax = 60

// figure is one measured ratio.
type figure struct {
	Name    string  `json:"name"`
	What    string  `json:"what"`
	Median  float64 `json:"median"`
	Worst   float64 `json:"worst"`
	Goal    float64 `json:"goal"`
	AtMost  bool    `json:"at_most,omitempty"` // the goal is a ceiling
	NoGoal  bool    `json:"no_goal,omitempty"` // only told
	Pass    bool    `json:"pass"`
	CPUTop  float64 `json:"cpu_us_reference"` // per operation
	CPUBase float64 `json:"cpu_us_ours"`
	PerSec  float64 `json:"per_second"`
	Rounds  int     `json:"rounds"`
	Void    int     `json:"void"`
	Extra   string  `json:"extra,omitempty"`
	SyncMS  float64 `json:"sync_delay_ms"`
}

func (f *figure) print(w io.Writer, delay time.Duration) {
	f.SyncMS = float64(delay.Microseconds()) / 1000
	verdict := "PASS"
	if !f.Pass {
		verdict = "MISS"
	}
	if f.Rounds == 0 {
		verdict = "VOID"
	}
	sign := ">="
	if f.AtMost {
		sign = "<="
	}
	goal := fmt.Sprintf("%s%.2f %s", sign, f.Goal, verdict)
	if f.NoGoal {
		goal = "none"
	}
	fmt.Fprintf(w, "%s %s median %.2f worst %.2f goal %s cpu_us %.1f/%.1f per_s %.0f rounds %d void %d sync_delay_ms %.1f %s\n",
		f.Name, f.What, f.Median, f.Worst, goal, f.CPUTop, f.CPUBase, f.PerSec, f.Rounds, f.Void, f.SyncMS, f.Extra)
}

// sample is one side of one round.
type sample struct {
	cpuUS   float64 // per operation
	perSec  float64
	foreign float64 // share of the machine others used
	// generatorUS is what asking cost, where that is another process.
	generatorUS float64
}

// measure runs work once and returns what it cost per operation.
func measure(operations int, work func() error) (sample, error) {
	cpu, machine, start := ownCPU(), machineCPU(), time.Now()
	if err := work(); err != nil {
		return sample{}, err
	}
	wall := time.Since(start)
	own := ownCPU() - cpu
	busy := machineCPU() - machine
	cores := float64(cpuCount())
	return sample{
		cpuUS:   float64(own.Microseconds()) / float64(operations),
		perSec:  float64(operations) / wall.Seconds(),
		foreign: max(0, (busy-own).Seconds()) / (wall.Seconds() * cores),
	}, nil
}

// pairs runs A-B-B-A until enough rounds are valid and returns both sides, round
// by round.
func pairs(o *options, a, b func(round int) (sample, error)) (as, bs []sample, void int, err error) {
	for round := 0; len(as) < o.rounds && void < voidsMax; round++ {
		first, second := a, b
		if round%2 == 1 {
			first, second = b, a
		}
		x, err := first(round)
		if err != nil {
			return nil, nil, void, err
		}
		y, err := second(round)
		if err != nil {
			return nil, nil, void, err
		}
		if round%2 == 1 {
			x, y = y, x
		}
		if round == 0 || x.foreign > foreignMax || y.foreign > foreignMax {
			void++ // the first round warms caches and files
			continue
		}
		as, bs = append(as, x), append(bs, y)
	}
	if len(as) == 0 {
		return nil, nil, void, fmt.Errorf("all %d rounds were void: other programs used more than %.0f %% of the machine", void, 100*foreignMax)
	}
	return as, bs, void, nil
}

// inTurn runs several sides one after another, every second round backwards, until
// enough rounds are valid, and returns the samples by side. The first round warms caches
// and files.
func inTurn(o *options, sides ...func(round int) (sample, error)) (out [][]sample, void int, err error) {
	out = make([][]sample, len(sides))
	for round := 0; len(out[0]) < o.rounds && void < voidsMax; round++ {
		one, foreign := make([]sample, len(sides)), 0.0
		for i := range sides {
			if round%2 == 1 {
				i = len(sides) - 1 - i
			}
			if one[i], err = sides[i](round); err != nil {
				return nil, void, err
			}
			foreign = max(foreign, one[i].foreign)
		}
		if round == 0 || foreign > foreignMax {
			void++
			continue
		}
		for i := range sides {
			out[i] = append(out[i], one[i])
		}
	}
	if len(out[0]) == 0 {
		return nil, void, fmt.Errorf("all %d rounds were void: other programs used more than %.0f %% of the machine", void, 100*foreignMax)
	}
	return out, void, nil
}

// told makes a figure that has no goal.
func told(name, what string, values ...float64) figure {
	f := figure{Name: name, What: what, Rounds: len(values), Pass: true, NoGoal: true}
	f.Median, f.Worst = median(values), slices.Max(values)
	return f
}

// atLeast makes a figure of values that shall stay above a floor.
func atLeast(name, what string, goal float64, values []float64) figure {
	f := figure{Name: name, What: what, Goal: goal, Rounds: len(values)}
	f.Median, f.Worst = median(values), slices.Min(values)
	f.Pass = f.Median >= goal
	return f
}

// ratio makes the figure top ÷ base of the CPU per operation.
func ratio(name, what string, goal float64, top, base []sample, void int) figure {
	ratios := make([]float64, len(top))
	for i := range top {
		ratios[i] = top[i].cpuUS / base[i].cpuUS
	}
	f := figure{Name: name, What: what, Goal: goal, Rounds: len(top), Void: void}
	f.Median, f.Worst = median(ratios), slices.Min(ratios)
	f.CPUTop, f.CPUBase = median(field(top, cpuOf)), median(field(base, cpuOf))
	f.PerSec = median(field(base, rateOf))
	f.Pass = f.Median >= goal
	return f
}

// atMost makes a figure of values that shall stay below a ceiling.
func atMost(name, what string, goal float64, values []float64) figure {
	f := figure{Name: name, What: what, Goal: goal, AtMost: true, Rounds: len(values)}
	f.Median, f.Worst = median(values), slices.Max(values)
	f.Pass = f.Median <= goal
	return f
}

func cpuOf(s sample) float64       { return s.cpuUS }
func rateOf(s sample) float64      { return s.perSec }
func generatorOf(s sample) float64 { return s.generatorUS }

func field(s []sample, f func(sample) float64) []float64 {
	out := make([]float64, len(s))
	for i := range s {
		out[i] = f(s[i])
	}
	return out
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// clockTick is the unit of /proc/stat on Linux (USER_HZ).
const clockTick = 10 * time.Millisecond

// machineCPU is what the whole machine has worked or been robbed of.
func machineCPU() time.Duration {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return 0
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return 0
	}
	var user, nice, system, idle, iowait, irq, softirq, steal int64
	if _, err := fmt.Sscan(strings.TrimPrefix(line, "cpu "), &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal); err != nil {
		return 0
	}
	return time.Duration(user+nice+system+irq+softirq+steal) * clockTick
}
