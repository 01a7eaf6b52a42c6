package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/ident"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
	"einlass/scenarios"
)

func cpuCount() int { return runtime.NumCPU() }

// engine is everything below HTTP: booking, committer and store on a fresh file.
type engine struct {
	store   *store.Store
	com     *committer.Committer
	service *booking.Service
	sale    *booking.Sale
	now     time.Time
	clock   func() time.Time
	done    chan error
	dir     string
	made    atomic.Int64
}

// newEngine opens the Ennepe-Ruhr sale with room for every booking of a round.
func newEngine(o *options, slots, places int) (*engine, error) {
	dir, err := os.MkdirTemp(o.dir, "einlass-bench-")
	if err != nil {
		return nil, err
	}
	e := &engine{dir: dir, done: make(chan error, 1)}
	ctx := context.Background()
	if e.store, err = store.Open(ctx, store.Options{Path: filepath.Join(dir, "e.db")}); err != nil {
		return nil, err
	}
	if err := e.apply(slots, places); err != nil {
		return nil, err
	}
	secret, err := e.store.Secret(store.MasterSecret, rand.Reader)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	begun := time.Now()
	now := func() time.Time { return e.now.Add(time.Since(begun)) }
	e.clock = now
	avail := booking.NewAvailability()
	e.com = committer.New(e.store, committer.Options{Now: now, OnSaved: avail.Follow, Uncertain: func(err error) { panic(err) }, Log: log})
	go func() { e.done <- e.com.Run(ctx) }()
	e.service = booking.New(booking.Options{Store: e.store, Committer: e.com, Available: avail, Secret: secret, Rand: rand.Reader, Now: now, Log: log})
	if err := e.service.Refresh(ctx); err != nil {
		return nil, err
	}
	e.sale = e.service.Sales.All()[0]
	return e, nil
}

func (e *engine) apply(slots, places int) error {
	plan, problems := setup.Load("ennepe-ruhr.yaml", scenarios.Read)
	if plan == nil {
		return fmt.Errorf("scenario: %v", problems)
	}
	plan.Slots = plan.Slots[:slots]
	for i := range plan.Slots {
		plan.Slots[i].Places = places
		plan.Slots[i].Allotments = map[catalog.Channel]int{catalog.Online: places}
	}
	unnumbered(plan)
	e.now = plan.Sale.Opens.Add(time.Minute)
	_, err := storetest.Apply(e.store, &plan.Sale, plan.Slots, e.now)
	return err
}

// unnumbered sells a plan without numbers: these figures are of bookings alone.
func unnumbered(p *setup.Plan) {
	p.Sale.Allocation, p.Sale.DrawWindowFrom = catalog.AllocateOpen, time.Time{}
}

// close checks the books before it throws them away: a run that fails its
// invariants has no figure.
func (e *engine) close(bookings int) error {
	e.com.Close()
	if err := <-e.done; err != nil {
		return err
	}
	v, err := e.store.Verify(context.Background())
	if err != nil {
		return err
	}
	if len(v.Differences) > 0 || v.Bookings != bookings {
		return fmt.Errorf("%d bookings, want %d; differences: %v", v.Bookings, bookings, v.Differences)
	}
	if err := e.store.Close(); err != nil {
		return err
	}
	return os.RemoveAll(e.dir)
}

// book lets callers make n bookings, each a hold and a confirm, as fast as they
// are answered.
func (e *engine) book(callers, n, slots int) error {
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	errs := make(chan error, callers)
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := e.bookOne(slots); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// nameOf is the name of the n-th of many; nobody has a digit in their name.
func nameOf(n int) string {
	return "Erika Muster " + strings.Map(func(r rune) rune { return rune("bcdfghjkmn"[r-'0']) }, strconv.Itoa(n))
}

func (e *engine) bookOne(slots int) error {
	n := int(e.made.Add(1))
	now := e.clock()
	cart, err := ident.New(rand.Reader, now)
	if err != nil {
		return err
	}
	who := booking.Public(now)
	person := catalog.Participant{
		Name:      nameOf(n),
		BirthDate: time.Date(1945, 1, 1+n%5000, 0, 0, 0, 0, time.UTC), Postcode: "58332",
	}
	d, err := e.service.Hold(context.Background(), who, booking.HoldRequest{
		Sale: e.sale, Cart: cart, Slot: e.sale.Slots[n%slots].ID, People: []catalog.Participant{person},
	})
	if err != nil || !d.OK() {
		return fmt.Errorf("hold: %+v %w", d, err)
	}
	d, err = e.service.Confirm(context.Background(), who, d.Booking, catalog.Contact{Kind: catalog.ContactMail, Mail: "erika@example.org", Lang: "de"})
	if err != nil || !d.OK() {
		return fmt.Errorf("confirm: %+v %w", d, err)
	}
	return nil
}
