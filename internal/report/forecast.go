package report

import (
	"time"

	"einlass/internal/store"
)

// word is what somebody who waits was told for the first time.
type word uint8

const (
	noWord word = iota // called before, or told "open" only
	saidProbably
	saidNot
)

// told is how many numbers there are for each word, called and not called.
type told map[word]struct{ called, waiting int }

// forecast lays out what was told; words gives what may be told of it.
func (b *builder) forecast(c calling) (words func() *Forecast) {
	if len(b.figures.Told) == 0 {
		return func() *Forecast { return nil }
	}
	t := firstWords(b.figures)
	group := func(w word) (all, called, waiting cell) {
		n := t[w]
		all, called, waiting = b.add(n.called+n.waiting, rankFrame), b.add(n.called, rankFrame), b.silent(n.waiting)
		b.adds(all, called, waiting)
		return all, called, waiting
	}
	probably, probablyCalled, probablyWaits := group(saidProbably)
	not, notCalled, notWaits := group(saidNot)
	b.adds(c.called, probablyCalled, notCalled, b.silent(t[noWord].called))
	b.adds(c.waiting, probablyWaits, notWaits, b.silent(t[noWord].waiting))
	return func() *Forecast {
		return &Forecast{b.count(probably), b.count(probablyCalled), b.count(not), b.count(notCalled)}
	}
}

// firstWords goes through the sale once, in the order of time, with those who have heard
// neither word: "probably" takes from their front and "probably not" from their back, so
// that each is looked at once or twice, however often the forecast moved.
func firstWords(f *store.Figures) told {
	w := walk{Figures: f, words: make([]word, f.Room.Entries), unheard: make([]uint32, f.Room.Frozen, f.Room.Entries)}
	for i := range w.unheard {
		w.unheard[i] = uint32(i) + 1 //nolint:gosec // a number
	}
	for _, t := range f.Told {
		w.until(t.At)
		w.now = t
		w.tell()
	}
	w.until(time.Time{})
	out := told{}
	for i, word := range w.words {
		n := out[word]
		if i < int(f.Room.Called) {
			n.called++
		} else {
			n.waiting++
		}
		out[word] = n
	}
	return out
}

// walk is where firstWords has come to; joined and calls are how many of those have been.
type walk struct {
	*store.Figures
	words   []word
	unheard []uint32 // numbers in their order
	now     store.Told
	joined  int
	calls   int
}

// until lets come what came before a moment, or all that is left: numbers that were
// called hear nothing more, and whoever comes hears at once what is told then.
func (w *walk) until(at time.Time) {
	before := func(t time.Time) bool { return at.IsZero() || !t.After(at) }
	for {
		call := w.calls < len(w.Calls) && before(w.Calls[w.calls].At)
		join := w.joined < len(w.Late) && before(w.Late[w.joined].At)
		switch {
		case join && !(call && w.Calls[w.calls].At.Before(w.Late[w.joined].At)):
			w.joined++
			w.unheard = append(w.unheard, w.Room.Frozen+uint32(w.joined)) //nolint:gosec // a number
			w.tell()
		case call:
			for len(w.unheard) > 0 && w.unheard[0] <= w.Calls[w.calls].To {
				w.unheard = w.unheard[1:]
			}
			w.calls++
		default:
			return
		}
	}
}

// tell says what is told now to those who have heard neither word.
func (w *walk) tell() {
	if w.now.At.IsZero() {
		return
	}
	for len(w.unheard) > 0 && w.unheard[0] <= w.now.Probably {
		w.words[w.unheard[0]-1] = saidProbably
		w.unheard = w.unheard[1:]
	}
	for n := len(w.unheard); n > 0 && w.now.Not > 0 && w.unheard[n-1] >= w.now.Not; n-- {
		w.words[w.unheard[n-1]-1] = saidNot
		w.unheard = w.unheard[:n-1]
	}
}
