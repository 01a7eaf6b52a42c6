package web

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/booking"
	"einlass/internal/locale"
	"einlass/internal/store"
)

// aPage is a shared page whose rendering the test paces.
type aPage struct {
	t        *testing.T
	pages    *sharedPages
	sale     *booking.Sale
	rendered atomic.Int32
}

func newAPage(t *testing.T) *aPage {
	return &aPage{t: t, pages: newSharedPages(), sale: &booking.Sale{StoredSale: store.StoredSale{Version: 1}}}
}

// get asks for the page at a state of the sale; what is rendered is text, unless
// wrong is what became of it.
func (p *aPage) get(changes int64, window, text string, wrong error) (string, error) {
	r, err := p.pages.get(sharedKey{sale: 1, lang: locale.German, what: "event"}, p.sale, changes, window, func() ([]byte, error) {
		p.rendered.Add(1)
		return []byte(text), wrong
	})
	if err != nil {
		return "", err
	}
	return string(r.part.Plain), nil
}

func (p *aPage) want(got string, err error, text string) {
	p.t.Helper()
	if got != text || err != nil {
		p.t.Errorf("the page is %q (%v), want %q", got, err, text)
	}
}

// A page that has changed is rendered again at most every sharedEvery, and what
// is served until then is no older than that.
func TestASharedPageIsNeverOlderThanItMayBe(t *testing.T) {
	p := newAPage(t)
	got, err := p.get(1, stateOpen, "one", nil)
	p.want(got, err, "one")
	begun := time.Now()
	for n := int64(2); ; n++ {
		got, err = p.get(n, stateOpen, "later", nil)
		if got == "later" || err != nil {
			break
		}
		if age := time.Since(begun); age > 2*sharedEvery {
			t.Fatalf("still the old page after %s", age)
		}
		time.Sleep(time.Millisecond)
	}
	p.want(got, err, "later")
	if p.rendered.Load() != 2 {
		t.Errorf("rendered %d times, want twice", p.rendered.Load())
	}
}

// While one request renders, the others are served the old bytes at once; but
// never bytes of another window or of other rules: for those they wait.
func TestNobodyWaitsForAPageAndNobodySeesAWrongOne(t *testing.T) {
	p := newAPage(t)
	got, err := p.get(1, stateOpen, "old", nil)
	p.want(got, err, "old")
	time.Sleep(sharedEvery)
	begun, goOn := make(chan struct{}), make(chan struct{})
	slow := func(window string) (done chan string) {
		done = make(chan string, 1)
		go func() {
			r, err := p.pages.get(sharedKey{sale: 1, lang: locale.German, what: "event"}, p.sale, 2, window, func() ([]byte, error) {
				begun <- struct{}{}
				<-goOn
				return []byte("new"), nil
			})
			if err != nil {
				t.Error(err)
				done <- ""
				return
			}
			done <- string(r.part.Plain)
		}()
		<-begun
		return done
	}
	first := slow(stateOpen)
	for range 10 {
		got, err := p.get(2, stateOpen, "a second rendering", nil)
		p.want(got, err, "old")
	}
	goOn <- struct{}{}
	p.want(<-first, nil, "new")
	closing := slow(stateClosed)
	var waiting sync.WaitGroup
	for range 10 {
		waiting.Go(func() {
			got, err := p.get(2, stateClosed, "a second rendering", nil)
			p.want(got, err, "new")
		})
	}
	goOn <- struct{}{}
	p.want(<-closing, nil, "new")
	waiting.Wait()
	if p.rendered.Load() != 1 {
		t.Errorf("rendered %d times beside the slow ones, want once", p.rendered.Load())
	}
}

// A page that cannot be rendered is an error for who asked, not an old page that
// looks like today's; the next one who asks gets it again.
func TestASharedPageThatCannotBeRendered(t *testing.T) {
	p := newAPage(t)
	broken := errors.New("broken")
	for range 2 {
		if got, err := p.get(1, stateOpen, "", broken); !errors.Is(err, broken) {
			t.Errorf("%q, %v", got, err)
		}
	}
	got, err := p.get(1, stateOpen, "one", nil)
	p.want(got, err, "one")
	time.Sleep(sharedEvery)
	if got, err := p.get(2, stateOpen, "", broken); !errors.Is(err, broken) {
		t.Errorf("%q, %v", got, err)
	}
	got, err = p.get(1, stateOpen, "never", nil) // nothing has changed since these bytes
	p.want(got, err, "one")
	p.sale = &booking.Sale{StoredSale: store.StoredSale{Version: 2}}
	if got, err := p.get(2, stateOpen, "", broken); !errors.Is(err, broken) {
		t.Errorf("rules have changed and the old page is shown: %q, %v", got, err)
	}
	got, err = p.get(2, stateOpen, "two", nil)
	p.want(got, err, "two")
}
