package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"einlass/internal/store"
	"einlass/internal/web"
)

// childEnv makes this program one of the two servers.
const childEnv = "EINLASS_BENCH_SERVER"

// profileEnv names the file into which the measured server writes its CPU profile.
const profileEnv = "EINLASS_BENCH_PROFILE"

// profile records until the process is interrupted.
func profile(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	go func() {
		<-stop
		pprof.StopCPUProfile()
		f.Close() //nolint:errcheck // a profile cut short is seen when it is read
		os.Exit(0)
	}()
	return nil
}

// Sizes of an HTTP round.
const (
	httpBookings = 12_000
	httpTimeout  = 60 * time.Second
)

// endToEnd is G2: (bare form handler with the same bytes + the same rows written
// blindly) ÷ a durable booking over HTTP, of a hold and a confirm.
func endToEnd(o *options) ([]figure, error) {
	var out []figure
	for _, c := range []struct {
		callers int
		goal    float64
	}{{512, 0.75}, {64, 0.6}} {
		// The raw side has batches as large as those that HTTP makes, not as the
		// engine alone would: a batch of n needs about n callers of the engine.
		if _, err := httpRound(o, "shop", c.callers); err != nil {
			return nil, err
		}
		tape, err := record(o, max(1, int(batchMean)), httpBookings)
		if err != nil {
			return nil, err
		}
		rawBatch := 2 * float64(httpBookings) / float64(len(tape.Batches))
		var raws, bares []float64
		parts, whole, void, err := pairs(o,
			func(int) (sample, error) {
				raw, err := rawRound(o, tape, httpBookings)
				if err != nil {
					return sample{}, err
				}
				bare, err := httpRound(o, "bare", c.callers)
				raws, bares = append(raws, raw.cpuUS), append(bares, bare.cpuUS)
				return sample{cpuUS: raw.cpuUS + bare.cpuUS, perSec: bare.perSec, foreign: max(raw.foreign, bare.foreign)}, err
			},
			func(int) (sample, error) { return httpRound(o, "shop", c.callers) })
		if err != nil {
			return nil, err
		}
		f := ratio("G2", fmt.Sprintf("end_to_end_%d", c.callers), c.goal, parts, whole, void)
		f.Extra = fmt.Sprintf("bare %.1f raw %.1f generator %.1f batch %.0f raw batch %.0f", median(bares), median(raws), generatorCPU, batchMean, rawBatch)
		out = append(out, f)
	}
	return out, nil
}

// generatorCPU is what the load cost in this process, µs per booking, last round.
var generatorCPU float64

// batchMean is how many commands a batch of the last round had.
var batchMean float64

func (c *child) batchMean() float64 {
	res, err := http.Get("http://" + c.addr + "/_batches")
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	var batches, commands float64
	if _, err := fmt.Fscan(res.Body, &batches, &commands); err != nil {
		return 0
	}
	return commands / max(1, batches)
}

// httpRound starts one server as a process, lets everybody introduce themselves,
// then measures the server's CPU while all of them hold and confirm.
func httpRound(o *options, kind string, callers int) (sample, error) {
	c, err := startChild(o, kind)
	if err != nil {
		return sample{}, err
	}
	defer c.stop()
	cookies, err := c.introduce(httpBookings)
	if err != nil {
		return sample{}, err
	}
	before, err := c.cpu()
	if err != nil {
		return sample{}, err
	}
	machine, own, start := machineCPU(), ownCPU(), time.Now()
	if err := c.bookAll(callers, cookies); err != nil {
		return sample{}, err
	}
	wall, mine := time.Since(start), ownCPU()-own
	after, err := c.cpu()
	if err != nil {
		return sample{}, err
	}
	used := after - before
	if kind == "shop" {
		batchMean = c.batchMean()
	}
	generatorCPU = float64(mine.Microseconds()) / httpBookings
	others := machineCPU() - machine - used - mine
	return sample{
		cpuUS:   float64(used.Microseconds()) / httpBookings,
		perSec:  httpBookings / wall.Seconds(),
		foreign: max(0, others.Seconds()) / (wall.Seconds() * float64(cpuCount())),
	}, nil
}

// child is a server process under measurement.
type child struct {
	cmd  *exec.Cmd
	addr string
	path string // of the sale
	slot []string
}

func startChild(o *options, kind string) (*child, error) {
	cmd := childCommand(o, kind)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", kind, err)
	}
	f := strings.Fields(line)
	return &child{cmd: cmd, addr: f[0], path: f[1], slot: f[2:]}, nil
}

// childCommand is this program as another process.
func childCommand(o *options, kind string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+kind, "TMPDIR="+tempDir(o))
	cmd.Stderr = os.Stderr
	return cmd
}

func tempDir(o *options) string {
	if o.dir != "" {
		return o.dir
	}
	return os.TempDir()
}

func (c *child) stop() {
	if os.Getenv(profileEnv) != "" {
		c.cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it writes its profile and ends
		c.cmd.Wait()                       //nolint:errcheck // as above
		return
	}
	c.cmd.Process.Kill() //nolint:errcheck // ours, and done with
	c.cmd.Wait()         //nolint:errcheck // as above
}

