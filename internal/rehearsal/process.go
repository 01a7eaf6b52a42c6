package rehearsal

import (
	"context"
	"errors"
	"sort"
	"sync/atomic"
)

// Process is a rehearsal in processes of its own: one of the crowd, one of the
// clerks (Part says why).
type Process struct {
	crowd  *child
	clerks *child // nil without any
}

// Start runs the binary at exePath as the crowd, and once more as the clerks. When
// ctx ends all are asked to stop, and killed after ten seconds.
func Start(ctx context.Context, exePath string, cfg Config) (*Process, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	p := &Process{}
	if cfg.Clerks.Count > 0 {
		cfg.Part = PartClerks
		var err error
		if p.clerks, err = startChild(ctx, exePath, cfg); err != nil {
			return nil, err
		}
	}
	cfg.Part = PartPeople
	var err error
	if p.crowd, err = startChild(ctx, exePath, cfg); err != nil {
		return nil, errors.Join(err, p.dismiss())
	}
	return p, nil
}

// dismiss sends the clerks home whom nobody needs any more.
func (p *Process) dismiss() error {
	if p.clerks == nil {
		return nil
	}
	stopped := p.clerks.stop()
	_, err := p.clerks.wait(nil)
	return errors.Join(stopped, err)
}

// PID is the crowd's process id, for the caller's own measuring.
func (p *Process) PID() int { return p.crowd.cmd.Process.Pid }

// Stop asks everybody to go home; Wait then returns what they saw so far.
func (p *Process) Stop() error {
	err := p.crowd.stop()
	if p.clerks != nil {
		err = errors.Join(err, p.clerks.stop())
	}
	return err
}

// Wait reads progress until the crowd has finished; then the clerks close too.
// progress is called from this goroutine and may be nil. It must be called exactly
// once.
func (p *Process) Wait(progress func(Snapshot)) (*Result, error) {
	if p.clerks == nil {
		return p.crowd.wait(progress)
	}
	type end struct {
		result *Result
		err    error
	}
	var booked atomic.Int64 // by the clerks so far
	closed := make(chan end, 1)
	go func() { // owns the clerks' output
		r, err := p.clerks.wait(func(s Snapshot) { booked.Store(int64(s.Staff)) })
		closed <- end{r, err}
	}()
	people, err := p.crowd.wait(func(s Snapshot) {
		if progress != nil {
			s.Staff = int(booked.Load())
			progress(s)
		}
	})
	stopped := p.clerks.stop()
	clerks := <-closed
	if err := errors.Join(err, clerks.err); err != nil {
		return nil, errors.Join(err, stopped)
	}
	people.join(clerks.result)
	return people, nil // a clerk who could not be stopped had gone already
}

// join adds what the clerks saw.
func (r *Result) join(clerks *Result) {
	r.Config.Part = ""
	r.Desk = clerks.Desk
	r.Latency[latStaff] = clerks.Latency[latStaff]
	r.Odd, r.Missing = sum(r.Odd, clerks.Odd), sum(r.Missing, clerks.Missing)
	r.Machine.CPUSeconds += clerks.Machine.CPUSeconds
	r.Ledger.Bookings = append(r.Ledger.Bookings, clerks.Ledger.Bookings...)
	sort.SliceStable(r.Ledger.Bookings, func(i, j int) bool { return r.Ledger.Bookings[i].AtMS < r.Ledger.Bookings[j].AtMS })
}

func sum(a, b map[string]int) map[string]int {
	out := make(map[string]int, len(a)+len(b))
	for _, m := range []map[string]int{a, b} {
		for what, n := range m {
			out[what] += n
		}
	}
	return out
}
