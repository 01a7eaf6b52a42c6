package report

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// slowWords asks for every number at every moment what it is told.
func slowWords(f *store.Figures) told {
	out := told{}
	for i := range int(f.Room.Entries) {
		number, joined := uint32(i)+1, time.Time{}
		if late := i - int(f.Room.Frozen); late >= 0 {
			joined = f.Late[late].At
		}
		called := opened.Add(1000 * time.Hour)
		for _, c := range f.Calls {
			if number <= c.To {
				called = c.At
				break
			}
		}
		said := noWord
		for n, t := range f.Told {
			ends := opened.Add(999 * time.Hour)
			if n+1 < len(f.Told) {
				ends = f.Told[n+1].At
			}
			if said != noWord || !called.After(t.At) || ends.Before(joined) || !called.After(joined) || ends.Equal(joined) {
				continue
			}
			switch {
			case number <= t.Probably:
				said = saidProbably
			case t.Not > 0 && number >= t.Not:
				said = saidNot
			}
		}
		n := out[said]
		if number <= f.Room.Called {
			n.called++
		} else {
			n.waiting++
		}
		out[said] = n
	}
	return out
}

// TestFirstWords: the quick walk through the sale finds what asking everybody finds.
func TestFirstWords(t *testing.T) {
	const sales = 3000
	rng := rand.New(rand.NewPCG(3, 4))
	words := map[word]int{}
	for i := range sales {
		f := &store.Figures{Booked: map[catalog.Channel]store.Booked{catalog.Online: {Bookings: rng.IntN(10)}}, Entries: map[catalog.Channel]int{}}
		randomRoom(rng, f)
		if f.Room.Entries > 400 {
			continue
		}
		got, want := firstWords(f), slowWords(f)
		for _, w := range []word{noWord, saidProbably, saidNot} {
			if got[w] != want[w] {
				t.Fatalf("sale %d: word %d: %+v, want %+v\n%+v", i, w, got[w], want[w], f)
			}
			words[w] += got[w].called + got[w].waiting
		}
	}
	t.Logf("numbers by word: %v", words)
	if words[saidProbably] < 2000 || words[saidNot] < 2000 || words[noWord] < 2000 {
		t.Error("too few were told anything")
	}
}

// crowd is a sale of 4,000 places with so many numbers, the last of them late.
func crowd(people int) *morning {
	m := &morning{sale: &store.StoredSale{}, now: opened.Add(time.Hour)}
	m.sale.Opens, m.sale.Closes, m.sale.Party.Max = opened, opened.Add(24*time.Hour), 2
	f := &store.Figures{
		Places: store.Stock{Capacity: 4000, Booked: 3998, Held: 0},
		Booked: map[catalog.Channel]store.Booked{catalog.Online: {Bookings: 3300, Places: 3718}, catalog.Phone: {Bookings: 199, Places: 200}, catalog.Counter: {Bookings: 80, Places: 80}},
		ByRoom: 3300, Came: 3700, Second: 12,
		Room:    waitingroom.Room{Phase: waitingroom.Calling, Entries: uint32(people), Frozen: uint32(people * 9 / 10), FrozenAt: opened, Called: 6000, People: 6000},
		Entries: map[catalog.Channel]int{catalog.Online: people - 500, catalog.Phone: 440, catalog.Counter: 60},
		Refused: []store.Refused{{Reason: inventory.SoldOut, Times: 800}, {Reason: inventory.HasOne, Times: 40}, {Reason: inventory.CodeUsed, Times: 3}},
		Told:    []store.Told{{At: opened.Add(time.Minute), Probably: 5500, Not: 7000}, {At: opened.Add(2 * time.Minute), Probably: 5800, Not: 6200}},
	}
	for i := range people - int(f.Room.Frozen) {
		f.Late = append(f.Late, store.Late{At: opened.Add(time.Duration(i) * 50 * time.Millisecond)})
	}
	for i := range 600 {
		f.Calls = append(f.Calls, waitingroom.Called{No: i, To: uint32(10 * (i + 1)), People: 10, At: opened.Add(time.Duration(i) * time.Second)})
	}
	m.figures = f
	return m
}

