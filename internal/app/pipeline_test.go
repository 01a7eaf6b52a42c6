package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Of requests that their connections sent before an answer only one is worked for at a
// time, and all are answered.
func TestPipelinedRequestsTakeTurns(t *testing.T) {
	const crowd, each = 20, 5
	var first sync.WaitGroup // holds the first request of each connection until all are here
	first.Add(crowd)
	var working, most, pipelined atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /first", func(http.ResponseWriter, *http.Request) {
		first.Done()
		first.Wait()
	})
	mux.HandleFunc("GET /next", func(http.ResponseWriter, *http.Request) {
		pipelined.Add(1)
		most.Store(max(most.Load(), working.Add(1)))
		time.Sleep(time.Millisecond) // the others would come meanwhile
		working.Add(-1)
	})
	s := openTestSide(t, mux)
	var all sync.WaitGroup
	for range crowd {
		c := sendAll(t, s, append([]string{"/first"}, slices.Repeat([]string{"/next"}, each)...)...)
		all.Go(func() { c.answered(t, 1+each) })
	}
	all.Wait()
	if most.Load() != 1 || pipelined.Load() != crowd*each {
		t.Errorf("%d of %d pipelined requests were worked for at once, want 1 of %d", most.Load(), pipelined.Load(), crowd*each)
	}
}

// Neither does somebody else wait for a pipelined request, nor one for a reader who does
// not read; and who has gone while theirs waited gets no empty answer.
func TestWhomPipelinedRequestsHoldUp(t *testing.T) {
	stuck, large := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /stuck", func(http.ResponseWriter, *http.Request) { <-stuck })
	mux.HandleFunc("GET /large", func(w http.ResponseWriter, _ *http.Request) {
		close(large)
		w.Write(make([]byte, 32<<20)) //nolint:errcheck // more than the sockets take: nobody reads it
	})
	s := openTestSide(t, mux)

	slow := sendAll(t, s, "/", "/stuck")
	slow.answered(t, 1)
	sendAll(t, s, "/").answered(t, 1) // somebody else does not wait for it
	gone := sendAll(t, s, "/", "/")
	if err := gone.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	gone.answered(t, 1)
	if res, err := http.ReadResponse(gone.answers, nil); err == nil {
		t.Errorf("who has gone is answered %s", res.Status)
	}
	close(stuck)
	slow.answered(t, 1)

	sendAll(t, s, "/", "/large")
	<-large
	sendAll(t, s, "/", "/").answered(t, 2) // it is being sent: that keeps no place
}

// Who asks again as soon as they are answered never waits for those who do not wait for
// their answers, with and without TLS.
func TestWhoWaitsForAnswersDoesNotPipeline(t *testing.T) {
	const asked = 300
	for _, secure := range []bool{false, true} {
		cfg := anyPorts()
		if secure {
			cfg.TLSCert, cfg.TLSKey = certificate(t)
		}
		s := serve(t, database(t, 6, 10), cfg, Clock{})
		s.public.door.pipelined <- struct{}{} // somebody who pipelines is worked for all the time
		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		for i := range asked {
			res, err := client.Get(s.PublicURL() + "/amt/termin")
			if err != nil {
				t.Fatalf("secure %v: request %d: %v", secure, i+1, err)
			}
			io.Copy(io.Discard, res.Body) //nolint:errcheck // so that the connection is used again
			res.Body.Close()
		}
		<-s.public.door.pipelined
		client.CloseIdleConnections()
	}
}

// openTestSide serves a handler as the house serves its own.
func openTestSide(t *testing.T, h http.Handler) *side {
	t.Helper()
	s, err := openSide(context.Background(), sideOptions{name: "public", address: "127.0.0.1:0", total: 100, turns: newTurnstile(), patience: publicPatience, handler: h})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.serve() }()
	t.Cleanup(func() {
		s.server.Close() //nolint:errcheck // somebody does not read on purpose
		if err := <-served; err != nil {
			t.Error(err)
		}
		if len(s.door.pipelined)+len(s.door.turns) > 0 {
			t.Errorf("%d tokens of pipelined requests and %d turns are taken at the end", len(s.door.pipelined), len(s.door.turns))
		}
	})
	return s
}

// pipeline is a connection that has sent all its requests.
type pipeline struct {
	net.Conn
	answers *bufio.Reader
}

// sendAll sends the requests of one connection at once.
func sendAll(t *testing.T, s *side, paths ...string) *pipeline {
	t.Helper()
	c, err := dialFrom("127.0.0.21", s.door.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	var all strings.Builder
	for _, path := range paths {
		all.WriteString("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	if _, err := io.WriteString(c, all.String()); err != nil {
		t.Fatal(err)
	}
	return &pipeline{Conn: c, answers: bufio.NewReader(c)}
}

// answered reads so many answers.
func (p *pipeline) answered(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		res, err := http.ReadResponse(p.answers, nil)
		if err != nil {
			t.Errorf("answer %d of %d: %v", i+1, n, err)
			return
		}
		io.Copy(io.Discard, res.Body) //nolint:errcheck // ReadResponse of the next one says it
		res.Body.Close()
	}
}
