package sink

import (
	"io"
	"net"
	"time"

	"github.com/emersion/go-smtp"
)

// Fault is a way in which a relay misbehaves with one message.
type Fault string

// The faults.
const (
	None      Fault = ""
	Refuse451 Fault = "451"        // come back later, after the whole message
	Greylist  Fault = "450"        // come back later, at the recipient
	Refuse550 Fault = "550"        // no such mailbox
	Reject554 Fault = "554"        // the message itself is refused
	Stall     Fault = "stall"      // reads everything and says nothing, until a new plan
	Drop      Fault = "drop"       // cuts the connection in the middle of the message
	LoseReply Fault = "lose-reply" // takes the message and cuts the connection instead of saying so
	HangUp    Fault = "hang-up"    // cuts the connection when a message is announced
	Slow      Fault = "slow"       // takes it, after SlowPause
)

// SlowPause is how long a slow relay thinks about a message.
const SlowPause = 50 * time.Millisecond

// dropAfter is how much of a message is read before the connection is cut, in
// bytes.
const dropAfter = 512

// Plan says what happens to the n-th message that is offered (1..) to a
// recipient. It runs under the sink's lock and must not call the sink.
type Plan func(n int, to string) Fault

// Well takes every message.
func Well(int, string) Fault { return None }

// Always is one fault for every message.
func Always(f Fault) Plan { return func(int, string) Fault { return f } }

// Every is a fault for each n-th message; the others are taken.
func Every(n int, f Fault) Plan {
	return func(i int, _ string) Fault {
		if i%n == 0 {
			return f
		}
		return None
	}
}

// Misbehave sets the plan from the next message on and ends running stalls.
func (s *Sink) Misbehave(p Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan = p
	close(s.healed)
	s.healed = make(chan struct{})
}

// next decides about one message.
func (s *Sink) next(to string) (Fault, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	return s.plan(s.serial, to), s.healed
}

func (s *Sink) happened(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Faults[f]++
}

func (s *Sink) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Connections++
	return &session{sink: s, conn: c.Conn()}, nil
}

// session is one conversation.
type session struct {
	sink   *Sink
	conn   net.Conn
	from   string
	to     string
	fault  Fault
	healed <-chan struct{}
}

// Mail begins a message.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.from = from
	return nil
}

// Rcpt decides what becomes of the message and carries out what happens before
// its text.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	c.fault, c.healed = c.sink.next(to)
	switch c.fault {
	case Greylist:
		return c.refuse(450, smtp.EnhancedCode{4, 7, 1}, "Greylisted <"+to+">, come back later")
	case Refuse550:
		return c.refuse(550, smtp.EnhancedCode{5, 1, 1}, "<"+to+">: no such mailbox here")
	case HangUp:
		c.cut()
		return smtp.ErrServerClosed
	}
	return nil
}

// Data takes the message, or not.
func (c *session) Data(r io.Reader) error {
	if c.fault == Drop {
		io.CopyN(io.Discard, r, dropAfter) //nolint:errcheck // the connection is cut either way
		c.cut()
		return smtp.ErrServerClosed
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := Message{At: c.sink.now(), From: c.from, To: c.to, Raw: raw}
	switch c.fault {
	case Refuse451:
		return c.refuse(451, smtp.EnhancedCode{4, 3, 0}, "Local trouble, try again later")
	case Reject554:
		return c.refuse(554, smtp.EnhancedCode{5, 7, 1}, "Message refused by policy")
	case Stall:
		c.sink.happened(Stall)
		<-c.healed
		c.cut()
		return smtp.ErrServerClosed
	case LoseReply:
		c.sink.take(m)
		c.cut()
		return smtp.ErrServerClosed
	case Slow:
		c.sink.happened(Slow)
		time.Sleep(SlowPause)
	}
	c.sink.take(m)
	return nil
}

func (c *session) refuse(code int, status smtp.EnhancedCode, text string) error {
	c.sink.happened(c.fault)
	return &smtp.SMTPError{Code: code, EnhancedCode: status, Message: text}
}

// cut ends the connection so that no reply can be sent any more.
func (c *session) cut() {
	if c.fault != Stall {
		c.sink.happened(c.fault)
	}
	c.conn.Close() //nolint:errcheck // cutting it is the point
}

// Reset begins anew.
func (c *session) Reset() { c.from, c.to, c.fault = "", "", None }

// Logout ends the conversation.
func (c *session) Logout() error { return nil }