// cpu is what the process has used, to the nanosecond: the clock of another process's CPU
// (clock_getcpuclockid(3); the steps of /proc are 10 ms, a twentieth of a short round).
func (c *child) cpu() (time.Duration, error) {
	const schedClock = 2 // CPUCLOCK_SCHED, of the whole process
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^c.cmd.Process.Pid)<<3|schedClock, &t); err != nil { //nolint:gosec // a process id
		return 0, fmt.Errorf("CPU of the server: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// caller is one kept-alive connection that sends finished requests.
type caller struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func dial(addr string) (*caller, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return newCaller(conn)
}

func newCaller(conn net.Conn) (*caller, error) {
	return &caller{conn: conn, in: bufio.NewReaderSize(conn, 8<<10)}, conn.SetDeadline(time.Now().Add(httpTimeout))
}

// post sends a form and returns the Location and the cookies of a 303.
func (c *caller) post(path, cookies, body string) (location, set string, err error) {
	c.out = fmt.Appendf(c.out[:0], "POST %s HTTP/1.1\r\nHost: shop.example\r\nSec-Fetch-Site: same-origin\r\nAccept-Language: de\r\nCookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", path, cookies, len(body), body)
	if _, err := c.conn.Write(c.out); err != nil {
		return "", "", err
	}
	first := true
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return "", "", err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 303")) {
			return "", "", fmt.Errorf("%s: %s", path, line)
		}
		first = false
		if len(line) <= 2 {
			return location, set, nil // a 303 of ours has no body
		}
		if v, ok := bytes.CutPrefix(line, []byte("Location: ")); ok {
			location = strings.TrimSpace(string(v))
		} else if v, ok := bytes.CutPrefix(line, []byte("Set-Cookie: ")); ok {
			value, _, _ := bytes.Cut(v, []byte(";"))
			set += string(value) + "; "
		}
	}
}

// introduce lets n people say who they are; it returns their cookies.
func (c *child) introduce(n int) ([]string, error) {
	out := make([]string, n)
	return out, eachCaller(c.addr, 32, n, func(conn *caller, i int) (err error) {
		who := url.Values{"size": {"1"}, "name-1": {nameOf(i)}, "birth-1": {"24.12.1950"}, "postcode-1": {"58332"}}
		_, out[i], err = conn.post(c.path+"/eligible", "", who.Encode())
		return err
	})
}

// bookAll holds and confirms for everybody.
func (c *child) bookAll(callers int, cookies []string) error {
	return eachCaller(c.addr, callers, len(cookies), func(conn *caller, i int) error {
		cart, _, err := conn.post(c.path+"/hold", cookies[i], "slot="+c.slot[i%len(c.slot)])
		if err != nil {
			return err
		}
		to, _, err := conn.post(cart+"/confirm", "", "contact=mail&mail=erika%40example.org")
		if err == nil && !strings.HasPrefix(to, "/b/") {
			err = fmt.Errorf("confirm led to %q", to)
		}
		return err
	})
}

func eachCaller(addr string, callers, n int, do func(*caller, int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, callers)
	for range callers {
		wg.Go(func() {
			conn, err := dial(addr)
			if err != nil {
				errs <- err
				return
			}
			defer conn.conn.Close()
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := do(conn, int(i)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// serveChild is one of the other processes; servers run until they are killed.
func serveChild(kind string) error {
	switch kind {
	case "house":
		return serveHouse()
	case "clerks":
		return workAtTheDesk()
	case "neighbours":
		return bookBeside()
	case "room":
		return serveRoomHouse()
	case "plain":
		return serveBare()
	case "million":
		return runMillion()
	case "load":
		return runLoad()
	case "heap":
		return weighRoster()
	}
	if name := os.Getenv(profileEnv); name != "" && kind == "shop" {
		if err := profile(name); err != nil {
			return err
		}
	}
	e, err := newEngine(&options{}, slotsSpread, placesEnough)
	if err != nil {
		return err
	}
	secret, err := e.store.Secret(store.MasterSecret, rand.Reader)
	if err != nil {
		return err
	}
	site, err := web.New(web.Options{
		Booking: e.service, Store: e.store, Secret: secret, Rand: rand.Reader, Now: e.clock,
		BaseURL: "https://shop.example", CartsPerAddress: placesEnough, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	handler := site.Public()
	if kind == "bare" {
		handler = bare(e.sale.Path(), site.Public())
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	slots := make([]string, len(e.sale.Slots))
	for i, s := range e.sale.Slots {
		slots[i] = strconv.FormatInt(int64(s.ID), 10)
	}
	fmt.Println(l.Addr(), e.sale.Path(), strings.Join(slots, " "))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_batches", func(w http.ResponseWriter, _ *http.Request) {
		st := e.com.Stats()
		fmt.Fprint(w, st.Batches, " ", st.Commands)
	})
	mux.Handle("/", handler)
	return (&http.Server{Handler: mux, ReadHeaderTimeout: httpTimeout, BaseContext: func(net.Listener) context.Context { return context.Background() }}).Serve(l)
}

// bare reads the same forms and answers with the same bytes, and does nothing
// else. People introduce themselves to the real site, so that cookies are alike.
func bare(path string, site http.Handler) http.Handler {
	const name = "0123456789abcdefghjkmnpqrstvwxyz"
	answer := func(location string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			h := w.Header()
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Location", location)
			h.Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusSeeOther)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+path+"/hold", answer("/cart/"+name))
	mux.Handle("POST /cart/{id}/confirm", answer("/b/"+name))
	mux.Handle("/", site)
	return mux
}
