package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

const (
	// minRounds is the least number of valid rounds behind any figure.
	minRounds = 7
	// quietShare is the foreign use of the cores above which a round is void.
	quietShare = 0.15
	// busyShare replaces quietShare when the machine never gets quiet.
	busyShare = 0.60
	// loudFactor bounds how many more rounds a loud machine may cost.
	loudFactor = 2
	// anyShare keeps every round, when even busyShare leaves too few.
	anyShare = 2.0
)

// cell is one thing to measure. prepare and finish are not timed.
type cell struct {
	name    string
	ops     int
	prepare func() error
	run     func() error
	finish  func() error
}

// series gathers the rounds of one cell.
type series struct {
	cell
	rounds []usage
}

// interleave runs every cell once per round, forwards and backwards in turn
// (A-B-B-A), so that a slow minute of the machine falls on all of them. It ends
// between rounds: when all have enough quiet ones, after the given number of
// rounds if enough were bearable, or at the deadline.
func interleave(cells []cell, rounds int, deadline time.Time) ([]*series, error) {
	all := make([]*series, len(cells))
	for i, c := range cells {
		all[i] = &series{cell: c}
	}
	for r := range loudFactor * rounds {
		late := r >= rounds && enough(all, busyShare)
		if late || enough(all, quietShare) || time.Now().After(deadline) {
			break
		}
		order := slices.Clone(all)
		if r%2 == 1 {
			slices.Reverse(order)
		}
		for _, s := range order {
			if err := s.measure(); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return all, nil
}

// measure runs the cell once.
func (s *series) measure() error {
	if err := s.prepare(); err != nil {
		return err
	}
	runtime.GC()
	start, err := read()
	if err != nil {
		return err
	}
	if err := s.run(); err != nil {
		return err
	}
	end, err := read()
	if err != nil {
		return err
	}
	s.rounds = append(s.rounds, start.until(end))
	return s.finish()
}

// within counts the rounds with at most the given foreign share.
func (s *series) within(share float64) int {
	n := 0
	for _, u := range s.rounds {
		if u.foreign <= share {
			n++
		}
	}
	return n
}

// enough says whether every series has minRounds within the share.
func enough(all []*series, share float64) bool {
	return !slices.ContainsFunc(all, func(s *series) bool { return s.within(share) < minRounds })
}

// threshold returns the strictest foreign share that leaves every series at
// least minRounds, so that all of a table is judged alike.
func threshold(all []*series) float64 {
	for _, share := range []float64{quietShare, busyShare} {
		if enough(all, share) {
			return share
		}
	}
	return anyShare
}

// figures are what a table prints about one series.
type figures struct {
	medianUS, worstUS float64 // CPU microseconds per operation
	perSecond         float64 // median operations per second of wall time
	valid, void       int
}

// judge computes the figures from the rounds within the share.
func (s *series) judge(share float64) figures {
	var cpu, rate []float64
	for _, u := range s.rounds {
		if u.foreign <= share {
			cpu = append(cpu, u.cpuUS/float64(s.ops))
			rate = append(rate, float64(s.ops)/u.wall.Seconds())
		}
	}
	f := figures{valid: len(cpu), void: len(s.rounds) - len(cpu)}
	if f.valid == 0 {
		return f
	}
	slices.Sort(cpu)
	slices.Sort(rate)
	f.medianUS, f.worstUS = cpu[len(cpu)/2], cpu[len(cpu)-1]
	f.perSecond = rate[len(rate)/2]
	return f
}

// printTable prints one row per series.
func printTable(title, unit string, all []*series) {
	share := threshold(all)
	total, loud, veryLoud := 0, 0, 0
	for _, s := range all {
		total += len(s.rounds)
		loud += len(s.rounds) - s.within(quietShare)
		veryLoud += len(s.rounds) - s.within(busyShare)
	}
	fmt.Printf("\n## %s\n%d measurements: %d above 15 %% foreign CPU, %d above 60 %%; limit used: %.0f %%\n\n",
		title, total, loud, veryLoud, min(share, 1)*100)
	fmt.Printf("| variant | CPU-µs/%s median | worst | %s/s | valid | void |\n|---|---|---|---|---|---|\n", unit, unit)
	for _, s := range all {
		f := s.judge(share)
		fmt.Printf("| %s | %.2f | %.2f | %.0f | %d | %d |\n", s.name, f.medianUS, f.worstUS, f.perSecond, f.valid, f.void)
	}
}
