package web

import (
	"bytes"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/committer"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/store"
)

// lanes keep the public side from standing in its own way, and in the clerks'. Only
// so many requests are worked on at the same time; the others wait in the order in
// which they came, by lane and sale, and the lines take turns. That keeps the run
// queue short: a thousand handlers that are all ready to run make every step of a
// clerk's request wait behind them, although their listener is not theirs
// (LIBRARIES, run-queue trap). Whoever waits for a batch of the committer gives the
// turn back meanwhile, and there only so many may be under way at once: a batch full
// of those who want something new, and one of those who finish what they have, so
// that a storm of newcomers does not cost anybody their place.
type lanes struct {
	work                        *turns // at the processor
	shared, looks, acts, finish lane
	queue, waits, takes         lane // of waiting rooms: on the way to a number, with one, and let in
	mine                        lane // of those who have a place
	waiting, late               atomic.Int64
	backlogs                    *backlogs
	lag                         lag           // of those who wait for their number
	quit                        chan struct{} // of every lane that has one
	once                        sync.Once
}

// lane is one kind of request.
type lane struct {
	name   string
	weight int           // how many of each of its lines are called in a round
	within time.Duration // how long one waits for a turn
	under  *turns        // how many may be under way; nil where nobody waits for batches
	// always lets people stand however long the line is: they have something to lose, or what
	// they ask for costs no more than sending them away (LIMITS 1d).
	always bool
	// quit is closed when the server is being stopped; nil where what was begun is
	// finished.
	quit <-chan struct{}
}

// line is where people of a sale stand in the lane.
func (l *lane) line(sale string) line { return line{l.name + sale, l.weight} }

// stands is how long people should have to stand in line, at most.
func (l *lane) stands() time.Duration { return l.within / standShare }

const (
	// workPerCore is how many requests are worked on at once on each core. With two
	// something is always ready to run, and the scheduler then asks the network only every
	// 10 ms and for 128 of it: everybody, clerks too, stands in the kernel's list (ADR 8).
	workPerCore = 1
	// underWay is how many of a lane may be under way: with more the batches do
	// not become fuller (committer.BatchMax), only later.
	underWay = committer.BatchMax
)

// Whoever acts is further on the way than who looks, and has more turns: places are
// given out sooner, and fewer people are under way at once.
const (
	looksWeight = 1
	actsWeight  = 4
	// Who fills in the form on the way to a number asks twice where who comes new asks once.
	queueWeight = 2
	// Who waits for their number asks for next to nothing, and must hear that it is
	// their turn; who draws one has all the time that the crowd before them takes.
	waitsWeight = 2
)

// Whoever would wait half as long is asked at once to come again, at a moment of their own
// (backlogs): a queue that is longer than this never becomes shorter by itself, everybody in
// it would wait as long (LIMITS 1e), and each keeps one of the connections that others need.
// Who finishes, or was let in, waits longest, and still gets an answer within the time that a
// request may take; so does whoever wants a page that lies in memory, or is made of parts that
// do: it is no dearer than a page that says no.
const (
	newWithin    = 8 * time.Second
	pageWithin   = 15 * time.Second
	finishWithin = 15 * time.Second
)

func newLanes() *lanes {
	quit := make(chan struct{})
	return &lanes{
		quit:     quit,
		backlogs: newBacklogs(),
		work:     newTurns(workPerCore * runtime.GOMAXPROCS(0)),
		shared:   lane{name: "shared", weight: looksWeight, within: pageWithin, always: true, quit: quit},
		looks:    lane{name: "looks", weight: looksWeight, within: newWithin, quit: quit},
		acts:     lane{name: "acts", weight: actsWeight, within: newWithin, under: newTurns(underWay), quit: quit},
		finish:   lane{name: "finish", weight: actsWeight, within: finishWithin, always: true, under: newTurns(underWay)},
		queue:    lane{name: "queue", weight: queueWeight, within: newWithin, under: newTurns(underWay), quit: quit},
		waits:    lane{name: "waits", weight: waitsWeight, within: pageWithin, always: true, quit: quit},
		takes:    lane{name: "takes", weight: actsWeight, within: finishWithin, always: true, under: newTurns(underWay), quit: quit},
		mine:     lane{name: "mine", weight: actsWeight, within: finishWithin, always: true, quit: quit},
	}
}

// in makes a handler wait for its turn in a lane. Who waits too long is asked to
// come again and keeps what they typed. Before anything is sent every turn is given
// back: how fast somebody reads costs nobody else theirs.
func (s *Site) in(l *lane, h func(http.ResponseWriter, *request) error) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *request) error {
		answer := &heldBack{to: w, status: http.StatusOK}
		defer answer.release()
		if away, late := s.inTurn(l, h, answer, r); late {
			return fault.BusyFor(away, "no turn in time")
		}
		answer.send()
		return nil
	})
}

// inTurn takes the lane's turns, lets the handler answer and gives them back; late when a
// turn did not come in time, and then how long to stay away.
func (s *Site) inTurn(l *lane, h func(http.ResponseWriter, *request) error, w http.ResponseWriter, r *request) (away time.Duration, late bool) {
	l = s.outside(l, r)
	if l == &s.lanes.finish && failpoint.Bug(failpoint.BugFinishWaits) {
		l = &s.lanes.acts
	}
	began, in := time.Now(), l.line(s.saleOf(r))
	if away, stands := s.lanes.backlogs.enter(in.name, l, began); !stands {
		s.linger(l, r)
		s.lanes.late.Add(1)
		return max(0, away-lingers), true
	}
	if l == &s.lanes.waits {
		s.lanes.lag.enter(began)
	}
	heard := s.lineUp(l, in, began.Add(l.within), r)
	now := time.Now()
	if l == &s.lanes.waits {
		s.lanes.lag.leave(now.Sub(began), heard, now)
	}
	if !heard {
		return s.sendAway(l, in, began, r), true
	}
	s.lanes.backlogs.served(in.name, now.Sub(began), now)
	if l.under != nil {
		defer l.under.give()
	}
	s.work(h, w, r)
	return 0, false
}

