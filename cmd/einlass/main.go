// Command einlass is a booking platform for scarce places. See `einlass --help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // sales have time zones, and a server may have none installed

	"einlass/internal/app"
)

func main() { os.Exit(run()) }

// run ends in peace at the first signal and at once at the second.
func run() int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		os.Exit(app.ExitAtOnce)
	}()
	return app.Main(ctx, os.Args[1:], app.Console{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}
