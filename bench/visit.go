package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"einlass/internal/catalog"
)

// Of people who were called.
const (
	// visitThinks is how long somebody looks at the times before they press. It is short,
	// so that a round has many of them, and not nothing: the press is due then, whether
	// the page before it was late or not.
	visitThinks = 200 * time.Millisecond
	// arrivalsMost is how many may be on their way at once before more are not sent.
	arrivalsMost = 4_000
)

// latencies are those of one kind.
type latencies struct {
	mu  sync.Mutex // guards all
	all []float64
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, ms(d))
}

func (l *latencies) quantiles() (p50, p99 float64, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(l.all)
	return l.all[len(l.all)/2], l.all[len(l.all)*99/100], len(l.all)
}

// visitors book: on so many connections one after another, or as they arrive.
func (p *party) visitors() {
	p.next.Store(p.brief.From)
	if p.brief.Arrivals > 0 {
		p.arrive()
		return
	}
	p.each(p.brief.Visitors, func(_ int, c *caller) error {
		for !p.stop.Load() {
			if err := p.visit(c, p.next.Add(1)-1, time.Now(), 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// arrive lets people in at a pace that no answer changes, each on a connection of their
// own; their way is timed from when they meant to come.
func (p *party) arrive() {
	var wg sync.WaitGroup
	under := make(chan struct{}, arrivalsMost)
	gap := time.Duration(float64(time.Second) / p.brief.Arrivals)
	for due, i := time.Now(), 0; !p.stop.Load(); due, i = due.Add(gap), i+1 {
		time.Sleep(time.Until(due))
		p.offered.Add(1)
		select {
		case under <- struct{}{}:
		default:
			continue // dropped here: the round is void
		}
		p.sent.Add(1)
		if time.Since(due) > lateAfter {
			p.late.Add(1)
		}
		wg.Go(func() {
			defer func() { <-under }()
			c, err := dialFrom(p.brief.Addr, i)
			if err != nil {
				p.fail(err)
				return
			}
			defer c.conn.Close()
			if err := p.visit(c, p.next.Add(1)-1, due, visitThinks); err != nil {
				p.fail(err)
			}
		})
	}
	wg.Wait()
}

// visit is the way of one person whose number was called: the waiting page, in, the
// times, a cart, the booking. The place is held thinks after they came.
func (p *party) visit(c *caller, number uint32, due time.Time, thinks time.Duration) error {
	for p.serving.Load() < number { // looks again
		if time.Sleep(time.Millisecond); p.stop.Load() {
			return nil
		}
	}
	cookies, err := p.cookiesOf(number)
	if err != nil {
		return err
	}
	path := p.brief.Path
	if _, err := p.ask(c, "GET", path+"/wait", cookies, ""); err != nil {
		return err
	}
	a, err := p.ask(c, "POST", path+"/wait/enter", cookies, "")
	if err != nil || a.status == 503 {
		return err
	}
	if a.location != path+"/slots" {
		return fmt.Errorf("number %d was called and was led to %s", number, a.location)
	}
	cookies += a.cookies
	if _, err := p.ask(c, "GET", a.location, cookies, ""); err != nil {
		return err
	}
	press := time.Now()
	if thinks > 0 {
		press = due.Add(thinks)
		time.Sleep(time.Until(press))
	}
	a, err = p.ask(c, "POST", path+"/hold", cookies, "slot="+p.brief.Slots[int(number)%len(p.brief.Slots)])
	if err != nil || a.status == 503 {
		return err
	}
	cart, ok := a.location, strings.HasPrefix(a.location, "/cart/")
	if !ok {
		return fmt.Errorf("hold led to %s", a.location)
	}
	if _, err := p.ask(c, "GET", cart, cookies, ""); err != nil {
		return err
	}
	p.holds.add(time.Since(press))
	return p.confirm(c, cart, cookies)
}

func (p *party) confirm(c *caller, cart, cookies string) error {
	a, err := p.ask(c, "POST", cart+"/confirm", cookies, "contact=none")
	if err != nil || a.status == 503 {
		return err
	}
	if !strings.HasPrefix(a.location, "/b/") {
		return fmt.Errorf("confirm led to %s", a.location)
	}
	p.booked.Add(1)
	_, err = p.ask(c, "GET", a.location, cookies, "")
	return err
}

// ask sends one request; busy is an answer, and counted.
func (p *party) ask(c *caller, method, path, cookies, body string) (reply, error) {
	if err := c.conn.SetDeadline(time.Now().Add(httpTimeout)); err != nil {
		return reply{}, err
	}
	a, err := c.ask(method, path, cookies, body)
	switch {
	case err != nil:
		return a, fmt.Errorf("%s: %w", routeOf(path), err)
	case a.status == 503:
		p.busy.Add(1)
	case a.status != 200 && a.status != 303:
		return a, fmt.Errorf("%s: status %d", routeOf(path), a.status)
	}
	return a, nil
}

// cookiesOf are those of somebody with a number: it, and who they said they are.
func (p *party) cookiesOf(number uint32) (string, error) {
	b := p.browsers
	people, err := json.Marshal([]catalog.Participant{{
		Name: nameOf(int(number)), BirthDate: time.Date(1950, 12, 24, 0, 0, 0, 0, time.UTC), Postcode: "58332",
	}})
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("people-%d", b.sale)
	token, err := b.secret.Seal(rand.Reader, name, p.brief.Queue.Now.Add(time.Hour), people)
	return b.number(number) + name + "=" + token + "; ", err
}
