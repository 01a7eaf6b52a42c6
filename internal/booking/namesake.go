package booking

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"einlass/internal/catalog"
	"einlass/internal/eligibility"
	"einlass/internal/failpoint"
	"einlass/internal/ident"
	"einlass/internal/inventory"
)

// Grant is a clerk's word that some people are not those of the same name and birth date
// who have their place already (ADR 10). Each of them draws one place per person from a
// pool of their own, which nobody comes to but by this grant. The zero Grant grants
// nothing.
type Grant struct {
	// Number is the place in the waiting room's log that a second number was granted to,
	// counted from 1; Claims are those that it was granted for. Both come from what is
	// stored, by a signed pass.
	Number uint32
	Claims []ident.Digest
	// Reason is why a clerk, at the desk, takes a booking for whoever is refused as the
	// same person; empty: they do not. Nobody else is believed.
	Reason string
}

// reasonMax is the longest Reason, in bytes: what the audit keeps, less its mark.
const reasonMax = inventory.ReasonMax - len(inventory.NamesakeMark)

// namesakes are the people of one wish who draw from pools of their own: by their place
// in it, what names the pool.
type namesakes map[int]string

// byNumber are those whom the number was granted for.
func (b *Service) byNumber(r *HoldRequest) namesakes {
	out := namesakes{}
	if r.Grant.Number == 0 {
		return out
	}
	for i, p := range r.People {
		if slices.Contains(r.Grant.Claims, ident.Digest(b.personPool(r.Sale, p))) {
			out[i] = "number " + strconv.FormatUint(uint64(r.Grant.Number), 10)
		}
	}
	return out
}

// byHand adds whoever was refused, if a clerk grants it; false if nobody more can be.
func (b *Service) byHand(who Who, r *HoldRequest, refused inventory.PoolID, to namesakes) bool {
	grants := who.staff() && who.Actor != "" && r.Grant.Reason != ""
	if !grants && !failpoint.Bug(failpoint.BugNamesakeUnasked) {
		return false
	}
	for i := len(r.People) - 1; i >= 0; i-- { // two alike in one party: the second is the other one
		if _, done := to[i]; !done && b.personPool(r.Sale, r.People[i]) == refused {
			to[i] = fmt.Sprintf("desk %s %d", r.Cart, i)
			return true
		}
	}
	return false
}

// why is what the audit says of a hold for them; never a name.
func (n namesakes) why(r *HoldRequest) string {
	switch {
	case len(n) == 0:
		return ""
	case r.Grant.Number > 0:
		return fmt.Sprintf("%snumber at place %d", inventory.NamesakeMark, r.Grant.Number-1)
	}
	return inventory.NamesakeMark + r.Grant.Reason
}

// placeOf is the pool that a person's place is drawn from.
func (b *Service) placeOf(sale *Sale, p catalog.Participant, own string) inventory.PoolID {
	if own == "" {
		return b.personPool(sale, p)
	}
	key := eligibility.NormalizePerson(p, sale.Limit.Person) + "\x00" + own
	return inventory.LazyPool(b.secret, inventory.KindPerson, sale.scope(sale.Limit.Scope), key)
}

// holdFor asks for places; a clerk's grant lets whoever is refused as the same person
// draw from a pool of their own.
func (b *Service) holdFor(ctx context.Context, who Who, r *HoldRequest, draws []personDraw) (inventory.Decision, error) {
	own := b.byNumber(r)
	for {
		cmd, err := b.holdCommand(who, r, b.drawn(r, draws, own))
		if err != nil {
			return inventory.Decision{}, err
		}
		if cmd.Reason = own.why(r); cmd.Reason == "" {
			cmd.Reason = who.Reason
		}
		if d, early := b.refuseEarly(ctx, who, r, cmd.Key); early {
			return d, nil
		}
		d, err := b.committer.Submit(ctx, cmd)
		if err != nil || d.Reason != inventory.HasOne || !b.byHand(who, r, d.Pool, own) {
			return d, err
		}
	}
}
