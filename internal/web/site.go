// Package web is the only HTTP server. routes.go is the site on one page; every
// handler parses, calls one use case and answers with a redirect or a page.
//
// Pages that everybody sees alike are bytes in memory, rendered when something
// changed; pages that are somebody's own are rendered per request. Nothing here
// decides anything, and following a link changes nothing: changes are POSTs.
package web

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"einlass/internal/booking"
	"einlass/internal/ident"
	"einlass/internal/onsale"
	"einlass/internal/staff"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// Options are what a Site works with.
type Options struct {
	Booking *booking.Service
	Store   *store.Store // read models and staff accounts
	Rooms   *onsale.Rooms
	Secret  ident.Secret
	Rand    io.Reader
	Now     func() time.Time
	// BaseURL is the address of the public pages as people see it, without a
	// slash at the end; it goes into codes and mails.
	BaseURL string
	// Secure marks all cookies of the public pages Secure: people reach them over
	// TLS, by us or by a proxy in front of us. Without it each request decides.
	Secure bool
	// StaffSecure does so for the staff's pages, which have a way of their own.
	StaffSecure bool
	// CartsPerAddress is how many carts may be open at once from one address; 0 is
	// the constant of that name.
	CartsPerAddress int
	// NumbersPerNetwork is how many numbers any network may draw in a sale that asks
	// nothing, however small the crowd; 0 is waitingroom.NetworkFree.
	NumbersPerNetwork int
	// NoMail says that no mail leaves this server: none is offered that would come too late.
	NoMail bool
	// Closing reports that the server is being stopped: no new holds.
	Closing func() bool
	// Uncertain is called when a commit of ours is of unknown outcome: nobody may
	// be promised anything after it (see committer.Options.Uncertain).
	Uncertain func(error)
	// Rehearsal marks every page and answer as that of a rehearsal's copy.
	Rehearsal bool
	Log       *slog.Logger
}

// Site is all pages.
type Site struct {
	Options
	gate   waitingroom.OpenGate
	lanes  *lanes
	shared *sharedPages
	finds  *limiter
	codes  *limiter
	moves  *limiter // of numbers to another device
	carts  *openCarts
	// networks count who draws numbers where nothing is asked.
	networks *networks
	files    chan struct{} // downloads of draws that are under way

	refused refusals
	reports reports

	accounts *staff.Accounts
	sessions *staff.Sessions
	logins   *pauses

	public http.Handler
	staff  http.Handler
}

// New returns the site.
func New(o Options) (*Site, error) {
	if _, err := busyPages(); err != nil {
		return nil, err
	}
	o.Secret = o.Secret.Derive("web")
	accounts, err := staff.New(o.Store, o.Rand)
	if err != nil {
		return nil, err
	}
	s := &Site{
		Options: o, gate: waitingroom.OpenGate{Rand: o.Rand}, lanes: newLanes(), shared: newSharedPages(),
		finds: newLimiter(findEvery, findBurst), codes: newLimiter(codeEvery, codeBurst), moves: newLimiter(moveEvery, moveBurst),
		carts:    newOpenCarts(o.CartsPerAddress, o.Booking.Available.Open),
		files:    make(chan struct{}, filesAtOnce),
		accounts: accounts, sessions: staff.NewSessions(accounts), logins: newPauses(),
	}
	if s.Closing == nil {
		s.Closing = func() bool { return false }
	}
	if s.networks, err = newNetworks(&o); err != nil {
		return nil, err
	}
	s.public = s.publicRoutes()
	s.staff = s.staffRoutes()
	return s, nil
}

// Public is the handler of the public listener.
func (s *Site) Public() http.Handler { return s.public }

// Staff is the handler of the staff listener.
func (s *Site) Staff() http.Handler { return s.staff }
