package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

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
