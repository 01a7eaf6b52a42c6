package waitingroom

import (
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
)

// morning is when the rooms of these tests open: quicknet has begun.
var morning = time.Date(2026, 4, 3, 7, 0, 0, 0, time.UTC)

// promised is a room that opened an hour before its opening.
func promised(t *testing.T, b catalog.Beacon) (state *State, opens time.Time) {
	t.Helper()
	opens = morning.Add(time.Hour)
	terms, err := Promise(&catalog.Sale{Opens: opens, Beacon: b}, morning)
	if err != nil {
		t.Fatal(err)
	}
	state = NewState()
	Decide(state, []Act{{sale, Open{Terms: terms}}, join(1)}, morning)
	return state, opens
}

// step is one act at a moment and what must come of it.
type step struct {
	at   time.Time
	do   Doing
	want Reason
}

func steps(t *testing.T, state *State, all ...step) {
	t.Helper()
	for i, s := range all {
		if out, _ := Decide(state, []Act{{sale, s.do}}, s.at); out[0].Reason != s.want {
			t.Errorf("step %d, %T: %q, want %q", i, s.do, out[0].Reason, s.want)
		}
	}
}

func TestWithoutBeaconTheDrawIsAtOnce(t *testing.T) {
	state, opens := promised(t, catalog.Beacon{})
	steps(t, state,
		step{opens.Add(-time.Nanosecond), Freeze{}, NotYet},
		step{opens, Freeze{}, Granted},
		step{opens, Bring{draw.Beacon{}}, NotPromised},
		step{opens, Draw{}, Granted},
	)
}

func TestBeaconIsBroughtBetweenFreezeAndDraw(t *testing.T) {
	value, err := draw.TypedBeacon("3 7 12")
	if err != nil {
		t.Fatal(err)
	}
	state, opens := promised(t, catalog.Beacon{Source: catalog.BeaconTyped, From: "Lotto", Wait: time.Minute})
	steps(t, state,
		step{opens.Add(-time.Second), Bring{value}, NotOpen},
		step{opens, Freeze{}, Granted},
		step{opens, Draw{}, NotYet},
		step{opens, Bring{draw.Beacon{Source: draw.Drand, Round: 1}}, NotPromised},
		step{opens, Bring{value}, Granted},
		step{opens, Bring{value}, Done},
		step{opens, Draw{}, Granted},
		step{opens, Bring{value}, Done},
	)
	if r := state.Rooms[sale]; r.Beacon.Source != "typed" || string(r.Beacon.Value) != "3 7 12" {
		t.Errorf("%+v", r.Beacon)
	}
	state, opens = promised(t, catalog.Beacon{Source: catalog.BeaconTyped, From: "Lotto", Wait: time.Minute})
	steps(t, state,
		step{opens, Freeze{}, Granted},
		step{opens.Add(time.Minute - time.Nanosecond), Draw{}, NotYet},
		step{opens.Add(time.Minute), Draw{}, Granted},
	)
	if r := state.Rooms[sale]; r.Beacon.Source != "" {
		t.Errorf("drawn with %+v", r.Beacon)
	}
}

func TestARoundOfDrandIsTheOneThatWasPromised(t *testing.T) {
	state, opens := promised(t, catalog.Beacon{Source: catalog.BeaconDrand, Wait: time.Minute})
	r := state.Rooms[sale]
	round := r.Promised().Rule.Round
	if at := draw.RoundTime(round); at.Before(opens.Add(draw.BeaconMargin)) || at.After(opens.Add(draw.BeaconMargin+3*time.Second)) {
		t.Errorf("round %d comes at %s, the opening is at %s", round, at, opens)
	}
	steps(t, state,
		step{opens, Freeze{}, Granted},
		step{opens, Bring{draw.Beacon{Source: draw.Drand, Round: round - 1}}, NotPromised},
		step{opens, Bring{draw.Beacon{Source: draw.Typed, Text: "7"}}, NotPromised},
		step{opens, Bring{draw.Beacon{Source: draw.Drand, Round: round}}, Granted},
	)
}