// lineUp waits in the line for what the lane asks for: to be under way, and a turn at the
// processor. False if they did not come in time; then nothing is kept.
func (s *Site) lineUp(l *lane, in line, until time.Time, r *request) bool {
	if l.under != nil {
		if !s.await(l.under, l, in, until, r) {
			return false
		}
		r.Request = r.WithContext(committer.WithTurn(r.ctx(), s.lanes.work))
	}
	if !s.await(s.lanes.work, l, in, until, r) {
		if l.under != nil {
			l.under.give()
		}
		return false
	}
	return true
}

// sendAway says how long somebody who has stood in line since began stays away. Who has gone
// by themselves, or is sent home by a stop, says nothing of the line.
func (s *Site) sendAway(l *lane, in line, began time.Time, r *request) time.Duration {
	now := time.Now()
	if r.ctx().Err() != nil || now.Before(began.Add(l.within)) {
		s.lanes.backlogs.left(in.name, now)
		return 0
	}
	s.lanes.late.Add(1)
	away := s.lanes.backlogs.late(in.name, l, now)
	if l == &s.lanes.waits {
		s.lanes.lag.sentAway(now.Add(away + retrySpread*time.Second))
	}
	return away
}

// lingers is how long whoever does not get into a line is kept before they are told so: a
// script that asks again at once, whatever it is told, has one answer a second on each of its
// connections, not thousands (LIMITS 1d: a refusal costs as much as a page).
const lingers = time.Second

func (s *Site) linger(l *lane, r *request) {
	timer := time.NewTimer(lingers)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.ctx().Done():
	case <-l.quit:
	}
}

// outside is the lane of a request: where a sale has a room, whoever has no pass yet is
// on the way to a number, and those who were let in go first.
func (s *Site) outside(l *lane, r *request) *lane {
	if l != &s.lanes.acts && l != &s.lanes.looks || r.PathValue("event") == "" {
		return l
	}
	sale, err := s.sale(r.Request)
	if err != nil || !hasRoom(sale) {
		return l
	}
	if _, err := s.pass(r, sale); err != nil {
		return &s.lanes.queue
	}
	if l == &s.lanes.looks {
		return &s.lanes.mine
	}
	return &s.lanes.takes
}

// await waits for a turn, not longer than until.
func (s *Site) await(t *turns, l *lane, in line, until time.Time, r *request) bool {
	s.lanes.waiting.Add(1)
	defer s.lanes.waiting.Add(-1)
	return t.take(r.ctx(), in, until, l.quit)
}

// Answered is how many people a second who wait for their number were answered of late;
// waited if some had to wait for it. For sales that have a waiting room.
func (s *Site) Answered(sale *store.StoredSale) (perSecond float64, waited bool) {
	return s.lanes.backlogs.measured(s.lanes.waits.line(sale.Path()).name, time.Now())
}

// Lag is how late, in real time, those hear how it stands who wait for their number.
func (s *Site) Lag() time.Duration { return s.lanes.lag.longest(time.Now()) }

// work lets the handler have its turn, also for the page of its error, and gives it
// back whatever happens.
func (s *Site) work(h func(http.ResponseWriter, *request) error, w http.ResponseWriter, r *request) {
	defer s.lanes.work.give()
	if err := h(w, r); err != nil {
		s.fail(w, r, err)
	}
}

// saleOf names the sale whose line a request waits in; addresses that are no
// sale's share one, so that nobody gets more turns by inventing some.
func (s *Site) saleOf(r *request) string {
	event := r.PathValue("event")
	if event == "" {
		return ""
	}
	sale, err := s.Booking.Sales.ByPath(r.PathValue("org"), event)
	if err != nil {
		return ""
	}
	return sale.Path()
}

// Quit asks everybody who waits for a turn to come again, but for those who finish
// what they have: the server is being stopped.
func (s *Site) Quit() { s.lanes.once.Do(func() { close(s.lanes.quit) }) }

// Waiting is how many public requests wait for their turn now, and Late how many
// were asked to come again because it did not come.
func (s *Site) Waiting() int64 { return s.lanes.waiting.Load() }

// Late is described at Waiting.
func (s *Site) Late() int64 { return s.lanes.late.Load() }

// heldBack keeps an answer until the turn is given back. Pages that pass a lane
// are some ten kB.
type heldBack struct {
	to     http.ResponseWriter
	status int
	body   *bytes.Buffer // nil before anything was written: nobody who waits has one
}

// Header is the answer's header.
func (h *heldBack) Header() http.Header { return h.to.Header() }

// WriteHeader notes the status.
func (h *heldBack) WriteHeader(status int) { h.status = status }

// Write keeps the bytes.
func (h *heldBack) Write(p []byte) (int, error) {
	if h.body == nil {
		h.body = takeBody()
	}
	return h.body.Write(p)
}

// send answers in one piece of known length.
func (h *heldBack) send() {
	var body []byte
	if h.body != nil {
		body = h.body.Bytes()
	}
	if h.Header().Get("Content-Length") == "" {
		h.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	h.to.WriteHeader(h.status)
	h.to.Write(body) //nolint:errcheck // a browser that has gone needs no answer
}

// release gives the body back; nothing is written after it.
func (h *heldBack) release() {
	if h.body != nil {
		giveBody(h.body)
	}
	h.body = nil
}
