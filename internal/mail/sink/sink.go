// Package sink is a mail relay for the demo and the tests: it takes messages,
// counts them by Message-ID, keeps the last ones, and can be told to misbehave
// in every way real relays do. It forwards nothing and listens on loopback only.
package sink

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/mail"
	"sync"
	"time"

	"einlass/internal/fault"

	"github.com/emersion/go-smtp"
)

// Limits of the sink.
const (
	messageBytesMax = 1 << 20         // one message; ours have about 20 kB
	keepDefault     = 1000            // messages kept whole
	idsMax          = 1_000_000       // different Message-IDs counted
	recipientsMax   = 10              // of one message
	idleMax         = 5 * time.Minute // of a connection: RFC 5321 §4.5.3.2.7
)

// Message is one that was taken.
type Message struct {
	No   int // in the order of arrival, from 1: its name for as long as it is kept
	At   time.Time
	ID   string // Message-ID without brackets
	From string
	To   string
	Raw  []byte
}

// Options configure a sink.
type Options struct {
	Address string           // "127.0.0.1:0" when empty
	Keep    int              // how many messages are kept whole, the newest; keepDefault when 0
	Now     func() time.Time // time.Now when nil
}

// Sink is a running relay.
type Sink struct {
	now  func() time.Time
	keep int

	mu      sync.Mutex // guards everything below
	address string
	server  *smtp.Server // nil while refusing connections
	listen  net.Listener
	done    chan struct{}
	plan    Plan
	serial  int           // transactions so far
	healed  chan struct{} // closed when a new plan is set: stalls end
	counts  Counts
	ids     map[string]int // times each Message-ID was taken
	kept    []Message
}

// Counts are what has happened so far.
type Counts struct {
	Connections int
	Taken       int           // messages, copies included
	Distinct    int           // different Message-IDs
	Copies      int           // Taken - Distinct
	Faults      map[Fault]int // faults that really happened
}

// Start listens and serves until Close. Unavailable if the address is taken.
func Start(o Options) (*Sink, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Keep == 0 {
		o.Keep = keepDefault
	}
	s := &Sink{
		now: o.Now, keep: o.Keep, address: o.Address, plan: Well, healed: make(chan struct{}),
		ids: make(map[string]int), counts: Counts{Faults: make(map[Fault]int)},
	}
	return s, s.Up()
}

// Up accepts connections again after Down, at the same address.
func (s *Sink) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return nil
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return fault.New(fault.Unavailable, "mail sink: %w", err)
	}
	s.address = l.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain = "sink.invalid"
	server.MaxMessageBytes, server.MaxRecipients = messageBytesMax, recipientsMax
	server.ReadTimeout, server.WriteTimeout = idleMax, idleMax
	server.ErrorLog = log.New(io.Discard, "", 0) // broken connections are its business
	s.server, s.listen, s.done = server, l, make(chan struct{})
	go func(done chan struct{}) { // owns the listener; ends with Down or Close
		defer close(done)
		server.Serve(l) //nolint:errcheck // it returns when it is closed, and a caller sees refused connections
	}(s.done)
	return nil
}

// Down refuses connections and cuts the open ones, until Up.
func (s *Sink) Down() {
	s.mu.Lock()
	server, listen, done := s.server, s.listen, s.done
	s.server = nil
	s.mu.Unlock()
	if server == nil {
		return
	}
	server.Close() //nolint:errcheck // closing a listener twice is what it could complain about
	listen.Close() //nolint:errcheck // the server knows it only once it has begun to serve
	<-done
}

// Close ends the sink for good.
func (s *Sink) Close() {
	s.Misbehave(Well)
	s.Down()
}

// Port returns the port the sink listens on.
func (s *Sink) Port() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := net.ResolveTCPAddr("tcp", s.address)
	if err != nil {
		return 0
	}
	return a.Port
}

// Counts returns what has happened so far.
func (s *Sink) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c.Faults = make(map[Fault]int, len(s.counts.Faults))
	for f, n := range s.counts.Faults {
		c.Faults[f] = n
	}
	return c
}

// Messages returns the messages kept, oldest first.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.kept...)
}

// Message returns one that is kept; NotFound if there is none of that number.
func (s *Sink) Message(no int) (*Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) == 0 || no < s.kept[0].No || no > s.kept[len(s.kept)-1].No {
		return nil, fault.New(fault.NotFound, "no message %d", no)
	}
	m := s.kept[no-s.kept[0].No] // numbers have no gaps
	return &m, nil
}

// Copies returns how often each Message-ID beyond the first time was taken.
func (s *Sink) Copies() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int)
	for id, n := range s.ids {
		if n > 1 {
			out[id] = n - 1
		}
	}
	return out
}

// take keeps and counts one message. Messages without an id are all different.
func (s *Sink) take(m Message) {
	if parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw)); err == nil {
		m.ID = bare(parsed.Header.Get("Message-Id"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Taken++
	m.No = s.counts.Taken
	if m.ID == "" || s.ids[m.ID] == 0 {
		s.counts.Distinct++
	}
	if m.ID != "" && (len(s.ids) < idsMax || s.ids[m.ID] > 0) {
		s.ids[m.ID]++
	}
	s.counts.Copies = s.counts.Taken - s.counts.Distinct
	if len(s.kept) >= s.keep {
		s.kept = append(s.kept[:0], s.kept[1:]...)
	}
	s.kept = append(s.kept, m)
}

func bare(id string) string {
	if n := len(id); n > 2 && id[0] == '<' && id[n-1] == '>' {
		return id[1 : n-1]
	}
	return id
}
