package onsale

import (
	"context"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
	"einlass/internal/rehearsal"
	"einlass/internal/store"
)

// What makes a sale ready to open.
const (
	// RehearsedWithin is how old a passed rehearsal may be: machines, networks and the
	// program change within weeks.
	RehearsedWithin = 14 * 24 * time.Hour
	// peoplePerPlace is the crowd for a sale that does not say what it expects: that of
	// the Ennepe-Ruhr morning, 66,000 for 4,000 places, was sixteen.
	peoplePerPlace = 10
)

// Lack is what is missing of the rehearsal of a sale; empty if nothing is.
type Lack string

// What may be missing.
const (
	LackNone   Lack = ""
	LackAny    Lack = "none"   // there was no rehearsal
	LackPassed Lack = "failed" // the newest that fits did not hold
	LackRules  Lack = "rules"  // the rules have changed since
	LackSize   Lack = "small"  // fewer people came than are expected
	LackFresh  Lack = "old"    // it is longer ago than RehearsedWithin
)

// Readiness says how far a sale is ready to open.
type Readiness struct {
	Sale     *store.StoredSale
	Expected int                     // people
	Lack     Lack                    // of a passed rehearsal
	Last     *store.RehearsalRow     // the one that counts; else the newest; nil if there was none
	Acks     []store.Acknowledgement // of the present version of the rules, oldest first
}

// Rehearsed reports whether a rehearsal that counts was passed.
func (r *Readiness) Rehearsed() bool { return r.Lack == LackNone }

// Expected is how many people a sale must hold: what it says, or so many for each place.
func Expected(sale *catalog.Sale, places int) int {
	if sale.Expects > 0 {
		return sale.Expects
	}
	return min(max(places*peoplePerPlace, 1), catalog.ExpectsMax)
}

// ReadinessOf judges one sale by its rehearsals, newest first, and acknowledgements.
func ReadinessOf(sale *store.StoredSale, places int, rehearsals []store.RehearsalRow, acks []store.Acknowledgement, now time.Time) Readiness {
	out := Readiness{Sale: sale, Expected: Expected(&sale.Sale, places), Lack: LackAny}
	for i := range rehearsals {
		r := &rehearsals[i]
		if r.Sale != sale.ID {
			continue
		}
		if lack := lackOf(r, sale, out.Expected, now); out.Last == nil || lack == LackNone {
			out.Last, out.Lack = r, lack
		}
		if out.Lack == LackNone || r.Version == sale.Version && revokes(r, out.Expected) {
			break
		}
	}
	for _, a := range acks {
		if a.Sale == sale.ID && a.Version == sale.Version {
			out.Acks = append(out.Acks, a)
		}
	}
	return out
}

// revokes reports whether what held before this rehearsal counts no more: it broke with a
// crowd that must be held, or by a defect. Breaking with a larger one only says where the
// end is.
func revokes(r *store.RehearsalRow, expected int) bool {
	return r.Verdict == string(rehearsal.Breaks) && (r.People <= expected || r.Broke == string(rehearsal.CauseDefect))
}

func lackOf(r *store.RehearsalRow, sale *store.StoredSale, expected int, now time.Time) Lack {
	switch {
	case r.Version != sale.Version:
		return LackRules
	case r.Verdict != string(rehearsal.Holds):
		return LackPassed
	case r.People < expected:
		return LackSize
	case now.Sub(r.At) > RehearsedWithin:
		return LackFresh
	}
	return LackNone
}

// Upcoming judges every sale that has not opened yet, in the order of their openings.
func Upcoming(ctx context.Context, st *store.Store, sales []*store.StoredSale, now time.Time) ([]Readiness, error) {
	var out []Readiness
	for _, sale := range sales {
		if !now.Before(sale.Opens) {
			continue
		}
		r, err := Ready(ctx, st, sale, now)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Ready judges one sale.
func Ready(ctx context.Context, st *store.Store, sale *store.StoredSale, now time.Time) (Readiness, error) {
	places := 0
	if sale.Expects == 0 {
		var err error
		if places, err = placesOf(ctx, st, sale); err != nil {
			return Readiness{}, err
		}
	}
	rehearsals, err := st.Rehearsals(ctx)
	if err != nil {
		return Readiness{}, err
	}
	acks, err := st.Acknowledgements(ctx)
	return ReadinessOf(sale, places, rehearsals, acks, now), err
}

// placesOf adds up what staff want every slot of a sale to have.
func placesOf(ctx context.Context, st *store.Store, sale *store.StoredSale) (int, error) {
	pools, err := st.EagerPools(ctx)
	if err != nil {
		return 0, err
	}
	ours := make(map[ident.SlotID]bool, len(sale.Slots))
	for i := range sale.Slots {
		ours[sale.Slots[i].ID] = true
	}
	places := 0
	for i := range pools {
		if ours[pools[i].ID.Slot()] {
			places += pools[i].Wanted
		}
	}
	return places, nil
}

// ExpectedOf is how many people a stored sale must hold.
func ExpectedOf(ctx context.Context, st *store.Store, sale *store.StoredSale) (int, error) {
	places, err := placesOf(ctx, st, sale)
	return Expected(&sale.Sale, places), err
}