// TestAMorningInFigures: a sale of ordinary size is told nearly whole.
func TestAMorningInFigures(t *testing.T) {
	m := crowd(66_000)
	r := Of(m.sale, m.figures, m.now)
	if !r.Running || r.Places.Single || r.Places.Booked != (Count{N: 3998}) || r.Places.Channels[0] != (Channel{catalog.Online, Count{N: 3718}, Count{N: 3300}}) {
		t.Errorf("%+v", r.Places)
	}
	if r.Places.Free != (Count{N: 2}) {
		t.Errorf("two places that are left are no people: %+v", r.Places.Free)
	}
	for name, c := range map[string]struct{ got, want Count }{
		"before": {r.Room.Before, Count{N: 59_400}}, "after": {r.Room.After, Count{N: 6600}}, "called": {r.Room.Called, Count{N: 6000}},
		"came": {r.Room.Came, Count{N: 3700}}, "booked": {r.Room.Booked, Count{N: 3300}}, "empty": {r.Room.Empty, Count{N: 400}},
		"away": {r.Room.Away, Count{N: 2300}}, "waiting": {r.Room.Waiting, Count{N: 60_000}},
		"probably": {r.Room.Forecast.Probably, Count{N: 5190}}, "called of these": {r.Room.Forecast.ProbablyCalled, Count{N: 5190}},
		"not": {r.Room.Forecast.Not, Count{N: 59_801}}, "called all the same": {r.Room.Forecast.NotCalled, Count{}},
		"refused": {r.RefusedTotal, Count{N: 843}}, "sold out": {r.Refused[0].Times, Count{N: 800}},
		"has one": {r.Refused[1].Times, Count{State: Hidden}}, "code used": {r.Refused[2].Times, Count{State: Small}}, "second": {r.Second, Count{N: 12}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
	w := r.Room.Waits
	if w.Median() != 299*time.Second || w.Nine() != 539*time.Second || w.Longest() != 10*time.Minute {
		t.Errorf("half %s, nine of ten %s, all %s", w.Median(), w.Nine(), w.Longest())
	}
}

// TestWaitsBeginWhenSomebodyComes: who comes after the opening has waited from then on;
// below fifty nobody is told.
func TestWaitsBeginWhenSomebodyComes(t *testing.T) {
	sale := &store.StoredSale{}
	sale.Opens = opened
	f := &store.Figures{Room: waitingroom.Room{Phase: waitingroom.Calling, Entries: 60, Frozen: 30, FrozenAt: opened.Add(2 * time.Second), Called: 60, People: 60}}
	for range 30 {
		f.Late = append(f.Late, store.Late{At: opened.Add(90 * time.Second)})
	}
	f.Calls = []waitingroom.Called{{To: 30, People: 30, At: opened.Add(10 * time.Second)}, {No: 1, To: 60, People: 30, At: opened.Add(100 * time.Second)}}
	w := waits(sale, f)
	if w == nil || w.Tenths[0] != 10*time.Second || w.Longest() != 10*time.Second {
		t.Fatalf("all waited ten seconds, it says %+v", w)
	}
	f.Calls = []waitingroom.Called{{To: 49, People: 49, At: opened.Add(10 * time.Second)}}
	if w := waits(sale, f); w != nil {
		t.Errorf("49 were called: %+v", w)
	}
	for d, want := range map[time.Duration]time.Duration{
		0: 0, time.Second: 10 * time.Second, 60 * time.Second: time.Minute, 61 * time.Second: 2 * time.Minute, 10 * time.Minute: 10 * time.Minute,
	} {
		if got := roundUp(d); got != want {
			t.Errorf("%s is rounded up to %s", d, got)
		}
	}
}

// TestLeversAreReadAsWritten: whatever the audit has of levers, the report understands.
func TestLeversAreReadAsWritten(t *testing.T) {
	message := catalog.Text{locale.German: "Frau Muster prüft etwas"}
	steps := []struct {
		levers waitingroom.Levers
		want   []Act
	}{
		{waitingroom.Levers{Paused: true, Message: message}, []Act{{Lever: Paused}, {Lever: MessageSet}}},
		{waitingroom.Levers{Paused: true, Message: message, Until: opened}, []Act{{Lever: Changed}}},
		{waitingroom.Levers{Message: message}, []Act{{Lever: Resumed}}},
		{waitingroom.Levers{Rate: 90}, []Act{{Lever: RateSet, Rate: 90}, {Lever: MessageGone}}},
		{waitingroom.Levers{}, []Act{{Lever: RateFree}}},
		{waitingroom.Levers{Closed: true}, []Act{{Lever: Closed}}},
	}
	var rows []store.Pulled
	for _, s := range steps {
		rows = append(rows, store.Pulled{At: opened, Levers: s.levers.String()})
	}
	rows = append(rows, store.Pulled{At: opened, Levers: "Frau Muster wollte es so"})
	got := pulled(rows)
	for i, s := range steps {
		if !reflect.DeepEqual(got[i].What, s.want) {
			t.Errorf("%q: %+v, want %+v", rows[i].Levers, got[i].What, s.want)
		}
	}
	if last := got[len(steps)].What; !reflect.DeepEqual(last, []Act{{Lever: Changed}}) {
		t.Errorf("a text of somebody's own is told as %+v", last)
	}
}

func BenchmarkOf(b *testing.B) {
	for name, people := range map[string]int{"66k": 66_000, "1M": 1_000_000} {
		m := crowd(people)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Of(m.sale, m.figures, m.now)
			}
		})
	}
}
