package app

import (
	"context"
	"net/http"
	"time"

	"einlass/internal/mail"
	"einlass/internal/onsale"
	"einlass/internal/outbox"
	"einlass/internal/store"
	"einlass/internal/web"
)

// How often the parts that run by themselves look, in real time.
const (
	// pollEvery is how often a change made by another process is looked for.
	pollEvery = 200 * time.Millisecond
	// beatEvery is how often a sign of life is written while nothing else is: by
	// so much a hold may be prolonged too generously after a crash.
	beatEvery = 5 * time.Second
)

// listen makes the site and opens the three listeners.
func (s *Server) listen(ctx context.Context, public int) (err error) {
	nets, err := s.cfg.proxies()
	if err != nil {
		return err
	}
	tls, err := loadTLS(s.cfg.TLSCert, s.cfg.TLSKey)
	if err != nil {
		return err
	}
	site := &later{} // the site needs the address, and the address needs the listener
	if s.public, err = openSide(ctx, sideOptions{
		name: "public", address: s.cfg.Public, total: public, perAddress: s.cfg.PerAddress, exempt: nets, turns: newTurnstile(),
		patience: publicPatience, tls: tls, handler: forwarded(nets, site),
	}); err != nil {
		return err
	}
	if err := s.makeSite(); err != nil {
		return err
	}
	site.Handler = s.metrics.counted("public", s.site.Public())
	if s.out.Copy != nil {
		site.Handler = s.out.Copy.wrap(site.Handler)
	}
	if s.staff, err = openSide(ctx, sideOptions{
		name: "staff", address: s.cfg.Staff, total: staffConnections, perAddress: staffPerAddress, exempt: nets, patience: staffPatience, tls: tls,
		handler: forwarded(nets, s.metrics.counted("staff", s.site.Staff())),
	}); err != nil {
		return err
	}
	s.ops, err = openSide(ctx, sideOptions{
		name: "ops", address: s.cfg.Ops, total: opsConnections, patience: opsPatience, handler: s.opsRoutes(),
	})
	return err
}

// later is a handler that is made before the listener serves.
type later struct{ http.Handler }

// makeSite makes the pages, and the delivery of mails whose links lead to them.
func (s *Server) makeSite() (err error) {
	base := s.cfg.BaseURL
	if base == "" {
		base = s.public.url()
	}
	base = trimSlash(base)
	s.site, err = web.New(web.Options{
		Booking: s.booking, Store: s.store, Rooms: s.rooms, Secret: s.secret, Rand: s.out.Rand, Now: s.out.Clock.Now,
		BaseURL: base, Secure: isSecure(base), StaffSecure: isSecure(s.cfg.StaffBaseURL), CartsPerAddress: s.cfg.CartsPerAddress, NumbersPerNetwork: s.cfg.NumbersPerNetwork, Closing: s.closing.Load, Uncertain: s.uncertain, Log: s.log,
		Rehearsal: s.out.Copy != nil, NoMail: s.cfg.Mail.Relay == "",
	})
	if err != nil || s.cfg.Mail.Relay == "" {
		return err
	}
	return s.makeOutbox(base)
}

func (s *Server) makeOutbox(base string) error {
	c, err := s.cfg.Mail.relay()
	if err != nil {
		return err
	}
	relay, err := mail.NewRelay(c)
	if err != nil {
		return err
	}
	composer, err := mail.NewComposer(base, s.cfg.Mail.From)
	if err != nil {
		return err
	}
	o := outbox.Options{Now: s.out.Clock.Now, After: s.out.Clock.After, Log: s.log, Seed: uint64(s.out.Clock.Now().UnixNano()), Crowded: func() bool { return s.site.Waiting() > 0 }}
	if s.out.Hurry {
		o.Pace, o.DomainPace = -1, -1
	}
	s.outbox = outbox.New(s.store, relay, composer, o)
	return nil
}

// run starts every part. Each goroutine ends with ctx or with its listener; Stop
// waits for all of them.
func (s *Server) run() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go func() { // owns the store's write side; ends when Close was called and the queue is finished
		defer close(s.decided)
		if err := s.committer.Run(context.Background()); err != nil {
			s.failed <- err
		}
	}()
	s.lastPoll.Store(time.Now().UnixNano())
	s.lastBeat.Store(time.Now().UnixNano())
	s.parts.Go(func() { s.poll(ctx) })
	s.parts.Go(func() { s.pulse(ctx) })
	s.parts.Go(func() { s.ticked(ctx, onsale.TickEvery, s.schedule.Run) })
	s.parts.Go(func() { s.ticked(ctx, onsale.RoomsEvery, s.rooms.Run) })
	if s.out.Copy == nil {
		s.parts.Go(func() { s.rehearsals(ctx) })
	}
	s.parts.Go(func() { s.takeNotes(ctx) })
	s.parts.Go(func() { checkRelay(ctx, s.log, s.cfg.Mail.Relay) })
	if s.outbox != nil {
		s.parts.Go(func() { s.part(s.outbox.Run(ctx)) })
	}
	for _, side := range []*side{s.public, s.staff, s.ops} {
		s.parts.Go(func() { s.part(side.serve()) })
	}
}

// part notes that something which should run for ever has ended.
func (s *Server) part(err error) {
	if store.IsUncertain(err) {
		s.uncertain(err)
	}
	if err != nil {
		s.failed <- err
	}
}

// ticked runs f with a ticker of d on the sale's clock.
func (s *Server) ticked(ctx context.Context, d time.Duration, f func(context.Context, <-chan time.Time)) {
	t := time.NewTicker(s.out.Clock.wall(d))
	defer t.Stop()
	f(ctx, t.C)
}

// poll notices what another process changed: a sale that was applied again.
func (s *Server) poll(ctx context.Context) {
	t := time.NewTicker(pollEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		err := s.booking.Refresh(ctx)
		switch {
		case err == nil:
			s.lastPoll.Store(time.Now().UnixNano())
		case ctx.Err() == nil:
			s.log.Error("the database does not answer", "err", err)
		}
	}
}

// ready tells the three addresses.
func (s *Server) ready() {
	say(s.log, "sales: %d", len(s.sales()))
	s.warnUnready()
	say(s.log, "ready: public pages at %s", s.public.url())
	say(s.log, "ready: staff pages at %s", s.staff.url())
	say(s.log, "ready: health and metrics at %s", s.ops.url())
}

// PublicURL is the address of the public pages on this machine.
func (s *Server) PublicURL() string { return s.public.url() }

// StaffURL is the address of the staff pages on this machine.
func (s *Server) StaffURL() string { return s.staff.url() }

// OpsURL is the address of health and metrics on this machine.
func (s *Server) OpsURL() string { return s.ops.url() }
