package rehearsal

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"einlass/internal/fault"
)

// This is an HTTP/1.1 client of its own, because the crowd shares two cores with
// the server it measures: no header map, no goroutine per connection, buffers
// held only while an answer comes. It speaks what servers answer to a form: a
// length, chunks or the end of the connection (RFC 9112, 6.3).

// conn is one connection of one person. It counts what crosses the wire.
type conn struct {
	net.Conn
	in, out int64
	used    bool // has answered at least once: the server may have closed it since
}

// Read counts bytes received.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.in += int64(n)
	return n, err
}

// response is one answer. Its body lies in a pooled buffer until free is called.
type response struct {
	status     int
	location   string
	cookies    []string
	retryAfter time.Duration // -1 = not told
	gzip       bool
	last       bool // the server closes the connection after this
	length     int  // of Content-Length; -1 = not told
	chunked    bool
	body       []byte
	buffer     *[]byte
}

// errStale marks a kept connection that ended before the first byte of an answer:
// the server closed it while the person was thinking.
var errStale = errors.New("connection closed while idle")

// errLate marks a new connection that the crowd itself came too late to see open, or to
// use: whoever says nothing for so long is shut out.
var errLate = errors.New("new connection lost, as the crowd came too late to use it")

var (
	readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufferSize) }}
	buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4*bufferSize); return &b }}
)

// free gives the body's buffer back.
func (r *response) free() {
	if r.buffer == nil {
		return
	}
	buffers.Put(r.buffer)
	r.buffer, r.body = nil, nil
}

// roundTrip sends one request and reads its whole answer, within answerMax.
func (c *conn) roundTrip(request []byte, now time.Time) (*response, error) {
	if err := c.SetDeadline(now.Add(answerMax)); err != nil {
		return nil, err
	}
	before := c.in
	n, err := c.Write(request)
	c.out += int64(n)
	r := &response{}
	if err == nil {
		err = r.read(c)
	}
	if err != nil {
		r.free()
		if c.used && c.in == before && !isTimeout(err) {
			return nil, errStale
		}
		return nil, err
	}
	c.used = true
	return r, nil
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// read takes the answer from c: heads of interim answers (1xx) are skipped.
func (r *response) read(c *conn) error {
	br, ok := readers.Get().(*bufio.Reader)
	if !ok {
		return fault.New(fault.Internal, "rehearsal: the reader pool holds something else")
	}
	br.Reset(c)
	defer func() { br.Reset(nil); readers.Put(br) }()
	for r.status < 200 {
		if err := r.readHead(br); err != nil {
			return err
		}
	}
	if err := r.readBody(br); err != nil {
		return err
	}
	if br.Buffered() > 0 {
		r.last = true // more than was asked for: do not trust this connection again
	}
	return nil
}

func (r *response) readHead(br *bufio.Reader) error {
	*r = response{length: -1, retryAfter: -1}
	line, err := br.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return fault.New(fault.Unavailable, "rehearsal: not an HTTP/1 answer")
	}
	if r.status, err = strconv.Atoi(string(line[9:12])); err != nil || r.status < 100 {
		return fault.New(fault.Unavailable, "rehearsal: no status in the answer")
	}
	r.last = line[7] == '0'
	for size := 0; ; {
		line, err = br.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return nil
		}
		if size += len(line); size > headMax {
			return fault.New(fault.Unavailable, "rehearsal: response head above 16 kB")
		}
		r.header(line)
	}
}

// header notes the few fields the crowd obeys.
func (r *response) header(line []byte) {
	i := bytes.IndexByte(line, ':')
	if i < 0 {
		return
	}
	name, value := line[:i], bytes.TrimSpace(line[i+1:])
	switch {
	case is(name, "content-length"):
		if n, err := strconv.Atoi(string(value)); err == nil && n >= 0 {
			r.length = n
		}
	case is(name, "transfer-encoding"):
		r.chunked = bytes.EqualFold(value, []byte("chunked"))
	case is(name, "content-encoding"):
		r.gzip = bytes.EqualFold(value, []byte("gzip"))
	case is(name, "location"):
		r.location = string(value)
	case is(name, "set-cookie"):
		r.cookies = append(r.cookies, string(value))
	case is(name, "connection"):
		r.last = r.last || bytes.EqualFold(value, []byte("close"))
	case is(name, "retry-after"):
		if n, err := strconv.Atoi(string(value)); err == nil && n >= 0 && n <= 3600 {
			r.retryAfter = time.Duration(n) * time.Second
		}
	}
}

func is(name []byte, want string) bool {
	return len(name) == len(want) && bytes.EqualFold(name, []byte(want))
}

func (r *response) readBody(br *bufio.Reader) error {
	if r.status == 204 || r.status == 304 || (r.length == 0 && !r.chunked) {
		return nil
	}
	b, ok := buffers.Get().(*[]byte)
	if !ok {
		return fault.New(fault.Internal, "rehearsal: the buffer pool holds something else")
	}
	*b = (*b)[:0]
	r.buffer = b
	var err error
	switch {
	case r.chunked:
		err = r.readChunks(br)
	case r.length > 0:
		err = r.take(br, r.length)
	default:
		r.last = true
		err = r.takeAll(br)
	}
	r.body = *r.buffer
	return err
}

// take appends the next n bytes to the body.
func (r *response) take(br *bufio.Reader, n int) error {
	have := len(*r.buffer)
	if n < 0 || have+n > pageMax {
		return fault.New(fault.Unavailable, "rehearsal: page above 1 MiB")
	}
	b := append(*r.buffer, make([]byte, n)...)
	*r.buffer = b
	_, err := io.ReadFull(br, b[have:])
	return err
}

func (r *response) takeAll(br *bufio.Reader) error {
	rest, err := io.ReadAll(io.LimitReader(br, pageMax+1))
	if err == nil && len(rest) > pageMax {
		err = fault.New(fault.Unavailable, "rehearsal: page above 1 MiB")
	}
	*r.buffer = append(*r.buffer, rest...)
	return err
}

// readChunks reads a chunked body and its trailer (RFC 9112, 7.1).
func (r *response) readChunks(br *bufio.Reader) error {
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return fault.New(fault.Unavailable, "rehearsal: chunk without a size")
		}
		if n == 0 {
			return skipTrailer(br)
		}
		if err := r.take(br, int(n)); err != nil {
			return err
		}
		if _, err := br.Discard(len("\r\n")); err != nil {
			return err
		}
	}
}

func skipTrailer(br *bufio.Reader) error {
	for size := 0; size <= headMax; {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return err
		}
		size += len(line)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return nil
		}
	}
	return fault.New(fault.Unavailable, "rehearsal: trailer above 16 kB")
}
