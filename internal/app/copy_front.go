package app

import (
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"einlass/internal/fault"
	"einlass/internal/rehearsal"
	"einlass/internal/web"
)

// Limits of a copy, beside the grant's own.
const (
	// requestsPerPerson bounds what a crowd may ask altogether: a person of ours makes
	// at most 2,000 requests, and somebody rude some hundreds in further windows.
	requestsPerPerson = 2_500
	// handInWithin is how long after its minutes a crowd may still hand in what it saw.
	handInWithin = time.Minute
	// fetchWithin is how long a judgement waits to be fetched.
	fetchWithin = time.Minute
	// uploadWithin is how long a result may take to arrive.
	uploadWithin = time.Minute
	// announceSize bounds an announcement, in bytes.
	announceSize = 1 << 10
)

// copyFront stands before the public pages of a copy. It talks with the crowd, to whom
// alone it is there, and ends the copy when its bounds are reached.
type copyFront struct {
	copy     *saleCopy
	token    string
	requests atomic.Int64
	over     chan struct{} // closed when the copy is to be closed
	results  chan *rehearsal.Result

	mu       sync.Mutex // guards all below
	begun    bool
	said     rehearsal.Announcement
	same     bool // the crowd runs on this machine
	handed   bool
	judged   *rehearsal.Judged
	failed   string
	deadline time.Time
	ended    bool
	why      string
}

func newCopyFront(c *saleCopy) *copyFront {
	return &copyFront{
		copy: c, token: hex.EncodeToString(c.grant.Token[:]), over: make(chan struct{}), results: make(chan *rehearsal.Result, 1), deadline: c.grant.Until,
	}
}

// wrap puts the front before the site. Whoever has no token finds nothing of it.
func (f *copyFront) wrap(site http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+rehearsal.GrantPath, f.invite)
	mux.HandleFunc("POST "+rehearsal.BeginPath, f.begin)
	mux.HandleFunc("POST "+rehearsal.ResultPath, f.takeResult)
	mux.HandleFunc("GET "+rehearsal.ResultPath, f.tellJudgement)
	most := int64(f.copy.grant.People) * requestsPerPerson
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(web.RehearsalHeader, "copy")
		if f.requests.Add(1) > most {
			f.end("more was asked than the granted number of people can ask")
		}
		if !strings.HasPrefix(r.URL.Path, rehearsal.GrantPath) || !f.knows(r) {
			site.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// knows reports whether a request shows the grant's token.
func (f *copyFront) knows(r *http.Request) bool {
	shown := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	return subtle.ConstantTimeCompare([]byte(shown), []byte(f.token)) == 1
}

// end closes the copy soon; the first reason counts.
func (f *copyFront) end(why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ended {
		f.ended, f.why = true, why
		close(f.over)
	}
}

// due ends the copy when its time is up.
func (f *copyFront) due(now time.Time) {
	f.mu.Lock()
	late := now.After(f.deadline)
	f.mu.Unlock()
	if late {
		f.end("the granted time is over")
	}
}

func (f *copyFront) invite(w http.ResponseWriter, _ *http.Request) {
	i := f.copy.invitation()
	f.mu.Lock()
	i.Begun = f.begun
	f.mu.Unlock()
	answer(w, http.StatusOK, i)
}

// begin takes an announcement: once, within the bounds, in time.
func (f *copyFront) begin(w http.ResponseWriter, r *http.Request) {
	var said rehearsal.Announcement
	if err := json.NewDecoder(io.LimitReader(r.Body, announceSize)).Decode(&said); err != nil || said.People < 1 || said.Minutes < 1 {
		answer(w, http.StatusUnprocessableEntity, rehearsal.Refusal{Why: "an announcement names people and minutes"})
		return
	}
	if err := f.announce(said, sameMachine(r), time.Now()); err != nil {
		answer(w, http.StatusForbidden, rehearsal.Refusal{Why: fault.As(err).Err.Error()})
		return
	}
	answer(w, http.StatusOK, struct{}{})
}

func (f *copyFront) announce(said rehearsal.Announcement, same bool, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	bounds := rehearsal.Invitation{People: f.copy.grant.People, Minutes: f.copy.grant.Minutes}
	switch {
	case f.begun:
		return fault.New(fault.Forbidden, "a crowd was announced already; a grant is good for one")
	case f.ended || now.After(f.deadline):
		return fault.New(fault.Forbidden, "the grant has expired")
	}
	if err := bounds.Allows(said.People, said.Minutes); err != nil {
		return err
	}
	f.begun, f.said, f.same = true, said, same
	f.deadline = now.Add(f.copy.lead() + time.Duration(said.Minutes)*time.Minute + handInWithin)
	f.copy.meter.begin()
	f.copy.stage.clock.Go()
	return nil
}

// sameMachine reports whether a request came from this machine.
func sameMachine(r *http.Request) bool {
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	if ip := net.ParseIP(from); ip != nil && ip.IsLoopback() {
		return true
	}
	if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		to, _, err := net.SplitHostPort(at.String())
		return err == nil && to == from
	}
	return false
}

// takeResult takes what the crowd saw; judging it goes on beside.
func (f *copyFront) takeResult(w http.ResponseWriter, r *http.Request) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(uploadWithin))  // where it cannot be set, the usual time has to do
	_ = c.SetWriteDeadline(time.Now().Add(uploadWithin)) // likewise
	result := &rehearsal.Result{}
	if err := json.NewDecoder(io.LimitReader(r.Body, rehearsal.ResultSize)).Decode(result); err != nil {
		answer(w, http.StatusUnprocessableEntity, rehearsal.Refusal{Why: "the result cannot be read"})
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.begun || f.handed:
		answer(w, http.StatusForbidden, rehearsal.Refusal{Why: "no result is waited for"})
	case result.Config.People > f.said.People:
		answer(w, http.StatusForbidden, rehearsal.Refusal{Why: "more people came than were announced"})
	default:
		f.handed = true
		f.deadline = time.Now().Add(checkWithin + fetchWithin)
		f.results <- result
		answer(w, http.StatusOK, struct{}{})
	}
}

// tellJudgement answers with the judgement once it is there.
func (f *copyFront) tellJudgement(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	judged, failed := f.judged, f.failed
	f.mu.Unlock()
	switch {
	case failed != "":
		answer(w, http.StatusForbidden, rehearsal.Refusal{Why: failed})
		f.end("it could not be judged")
	case judged == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusOK, judged)
		f.end("")
	}
}

// settle keeps the judgement for the crowd.
func (f *copyFront) settle(j *rehearsal.Judged, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judged, f.deadline = j, time.Now().Add(fetchWithin)
	if err != nil {
		f.judged, f.failed = nil, err.Error()
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck,errchkjson // whoever asked has gone
}
