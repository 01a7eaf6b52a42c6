package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"einlass/internal/fault"
)

// child is the process of a crowd, as its parent has it (serve.go is its own side).
type child struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      *json.Decoder
	stopOnce sync.Once
}

// stopMax is how long a crowd may take to go home before it is killed.
const stopMax = 10 * time.Second

// startChild runs the binary at exePath as the crowd that cfg describes. When ctx
// ends it is asked to stop, and killed after stopMax. Its standard error is passed
// through.
func startChild(ctx context.Context, exePath string, cfg Config) (*child, error) {
	p := &child{cmd: exec.CommandContext(ctx, exePath, Subcommand)}
	p.cmd.Stderr = os.Stderr
	p.cmd.WaitDelay = stopMax
	p.cmd.Cancel = p.stop
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fault.New(fault.Unavailable, "rehearsal: start the crowd: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fault.New(fault.Unavailable, "rehearsal: start the crowd: %w", err)
	}
	p.in, p.out = in, json.NewDecoder(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fault.New(fault.Unavailable, "rehearsal: start the crowd: %w", err)
	}
	if err := json.NewEncoder(in).Encode(cfg); err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, "rehearsal: brief the crowd: %w", err), p.cmd.Process.Kill(), p.cmd.Wait())
	}
	return p, nil
}

// stop asks it to go home; wait then returns what it saw so far.
func (p *child) stop() error {
	var err error
	p.stopOnce.Do(func() { err = json.NewEncoder(p.in).Encode(command{Stop: true}) })
	if err != nil {
		return fault.New(fault.Unavailable, "rehearsal: stop the crowd: %w", err)
	}
	return nil
}

// wait reads progress until it has finished. progress is called from this goroutine
// and may be nil. It must be called exactly once.
func (p *child) wait(progress func(Snapshot)) (*Result, error) {
	var result *Result
	var failed error
	for result == nil && failed == nil {
		var m message
		err := p.out.Decode(&m)
		switch {
		case err != nil:
			failed = fault.New(fault.Unavailable, "rehearsal: the crowd's process ended without a result: %w", err)
		case m.Error != "":
			failed = fault.New(kindNamed(m.Kind), "%s", m.Error)
		case m.Result != nil:
			result = m.Result
		case m.Progress != nil && progress != nil:
			progress(*m.Progress)
		}
	}
	if failed != nil { // whatever it does now, nobody will read it
		p.stop() //nolint:errcheck // it may have gone already; what failed is told
	}
	closed := p.in.Close()
	ended := p.cmd.Wait()
	if failed != nil {
		return nil, failed
	}
	if errors.Is(ended, context.Canceled) || errors.Is(ended, context.DeadlineExceeded) {
		return result, nil // it was asked to stop and did; the result says so
	}
	if ended != nil || (closed != nil && !errors.Is(closed, os.ErrClosed)) {
		return result, fault.New(fault.Unavailable, "rehearsal: end of the crowd's process: %w", errors.Join(ended, closed))
	}
	return result, nil
}

// kindNamed finds a kind again by its name.
func kindNamed(name string) fault.Kind {
	for k := fault.Internal; k <= fault.Unavailable; k++ {
		if k.String() == name {
			return k
		}
	}
	return fault.Internal
}
