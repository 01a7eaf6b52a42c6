package app

import (
	"bufio"
	"context"
	"einlass/internal/web"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// dialFrom opens a connection from one loopback address.
func dialFrom(from, to string) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return d.Dial("tcp", to)
}

// alive reports whether the other side keeps the connection.
func alive(c net.Conn, within time.Duration) bool {
	c.SetReadDeadline(time.Now().Add(within))
	_, err := c.Read(make([]byte, 1))
	ne, ok := err.(net.Error)
	return ok && ne.Timeout()
}

// askFrom asks for a page from one loopback address.
func askFrom(from, url string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	tr := &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).DialContext}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := tr.RoundTrip(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode >= 500 {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}

// A slowloris of 1,200 connections from one address gets only its share of the
// public door; everybody else and the staff are answered meanwhile, and five
// seconds later its share is free again.
func TestSlowConnectionsStopNobodyElse(t *testing.T) {
	const slow, share = 1_200, 200
	cfg := anyPorts()
	cfg.PerAddress = share
	s := serve(t, database(t, 6, 10), cfg, Clock{})
	address := s.public.door.Addr().String()
	conns := make([]net.Conn, 0, slow)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for range slow {
		c, err := dialFrom("127.0.0.9", address)
		if err != nil {
			continue // refused so early that not even the dial came through
		}
		conns = append(conns, c)
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") // and never the rest
	}
	deadline := time.Now().Add(3 * time.Second)
	for s.public.door.refused.Load() < slow-share && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if open, refused := s.public.door.open(), s.public.door.refused.Load(); open > share || refused < slow-share {
		t.Errorf("%d inside, %d refused; want at most %d and at least %d", open, refused, share, slow-share)
	}
	probe(t, s)
	deadline = time.Now().Add(publicPatience.head + 3*time.Second)
	for s.public.door.open() > 0 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	if n := s.public.door.open(); n > 0 {
		t.Errorf("%d slow connections are still inside", n)
	}
}

// probe asks fifty times from another address and at the staff's door.
func probe(t *testing.T, s *Server) {
	t.Helper()
	const probes = 50
	failed := 0
	for range probes {
		if err := askFrom("127.0.0.10", s.PublicURL()+"/amt/termin", time.Second); err != nil {
			failed++
		}
		if err := askFrom("127.0.0.9", s.StaffURL()+"/login", time.Second); err != nil {
			failed++
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d probes failed", failed, 2*probes)
	}
}

// When the house is full of slow connections from many addresses, the staff do
// not notice, and the public side is itself again when they have been shown out.
func TestAFullHouseLeavesTheStaffAlone(t *testing.T) {
	const total = 100
	cfg := anyPorts()
	cfg.Connections = total
	s := serve(t, database(t, 6, 10), cfg, Clock{})
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for i := range 2 * total {
		c, err := dialFrom(fmt.Sprintf("127.0.0.%d", 11+i%20), s.public.door.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	time.Sleep(100 * time.Millisecond)
	if n := s.public.door.open(); n != total {
		t.Fatalf("%d inside, want %d", n, total)
	}
	for range 50 {
		if err := askFrom("127.0.0.1", s.StaffURL()+"/login", time.Second); err != nil {
			t.Error(err)
		}
	}
	for _, c := range conns {
		c.Close()
	}
	if err := askFrom("127.0.0.1", s.PublicURL()+"/amt/termin", 2*publicPatience.head); err != nil {
		t.Errorf("after they have gone: %v", err)
	}
}

// A full house makes room for the next one by closing who is idle.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	const total, people = 20, 60
	cfg := anyPorts()
	cfg.Connections = total
	s := serve(t, database(t, 6, 10), cfg, Clock{})
	s.public.door.mu.Lock()
	s.public.door.oldest = 0 // spare nobody, so that the test need not wait
	s.public.door.mu.Unlock()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var kept []net.Conn
	for i := range people {
		wg.Go(func() {
			c, err := dialFrom(fmt.Sprintf("127.0.0.%d", 11+i%20), s.public.door.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			kept = append(kept, c)
			mu.Unlock()
			fmt.Fprint(c, "GET /amt/termin HTTP/1.1\r\nHost: x\r\n\r\n") // and stays
			c.SetReadDeadline(time.Now().Add(5 * time.Second))
			if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
				t.Errorf("person %d: %q %v", i, line, err)
			}
		})
	}
	wg.Wait()
	for _, c := range kept {
		c.Close()
	}
	if n := s.public.door.evicted.Load(); n < people-total {
		t.Errorf("%d made room, want at least %d", n, people-total)
	}
}

func TestTrustedProxiesHaveNoShare(t *testing.T) {
	const share = 5
	cfg := anyPorts()
	cfg.PerAddress, cfg.TrustProxy = share, []string{"127.0.0.64/26", "127.0.0.200"}
	s := serve(t, database(t, 1, 3), cfg, Clock{})
	for from, want := range map[string]int{"127.0.0.70": 4 * share, "127.0.0.200": 4 * share, "127.0.0.201": share} {
		in := 0
		var conns []net.Conn
		for range 4 * share {
			c, err := dialFrom(from, s.public.door.Addr().String())
			if err != nil {
				continue
			}
			conns = append(conns, c)
		}
		for _, c := range conns {
			if alive(c, 50*time.Millisecond) {
				in++
			}
			c.Close()
		}
		if in != want {
			t.Errorf("%s: %d let in, want %d", from, in, want)
		}
	}
}

func TestWhatConnectionsAreCountedBy(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7", "[::ffff:192.0.2.7]:80": "192.0.2.7", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::", "[2001:db8:1:2:ffff::]:1": "2001:db8:1:2::",
		"[fe80::1%eth0]:80": "fe80::",
	} {
		if got := web.AddressOf(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(in)).String()); got.String() != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestForwardedAddresses(t *testing.T) {
	nets := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		peer, header, want string
	}{
		"no proxy":         {"192.0.2.1:5", "198.51.100.1", "192.0.2.1:5"},
		"one proxy":        {"10.0.0.1:5", "198.51.100.1", "198.51.100.1:0"},
		"two proxies":      {"10.0.0.1:5", "198.51.100.1, 10.0.0.2", "198.51.100.1:0"},
		"a lie in front":   {"10.0.0.1:5", "203.0.113.9, 198.51.100.1", "198.51.100.1:0"},
		"nothing said":     {"10.0.0.1:5", "", "10.0.0.1:5"},
		"rubbish":          {"10.0.0.1:5", "198.51.100.1, unknown", "10.0.0.1:5"},
		"only our proxies": {"10.0.0.1:5", "10.0.0.3, 10.0.0.2", "10.0.0.1:5"},
		"an IPv6 person":   {"10.0.0.1:5", "2001:db8::1", "[2001:db8::1]:0"},
	} {
		got := ""
		h := forwarded(nets, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{}, URL: &url.URL{}}
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		h.ServeHTTP(nil, r)
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Only a proxy that we trust can say that the person's way was protected.
func TestForwardedSchemes(t *testing.T) {
	nets := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		peer, line string
		headers    []string
		want       string
	}{
		"https":            {"10.0.0.1:5", "/", []string{"https"}, "https"},
		"in capitals":      {"10.0.0.1:5", "/", []string{"HTTPS"}, "https"},
		"http":             {"10.0.0.1:5", "/", []string{"http"}, ""},
		"nothing said":     {"10.0.0.1:5", "/", nil, ""},
		"a lie in front":   {"10.0.0.1:5", "/", []string{"https, http"}, ""},
		"two lines":        {"10.0.0.1:5", "/", []string{"http", "https"}, "https"},
		"a stranger":       {"192.0.2.1:5", "/", []string{"https"}, ""},
		"the request line": {"192.0.2.1:5", "https://termine.example/", nil, ""},
		"both":             {"10.0.0.1:5", "https://termine.example/", []string{"http"}, ""},
	} {
		for _, trusted := range [][]netip.Prefix{nets, nil} {
			got := "none"
			h := forwarded(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.Scheme }))
			r := httptest.NewRequest(http.MethodGet, c.line, nil)
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-Proto"] = c.headers
			h.ServeHTTP(nil, r)
			if want := map[bool]string{true: c.want, false: ""}[trusted != nil]; got != want {
				t.Errorf("%s, trusting %v: %q, want %q", name, trusted, got, want)
			}
		}
	}
}

// Forms that arrive a byte at a time, and answers that nobody reads, hold no
// place: others go on at once.
func TestHalfFormsHoldNobodyUp(t *testing.T) {
	const slow = 120
	s := serve(t, database(t, 6, 10), anyPorts(), Clock{})
	addr := s.public.door.Addr().String()
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for i := range slow {
		conns = append(conns, halfForm(t, addr, []string{"/b/x/contact", "/amt/termin/eligible"}[i%2]))
	}
	begin := time.Now()
	for range 20 {
		for _, path := range []string{"/b/x/contact", "/amt/termin/eligible"} {
			req, err := http.NewRequest(http.MethodPost, s.PublicURL()+path, strings.NewReader("a=b"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode == http.StatusServiceUnavailable {
				t.Fatalf("%s: %s behind %d half forms", path, res.Status, slow)
			}
		}
	}
	if took := time.Since(begin); took > publicPatience.head/2 {
		t.Errorf("40 forms took %s behind %d half ones", took, slow)
	}
}

// No page is made for those who leave in the middle of a form: a hundred at once were seconds
// of work for nobody, under the race detector.
func TestWhoLeavesAHalfFormGetsNoPage(t *testing.T) {
	const people = 100
	s := serve(t, database(t, 6, 10), anyPorts(), Clock{})
	for range people {
		halfForm(t, s.public.door.Addr().String(), "/amt/termin/hold").Close()
	}
	noPages := fmt.Sprintf(`einlass_http_requests_total{listener="public",route="POST /{org}/{event}/hold",status="400"} %d`+"\n", people)
	eventually(t, noPages, func() bool {
		_, metrics := get(t, s.OpsURL()+"/metrics")
		return strings.Contains(metrics, noPages)
	})
}

// halfForm sends the beginning of a form.
func halfForm(t *testing.T, addr, path string) net.Conn {
	t.Helper()
	c, err := dialFrom("127.0.0.21", addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\na", path, addr); err != nil {
		t.Fatal(err)
	}
	return c
}

// Heads that are too large, from as many connections as one address may have, hold
// nobody up: net/http waits half a second after each, and not with a turn.
func TestHeadsTooLargeHoldNobodyUp(t *testing.T) {
	const people = 100
	s := serve(t, database(t, 6, 10), anyPorts(), Clock{})
	head := "GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + strings.Repeat("a", 2*headBytes)
	for range people {
		c, err := dialFrom("127.0.0.21", s.public.door.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := fmt.Fprint(c, head); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		begin := time.Now()
		if err := askFrom("127.0.0.22", s.PublicURL()+"/amt/termin", 20*time.Second); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > 300*time.Millisecond {
			t.Errorf("a page took %s behind %d heads that were too large", took, people)
		}
	}
}

// Whose next request has arrived and waits to be read is not idle, and is not closed
// for somebody else.
func TestWhoHasAskedIsNotShownOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		d := newDoor(nil, 1, 0, nil)
		d.oldest, d.turns = 0, make(turnstile, 1)
		d.turns <- struct{}{} // somebody else is read
		g := &guest{Conn: near, door: d, gone: make(chan struct{})}
		d.inside <- struct{}{}
		d.watch(g, http.StateIdle)
		read := make(chan error, 1)
		go func() {
			_, err := g.Read(make([]byte, 1))
			read <- err
		}()
		if _, err := far.Write([]byte("G")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // it stands at the turnstile
		d.evict(time.Now())
		<-d.turns
		if err := <-read; err != nil || d.evicted.Load() != 0 {
			t.Errorf("%v, %d shown out", err, d.evicted.Load())
		}
		if err := g.Close(); err != nil || len(d.turns) != 0 {
			t.Errorf("%v, %d turns taken at the end", err, len(d.turns))
		}
	})
}
