package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"einlass/internal/rehearsal"
)

// storm is a public that never pauses: so many connections, on each one visit after
// another with every page on the way, asking again as soon as it is answered, also
// when it was asked to wait.
type storm struct {
	house  *house
	stop   atomic.Bool
	booked atomic.Int64
	busy   atomic.Int64
	wg     sync.WaitGroup
	failed chan error
	holds  *latencies // nil: nobody asks
}

// rage starts it with so many connections, on each of which one person after another does
// the same.
func (h *house) rage(connections int, visit func(*storm, *caller) error) *storm {
	s := &storm{house: h, failed: make(chan error, connections)}
	for i := range connections {
		s.wg.Go(func() {
			conn, err := dialFrom(h.addr, i)
			if err != nil {
				s.failed <- err
				return
			}
			defer conn.conn.Close()
			for !s.stop.Load() {
				if err := visit(s, conn); err != nil && !s.stop.Load() {
					s.failed <- err
					return
				}
			}
		})
	}
	return s
}

// end stops it and returns what went wrong. Nobody is waited for longer than one
// request takes.
func (s *storm) end() error {
	s.stop.Store(true)
	s.wg.Wait()
	close(s.failed)
	return <-s.failed
}

// visit is one person's way: the event, who may book, the times, a cart, the
// booking.
func (s *storm) visit(c *caller) error {
	h := s.house
	who := url.Values{"size": {"1"}, "name-1": {nameOf(int(h.people.Add(1)))}, "birth-1": {"24.12.1950"}, "postcode-1": {"58332"}}
	if _, err := s.ask(c, "GET", h.path, "", ""); err != nil {
		return err
	}
	a, err := s.ask(c, "POST", h.path+"/eligible", "", who.Encode())
	if err != nil || a.location == "" {
		return err
	}
	cookies := a.cookies
	if _, err := s.ask(c, "GET", a.location, cookies, ""); err != nil {
		return err
	}
	slot := h.slot[int(h.people.Load())%len(h.slot)]
	pressed := time.Now()
	if a, err = s.ask(c, "POST", h.path+"/hold", cookies, "slot="+slot); err != nil || a.location == "" {
		return err
	}
	if s.holds != nil {
		s.holds.add(time.Since(pressed))
	}
	cart := a.location
	if _, err := s.ask(c, "GET", cart, cookies, ""); err != nil {
		return err
	}
	if a, err = s.ask(c, "POST", cart+"/confirm", cookies, "contact=mail&mail=erika%40example.org"); err != nil || a.location == "" {
		return err
	}
	s.booked.Add(1)
	_, err = s.ask(c, "GET", a.location, cookies, "")
	return err
}

// ask sends one request. Busy is an answer; anything else that is no page and no
// redirect is an error.
func (s *storm) ask(c *caller, method, path, cookies, body string) (reply, error) {
	if err := c.conn.SetDeadline(time.Now().Add(httpTimeout)); err != nil {
		return reply{}, err
	}
	a, err := c.ask(method, path, cookies, body)
	if err != nil {
		return a, fmt.Errorf("%s: %w", routeOf(path), err)
	}
	switch a.status {
	case 200, 303:
	case 503:
		s.busy.Add(1)
	default:
		return a, fmt.Errorf("%s: status %d", routeOf(path), a.status)
	}
	return a, nil
}

// routeOf is an address without names.
func routeOf(path string) string {
	if strings.Count(path, "/") > 2 {
		return "…/" + lastPart(path)
	}
	return path
}

// lastPart is what stands behind an address's last slash.
func lastPart(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// reply is an answer's head; its body has been read and thrown away.
type reply struct {
	status            int
	location, cookies string
}

// ask sends a request and reads its answer to the end.
func (c *caller) ask(method, path, cookies, body string) (a reply, err error) {
	c.out = fmt.Appendf(c.out[:0], "%s %s HTTP/1.1\r\nHost: shop.example\r\nSec-Fetch-Site: same-origin\r\nAccept-Language: de\r\nAccept-Encoding: gzip\r\nCookie: %s\r\n", method, path, cookies)
	if method == "POST" {
		c.out = fmt.Appendf(c.out, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", len(body))
	}
	c.out = append(append(c.out, "\r\n"...), body...)
	if _, err := c.conn.Write(c.out); err != nil {
		return a, err
	}
	return c.answer()
}

// answer reads the next answer to the end.
func (c *caller) answer() (a reply, err error) {
	length := 0
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return a, err
		}
		if len(line) <= 2 {
			break
		}
		if first {
			if len(line) < len("HTTP/1.1 200") {
				return a, errors.New("no status line")
			}
			if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return a, err
			}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		text := strings.TrimSpace(string(value))
		switch string(name) {
		case "Content-Length":
			if length, err = strconv.Atoi(text); err != nil {
				return a, err
			}
		case "Location":
			a.location = text
		case "Set-Cookie":
			one, _, _ := strings.Cut(text, ";")
			a.cookies += one + "; "
		}
	}
	_, err = c.in.Discard(length)
	return a, err
}

