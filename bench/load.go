package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"time"
)

// loadBrief is what a process that asks a house is told. It plays one part: people who
// were called and book, people who wait and ask when they are told to, or people who
// do not obey.
type loadBrief struct {
	Addr, Path string
	Slots      []string
	Queue      *queueFile
	From       uint32 // the first number it plays
	Seconds    float64

	Visitors int     // connections of those who book, one after another; 0: nobody
	Arrivals float64 // a second of those who book, whether they are answered or not; 0: as fast as they are answered
	Waiters  int     // how many wait
	Rude     float64 // requests a second of those who do not obey
	Reloads  int     // connections of people who reload as soon as they are answered; 0: nobody
}

// loadResult is what it saw.
type loadResult struct {
	Booked, Busy     int64
	Offered, Sent    int64 // of those who wait or do not obey
	Answered, Late   int64 // Late: sent more than lateAfter after it was due
	CPUMicros        int64
	HoldP50, HoldP99 float64 // ms, from the moment at which the button was meant to be pressed
	Holds            int
	BeganUS, EndedUS int64 // of the load, unix microseconds
	Failed           string
}

// stepEvery is how often a process tells how much it has done.
const stepEvery = 25 * time.Millisecond

// lateAfter is when a request counts as late.
const lateAfter = 50 * time.Millisecond

// load is such a process, as its starter sees it.
type load struct {
	cmd    *exec.Cmd
	stopIn io.Closer
	booked atomic.Int64 // so far
	steps  []step       // owned by the reader until done
	result loadResult
	done   chan error
}

// step is how many had booked at a moment.
type step struct {
	at time.Time
	n  int64
}

// startLoad starts a part on the crowd's core.
func startLoad(o *options, b *loadBrief) (*load, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	l := &load{cmd: childCommand(o, "load"), done: make(chan error, 1)}
	in, err := l.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startOn(crowdCore, l.cmd); err != nil {
		return nil, err
	}
	l.stopIn = in
	if _, err := in.Write(append(text, '\n')); err != nil {
		return nil, err
	}
	go func() { l.done <- l.read(out) }() // owns the process's output; ends with it
	return l, nil
}

// read follows what the process tells: a step a line, the result last.
func (l *load) read(out io.Reader) error {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if bytes.HasPrefix(lines.Bytes(), []byte("{")) {
			if err := json.Unmarshal(lines.Bytes(), &l.result); err != nil {
				return err
			}
			continue
		}
		var us, n int64
		if _, err := fmt.Sscan(lines.Text(), &us, &n); err != nil {
			return err
		}
		l.steps = append(l.steps, step{time.UnixMicro(us), n})
		l.booked.Store(n)
	}
	return lines.Err()
}

// wait returns what it saw; stop first, for one that was not told how long.
func (l *load) wait() (loadResult, error) {
	err := <-l.done
	l.stopIn.Close() //nolint:errcheck // it has ended
	err = errors.Join(err, l.cmd.Wait())
	if err == nil && l.result.Failed != "" {
		err = errors.New(l.result.Failed)
	}
	return l.result, err
}

// stop lets it end now.
func (l *load) stop() (loadResult, error) {
	l.stopIn.Close() //nolint:errcheck // that is the sign
	return l.wait()
}

// cpuOfLoad is what a process that has ended used.
func (l *load) cpu() time.Duration {
	if s := l.cmd.ProcessState; s != nil {
		return s.UserTime() + s.SystemTime()
	}
	return 0
}

// runLoad is the process.
func runLoad() error {
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	p := &party{began: time.Now()}
	if err := json.Unmarshal(line, &p.brief); err != nil {
		return err
	}
	if p.browsers, err = p.brief.Queue.browsers(); err != nil {
		return err
	}
	go func() {
		io.Copy(io.Discard, in) //nolint:errcheck // the end is all that is waited for
		p.stop.Store(true)
	}()
	if p.brief.Seconds > 0 {
		time.AfterFunc(time.Duration(p.brief.Seconds*float64(time.Second)), func() { p.stop.Store(true) })
	}
	ended := make(chan struct{})
	told := make(chan struct{})
	go func() { p.tell(ended); close(told) }()
	p.play()
	close(ended)
	<-told
	return json.NewEncoder(os.Stdout).Encode(p.end())
}

