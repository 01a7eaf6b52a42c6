package onsale

import (
	"context"
	"crypto/ed25519"
	"time"

	"einlass/internal/draw"
	"einlass/internal/ident"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// headsEvery is how often the log is signed while it grows, on the sale's clock. Who
// keeps a head has proof of all but the last seconds.
const headsEvery = 10 * time.Second

// headsPage is how many heads are read at a time.
const headsPage = 512

// signed are the heads of one room so far.
type signed struct {
	count  int
	last   draw.Head
	frozen *draw.Head // of the log as it was frozen, from the freeze on
}

// with is what they are with one more.
func (s signed) with(h draw.Head, state *waitingroom.Room) *signed {
	s.count++
	s.last = h
	if s.frozen == nil && !state.FrozenAt.IsZero() && h.N == state.Frozen && !h.At.Before(state.FrozenAt) {
		s.frozen = &h
	}
	return &s
}

// recall brings the heads back that were signed before a restart.
func (one *room) recall(ctx context.Context, st *store.Store, state *waitingroom.Room) error {
	all := signed{}
	for all.count < state.Heads {
		heads, err := st.HeadsOf(ctx, state.Sale, all.count, headsPage)
		if err != nil || len(heads) == 0 {
			return err
		}
		for _, h := range heads {
			all = *all.with(h, state)
		}
	}
	one.signed.Store(&all)
	return nil
}

// followHeads takes in heads that were committed.
func (one *room) followHeads(sale ident.SaleID, c *waitingroom.Changes) {
	state := one.roster.Room()
	for i := range c.Heads {
		if h := &c.Heads[i]; h.Sale == sale && h.No == one.signed.Load().count {
			one.signed.Store(one.signed.Load().with(h.Head, &state))
			one.roster.Touch()
		}
	}
}

// headsKey is the room's key, the same after every restart: it follows from the
// installation's secret and the seed of the room.
func (r *Rooms) headsKey(state *waitingroom.Room) ed25519.PrivateKey {
	seed := r.opt.Secret.MAC("heads", saleField(state.Sale), state.Seed[:])
	return ed25519.NewKeyFromSeed(seed[:])
}

// notice is what is published of a room before the draw.
func (r *Rooms) notice(sale *store.StoredSale, state *waitingroom.Room) draw.Notice {
	return draw.Notice{
		Sale: sale.Organizer.ID + "/" + sale.Event.Slug, Rules: state.Version, Opened: state.Opened,
		Commitment: state.Seed.Commitment(), HeadsKey: draw.PublicKey(r.headsKey(state)), Terms: state.Terms,
	}
}

// signFrozen signs the log as it was frozen; done reports that it is. Nothing is drawn
// before that: seen before the beacon came, it proves that nobody could know the order
// while entries were taken.
func (r *Rooms) signFrozen(ctx context.Context, sale *store.StoredSale, one *room, state *waitingroom.Room) (done bool, err error) {
	sum, ok := one.roster.Frozen()
	if !ok || one.signed.Load().frozen != nil {
		return true, nil
	}
	err = r.sign(ctx, sale, one, state, state.Frozen, sum, state.FrozenAt)
	return one.signed.Load().frozen != nil, err
}

// signGrown signs the whole log if it is due: at the beginning, when the promise has
// changed, every while as it grows, and when the room is over.
func (r *Rooms) signGrown(ctx context.Context, sale *store.StoredSale, one *room, state *waitingroom.Room, now time.Time) error {
	so := one.signed.Load()
	n, sum, at := one.roster.Log()
	due := so.count == 0 || state.Phase == waitingroom.Over || state.Phase != one.signedIn || !now.Before(one.signedAt.Add(every(sale)))
	renewed := len(state.Terms) != one.signedTerms
	if so.count > 0 && !renewed && (n == so.last.N || !due) {
		return nil
	}
	if err := r.sign(ctx, sale, one, state, n, sum, at); err != nil {
		return err
	}
	one.signedAt, one.signedIn, one.signedTerms = now, state.Phase, len(state.Terms)
	return nil
}

// every is how often a sale's log is signed: seldom enough that the files hold all.
func every(sale *store.StoredSale) time.Duration {
	const half = draw.HeadsMax / 2 // the other half is for openings that were put off
	return max(headsEvery, sale.Closes.Sub(sale.WindowFrom())/half)
}

func (r *Rooms) sign(ctx context.Context, sale *store.StoredSale, one *room, state *waitingroom.Room, n uint32, sum [draw.HashBytes]byte, at time.Time) error {
	so := one.signed.Load()
	if at.Before(so.last.At) {
		at = so.last.At // a clock that was set back
	}
	head := draw.NewSigner(r.headsKey(state), r.notice(sale, state)).Head(n, sum, at)
	return r.act(ctx, sale, waitingroom.Sign{No: so.count, Head: head})
}

// Head is a head of a room's log as pages show it.
func (r *Rooms) Head(sale ident.SaleID) (last draw.Head, frozen *draw.Head, count int) {
	if one := r.room(sale); one != nil {
		so := one.signed.Load()
		return so.last, so.frozen, so.count
	}
	return last, nil, 0
}