// dialFrom opens a connection from one of several loopback addresses: one of them
// has too few ports for a crowd.
func dialFrom(addr string, i int) (*caller, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i%houseSources))}, Timeout: httpTimeout}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return newCaller(conn)
}

// desk is the clerks' figure: what a booking at the desk takes while the public side
// has ten times as many callers as it takes to be at its best, none of whom pauses.
func desk(o *options) ([]figure, error) {
	var quiet, stormy []float64
	var rates, costs, batches [2][]float64
	for round := range min(o.rounds, deskRounds) {
		h, err := startHouse(o)
		if err != nil {
			return nil, err
		}
		r, err := deskRound(o, h, uint64(round))
		h.stop()
		if err != nil {
			return nil, err
		}
		quiet, stormy = append(quiet, r.calm.P99), append(stormy, r.stressed.P99)
		for i := range rates {
			rates[i], costs[i], batches[i] = append(rates[i], r.perSec[i]), append(costs[i], r.cpuUS[i]), append(batches[i], r.batch[i])
		}
	}
	f := atMost("DESK", fmt.Sprintf("staff_p99_ms_at_%d_callers", stormFactor*bestCallers), 300, stormy)
	f.Extra = fmt.Sprintf("alone %.1f ms; public at %d callers %.0f/s, %.0f µs CPU a booking with all its pages, batch %.0f, at %d %.0f/s, %.0f µs, batch %.0f",
		median(quiet), bestCallers, median(rates[0]), median(costs[0]), median(batches[0]), stormFactor*bestCallers, median(rates[1]), median(costs[1]), median(batches[1]))
	return []figure{f}, nil
}

// deskRounds is how often: it is no ratio, and a round takes half a minute.
const deskRounds = 3

// deskFigures are one round's: the clerks alone and in the storm, the public at its
// best and in the storm.
type deskFigures struct {
	calm, stressed rehearsal.Timing
	// of the public: bookings, CPU of each with its pages, commands of a batch
	perSec, cpuUS, batch [2]float64
}

func deskRound(o *options, h *house, seed uint64) (f deskFigures, err error) {
	if f.calm, err = h.clerks(o, 2*seed+1); err != nil {
		return f, err
	}
	for i, callers := range []int{bestCallers, stormFactor * bestCallers} {
		s := h.rage(callers, (*storm).visit)
		time.Sleep(stormBegins)
		before, begin := s.booked.Load(), time.Now()
		batches, commands, err := h.counted()
		if err != nil {
			return f, errors.Join(err, s.end())
		}
		cpu, err := h.cpu()
		if err == nil && i == 0 {
			time.Sleep(bestSeconds * time.Second)
		} else if err == nil {
			f.stressed, err = h.clerks(o, 2*seed+2)
		}
		n, took := float64(s.booked.Load()-before), time.Since(begin)
		after, failed := h.cpu()
		b, c, uncounted := h.counted()
		if err = errors.Join(err, failed, uncounted, s.end()); err != nil {
			return f, err
		}
		f.batch[i] = (c - commands) / (b - batches)
		f.perSec[i], f.cpuUS[i] = n/took.Seconds(), float64((after-cpu).Microseconds())/n
	}
	return f, nil
}

// How long a storm is given to begin, and its best is measured.
const (
	stormBegins = 2 * time.Second
	bestSeconds = 5
)

// idle is what 16,000 plain connections cost: each has asked for the event's page
// and stays.
func idle(o *options) ([]figure, error) {
	const connections, goalMB = 16_000, 512
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil, err
	}
	if limit.Max < connections+500 {
		return nil, fmt.Errorf("only %d files may be open", limit.Max)
	}
	h, err := startHouse(o)
	if err != nil {
		return nil, err
	}
	defer h.stop()
	before, err := h.residentMB()
	if err != nil {
		return nil, err
	}
	conns := make([]*caller, 0, connections)
	defer func() {
		for _, c := range conns {
			c.conn.Close() //nolint:errcheck // it has been counted
		}
	}()
	for i := range connections {
		c, err := dialFrom(h.addr, i)
		if err != nil {
			return nil, err
		}
		conns = append(conns, c)
		if a, err := c.ask("GET", h.path, "", ""); err != nil || a.status != 200 {
			return nil, fmt.Errorf("connection %d: status %d %w", i, a.status, err)
		}
	}
	after, err := h.residentMB()
	if err != nil {
		return nil, err
	}
	f := atMost("RSS", fmt.Sprintf("resident_mb_%d_connections", connections), goalMB, []float64{after})
	f.Extra = fmt.Sprintf("without any %.0f MB, %.1f KiB each", before, (after-before)*1024/connections)
	return []figure{f}, nil
}

// residentMB is what the server has in memory now.
func (c *child) residentMB() (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(f[1], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("/proc status has no VmRSS")
}
