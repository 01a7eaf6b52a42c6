package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"time"

	"einlass/internal/fault"
	"einlass/internal/onsale"
	"einlass/internal/rehearsal"
	"einlass/internal/staff"
	"einlass/internal/store"
)

// How rehearsals keep away from real openings, on the machine's clock.
const (
	// quietBefore is how long before an opening, or before numbers are drawn, a
	// rehearsal must be over.
	quietBefore = 15 * time.Minute
	// quietAfter is how long after an opening none may begin.
	quietAfter = time.Hour
	// partingTime lets the last answer leave before a copy is closed.
	partingTime = 500 * time.Millisecond
)

// checkCopy refuses a copy as the real thing, and the real thing as a copy. On a real
// database it deletes what rehearsals of an earlier run have left.
func (s *Server) checkCopy(ctx context.Context) error {
	marked, err := s.store.IsCopy(ctx)
	switch {
	case err != nil:
		return err
	case marked && s.out.Copy == nil:
		return fault.New(fault.Unavailable, "database %s is a rehearsal's copy: nothing in it counts, so nothing is sold from it", s.path)
	case !marked && s.out.Copy != nil:
		return fault.New(fault.Internal, "database %s is no copy: nothing is rehearsed on it", s.path)
	case s.out.Copy != nil:
		return nil
	}
	if err := sweepCopies(s.log, s.path); err != nil {
		return err
	}
	return s.store.EndGrants()
}

// warnUnready names at the start every sale that opens without a passed rehearsal or
// without its acknowledgements. It opens all the same.
func (s *Server) warnUnready() {
	if !s.out.Clock.Real() {
		return // a demo or a copy
	}
	ready, err := onsale.Upcoming(context.Background(), s.store, s.sales(), s.out.Clock.Now())
	if err != nil {
		s.log.Error("rehearsals cannot be read", "err", err)
		return
	}
	for i := range ready {
		r := &ready[i]
		if !r.Rehearsed() {
			warn(s.log, "%s: %s; see: einlass rehearse %s", saleName(r.Sale), lackWords(r), saleName(r.Sale))
		}
		if !r.Acknowledged() {
			warn(s.log, "%s: the opening is not acknowledged by %s; on the staff pages: /desk/%s/opening", saleName(r.Sale), missingWords(r), saleName(r.Sale))
		}
	}
}

// missingWords name the roles that have not acknowledged.
func missingWords(r *onsale.Readiness) string {
	var out []string
	for _, role := range r.Missing() {
		out = append(out, staff.RoleName(role))
	}
	return strings.Join(out, " and ")
}

// lackWords say in English what is missing of a sale's rehearsal, or that nothing is.
func lackWords(r *onsale.Readiness) string {
	people := number(r.Expected)
	switch r.Lack {
	case onsale.LackNone:
		return "a rehearsal with " + number(r.Last.People) + " people was passed on " + r.Last.At.Format(time.DateOnly)
	case onsale.LackPassed:
		return "its last rehearsal was not passed"
	case onsale.LackRules:
		return "its rules have changed since its last rehearsal"
	case onsale.LackSize:
		return "it was rehearsed with " + number(r.Last.People) + " people, " + people + " are expected"
	case onsale.LackFresh:
		return "its last passed rehearsal is more than 14 days ago"
	}
	return "it was never rehearsed; " + people + " people are expected"
}

// rehearsals looks for rehearsals that an operator has granted and opens a copy for one
// at a time. It ends with ctx, and then the copy with it.
func (s *Server) rehearsals(ctx context.Context) {
	var open *saleCopy
	defer func() { s.closeCopy(open, "the server was stopped") }()
	t := time.NewTicker(pollEvery)
	defer t.Stop()
	for {
		var over chan struct{}
		var results chan *rehearsal.Result
		if open != nil {
			over, results = open.front.over, open.front.results
		}
		select {
		case <-ctx.Done():
			return
		case <-over:
			time.Sleep(partingTime)
			s.closeCopy(open, "")
			open = nil
		case r := <-results:
			open.front.settle(s.judge(ctx, open, r))
		case <-t.C:
			if open != nil {
				open.front.due(time.Now())
			}
			if c := s.nextCopy(ctx, open != nil); c != nil {
				open = c
			}
		}
	}
}

