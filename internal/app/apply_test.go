package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/rehearsal"
	"einlass/internal/store"
)

// Several people apply files to a database that is not there yet: all of them
// are served, and the books balance.
func TestManyApplyToANewDatabase(t *testing.T) {
	const people, rounds = 4, 5
	opens := time.Now().Add(-time.Hour)
	files := []string{saleFile(t, opens, 6, 10), saleFile(t, opens, 4, 6)}
	for range rounds {
		db := filepath.Join(t.TempDir(), "einlass.db")
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() {
				if code, out, log := tell(t, "", "apply", "--db", db, files[i%2]); code != exitOK {
					t.Errorf("apply: %d %s %s", code, out, log)
				}
			})
		}
		all.Wait()
		verify(t, db)
	}
}

// applyWithin is how long `einlass apply` may take beside a server that is busy,
// and applyEvery the pause between two of them.
const (
	applyWithin = 5 * time.Second
	applyEvery  = 20 * time.Millisecond
)

// Files are applied to a server in its own process while a crowd books: nobody
// sees an error, nothing that was confirmed is lost, no slot ever has more
// bookings than the most generous file gave it, and the last file stands.
func TestApplyBesideABusyServer(t *testing.T) {
	const people, slots, generous, appliesMin = 1_500, 30, 36, 10
	opens := time.Now().Add(-time.Hour)
	files := []string{saleFile(t, opens, slots, generous), saleFile(t, opens, slots, 24), saleFile(t, opens, slots, 30)}
	last := len(files) - 1
	db := database(t, slots, 30)
	p := startProgram(t, db)
	cfg := rehearsal.Defaults()
	cfg.Base, cfg.Start, cfg.People, cfg.Places, cfg.Pace, cfg.Seed = p.public, "/amt/termin", people, slots*30, 150, 11
	cfg.Arrivals = rehearsal.Arrivals{Burst: people / 2, BurstMS: 1_000, RestMS: 100_000}
	cfg.ConnectionsMax, cfg.MinutesMax = 500, 1
	gone := make(chan struct{})
	applies, slowest := 0, time.Duration(0)
	var operator sync.WaitGroup
	operator.Go(func() {
		for busy := true; busy || applies%len(files) != 0; applies++ {
			begun := time.Now()
			if code, out, log := tell(t, "", "apply", "--db", db, files[applies%len(files)]); code != exitOK {
				t.Errorf("apply: %d %s%s", code, out, log)
			}
			slowest = max(slowest, time.Since(begun))
			time.Sleep(applyEvery)
			select {
			case <-gone:
				busy = false
			default:
			}
		}
	})
	result, err := rehearsal.Run(context.Background(), cfg, func(rehearsal.Snapshot) {})
	close(gone)
	operator.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-p.done; err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.log)
	}
	c := result.Counts
	if c.HTTP5xx != 0 || c.Unanswered != 0 || len(result.Odd) > 0 {
		t.Errorf("%d server errors, %d without an answer, odd pages %v\n%s", c.HTTP5xx, c.Unanswered, result.Odd, p.log)
	}
	if applies < appliesMin || c.Booked < slots*24/2 || slowest > applyWithin {
		t.Errorf("%d files applied, the slowest in %s, while %d people booked", applies, slowest, c.Booked)
	}
	verify(t, db)
	if lost := lostOf(t, db, &result.Ledger); len(lost) > 0 {
		t.Errorf("%d confirmations were lost", len(lost))
	}
	checkSlots(t, db, slots, generous)
	if _, out, _ := tell(t, "", "apply", "--db", db, "--dry-run", files[last]); !strings.Contains(out, "Nothing changes") {
		t.Errorf("the last file does not stand:\n%s", out)
	}
	t.Logf("%d files applied, the slowest in %s, while %d people booked", applies, slowest.Round(time.Millisecond), c.Booked)
}

// checkSlots looks at every slot over all its pools.
func checkSlots(t *testing.T, db string, slots, most int) {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{Path: db})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	pools, err := st.EagerPools(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[int64]int)
	for _, p := range pools {
		used[int64(p.ID.Slot())] += p.Held + p.Booked
	}
	if len(used) != slots {
		t.Errorf("%d slots, want %d", len(used), slots)
	}
	for slot, n := range used {
		if n > most {
			t.Errorf("slot %d has %d bookings; no file ever gave it more than %d places", slot, n, most)
		}
	}
}

// A dry run begins with what the file gives in all, then says what would change.
func TestADryRunBeginsWithTheTotals(t *testing.T) {
	db := database(t, 6, 10)
	const totals = "The file has 7 slots with 70 places: 56 online, 14 phone.\n"
	for _, args := range [][]string{{"--db", db}, {"--db", filepath.Join(t.TempDir(), "new.db")}} {
		code, out, log := tell(t, "", append(args, "apply", "--dry-run", saleFile(t, time.Now().Add(-time.Hour), 7, 10))...)
		if code != exitOK || !strings.HasPrefix(out, totals) || !strings.HasSuffix(out, "Nothing was changed (--dry-run).\n") || strings.Count(out, "\n") < 3 {
			t.Errorf("%d\n%s%s", code, out, log)
		}
	}
	_, out, _ := tell(t, "", "apply", "--json", "--dry-run", "--db", db, saleFile(t, time.Now().Add(-time.Hour), 7, 10))
	if !strings.Contains(out, `"totals":{"slots":7,"places":70,"channels":{"online":56,"phone":14}}`) {
		t.Errorf("the object has no totals:\n%s", out)
	}
}
