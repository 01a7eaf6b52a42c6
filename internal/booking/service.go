// Package booking has the use cases in the words of the people who have them:
// hold, confirm, extend, give back, find. It checks who may, names the pools a
// wish needs, and submits one command per wish. It writes no SQL and decides
// nothing: whether a place is free is decided in the transaction.
package booking

import (
	"context"
	"io"
	"log/slog"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/committer"
	"einlass/internal/fault"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// Service carries out what people ask for.
type Service struct {
	Sales     Sales
	Available *Availability

	store     *store.Store
	committer *committer.Committer
	secret    ident.Secret // keys of requests and names of lazy pools
	rand      io.Reader
	now       func() time.Time
	log       *slog.Logger
	rehearsal bool
}

// Options are what a Service works with.
type Options struct {
	Store     *store.Store
	Committer *committer.Committer
	Available *Availability // follows the committer's saves
	Secret    ident.Secret
	Rand      io.Reader // crypto/rand; seeded only in the simulator
	Now       func() time.Time
	Log       *slog.Logger
	// Rehearsal marks every sale as a rehearsal's copy.
	Rehearsal bool
}

// New returns a Service; Refresh must be called before it is used.
func New(o Options) *Service {
	return &Service{
		Available: o.Available, store: o.Store, committer: o.Committer,
		secret: o.Secret.Derive("booking"), rand: o.Rand, now: o.Now, log: o.Log, rehearsal: o.Rehearsal,
	}
}

// Who asks, for the audit and for the rules that differ by role.
type Who struct {
	Actor   string // staff account; empty for the public
	Role    inventory.Role
	Channel catalog.Channel
	Reason  string
	// Arrived is when the request reached the server.
	Arrived time.Time
}

// Public is somebody on the public pages.
func Public(arrived time.Time) Who {
	return Who{Role: inventory.RolePublic, Channel: catalog.Online, Arrived: arrived}
}

func (w Who) staff() bool { return w.Role == inventory.RoleClerk || w.Role == inventory.RoleOrganizer }

// command fills in what every command carries. The key is a MAC over the cart,
// the purpose and the items: a second click is the same key, another wish of the
// same cart is another one.
func (b *Service) command(who Who, sale ident.SaleID, cart ident.ID, purpose string, items []byte, a inventory.Action) inventory.Command {
	return inventory.Command{
		Key:     ident.Key{ID: b.secret.Name("key", cart, []byte(purpose), items)},
		Content: ident.DigestOf([]byte(purpose), items),
		Sale:    sale, Actor: who.Actor, Role: who.Role, Channel: who.Channel, Reason: who.Reason, Arrived: who.Arrived,
		Action: a,
	}
}

// Booking reads a booking or a cart. NotFound if there is none of that name.
func (b *Service) Booking(ctx context.Context, id ident.BookingID) (*store.Record, *Sale, error) {
	r, err := b.store.Booking(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	sale, err := b.Sales.ByID(r.Sale)
	if err != nil {
		return nil, nil, fault.New(fault.Internal, "booking %s: %w", id, err)
	}
	return r, sale, nil
}
