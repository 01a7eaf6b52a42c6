package rehearsal

import (
	"sync"
	"time"

	"einlass/internal/failpoint"
)

// Rude people do not do what the page asks: they reload without a pause, whatever
// Retry-After and Refresh say, and they do it in several windows at once, each with a
// connection of its own. Their finger tires after hurriedMax requests; from then on they
// wait like everybody else. What they wait for and miss is their own doing and stands in
// no figure by which the server is judged.

const (
	// rudeTabs is how many further windows somebody rude has open.
	rudeTabs = 3
	// rudePause is how fast a key repeats that is held down on a page that has to be
	// drawn in between.
	rudePause = 150 * time.Millisecond
)

// hurries reports whether the person does not wait now.
func (p *person) hurries() bool {
	return p.who.rude && p.hurried < hurriedMax && !failpoint.Bug(failpoint.BugRudeObeys)
}

// hurry reloads p.next in every other window and returns how long the person waits
// before the next reload. A form is not sent from elsewhere: other windows show the page
// it stands on.
func (p *person) hurry() time.Duration {
	path := p.next.path
	if p.next.post {
		path = p.crowd.cfg.Start
	}
	p.openTabs()
	var asked sync.WaitGroup
	for _, tab := range p.tabs {
		asked.Go(func() {
			tab.jar.cookies = append(tab.jar.cookies[:0], p.jar.cookies...)
			if _, err := tab.once(p.crowd.ctx, ask{path: path}, nil); err != nil {
				p.crowd.tally.count(func(t *tally) { t.counts.RudeUnanswered++ })
			}
		})
	}
	asked.Wait()
	n := 1 + len(p.tabs)
	p.hurried += n
	p.crowd.tally.count(func(t *tally) { t.counts.RudeRequests += n })
	if !p.hurries() {
		p.closeTabs()
	}
	return rudePause
}

// openTabs opens the other windows, as far as the crowd has connections left.
func (p *person) openTabs() {
	for len(p.tabs) < rudeTabs && p.crowd.gate.try() {
		p.tabs = append(p.tabs, &browser{
			host: p.host, lens: p.lens, lang: p.lang, opened: p.opened, closed: p.closed, asked: p.asked, late: p.late,
		})
	}
}

// closeTabs gives their connections back.
func (p *person) closeTabs() {
	c := p.crowd
	for _, tab := range p.tabs {
		tab.hangUp()
		c.gate.leave()
		c.tally.count(func(t *tally) {
			t.counts.Reconnects += tab.reconnects
			t.counts.BytesIn += tab.in
			t.counts.BytesOut += tab.out
		})
	}
	p.tabs = nil
}

// unanswered counts a request without a usable answer.
func (p *person) unanswered(err error) {
	p.crowd.tally.count(func(t *tally) {
		if p.who.rude {
			t.counts.RudeUnanswered++
			return
		}
		t.counts.Unanswered++
		t.missing[whyMissing(err)]++
	})
}