// nextCopy opens the copy of the next grant, if there is one, or refuses it.
func (s *Server) nextCopy(ctx context.Context, busy bool) *saleCopy {
	g, err := s.store.AskedGrant(ctx)
	if err != nil {
		if fault.KindOf(err) != fault.NotFound && ctx.Err() == nil {
			s.log.Error("rehearsal: grants cannot be read", "err", err)
		}
		return nil
	}
	sale, why := s.mayRehearse(&g, busy, time.Now())
	if why == "" {
		var c *saleCopy
		if c, err = s.openCopy(ctx, g, sale); err == nil {
			s.announceCopy(c)
			return c
		}
		why = err.Error()
	}
	warn(s.log, "rehearsal: refused: %s", why)
	s.wrote(s.store.SetGrant(g.ID, store.GrantRefused, "", why), "the refusal of a rehearsal was not saved")
	return nil
}

// mayRehearse finds the sale of a grant and says why it cannot be rehearsed now, or
// nothing.
func (s *Server) mayRehearse(g *store.Grant, busy bool, now time.Time) (sale *store.StoredSale, why string) {
	switch {
	case busy:
		return nil, "another rehearsal is going on"
	case now.After(g.Until):
		return nil, "the grant has expired"
	case !s.out.Clock.Real():
		return nil, "a demo is no deployment"
	}
	over := now.Add(time.Duration(g.Minutes)*time.Minute + handInWithin)
	for _, one := range s.sales() {
		if one.ID == g.Sale {
			sale = one
		}
		if s.opensAmid(one, now, over) {
			return nil, fmt.Sprintf("%s opens at %s: no rehearsal from %s before an opening to %s after it",
				saleName(one), one.Opens.In(one.Event.Location()).Format(time.DateTime), quietBefore, quietAfter)
		}
	}
	if sale == nil {
		return nil, "there is no such sale any more"
	}
	return sale, ""
}

// opensAmid reports whether a sale opens so near that a rehearsal until over would be in
// its way.
func (s *Server) opensAmid(sale *store.StoredSale, now, over time.Time) bool {
	return over.After(sale.Opens.Add(-quietBefore)) && now.Before(sale.Opens.Add(quietAfter))
}

// announceCopy tells the operator, and whoever asked, where the copy is.
func (s *Server) announceCopy(c *saleCopy) {
	at, token := reachable(c.stage.server.PublicURL()), hex.EncodeToString(c.grant.Token[:])
	say(s.log, "rehearsal of %s: a marked copy is open at %s for at most %s people and %d minutes", saleName(&c.sale), at, number(c.grant.People), c.grant.Minutes)
	say(s.log, "rehearsal from another machine: einlass rehearse --target %s --grant %s", at, token)
	s.wrote(s.store.SetGrant(c.grant.ID, store.GrantOpen, at, ""), "the grant of a rehearsal was not saved")
}

// reachable is an address as somebody can use it: that of "everywhere" means this machine.
func reachable(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		return url
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// closeCopy takes a copy down and notes its end; nil is no copy.
func (s *Server) closeCopy(c *saleCopy, why string) {
	if c == nil {
		return
	}
	if why == "" {
		c.front.mu.Lock()
		why = c.front.why
		c.front.mu.Unlock()
	}
	if err := c.close(); err != nil {
		s.log.Error("rehearsal: the copy was not closed well", "err", err)
	}
	if why != "" {
		warn(s.log, "rehearsal of %s: closed before its end: %s", saleName(&c.sale), why)
	} else {
		say(s.log, "rehearsal of %s: over; the copy is deleted", saleName(&c.sale))
	}
	s.wrote(s.store.SetGrant(c.grant.ID, store.GrantOver, "", why), "the end of a rehearsal was not saved")
}
