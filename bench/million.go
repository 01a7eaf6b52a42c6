package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// millionSteps is what one run of a million entries took.
type millionSteps struct {
	JoinPerSec, JoinCPU, Batch   float64 // entries, µs, entries of a transaction
	HeapBytes, FileBytes         float64 // an entry
	FreezeMS, DrawMS             float64
	TickMS, TickMostMS           float64 // of calling, with the forecast
	StatusUS, WaitUS             float64 // CPU in the handlers
	RestartMS                    float64 // until a waiting page is answered
	SameNumbers, Called, Entered int
}

// million is one run of a whole morning with a million entries, through the real store,
// committer and rooms, without HTTP: one process, both cores, no rounds. About a minute
// and a half.
func million(o *options) ([]figure, error) {
	cmd := childCommand(o, "million")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("million: %w", err)
	}
	var s millionSteps
	if err := json.NewDecoder(bufio.NewReader(strings.NewReader(string(out)))).Decode(&s); err != nil {
		return nil, fmt.Errorf("million: %q: %w", out, err)
	}
	line := func(what string, value float64, extra string, args ...any) figure {
		f := told("MILLION", what, value)
		f.Extra = fmt.Sprintf(extra, args...)
		return f
	}
	join := line("join_per_s", s.JoinPerSec, "%d callers, batch %.0f, %.0f bytes an entry on disk, heap %.1f bytes", millionCallers, s.Batch, s.FileBytes, s.HeapBytes)
	join.CPUBase = s.JoinCPU
	return []figure{
		join,
		line("freeze_ms", s.FreezeMS, "the act with its sync"),
		line("draw_ms", s.DrawMS, "from the freeze to the first number: head signed, log hashed, ranks"),
		line("call_tick_ms", s.TickMS, "most %.1f ms; %d called, %d let in, a minute and a half of the sale", s.TickMostMS, s.Called, s.Entered),
		line("status_poll_us", s.StatusUS, "CPU in the handler"),
		line("wait_page_us", s.WaitUS, "CPU in the handler"),
		line("restart_ms", s.RestartMS, "from the open file to a waiting page; %d numbers compared, none was another one", s.SameNumbers),
	}, nil
}

// runMillion is its process.
func runMillion() error {
	dir, err := os.MkdirTemp("", "einlass-million-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the temporary folder
	m := &morning{dir: dir}
	var s millionSteps
	for _, step := range []func(*millionSteps) error{m.open, m.join, m.freezeAndDraw, m.callOn, m.polls, m.restart} {
		if err := step(&s); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}
