package waitingroom

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/failpoint"
	"einlass/internal/ident"
)

// Terms are what was promised for one sale's draw, as they are saved: No counts from 0.
type Terms struct {
	Sale ident.SaleID
	No   int
	draw.Terms
}

// Head is a signed head of one sale's log, as it is saved: No counts from 0.
type Head struct {
	Sale ident.SaleID
	No   int
	draw.Head
}

// Promise is what a sale's rules promise for the draw. A sale whose room opens late
// promises the draw for now: what is past cannot be promised. Internal if the stored
// rules cannot be published.
func Promise(sale *catalog.Sale, now time.Time) (draw.Terms, error) {
	opens := sale.Opens
	if opens.Before(now) {
		opens = now
	}
	opens = opens.UTC().Truncate(time.Microsecond) // as it is stored and published
	t, err := draw.Terms{Opens: opens, Rule: draw.NoBeacon()}, error(nil)
	switch until := opens.Add(sale.Beacon.Wait); sale.Beacon.Source {
	case catalog.BeaconTyped:
		t.Rule, err = draw.TypedRule(sale.Beacon.From, until)
	case catalog.BeaconDrand:
		t.Rule = draw.DrandRule(opens, until)
	}
	return t, err
}

// Promised is what holds for the draw of the room; zero if nothing was promised.
func (r *Room) Promised() draw.Terms {
	if len(r.Terms) == 0 {
		return draw.Terms{}
	}
	return r.Terms[len(r.Terms)-1]
}

// promise makes new terms hold from now on. Those before stay published.
func (w *work) promise(t draw.Terms) {
	t.Since = w.now
	w.changes.Terms = append(w.changes.Terms, Terms{w.sale, len(w.room.Terms), t})
	w.room.Terms = append(w.room.Terms[:len(w.room.Terms):len(w.room.Terms)], t) // who has read the old ones keeps them
}

// postpone moves the opening back. Whoever has a place in the log keeps it.
func (w *work) postpone(a Postpone) Outcome {
	last := w.room.Promised()
	switch {
	case w.room.Phase != Joining:
		return Outcome{Reason: w.unless(Joining)}
	case a.Terms.Opens.Equal(last.Opens) && a.Terms.Rule == last.Rule:
		return Outcome{Reason: Done}
	case !a.Terms.Opens.After(last.Opens):
		return Outcome{Reason: Sooner}
	case len(w.room.Terms) >= draw.TermsMax:
		return Outcome{Reason: TooMany}
	}
	w.promise(a.Terms)
	return w.keep()
}

// renew promises a later round of drand where the promised one was known before the log
// could be frozen: we were away at the opening. It happens with the freeze, so that
// nobody has seen a value that goes into their draw.
func (w *work) renew() {
	t := w.room.Promised()
	if t.Rule.Source != draw.Drand || draw.RoundTime(t.Rule.Round).After(w.now) || len(w.room.Terms) >= draw.TermsMax {
		return
	}
	wait := t.Rule.Until.Sub(t.Opens)
	w.promise(draw.Terms{Opens: w.now, Rule: draw.DrandRule(w.now, w.now.Add(wait))})
}

// bring keeps the beacon that was promised, once, between the freeze and the draw:
// whoever knew it earlier could try entries until the order suits. Its own signature was
// checked where it was read.
func (w *work) bring(a Bring) Outcome {
	rule := w.room.Promised().Rule
	switch {
	case w.room.Phase != Drawing:
		return Outcome{Reason: w.unless(Drawing)}
	case w.room.Beacon.Source != "":
		return Outcome{Reason: Done}
	case a.Beacon.Source != rule.Source || a.Beacon.Round != rule.Round || rule.Source == draw.None:
		return Outcome{Reason: NotPromised}
	}
	w.room.Beacon.Source, w.room.Beacon.Value = a.Beacon.Stored()
	return w.keep()
}

// drawable reports whether the beacon is there, or was waited for as long as promised.
func (w *work) drawable() bool {
	return failpoint.Bug(failpoint.BugDrawsAtOnce) || w.room.Beacon.Source != "" || !w.now.Before(w.room.Promised().Rule.Until)
}

// sign appends a signed head. Whoever signs says which one it is, so that two who sign
// at once do not part ways.
func (w *work) sign(a Sign) Outcome {
	switch {
	case w.room.Phase == 0:
		return Outcome{Reason: NotOpen}
	case a.No != w.room.Heads:
		return Outcome{Reason: Done}
	case a.Head.N > w.room.Entries:
		return Outcome{Reason: NoSuchEntry}
	case a.No >= draw.HeadsMax:
		return Outcome{Reason: TooMany}
	}
	w.room.Heads++
	w.changes.Heads = append(w.changes.Heads, Head{w.sale, a.No, a.Head})
	return w.keep()
}
