package app

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// lanes let only so many requests of one listener be worked on at the same time;
// the others wait in the order in which they came. That keeps the run queue
// short: a thousand handlers that are all ready to run make every step of a
// clerk's request wait behind them, although their listener is not theirs
// (LIBRARIES, run-queue trap). Whoever has a cart or a booking has a lane of
// their own, so that a storm of newcomers does not cost them their place; who
// looks has another one than who acts, because pages cost processor time, while
// acting is mostly waiting for the batch that carries it. Pages that everybody
// sees alike are bytes in memory and wait for nobody.
type lanes struct {
	next                http.Handler
	looks, acts, finish lane
	waiting, late       atomic.Int64
}

// lane is so many places at work and how long one waits for one.
type lane struct {
	places chan struct{}
	within time.Duration
}

// Measured with 3,000 people at once on two cores that others used too: a clerk's
// booking took 0.2 to 0.4 s at p99 with these limits, 1.3 s with 256 who act at
// once, 0.3 to 2.7 s with 64 of both kinds and 2.5 to 6.8 s without a limit; the
// public's own answers became faster as well. Sixteen to a batch are 5,000
// commands a second on a disk that takes 3 ms for a sync.
const (
	looksPerCore  = 2
	actsPerCore   = 8
	finishPerCore = 8
)

// Who waits longer is asked to come again: a queue that is longer than this never
// becomes shorter by itself, and everybody in it would wait as long (LIMITS 1e).
// Who finishes waits as long as a request may last, less the time to answer it.
const (
	looksWithin  = 3 * time.Second
	actsWithin   = 5 * time.Second
	finishWithin = answerWithin - 5*time.Second
	// Whoever is asked to come again is told a time from retryFrom on, and not all
	// the same one.
	retryFrom   = 3 // seconds
	retrySpread = 6 // seconds
)

func newLanes() *lanes {
	cores := runtime.GOMAXPROCS(0)
	return &lanes{
		looks:  lane{make(chan struct{}, looksPerCore*cores), looksWithin},
		acts:   lane{make(chan struct{}, actsPerCore*cores), actsWithin},
		finish: lane{make(chan struct{}, finishPerCore*cores), finishWithin},
	}
}

// lane is the lane of a request; nil for what waits for nobody.
func (l *lanes) lane(r *http.Request) *lane {
	own := strings.HasPrefix(r.URL.Path, "/cart/") || strings.HasPrefix(r.URL.Path, "/b/")
	switch {
	case r.Method == http.MethodPost && own:
		return &l.finish
	case r.Method == http.MethodPost:
		return &l.acts
	case !own && (strings.Count(r.URL.Path, "/") <= sharedDepth || strings.HasSuffix(r.URL.Path, "/status.json")):
		return nil
	}
	return &l.looks
}

// sharedDepth is how deep in the site the pages lie that everybody sees alike:
// /{org}/{event}.
const sharedDepth = 2

// ServeHTTP waits for a turn. Who waits too long is asked to come again; nothing
// of theirs has been looked at.
func (l *lanes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lane := l.lane(r)
	if lane == nil {
		l.next.ServeHTTP(w, r)
		return
	}
	if err := readForm(w, r); err != nil {
		status := http.StatusRequestTimeout
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		plain(w, status, "Das Formular kam nicht vollständig an. Bitte senden Sie es noch einmal.\nThe form did not arrive completely. Please send it again.")
		return
	}
	select {
	case lane.places <- struct{}{}:
	default:
		if !l.wait(lane, r) {
			l.later(w)
			return
		}
	}
	answer := work(lane, l.next, w, r)
	answer.send()
}

// work lets the handler have its place and gives it back before anything is sent:
// how fast somebody reads costs nobody else a turn.
func work(lane *lane, next http.Handler, w http.ResponseWriter, r *http.Request) *heldBack {
	defer func() { <-lane.places }()
	answer := &heldBack{to: w, status: http.StatusOK}
	next.ServeHTTP(answer, r)
	return answer
}

// heldBack keeps an answer until the place is given back. Pages that pass a lane
// are some ten kB.
type heldBack struct {
	to     http.ResponseWriter
	status int
	body   bytes.Buffer
}

// Header is the answer's header.
func (h *heldBack) Header() http.Header { return h.to.Header() }

// WriteHeader notes the status.
func (h *heldBack) WriteHeader(status int) { h.status = status }

// Write keeps the bytes.
func (h *heldBack) Write(p []byte) (int, error) { return h.body.Write(p) }

func (h *heldBack) send() {
	h.to.WriteHeader(h.status)
	h.to.Write(h.body.Bytes()) //nolint:errcheck // a browser that has gone needs no answer
}

// formMax is the largest form that is read before a turn, in bytes, and formWithin
// how long it may take to arrive: a form of ours is a few hundred bytes.
const (
	formMax    = 64 << 10
	formWithin = 5 * time.Second
)

// readForm takes the whole form in, so that nobody waits for a turn with half a
// form, or holds one while the rest trickles in.
func readForm(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	c := http.NewResponseController(w)
	if err := c.SetReadDeadline(time.Now().Add(formWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, formMax))
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	// Not past the form: a deadline that struck later would end the request.
	if err := c.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

func (l *lanes) wait(lane *lane, r *http.Request) bool {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	t := time.NewTimer(lane.within)
	defer t.Stop()
	select {
	case lane.places <- struct{}{}:
		return true
	case <-t.C:
	case <-r.Context().Done():
	}
	return false
}

func (l *lanes) later(w http.ResponseWriter) {
	n := l.late.Add(1)
	w.Header().Set("Retry-After", strconv.FormatInt(retryFrom+n%retrySpread, 10))
	plain(w, http.StatusServiceUnavailable, "Gerade sind sehr viele Menschen hier. Es ist nichts verloren: Bitte laden Sie diese Seite in einigen Sekunden neu.\n"+
		"Very many people are here right now. Nothing is lost: please reload this page in a few seconds.")
}
