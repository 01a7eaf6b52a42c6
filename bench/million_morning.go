package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/booking"
	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/onsale"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
	"einlass/internal/waitingroom"
	"einlass/internal/web"
	"einlass/scenarios"
)

// Sizes of the morning with a million entries.
const (
	millionCallers = 1_024 // who join at once: two batches
	millionTicks   = 360   // a minute and a half of the sale: the forecast begins after 45 s
	millionComes   = 0.6   // of those called
	millionPolls   = 20_000
	numbersKept    = 100_000 // compared after the restart
)

// morning is everything below HTTP listeners: store, committer, rooms and pages.
type morning struct {
	dir   string
	store *store.Store
	com   *committer.Committer
	shop  *booking.Service
	rooms *onsale.Rooms
	site  *web.Site
	sale  *store.StoredSale
	now   atomic.Int64 // on the sale's clock, unix nanoseconds
	done  chan error
}

func (m *morning) at() time.Time { return time.Unix(0, m.now.Load()).UTC() }

// open founds the sale and opens its room.
func (m *morning) open(*millionSteps) error {
	plan, problems := setup.Load("ennepe-ruhr.yaml", scenarios.Read)
	if plan == nil {
		return fmt.Errorf("scenario: %v", problems)
	}
	from := plan.Sale.WindowFrom()
	m.now.Store(from.UnixNano())
	s, err := store.Open(context.Background(), store.Options{Path: m.path()})
	if err != nil {
		return err
	}
	if _, err := storetest.Apply(s, &plan.Sale, plan.Slots, from); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := m.start(); err != nil {
		return err
	}
	return m.rooms.Step(context.Background())
}

func (m *morning) path() string { return filepath.Join(m.dir, "million.db") }

// start is what the server does at its start, from the file to the pages.
func (m *morning) start() (err error) {
	ctx := context.Background()
	if m.store, err = store.Open(ctx, store.Options{Path: m.path()}); err != nil {
		return err
	}
	secret, err := m.store.Secret(store.MasterSecret, rand.Reader)
	if err != nil {
		return err
	}
	log, avail := slog.New(slog.DiscardHandler), booking.NewAvailability()
	m.com = committer.New(m.store, committer.Options{
		Now: m.at, Log: log, Uncertain: func(err error) { panic(err) },
		OnSaved: func(c *inventory.Changes) { avail.Follow(c); m.rooms.Follow(c) },
		OnRooms: func(c *waitingroom.Changes) { m.rooms.FollowRooms(c) },
	})
	m.shop = booking.New(booking.Options{Store: m.store, Committer: m.com, Available: avail, Secret: secret, Rand: rand.Reader, Now: m.at, Log: log})
	if err := m.shop.Refresh(ctx); err != nil {
		return err
	}
	m.sale = &m.shop.Sales.All()[0].StoredSale
	m.rooms = onsale.NewRooms(onsale.RoomOptions{
		Store: m.store, Committer: m.com, Sales: func() []*store.StoredSale { return []*store.StoredSale{m.sale} },
		Free: avail.Public, Secret: secret, Rand: rand.Reader, Now: m.at, Log: log,
	})
	if err := m.rooms.Restore(ctx); err != nil {
		return err
	}
	m.site, err = web.New(web.Options{Booking: m.shop, Store: m.store, Rooms: m.rooms, Secret: secret, Rand: rand.Reader, Now: m.at, BaseURL: "https://shop.example", Log: log})
	m.done = make(chan error, 1)
	go func(c *committer.Committer) { m.done <- c.Run(ctx) }(m.com)
	return err
}

func (m *morning) stop() error {
	m.com.Close()
	return errors.Join(<-m.done, m.store.Close())
}

