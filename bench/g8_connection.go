package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Sizes of G8 (b).
const (
	idleConnections = 8_000
	idleOpeners     = 8     // who open them at once: one alone takes longer than the house lets the first ones be
	idleWarm        = 3_000 // requests on one connection before: what a busy server has anyway
	idleRounds      = 3     // memory scatters by a hundredth
	idleTickets     = 20_000
)

// bareBrief is what a bare server answers with, by address: bytes that the house has
// sent.
type bareBrief map[string]bareAnswer

type bareAnswer struct {
	Header http.Header
	Body   []byte
}

// serveBare is net/http and nothing else.
func serveBare() error {
	var b bareBrief
	if err := json.NewDecoder(os.Stdin).Decode(&b); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	for path, a := range b {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			for name, values := range a.Header {
				w.Header()[name] = values
			}
			w.Write(a.Body) //nolint:errcheck // who has gone needs no answer
		})
	}
	fmt.Println(l.Addr(), "/")
	return (&http.Server{Handler: mux, ReadHeaderTimeout: httpTimeout, IdleTimeout: httpTimeout}).Serve(l)
}

// asBare asks a house for pages as a browser does and keeps the answers, so that a bare
// server can give the same bytes.
func (h *roomHouse) asBare(cookies string, paths ...string) (bareBrief, error) {
	out := bareBrief{}
	for _, path := range paths {
		r, err := http.NewRequest(http.MethodGet, "http://"+h.addr+path, nil)
		if err != nil {
			return nil, err
		}
		r.Header = http.Header{"Cookie": {cookies}, "Accept-Language": {"de"}, "Accept-Encoding": {"gzip"}}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		var body bytes.Buffer
		_, err = io.Copy(&body, res.Body)
		res.Body.Close() //nolint:errcheck // read to the end
		if err != nil || res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: status %d %w", path, res.StatusCode, err)
		}
		res.Header.Del("Date")
		out[path] = bareAnswer{res.Header, body.Bytes()}
	}
	return out, nil
}

// waitingConnections is G8 (b): what a connection of somebody who waits takes of memory
// ÷ the same of a bare server that has answered with the same bytes.
func waitingConnections(o *options) ([]figure, error) {
	dir, err := os.MkdirTemp(tempDir(o), "einlass-g8-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the temporary folder
	q, err := makeQueue(dir, idleTickets)
	if err != nil {
		return nil, err
	}
	b, err := q.browsers()
	if err != nil {
		return nil, err
	}
	cookies := b.number(idleTickets)
	shipped, err := connectionFigure(o, q, cookies, "rss_per_connection_vs_bare", "the collector as it is shipped: what the requests threw away counts")
	if err != nil {
		return nil, err
	}
	// Two servers that throw away different amounts differ by that alone until the next
	// collection; with one that runs often, what is alive is compared.
	if err := os.Setenv("GOGC", idleCollect); err != nil {
		return nil, err
	}
	defer os.Unsetenv("GOGC") //nolint:errcheck // it was there a moment ago
	kept, err := connectionFigure(o, q, cookies, "rss_per_connection_vs_bare_collected", "GOGC="+idleCollect+" on both sides")
	return []figure{shipped, kept}, err
}

// idleCollect is how often the collector runs where only what is alive shall count.
const idleCollect = "25"

func connectionFigure(o *options, q *queueFile, cookies, what, how string) (figure, error) {
	var ratios, ours, bares []float64
	for range min(o.rounds, idleRounds) {
		one, err := connectionRound(o, q, cookies)
		if err != nil {
			return figure{}, err
		}
		ratios, ours, bares = append(ratios, one[0]/one[1]), append(ours, one[0]), append(bares, one[1])
	}
	f := atMost("G8", what, 1.1, ratios)
	f.Extra = fmt.Sprintf("%d connections, %.1f KiB each, bare %.1f; %s", idleConnections, median(ours), median(bares), how)
	return f, nil
}

// connectionRound is KiB a connection of the house, and of the bare server.
func connectionRound(o *options, q *queueFile, cookies string) (kib [2]float64, err error) {
	h, err := startRoomHouse(o, q, 1, anyCore)
	if err != nil {
		return kib, err
	}
	wait, status := q.Path+"/wait", q.Path+"/status.json"
	brief, err := h.asBare(cookies, wait, status)
	if err == nil {
		kib[0], err = h.perConnection(cookies, wait, status)
	}
	if stopped := h.stop(); err != nil || stopped != nil {
		return kib, fmt.Errorf("house: %w", firstOf(err, stopped))
	}
	c, err := startBriefed(o, "plain", brief, anyCore)
	if err != nil {
		return kib, err
	}
	defer c.stop()
	kib[1], err = c.perConnection(cookies, wait, status)
	return kib, err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// perConnection opens many connections, asks for every page on each and lets them stay;
// it returns the growth of resident memory by each, in KiB.
func (c *child) perConnection(cookies string, paths ...string) (float64, error) {
	ask := func(conn *caller) error {
		for _, path := range paths {
			if a, err := conn.ask("GET", path, cookies, ""); err != nil || a.status != http.StatusOK {
				return fmt.Errorf("%s: status %d %w", path, a.status, err)
			}
		}
		return nil
	}
	warm, err := dialFrom(c.addr, 0)
	if err != nil {
		return 0, err
	}
	defer warm.conn.Close()
	for range idleWarm {
		if err := ask(warm); err != nil {
			return 0, err
		}
	}
	before, err := c.residentMB()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	conns, err := c.openIdle(ask)
	defer func() {
		for _, conn := range conns {
			if conn != nil {
				conn.conn.Close()
			}
		}
	}()
	if err != nil {
		return 0, err
	}
	if took := time.Since(begun); took > idleWithin {
		return 0, fmt.Errorf("it took %v to open %d connections: the first ones may have been closed again", took, idleConnections)
	}
	after, err := c.residentMB()
	return (after - before) * 1024 / idleConnections, err
}

// openIdle opens the connections, several at once, and asks on each; those that were opened
// are the caller's to close, also after an error.
func (c *child) openIdle(ask func(*caller) error) ([]*caller, error) {
	conns, failed := make([]*caller, idleConnections), make([]error, idleOpeners)
	var opening sync.WaitGroup
	for first := range idleOpeners {
		opening.Go(func() {
			for i := first; i < idleConnections && failed[first] == nil; i += idleOpeners {
				if conns[i], failed[first] = dialFrom(c.addr, i); failed[first] == nil {
					failed[first] = ask(conns[i])
				}
			}
		})
	}
	opening.Wait()
	return conns, errors.Join(failed...)
}

// idleWithin is how long the house lets an idle connection be.
const idleWithin = 9 * time.Second
