package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/rehearsal"
	"einlass/internal/setup"
)

// Sizes of the neighbour's figure.
const (
	neighbourSlug    = "nebenan"                 // the sale with the storm
	neighbourJoiners = stormFactor * bestCallers // connections that draw numbers without a pause, as many as before the clerks (DESK)
	neighbourRate    = 50                        // people a second who book in the other sale
	neighbourSeconds = deskSeconds
	neighbourSamples = 300 // fewer holds are no figure
	neighbourRounds  = 3
)

// nextDoor is a sale of the same organizer in which numbers can be drawn, and will be for
// an hour.
func nextDoor(p setup.Plan, now time.Time) setup.Plan {
	p.Sale.Event.Slug = neighbourSlug
	p.Sale.Opens, p.Sale.DrawWindowFrom, p.Sale.Allocation = now.Add(time.Hour), now.Add(-time.Hour), catalog.AllocateRoom
	return p
}

// neighbour is NEIGHBOUR: what a hold takes in one sale while in another one five
// thousand connections draw numbers without a pause; and a clerk's booking beside both.
func neighbour(o *options) ([]figure, error) {
	var quiet, stormy, clerks, joined []float64
	for round := range min(o.rounds, neighbourRounds) {
		h, err := startHouse(o)
		if err != nil {
			return nil, err
		}
		r, err := neighbourRound(o, h, uint64(round)) //nolint:gosec // a few
		h.stop()
		if err != nil {
			return nil, err
		}
		quiet, stormy, clerks, joined = append(quiet, r.quiet.HoldP99), append(stormy, r.stormy.HoldP99), append(clerks, r.clerks.P99), append(joined, r.perSec)
	}
	f := atMost("NEIGHBOUR", fmt.Sprintf("hold_p99_ms_beside_%d_joining", neighbourJoiners), 300, stormy)
	f.PerSec = median(joined)
	f.Extra = fmt.Sprintf("%d people a second book in the other sale, open loop; without a storm %.1f ms; %.0f numbers a second are drawn", neighbourRate, median(quiet), median(joined))
	d := atMost("NEIGHBOUR", fmt.Sprintf("staff_p99_ms_beside_%d_joining", neighbourJoiners), 300, clerks)
	return []figure{f, d}, nil
}

// neighbourFigures are one round's.
type neighbourFigures struct {
	quiet, stormy loadResult
	clerks        rehearsal.Timing
	perSec        float64 // numbers drawn
}

func neighbourRound(o *options, h *house, seed uint64) (f neighbourFigures, err error) {
	if f.quiet, err = h.neighbours(o); err != nil {
		return f, err
	}
	s := h.rage(neighbourJoiners, (*storm).draw)
	time.Sleep(stormBegins)
	before, begin := s.booked.Load(), time.Now()
	var wg sync.WaitGroup
	var atDesk error
	wg.Go(func() { f.clerks, atDesk = h.clerks(o, seed+1) })
	f.stormy, err = h.neighbours(o)
	wg.Wait()
	f.perSec = float64(s.booked.Load()-before) / time.Since(begin).Seconds()
	return f, errors.Join(err, atDesk, s.end())
}

// draw is one person's way to a number: who comes, and how it stands.
func (s *storm) draw(c *caller) error {
	path := s.house.path[:len(s.house.path)-len(lastPart(s.house.path))] + neighbourSlug
	who := url.Values{"size": {"1"}, "name-1": {nameOf(int(s.house.people.Add(1)))}, "birth-1": {"24.12.1950"}, "postcode-1": {"58332"}}
	a, err := s.ask(c, "POST", path+"/eligible", "", who.Encode())
	if err != nil || a.location == "" {
		return err
	}
	if a.location != path+"/wait" {
		return fmt.Errorf("who says who comes is sent to %s", routeOf(a.location))
	}
	s.booked.Add(1)
	_, err = s.ask(c, "GET", a.location, a.cookies, "")
	return err
}

// neighbourBrief is what the process of those who book beside the storm is told.
type neighbourBrief struct {
	Addr, Path string
	Slots      []string
	From       int // the first name
}

// neighbours lets people book for some seconds, from a process of their own.
func (h *house) neighbours(o *options) (r loadResult, err error) {
	from := int(h.people.Add(2*neighbourRate*neighbourSeconds)) - 2*neighbourRate*neighbourSeconds
	cmd := childCommand(o, "neighbours")
	brief, err := json.Marshal(neighbourBrief{h.addr, h.path, h.slot, from})
	if err != nil {
		return r, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return r, err
	}
	go func() {
		in.Write(brief) //nolint:errcheck // the process says so
		in.Close()      //nolint:errcheck // as above
	}()
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	switch {
	case err != nil:
		return r, fmt.Errorf("neighbours: %w", err)
	case r.Failed != "":
		return r, errors.New(r.Failed)
	case r.Holds < neighbourSamples || r.Busy > 0:
		return r, fmt.Errorf("neighbours: %d holds, %d asked to come again", r.Holds, r.Busy)
	}
	return r, nil
}

// bookBeside is their process: whoever comes does so at their time, whether those before
// them were answered or not.
func bookBeside() error {
	var b neighbourBrief
	if err := json.NewDecoder(os.Stdin).Decode(&b); err != nil {
		return err
	}
	h := &house{child: child{addr: b.Addr, path: b.Path, slot: b.Slots}}
	h.people.Store(int64(b.From))
	const everybody = neighbourRate * neighbourSeconds
	s := &storm{house: h, failed: make(chan error, everybody), holds: &latencies{}}
	for i := range everybody {
		s.wg.Go(func() {
			conn, err := dialFrom(b.Addr, i)
			if err == nil {
				err = s.visit(conn)
				conn.conn.Close() //nolint:errcheck // they have gone
			}
			if err != nil {
				s.failed <- err
			}
		})
		time.Sleep(time.Second / neighbourRate)
	}
	r := loadResult{}
	if err := s.end(); err != nil {
		r.Failed = err.Error()
	}
	r.Booked, r.Busy = s.booked.Load(), s.busy.Load()
	r.HoldP50, r.HoldP99, r.Holds = s.holds.quantiles()
	return json.NewEncoder(os.Stdout).Encode(r)
}