// Who was away at the opening freezes later than the promised round was known: another
// one is promised, or the log could have been made to suit.
func TestALateFreezePromisesALaterRound(t *testing.T) {
	state, opens := promised(t, catalog.Beacon{Source: catalog.BeaconDrand, Wait: 10 * time.Minute})
	late := opens.Add(5 * time.Minute)
	steps(t, state, step{late, Freeze{}, Granted})
	r := state.Rooms[sale]
	p := r.Promised()
	if len(r.Terms) != 2 || !p.Since.Equal(late) || !p.Opens.Equal(late) || !p.Rule.Until.Equal(late.Add(10*time.Minute)) || !draw.RoundTime(p.Rule.Round).After(late) {
		t.Errorf("%d terms, the last %+v", len(r.Terms), p)
	}
}

func TestOpeningIsPutOffNotBroughtForward(t *testing.T) {
	state, opens := promised(t, catalog.Beacon{})
	to := func(d time.Duration) Postpone {
		return Postpone{draw.Terms{Opens: opens.Add(d), Rule: draw.NoBeacon()}}
	}
	steps(t, state,
		step{morning, to(0), Done},
		step{morning, to(-time.Second), Sooner},
		step{morning.Add(time.Minute), to(time.Hour), Granted},
		step{morning.Add(2 * time.Minute), to(30 * time.Minute), Sooner},
		step{opens, Freeze{}, NotYet},
		step{opens.Add(time.Hour), Freeze{}, Granted},
		step{opens.Add(time.Hour), to(2 * time.Hour), Done},
	)
	if r := state.Rooms[sale]; len(r.Terms) != 2 || !r.Terms[0].Since.Equal(morning) || !r.Terms[1].Since.Equal(morning.Add(time.Minute)) || r.Entries != 1 {
		t.Errorf("%+v", r)
	}
}

func TestTermsHaveAnEnd(t *testing.T) {
	state, opens := promised(t, catalog.Beacon{})
	for i := range draw.TermsMax - 1 {
		steps(t, state, step{morning, Postpone{draw.Terms{Opens: opens.Add(time.Duration(i+1) * time.Hour)}}, Granted})
	}
	steps(t, state, step{morning, Postpone{draw.Terms{Opens: opens.Add(1000 * time.Hour)}}, TooMany})
}

func TestHeadsAreSignedOneAfterAnother(t *testing.T) {
	state, _ := promised(t, catalog.Beacon{})
	steps(t, state,
		step{morning, Sign{No: 1, Head: draw.Head{N: 1}}, Done},
		step{morning, Sign{No: 0, Head: draw.Head{N: 2}}, NoSuchEntry},
		step{morning, Sign{No: 0, Head: draw.Head{N: 1}}, Granted},
		step{morning, Sign{No: 0, Head: draw.Head{N: 1}}, Done},
		step{morning, Sign{No: 1, Head: draw.Head{N: 1}}, Granted},
	)
	if out, _ := Decide(NewState(), []Act{{sale, Sign{}}}, now); out[0].Reason != NotOpen {
		t.Errorf("a head of no room: %+v", out)
	}
}

// TestRosterKnowsTheFrozenLog: in whatever batches people come, before the freeze and
// after it, the log that is drawn has the hash of those who were there.
func TestRosterKnowsTheFrozenLog(t *testing.T) {
	acts := []Act{{sale, Open{}}, join(1), join(2), {sale, Freeze{}}, join(3), {sale, Draw{}}, join(4), join(5)}
	for cut := range len(acts) + 1 {
		state, roster := NewState(), NewRoster(Room{Sale: sale})
		for _, part := range [][]Act{acts[:cut], acts[cut:]} {
			_, changes := Decide(state, part, now)
			roster.Follow(changes)
		}
		var log []draw.Alias
		for _, a := range acts {
			if j, ok := a.Do.(Join); ok {
				log = append(log, j.Alias)
			}
		}
		frozen, ok := roster.Frozen()
		n, sum, _ := roster.Log()
		if d := roster.Drawn(5); !ok || frozen != draw.HashOf(log[:2]) || int(n) != len(log) || sum != draw.HashOf(log) || d == nil || d.LogHash != frozen {
			t.Errorf("cut at %d: %t, %d entries, %+v", cut, ok, n, d)
		}
	}
}
