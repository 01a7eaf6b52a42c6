package outbox

import "time"

// domainsMax bounds the domains remembered; beyond it all are forgotten, which
// costs one burst.
const domainsMax = 10_000

// pacer spaces messages: all of them a little, those to one domain more.
type pacer struct {
	pace, domainPace time.Duration
	next             time.Time            // when any message may be sent
	domains          map[string]time.Time // when one to this domain may
}

func newPacer(pace, domainPace time.Duration) pacer {
	return pacer{pace: pace, domainPace: domainPace, domains: make(map[string]time.Time)}
}

// choose returns the oldest job that may be sent now, or the one that may be
// sent first with how long that is.
func (p *pacer) choose(jobs []job, now time.Time) (best int, wait time.Duration) {
	for i := range jobs {
		w := max(p.next.Sub(now), p.domains[jobs[i].domain].Sub(now))
		if i == 0 || w < wait {
			best, wait = i, w
		}
		if w <= 0 {
			return i, 0
		}
	}
	return best, wait
}

func (p *pacer) sent(domain string, now time.Time) {
	p.next = now.Add(p.pace)
	if len(p.domains) >= domainsMax {
		clear(p.domains)
	}
	p.domains[domain] = now.Add(p.domainPace)
}
