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

// Subcommand is the hidden command under which the binary runs as the crowd.
const Subcommand = "crowd"

// A crowd is its own process, so that its CPU and memory are not the server's.
// The parent writes one JSON Config to its standard input and reads one JSON
// message per line from its standard output: progress, and at the end the result
// or an error. A further {"stop":true} on standard input sends everybody home;
// the end of input means nothing.

// message is one line of the crowd's output. Exactly one field is set.
type message struct {
	Progress *Snapshot `json:"progress,omitempty"`
	Result   *Result   `json:"result,omitempty"`
	Error    string    `json:"error,omitempty"`
	Kind     string    `json:"kind,omitempty"` // beside Error
}

type command struct {
	Stop bool `json:"stop"`
}

// Serve is the crowd's side of the process boundary: it runs the Config read
// from in and writes messages to out. The error returned has been written too;
// the command only has to turn it into an exit code.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	w := &writer{json: json.NewEncoder(out)}
	read := json.NewDecoder(in)
	var cfg Config
	if err := read.Decode(&cfg); err != nil {
		return w.fail(fault.New(fault.Invalid, "rehearsal: read the configuration: %w", err))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		var c command
		for read.Decode(&c) == nil { // ends with the input
			if c.Stop {
				cancel()
			}
		}
	}()
	r, err := Run(ctx, cfg, func(s Snapshot) {
		if w.write(message{Progress: &s}) != nil {
			cancel() // nobody listens any more: the parent has gone
		}
	})
	if err != nil {
		return w.fail(err)
	}
	return w.write(message{Result: r})
}

// writer writes messages; Run's progress and its end come from two goroutines.
type writer struct {
	mu   sync.Mutex // guards json
	json *json.Encoder
}

func (w *writer) write(m message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.json.Encode(m); err != nil {
		return fault.New(fault.Unavailable, "rehearsal: write to the parent: %w", err)
	}
	return nil
}

func (w *writer) fail(err error) error {
	return errors.Join(err, w.write(message{Error: err.Error(), Kind: fault.KindOf(err).String()}))
}

// child is one such process.
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
