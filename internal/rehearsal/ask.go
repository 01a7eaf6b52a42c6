package rehearsal

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
)

// browser is what one person or clerk asks with: a host, cookies, a connection.
type browser struct {
	host *host
	lens *lens
	jar  jar
	conn *conn
	lang locale.Lang

	requests   int
	in, out    int64 // bytes on the wire
	reconnects int
	opened     func(*conn)
	closed     func(*conn)
	late       func(since time.Time) bool // the crowd itself was, since then
	asked      func(wire int64, a *answer)
}

// ask is one request to be made.
type ask struct {
	step string // the form's step; empty for a link
	post bool
	path string
	body []byte
}

// answer is what came back in the end, redirects followed.
type answer struct {
	status     int
	path       string // where it came from
	page       *Page
	retryAfter time.Duration // -1 = not told
	names      bool          // the page shows every name that was looked for
	location   string        // of a redirect not followed
}

// busy reports whether the server asked to come again: 503 with Retry-After.
func (a *answer) busy() bool { return a.status == 503 && a.retryAfter >= 0 }

// redirect reports whether the answer only points elsewhere.
func (a *answer) redirect() bool {
	return a.location != "" && (a.status == 303 || a.status == 302 || a.status == 301)
}

// follow asks, goes where it is sent by 303 (and 301, 302, which browsers treat
// alike after a form), and returns the page at the end.
func (b *browser) follow(ctx context.Context, q ask, names []string) (*answer, error) {
	a, err := b.once(ctx, q, names)
	return b.onward(ctx, a, err, names)
}

// onward follows the redirects of an answer that is there already.
func (b *browser) onward(ctx context.Context, a *answer, err error, names []string) (*answer, error) {
	for hops := 0; err == nil && a.redirect(); hops++ {
		if hops == hopsMax {
			return nil, fault.New(fault.Unavailable, "rehearsal: more than %d redirects in a row", hopsMax)
		}
		var path string
		if path, err = b.host.path(a.path, a.location); err != nil {
			return nil, err
		}
		a, err = b.once(ctx, ask{path: path}, names)
	}
	return a, err
}

// once makes one request. A kept connection that turns out to be closed is
// replaced, as browsers do (RFC 9112, 9.3.1), and so is a new one that only the crowd's
// own lateness has cost, lateMost times in a row: nobody's phone would have been late.
func (b *browser) once(ctx context.Context, q ask, names []string) (*answer, error) {
	r, wire, err := b.exchange(ctx, q)
	for n := 0; n <= lateMost && (errors.Is(err, errStale) || errors.Is(err, errLate)); n++ {
		b.reconnects++
		r, wire, err = b.exchange(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	defer r.free()
	for _, line := range r.cookies {
		b.jar.set(line, q.path)
	}
	a := &answer{status: r.status, path: q.path, retryAfter: r.retryAfter, location: r.location}
	if a.redirect() {
		a.page = &Page{}
	} else if a.page, err = b.lens.page(r); err != nil {
		return nil, err
	}
	b.asked(wire, a)
	if a.page.Kind == kindBooking && len(names) > 0 {
		a.names, err = shows(r, names)
	}
	return a, err
}

// exchange sends one request over the open connection, or a new one.
func (b *browser) exchange(ctx context.Context, q ask) (*response, int64, error) {
	begun, dialled := time.Now(), b.conn == nil
	if dialled {
		c, err := b.host.dial(ctx)
		if isTimeout(err) && b.late(begun) {
			return nil, 0, errLate
		}
		if err != nil {
			return nil, 0, err
		}
		b.conn = c
		b.opened(c)
	}
	c := b.conn
	in, out := c.in, c.out
	buffer, ok := buffers.Get().(*[]byte)
	if !ok {
		return nil, 0, fault.New(fault.Internal, "rehearsal: the buffer pool holds something else")
	}
	*buffer = b.request((*buffer)[:0], q)
	b.requests++
	late := dialled && b.late(begun)
	r, err := c.roundTrip(*buffer, time.Now())
	if late && err != nil && c.in == in {
		err = errLate // whoever says nothing for so long is shut out, and that was us
	}
	buffers.Put(buffer)
	b.in += c.in - in
	b.out += c.out - out
	if err != nil || r.last {
		b.hangUp()
	}
	return r, c.in - in, err
}

// hangUp closes the connection, if one is open.
func (b *browser) hangUp() {
	if b.conn != nil {
		b.closed(b.conn)
		b.conn = nil
	}
}

// request writes what a browser sends, as far as a server acts on it. Origin and
// Sec-Fetch-Site are how the server tells a form of its own pages.
func (b *browser) request(to []byte, q ask) []byte {
	method := "GET "
	if q.post {
		method = "POST "
	}
	to = append(append(append(to, method...), q.path...), " HTTP/1.1\r\nHost: "...)
	to = append(append(to, b.host.name...), "\r\nUser-Agent: einlass-rehearsal/1\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\nAccept-Language: "...)
	to = append(append(to, b.lang...), "\r\n"...)
	to = b.jar.appendTo(to, q.path)
	if q.post {
		to = append(append(to, "Origin: "...), b.host.base...)
		to = append(to, "\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
		to = append(strconv.AppendInt(to, int64(len(q.body)), 10), "\r\n"...)
	}
	return append(append(to, "\r\n"...), q.body...)
}

// press makes the ask of submitting form, found on the page at path.
func (b *browser) press(form *Form, path string, say answers) (ask, error) {
	action := form.Action
	if action == "" {
		action = path
	}
	to, err := b.host.path(path, action)
	if err != nil {
		return ask{}, err
	}
	q := ask{step: form.Step, post: form.Post, path: to, body: fill(form, say)}
	if !form.Post {
		bare, _, _ := strings.Cut(to, "?")
		q.path, q.body = bare+"?"+string(q.body), nil
	}
	return q, nil
}

// lastPart is the last part of a path: the id in /cart/{id} and /b/{id}.
func lastPart(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// whyMissing sorts a missing answer for the report, without addresses.
func whyMissing(err error) string {
	var op *net.OpError
	errors.As(err, &op)
	switch {
	case isTimeout(err) && op != nil && op.Op == "dial":
		return "time-out while connecting"
	case isTimeout(err):
		return "time-out while waiting for the answer"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "connection closed"
	}
	if f := fault.As(err); f != nil {
		return cut(f.Error(), 80)
	}
	if op != nil {
		return op.Op + ": " + op.Err.Error()
	}
	return cut(err.Error(), 80)
}
