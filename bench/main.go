// Command bench measures the engine against the same rows written blindly, the whole
// server against a bare one, and the waiting room with the crowds it is made for
// (docs/bench.md). Each figure is a ratio whose two sides run
// interleaved in one process or as processes of one run; CPU per operation comes
// first, because it scatters least on shared machines.
//
//	go run ./bench                  # all figures
//	go run ./bench -only G1,G3      # some
//	go run -tags failpoints ./bench -sync-delay 3ms
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"einlass/internal/app"
	"einlass/internal/rehearsal"
)

// options of a run.
type options struct {
	only   map[string]bool
	rounds int
	dir    string
	delay  time.Duration
}

func (o *options) wants(name string) bool { return len(o.only) == 0 || o.only[name] }

func main() {
	if len(os.Args) == 2 && os.Args[1] == rehearsal.Subcommand {
		if rehearsal.Serve(context.Background(), os.Stdin, os.Stdout) != nil {
			os.Exit(1) // the one who reads it has been told why
		}
		return
	}
	if kind := os.Getenv(childEnv); kind != "" {
		app.TuneMemory()
		if err := serveChild(kind); err != nil {
			fmt.Fprintf(os.Stderr, "bench %s: %v\n", kind, err)
			os.Exit(1)
		}
		return
	}
	app.TuneMemory()
	only := flag.String("only", "", "figures to measure, such as G1,G3; empty for all")
	rounds := flag.Int("rounds", 7, "valid rounds per side and figure, at least 7 for a figure worth quoting")
	dir := flag.String("dir", "", "folder for the databases, on a real disk; empty for a temporary one")
	delay := flag.Duration("sync-delay", 0, "what every durable sync is delayed by; needs the build tag failpoints")
	flag.Float64Var(&foreignMax, "foreign", foreignMax, "share of the machine that others may use before a round is void, of 1; more is for trying out")
	flag.BoolVar(&shareCores, "share", false, "let server and generators of G5, G6 and G8 share all cores instead of having one each")
	flag.Parse()
	o := &options{only: map[string]bool{}, rounds: *rounds, dir: *dir, delay: *delay}
	for name := range strings.SplitSeq(*only, ",") {
		if name != "" {
			o.only[name] = true
		}
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o *options) error {
	if err := setDelay(o.delay); err != nil {
		return err
	}
	var figures []figure
	for _, m := range []struct {
		name    string
		measure func(*options) ([]figure, error)
	}{{"G1", engineVsRaw}, {"G2", endToEnd}, {"G3", hotSlot}, {"G4", retrograde}, {"DESK", desk}, {"NEIGHBOUR", neighbour}, {"RSS", idle},
		{"G8", waiting}, {"MILLION", million}, {"G5", obeying}, {"G6", overload}, {"G12", morningReplay}, {"FORECAST", forecast}} {
		if !o.wants(m.name) {
			continue
		}
		begun := time.Now()
		fs, err := m.measure(o)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		for _, f := range fs {
			f.print(os.Stdout, o.delay)
		}
		fmt.Fprintf(os.Stderr, "bench: %s took %.0f s\n", m.name, time.Since(begun).Seconds())
		figures = append(figures, fs...)
	}
	return json.NewEncoder(os.Stdout).Encode(figures)
}
