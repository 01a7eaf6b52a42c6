//go:build failpoints

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/setup"
	"einlass/internal/store"
)

// What a run must have exercised; below it proves nothing.
const (
	queueKills   = 100
	queueOpens   = 15 * time.Second // after the first start: some kills come before the draw
	queueJoined  = 1000             // people who were shown that they are in
	queueNumbers = 1000             // numbers shown more than once, over a kill
)

// queued is one person as they remember it themselves.
type queued struct {
	cookies []*http.Cookie
	number  string // as shown; "" before the draw
	called  bool
}

var numberShown = regexp.MustCompile(`data-number>([0-9.]+)<`)

// TestKillsWhileQueueing ends the real server 100 times with SIGKILL while people draw
// numbers, before the opening and after it: whoever was told that they are in stays in,
// no number is ever another one, and nobody who was called is uncalled.
func TestKillsWhileQueueing(t *testing.T) {
	kills := queueKills
	if n, err := strconv.Atoi(os.Getenv("EINLASS_KILLS")); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	db := filepath.Join(t.TempDir(), "e.db")
	applyQueueSale(t, db, time.Now().Add(queueOpens))
	var all []*queued
	seen, slowest := 0, time.Duration(0)
	for k := range kills {
		env := ""
		if k%3 == 0 { // every third dies inside a commit
			env = fmt.Sprintf("EINLASS_FAILPOINTS=store.%s-commit=kill@%d", []string{"before", "after"}[k/3%2], 5+rnd.IntN(60))
		}
		start := time.Now()
		p := startKillable(t, db, env)
		n, err := askAgain(p.public, sample(rnd, all, 200))
		if err != nil && env == "" {
			t.Fatalf("life %d: %v\n%s", k, err, p.log)
		}
		if seen += n; err == nil {
			slowest = max(slowest, time.Since(start))
		}
		all = append(all, moreJoin(p, time.Duration(100+rnd.IntN(200))*time.Millisecond)...)
		<-p.done
	}
	p := startKillable(t, db, "")
	n, err := askAgain(p.public, all)
	if err != nil {
		t.Error(err)
	}
	seen += n
	p.Process.Kill() //nolint:errcheck // ours
	<-p.done
	called, unknown := 0, 0
	for _, q := range all {
		if q.called {
			called++
		}
		if q.number == "" {
			unknown++
		}
	}
	t.Logf("%d kills, %d people were told that they are in, %d numbers were asked for again, %d called, all answered %s after a start at most", kills, len(all), seen, called, slowest.Round(time.Millisecond))
	if unknown > 0 {
		t.Errorf("%d people who are in have no number after the draw", unknown)
	}
	if kills == queueKills && (len(all) < queueJoined || seen < queueNumbers || called == 0) {
		t.Error("void: too little happened to prove anything")
	}
	verify(t, db)
}

// applyQueueSale sets up a sale with a room that opens at a moment; numbers can be drawn
// at once.
func applyQueueSale(t *testing.T, db string, opens time.Time) {
	t.Helper()
	plan, problems := setup.Load(saleFile(t, time.Now().Add(-time.Hour), 6, 100), os.ReadFile)
	if plan == nil {
		t.Fatal(problems)
	}
	plan.Sale.Opens, plan.Sale.Allocation, plan.Sale.DrawWindowFrom = opens, catalog.AllocateRoom, opens.Add(-time.Hour)
	s, err := store.Open(context.Background(), store.Options{Path: db})
	if err != nil {
		t.Fatal(err)
	}
	_, err = setup.Apply(context.Background(), s, plan, time.Now(), false)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

func sample(rnd *rand.Rand, all []*queued, n int) (out []*queued) {
	for range min(n, len(all)) {
		out = append(out, all[rnd.IntN(len(all))])
	}
	return out
}

// moreJoin lets people draw numbers until the time is over, then ends the server while
// they do.
func moreJoin(p *program, d time.Duration) (in []*queued) {
	over := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range killWorkers {
		wg.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				q, err := joinOne(p.public)
				if err != nil {
					return
				}
				mu.Lock()
				in = append(in, q)
				mu.Unlock()
			}
		})
	}
	select {
	case err := <-p.done:
		p.done <- err
	case <-time.After(d):
		p.Process.Kill() //nolint:errcheck // under load: people are still joining
	}
	close(over)
	wg.Wait()
	return in
}

// joinOne is one person who draws a number and looks at the page that tells it.
func joinOne(base string) (*queued, error) {
	v := newVisitor(base)
	res, err := v.c.Get(base + "/amt/termin/wait")
	if err != nil {
		return nil, err
	}
	res.Body.Close() //nolint:errcheck // only the cookie
	q := &queued{cookies: res.Cookies()}
	status, _, more, err := v.post("/amt/termin/wait/join", url.Values{}, q.cookies)
	if err != nil || status != http.StatusSeeOther {
		return nil, fmt.Errorf("join: %d %w", status, err)
	}
	q.cookies = append(q.cookies, more...)
	for _, c := range more {
		if strings.HasPrefix(c.Name, "number-") {
			return q, nil
		}
	}
	return nil, errors.New("join: no number was given")
}

// askAgain lets people look at their page; it must say what it said before.
func askAgain(base string, people []*queued) (seen int, err error) {
	c := &http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for i, q := range people {
		page, err := waitPage(c, base, q.cookies)
		if err != nil {
			return seen, err
		}
		called := strings.Contains(page, `data-state="called"`)
		number := ""
		if m := numberShown.FindStringSubmatch(page); m != nil {
			number = m[1]
		}
		switch {
		case strings.Contains(page, `data-state="join"`):
			return seen, fmt.Errorf("person %d was told that they are in and is not", i)
		case q.number != "" && number != q.number:
			return seen, fmt.Errorf("person %d had number %s and has %q", i, q.number, number)
		case q.called && !called:
			return seen, fmt.Errorf("person %d was called and is not any more", i)
		}
		if q.number != "" {
			seen++
		}
		q.number, q.called = number, called
	}
	return seen, nil
}

func waitPage(c *http.Client, base string, cookies []*http.Cookie) (string, error) {
	req, err := http.NewRequest(http.MethodGet, base+"/amt/termin/wait", nil)
	if err != nil {
		return "", err
	}
	for _, k := range cookies {
		req.AddCookie(k)
	}
	res, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(res.Body)
	return string(body), err
}