// join draws all numbers, by many who ask at once.
func (m *morning) join(s *millionSteps) error {
	alive, _ := weigh()
	batches := m.com.Stats().Batches
	cpu, begun := ownCPU(), time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, millionCallers)
	for range millionCallers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < ticketsMost; i = next.Add(1) - 1 {
				name := binary.BigEndian.AppendUint64(nil, uint64(i)) //nolint:gosec // not negative
				out, err := m.rooms.Join(context.Background(), onsale.Visitor{Sale: m.sale, Secret: name, Size: 1, Claims: []ident.Digest{ident.DigestOf(name)}, Channel: catalog.Online})
				if err != nil || out.Reason != waitingroom.Granted {
					errs <- fmt.Errorf("join %d: %q %w", i, out.Reason, err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return err
	}
	took := time.Since(begun)
	s.JoinPerSec, s.JoinCPU = ticketsMost/took.Seconds(), perOp(ownCPU()-cpu, ticketsMost)
	s.Batch = ticketsMost / float64(m.com.Stats().Batches-batches)
	now, _ := weigh()
	s.HeapBytes = (now - alive) / ticketsMost
	info, err := os.Stat(m.path())
	if err != nil {
		return err
	}
	s.FileBytes = float64(info.Size()) / ticketsMost
	if n := m.rooms.Roster(m.sale.ID).Room().Entries; n != ticketsMost {
		return fmt.Errorf("%d entries in the log, want %d", n, ticketsMost)
	}
	return nil
}

// freezeAndDraw opens the sale.
func (m *morning) freezeAndDraw(s *millionSteps) error {
	m.now.Store(m.sale.Opens.UnixNano())
	for _, step := range []struct {
		to   waitingroom.Phase
		took *float64
	}{{waitingroom.Drawing, &s.FreezeMS}, {waitingroom.Calling, &s.DrawMS}} {
		for begun := time.Now(); m.rooms.Roster(m.sale.ID).Room().Phase < step.to; *step.took = ms(time.Since(begun)) {
			if err := m.rooms.Step(context.Background()); err != nil {
				return err
			}
		}
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// callOn calls for a while; of those called some come in.
func (m *morning) callOn(s *millionSteps) error {
	ctx, roster := context.Background(), m.rooms.Roster(m.sale.ID)
	var took []float64
	for range millionTicks {
		m.now.Add(int64(onsale.RoomsEvery))
		before, begun := roster.Room().Called, time.Now()
		if err := m.rooms.Step(ctx); err != nil {
			return err
		}
		took = append(took, ms(time.Since(begun)))
		for n := before + 1; n <= roster.Room().Called; n++ {
			if float64(n%10) >= 10*millionComes {
				continue
			}
			no, _ := roster.At(n)
			if _, reason, err := m.rooms.Enter(ctx, m.sale, no); err != nil || reason != "" {
				return fmt.Errorf("enter with number %d: %q %w", n, reason, err)
			}
			s.Entered++
		}
	}
	if f := m.rooms.Forecast(m.sale.ID, 0); f == nil || !f.Known {
		return errors.New("a minute and a half of calling, and no forecast")
	}
	s.TickMS, s.TickMostMS, s.Called = median(took), slices.Max(took), int(roster.Room().Called)
	return nil
}

// polls asks for the status and for the waiting page of the last number.
func (m *morning) polls(s *millionSteps) (err error) {
	if s.StatusUS, err = m.poll("/status.json"); err == nil {
		s.WaitUS, err = m.poll("/wait")
	}
	return err
}

func (m *morning) poll(page string) (us float64, err error) {
	r := m.asked(page)
	begun := ownCPU()
	for range millionPolls {
		w := httptest.NewRecorder()
		m.site.Public().ServeHTTP(w, r.Clone(r.Context()))
		if w.Code != http.StatusOK {
			return 0, fmt.Errorf("%s: status %d", page, w.Code)
		}
	}
	return perOp(ownCPU()-begun, millionPolls), nil
}

// asked is the request of who has the last number.
func (m *morning) asked(page string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://shop.example/"+m.sale.Organizer.ID+"/"+m.sale.Event.Slug+page, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	secret, err := m.store.Secret(store.MasterSecret, rand.Reader)
	if err != nil {
		return r // it is answered as to somebody without a number, and told by its status
	}
	no, _ := m.rooms.Roster(m.sale.ID).At(ticketsMost)
	token := waitingroom.Token{Sale: m.sale.ID, No: no}.String(secret.Derive("web"))
	r.AddCookie(&http.Cookie{Name: fmt.Sprintf("__Host-number-%d", m.sale.ID), Value: token})
	return r
}

// restart stops everything and starts it again, until a waiting page is answered.
func (m *morning) restart(s *millionSteps) error {
	before := m.numbers()
	if err := m.stop(); err != nil {
		return err
	}
	begun := time.Now()
	if err := m.start(); err != nil {
		return err
	}
	w := httptest.NewRecorder()
	m.site.Public().ServeHTTP(w, m.asked("/wait"))
	s.RestartMS = ms(time.Since(begun))
	if w.Code != http.StatusOK {
		return fmt.Errorf("after the restart: status %d", w.Code)
	}
	if after := m.numbers(); !slices.Equal(before, after) {
		return errors.New("after the restart somebody has another number")
	}
	s.SameNumbers = len(before)
	return m.stop()
}

func (m *morning) numbers() []uint32 {
	out := make([]uint32, 0, numbersKept)
	for no := uint32(0); len(out) < numbersKept; no += ticketsMost / numbersKept {
		n, _ := m.rooms.Roster(m.sale.ID).Number(no)
		out = append(out, n)
	}
	return out
}