// party is everybody of one process.
type party struct {
	brief    loadBrief
	browsers *browsers
	began    time.Time
	stop     atomic.Bool
	serving  atomic.Uint32 // up to which number was called, as the house says

	booked, busy, offered, sent, answered, late atomic.Int64
	next                                        atomic.Uint32
	holds                                       latencies
	failed                                      atomic.Pointer[string]
}

// play plays the part until it is over.
func (p *party) play() {
	switch b := &p.brief; {
	case b.Visitors > 0:
		go p.followCalls()
		p.visitors()
	case b.Waiters > 0:
		p.waiters()
	case b.Rude > 0:
		p.rude()
	case b.Reloads > 0:
		p.reloaders()
	}
}

// fail ends the part: something came that must not come.
func (p *party) fail(err error) {
	if p.stop.Load() {
		return // whoever goes home hears no answer
	}
	text := err.Error()
	p.failed.CompareAndSwap(nil, &text)
	p.stop.Store(true)
}

// tell writes a line a step.
func (p *party) tell(ended <-chan struct{}) {
	t := time.NewTicker(stepEvery)
	defer t.Stop()
	for {
		select {
		case <-ended:
			return
		case now := <-t.C:
			fmt.Println(now.UnixMicro(), p.booked.Load())
		}
	}
}

func (p *party) end() loadResult {
	r := loadResult{
		Booked: p.booked.Load(), Busy: p.busy.Load(), Offered: p.offered.Load(), Sent: p.sent.Load(), Answered: p.answered.Load(), Late: p.late.Load(),
		CPUMicros: ownCPU().Microseconds(), BeganUS: p.began.UnixMicro(), EndedUS: time.Now().UnixMicro(),
	}
	r.HoldP50, r.HoldP99, r.Holds = p.holds.quantiles()
	if f := p.failed.Load(); f != nil {
		r.Failed = *f
	}
	return r
}

// followCalls looks up to which number was called.
func (p *party) followCalls() {
	const every = 100 * time.Millisecond
	for ; !p.stop.Load(); time.Sleep(every) {
		if s, err := statusOf(p.brief.Addr, p.brief.Path); err == nil && s.Room != nil {
			p.serving.Store(s.Room.Serving)
		}
	}
}

// rateAt is bookings a second between two moments, by the steps around them.
func rateAt(steps []step, from, to time.Time) float64 {
	after := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(steps, t, func(s step, t time.Time) int { return s.at.Compare(t) })
		return min(i, len(steps)-1)
	}
	a, b := after(from), after(to)
	if len(steps) == 0 || a == b {
		return 0
	}
	return float64(steps[b].n-steps[a].n) / steps[b].at.Sub(steps[a].at).Seconds()
}

// validRounds measures until there are as many valid rounds as wanted, and counts the
// others. measure also returns what others took of the machine and what the generator
// dropped, both of 1.
func validRounds[R any](o *options, measure func() (r R, foreign, dropped float64, err error)) (rounds []R, void int, err error) {
	for len(rounds) < o.rounds && void < voidsMax {
		r, foreign, dropped, err := measure()
		switch {
		case err != nil:
			return nil, void, err
		case foreign > foreignMax || dropped > droppedMax && foreignMax < 1:
			void++
			fmt.Fprintf(os.Stderr, "bench: a void round: others took %.0f %% of the machine, the generator dropped %.1f %%\n", 100*foreign, 100*dropped)
			continue
		}
		rounds = append(rounds, r)
	}
	if len(rounds) == 0 {
		return nil, void, fmt.Errorf("all %d rounds were void", void)
	}
	return rounds, void, nil
}
