package app

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/rehearsal"
	"einlass/internal/store"
)

// program is the server as a process of its own.
type program struct {
	*exec.Cmd
	public string
	done   chan error
	log    *growingLog
}

// growingLog is what a program writes while a test reads it.
type growingLog struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

// WriteString appends; it never fails.
func (l *growingLog) WriteString(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(s)
}

// String is what was written so far.
func (l *growingLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var readyAt = regexp.MustCompile(`ready: public pages at (http://[^\s"]+)`)

func startProgram(t *testing.T, db string, more ...string) *program {
	t.Helper()
	return startProgramBy(t, nil, db, more...)
}

// startProgramBy starts it by way of another one, such as a shell that sets limits.
func startProgramBy(t *testing.T, by []string, db string, more ...string) *program {
	t.Helper()
	args := append(append(by, os.Args[0]), append([]string{"serve", "--db", db, "--public", "127.0.0.1:0", "--staff", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--per-address", "5000", "--carts-per-address", "5000", "--numbers-per-network", "1000000"}, more...)...)
	p := &program{Cmd: exec.Command(args[0], args[1:]...), done: make(chan error, 1), log: &growingLog{}}
	p.Env = append(os.Environ(), asProgram+"=1")
	out, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			p.log.WriteString(s.Text() + "\n")
			if m := readyAt.FindStringSubmatch(s.Text()); m != nil {
				ready <- m[1]
			}
		}
		p.done <- p.Wait()
	}()
	select {
	case p.public = <-ready:
	case err := <-p.done:
		t.Fatalf("it ended: %v\n%s", err, p.log)
	case <-time.After(10 * time.Second):
		t.Fatal("it is not ready after ten seconds")
	}
	return p
}

// A server that is told to stop in the middle of a rush finishes what it has
// begun: whoever saw a confirmation has a booking, and the books balance.
func TestAStopUnderLoadLosesNothing(t *testing.T) {
	const people, slots, places = 2_000, 30, 30
	db := database(t, slots, places)
	p := startProgram(t, db)
	cfg := rehearsal.Defaults()
	cfg.Base, cfg.Start, cfg.People, cfg.Places, cfg.Pace, cfg.Seed = p.public, "/amt/termin", people, slots*places, 100, 7
	cfg.Arrivals = rehearsal.Arrivals{Burst: people / 2, BurstMS: 1_000, RestMS: 100_000}
	cfg.ConnectionsMax, cfg.MinutesMax, cfg.Habits.Abandon = 1_000, 1, 0
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopped := false
	result, err := rehearsal.Run(ctx, cfg, func(s rehearsal.Snapshot) {
		if s.Booked >= 100 && !stopped {
			stopped = true
			if err := p.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			time.AfterFunc(3*time.Second, cancel)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("the server ended with %v\n%s", err, p.log)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("the server runs on ten seconds later\n%s", p.log)
	}
	if !stopped || len(result.Ledger.Bookings) < 100 {
		t.Fatalf("stopped %v with %d bookings; refusals %v, outcomes %v, odd %v", stopped, len(result.Ledger.Bookings), result.Refusals, result.Outcomes, result.Odd)
	}
	verify(t, db)
	if lost := lostOf(t, db, &result.Ledger); len(lost) > 0 {
		t.Errorf("%d of %d confirmations were lost", len(lost), len(result.Ledger.Bookings))
	}
	t.Logf("%d confirmed before the stop, 0 lost", len(result.Ledger.Bookings))
}

func lostOf(t *testing.T, db string, l *rehearsal.Ledger) []rehearsal.Acked {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{Path: db})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	return l.Lost(func(id, code string) bool {
		name, err := ident.ParseID(id)
		if err != nil {
			return false
		}
		r, err := st.Booking(context.Background(), ident.BookingID{ID: name})
		return err == nil && r.State == inventory.Confirmed && r.Code.String() == code
	})
}

func TestASecondServerAndASignal(t *testing.T) {
	db := database(t, 1, 3)
	p := startProgram(t, db)
	if code, _, log := tell(t, "", "serve", "--db", db, "--public", "127.0.0.1:0"); code != exitUnavailable || !strings.Contains(log, "another server runs") {
		t.Errorf("second server: %d %s", code, log)
	}
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("%v\n%s", err, p.log)
		}
	case <-time.After(5 * time.Second):
		t.Error("it runs on")
	}
}
