package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Sizes of G8 (c).
const (
	pollRequests    = 16_000 // of a side and round: a third of a second of one core
	pollConnections = 64
)

// pollTickets are the queues before which a poll must cost the same.
var pollTickets = []int{1_000, 100_000, ticketsMost}

// pollSide is one thing that is asked for, of one server.
type pollSide struct {
	name, path, cookies string
	server              *child
}

// pollCost is G8 (c): the CPU of a bare handler with the same bytes ÷ that of a status
// poll through the public listener, before a thousand, a hundred thousand and a million
// tickets; and that of the waiting page ÷ the event's page, which is bytes from memory.
func pollCost(o *options) (figures []figure, err error) {
	dir, err := os.MkdirTemp(tempDir(o), "einlass-g8-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the temporary folder
	var stops []func() error
	defer func() {
		for _, stop := range stops {
			err = errors.Join(err, stop())
		}
	}()
	var ours, bares []pollSide
	for _, n := range pollTickets {
		h, cookies, err := waitingHouse(o, dir, n)
		if err != nil {
			return nil, err
		}
		stops = append(stops, h.stop)
		event, wait, status := h.path, h.path+"/wait", h.path+"/status.json"
		ours = append(ours, pollSide{fmt.Sprintf("status_%d", n), status, "", &h.child})
		if n != ticketsMost {
			continue
		}
		brief, err := h.asBare(cookies, event, wait, status)
		if err != nil {
			return nil, err
		}
		bare, err := startBriefed(o, "plain", brief, serverCore)
		if err != nil {
			return nil, err
		}
		stops = append(stops, func() error { bare.stop(); return nil })
		ours = append(ours, pollSide{"wait", wait, cookies, &h.child}, pollSide{"event", event, cookies, &h.child})
		bares = append(bares, pollSide{"status", status, "", bare}, pollSide{"wait", wait, cookies, bare})
	}
	return pollFigures(o, ours, bares)
}

// waitingHouse is one before whose last number nobody has been called, with that
// number's cookie.
func waitingHouse(o *options, dir string, n int) (*roomHouse, string, error) {
	q, err := makeQueue(dir, n)
	if err != nil {
		return nil, "", err
	}
	b, err := q.browsers()
	if err != nil {
		return nil, "", err
	}
	h, err := startRoomHouse(o, q, 1, serverCore)
	if err != nil {
		return nil, "", err
	}
	return h, b.number(uint32(n)), errors.Join(h.untilCalled(1), os.Remove(q.DB)) //nolint:gosec // at most a million
}

func pollFigures(o *options, ours, bares []pollSide) ([]figure, error) {
	var sides []func(int) (sample, error)
	for _, s := range append(append([]pollSide{}, bares...), ours...) {
		sides = append(sides, func(int) (sample, error) { return s.round() })
	}
	samples, void, err := inTurn(o, sides...)
	if err != nil {
		return nil, err
	}
	bareStatus, bareWait := samples[0], samples[1]
	var out []figure
	cost := map[string][]sample{}
	for i, s := range ours {
		cost[s.name] = samples[len(bares)+i]
	}
	for _, s := range ours {
		if n, ok := strings.CutPrefix(s.name, "status_"); ok {
			f := ratio("G8", "bare_vs_status_poll_"+n+"_tickets", 0.85, bareStatus, cost[s.name], void)
			f.Extra = fmt.Sprintf("generator %.1f", median(field(cost[s.name], generatorOf)))
			out = append(out, f)
		}
	}
	cached, bare := pageRatio("wait_page_vs_cached_page", cost["wait"], cost["event"], void), pageRatio("wait_page_vs_bare_bytes", cost["wait"], bareWait, void)
	bare.NoGoal = true
	return append(out, cached, bare), nil
}

// pageRatio is CPU of the waiting page ÷ that of another: at most one and a half.
func pageRatio(what string, wait, other []sample, void int) figure {
	ratios := make([]float64, len(wait))
	for i := range wait {
		ratios[i] = wait[i].cpuUS / other[i].cpuUS
	}
	f := atMost("G8", what, 1.5, ratios)
	f.CPUTop, f.CPUBase, f.PerSec, f.Void = median(field(other, cpuOf)), median(field(wait, cpuOf)), median(field(wait, rateOf)), void
	f.Extra = fmt.Sprintf("generator %.1f", median(field(wait, generatorOf)))
	return f
}

// round asks so many times and returns what it cost the server.
func (s *pollSide) round() (sample, error) {
	before, err := s.server.cpu()
	if err != nil {
		return sample{}, err
	}
	machine, own, begun := machineCPU(), ownCPU(), time.Now()
	err = eachCaller(s.server.addr, pollConnections, pollRequests, func(c *caller, _ int) error {
		a, err := c.ask("GET", s.path, s.cookies, "")
		if err == nil && a.status != 200 {
			err = fmt.Errorf("%s: status %d", s.path, a.status)
		}
		return err
	})
	if err != nil {
		return sample{}, err
	}
	wall, mine := time.Since(begun), ownCPU()-own
	after, err := s.server.cpu()
	used := after - before
	others := machineCPU() - machine - used - mine
	return sample{
		cpuUS: perOp(used, pollRequests), generatorUS: perOp(mine, pollRequests), perSec: pollRequests / wall.Seconds(),
		foreign: max(0, others.Seconds()) / (wall.Seconds() * float64(cpuCount())),
	}, err
}

func perOp(d time.Duration, n float64) float64 { return float64(d.Microseconds()) / n }
