package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"einlass/internal/mail"
	"einlass/internal/outbox"
	"einlass/internal/store"
)

// The test binary can be the program itself: a worker on an existing database
// that ends when nothing is due, or is killed before.
const (
	childPath = "OUTBOX_TEST_DB"
	childPort = "OUTBOX_TEST_PORT"
)

func TestMain(m *testing.M) {
	if os.Getenv(childPath) == "" {
		os.Exit(m.Run())
	}
	if err := child(os.Getenv(childPath), os.Getenv(childPort)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(path, port string) error {
	n, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	s, err := store.Open(context.Background(), store.Options{Path: path})
	if err != nil {
		return err
	}
	defer s.Close()
	relay, err := mail.NewRelay(mail.RelayConfig{Host: "127.0.0.1", Port: n, TLS: mail.NoTLS, Hello: "test.invalid"})
	if err != nil {
		return err
	}
	composer, err := mail.NewComposer("https://termine.kreis.example", "buchung@kreis.example")
	if err != nil {
		return err
	}
	w := outbox.New(s, relay, composer, outbox.Options{Now: time.Now, After: time.After, Log: slog.New(slog.NewTextHandler(os.Stdout, nil)), Pace: -1, DomainPace: -1})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // ends the worker when nothing is due
		for {
			if c, err := s.CountOutbox(ctx); err == nil && c.Due == 0 {
				cancel()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return w.Run(ctx)
}
