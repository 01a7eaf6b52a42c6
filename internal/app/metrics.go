package app

import (
	"context"
	"net/http"
	"sync"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what an operator reads. Labels are routes, sales and states: never
// a name, an address or anything somebody typed.
type metrics struct {
	server   *Server
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	routes   sync.Map // routeKey → *routeMetrics

	mu    sync.Mutex // guards books and read
	books books
	read  time.Time
}

// books are figures that cost a scan of the database.
type books struct {
	pools  []inventory.Pool
	outbox map[catalog.ContactKind]store.OutboxCount
}

// outboxKinds are the names of the ways a message goes.
var outboxKinds = map[catalog.ContactKind]string{
	catalog.ContactMail: "mail", catalog.ContactPhone: "call", catalog.ContactPost: "print", catalog.ContactNone: "none",
}

// booksEvery is how old such figures may be: a scan reads every pool, and readers
// slow the writer on two cores (LIBRARIES, traps).
const booksEvery = 5 * time.Second

// answerBuckets are seconds, around what is promised: 0.3 for a clerk's booking.
var answerBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .3, .5, 1, 2.5, 5, 10, 20}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		server: s, registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "einlass_http_requests_total", Help: "Requests by listener, route and status.",
		}, []string{"listener", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "einlass_http_seconds", Help: "Time from a request's head to the end of its answer.", Buckets: answerBuckets,
		}, []string{"listener", "route"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m,
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsScheduler)), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// The figures that are read when somebody asks.
var (
	descBatches   = desc("batches_total", "Transactions of the committer.")
	descCommands  = desc("commands_total", "Commands decided.")
	descHalvings  = desc("halvings_total", "Batches halved because the database refused one of their commands; each is an alarm.")
	descBusy      = desc("busy_total", "Requests refused because their lane was full.")
	descWaiting   = desc("waiting_commands", "Commands in the queue now.")
	descPlaces    = desc("places", "Places by sale, channel and state: free, held, booked, blocked.", "sale", "channel", "state")
	descOutbox    = desc("outbox_messages", "Messages by kind and state. A mail that is due waits for the relay, a call or a letter to print for a person.", "kind", "state")
	descAttempts  = desc("mail_attempts_total", "Ends of attempts to send a mail since the start.", "end")
	descAway      = desc("mail_relay_away_seconds", "For how long the relay has not answered; 0 while it does.")
	descOpen      = desc("connections", "Open connections.", "listener")
	descRefused   = desc("connections_refused_total", "Connections refused because their address had too many.", "listener")
	descEvicted   = desc("connections_evicted_total", "Idle connections closed to make room.", "listener")
	descLane      = desc("public_waiting_requests", "Public requests that wait for their turn now.")
	descLate      = desc("public_late_total", "Public requests that were asked to come again because their turn did not come.")
	descReady     = desc("ready", "1 while people can be sent here.")
	descClockPace = desc("clock_pace", "How much faster than the machine's the sale's clock runs; 1 but in a demo.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("einlass_"+name, help, labels, nil)
}

// Describe is part of prometheus.Collector.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descBatches, descCommands, descHalvings, descBusy, descWaiting, descPlaces, descOutbox, descAttempts, descAway,
		descOpen, descRefused, descEvicted, descReady, descClockPace, descLane, descLate,
	} {
		out <- d
	}
}

// Collect is part of prometheus.Collector.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	c := m.server.committer.Stats()
	count(descBatches, c.Batches)
	count(descCommands, c.Commands)
	count(descHalvings, c.Halvings)
	count(descBusy, c.Busy)
	gauge(descWaiting, float64(c.Waiting))
	for _, side := range []*side{m.server.public, m.server.staff, m.server.ops} {
		gauge(descOpen, float64(side.door.open()), side.name)
		count(descRefused, side.door.refused.Load(), side.name)
		count(descEvicted, side.door.evicted.Load(), side.name)
	}
	gauge(descLane, float64(m.server.site.Waiting()))
	count(descLate, m.server.site.Late())
	ready := 0.0
	if m.server.notReady() == "" {
		ready = 1
	}
	gauge(descReady, ready)
	gauge(descClockPace, max(m.server.out.Clock.Pace, 1))
	m.collectMail(count, gauge)
	m.collectBooks(gauge)
}

func (m *metrics) collectMail(count func(*prometheus.Desc, int64, ...string), gauge func(*prometheus.Desc, float64, ...string)) {
	if m.server.outbox == nil {
		return
	}
	o := m.server.outbox.Stats()
	count(descAttempts, o.Sent, "sent")
	count(descAttempts, o.PutOff, "put_off")
	count(descAttempts, o.Parked, "parked")
	count(descAttempts, o.Dropped, "dropped")
	count(descAttempts, o.InDoubt.Crash, "in_doubt_crash")
	count(descAttempts, o.InDoubt.LostReply, "in_doubt_lost_reply")
	away := 0.0
	if !o.AwaySince.IsZero() {
		away = m.server.out.Clock.Now().Sub(o.AwaySince).Seconds()
	}
	gauge(descAway, away)
}

func (m *metrics) collectBooks(gauge func(*prometheus.Desc, float64, ...string)) {
	b, ok := m.readBooks()
	if !ok {
		return // einlass_ready says why
	}
	for kind, name := range outboxKinds {
		c := b.outbox[kind]
		gauge(descOutbox, float64(c.Due), name, "due")
		gauge(descOutbox, float64(c.Sent), name, "sent")
		gauge(descOutbox, float64(c.Parked), name, "parked")
		gauge(descOutbox, float64(c.Nothing), name, "nothing")
	}
	for key, sum := range m.server.addUp(b.pools) {
		gauge(descPlaces, float64(sum.free), key.sale, key.channel, "free")
		gauge(descPlaces, float64(sum.held), key.sale, key.channel, "held")
		gauge(descPlaces, float64(sum.booked), key.sale, key.channel, "booked")
		gauge(descPlaces, float64(sum.blocked), key.sale, key.channel, "blocked")
	}
}

// readBooks scans the database, at most every few seconds.
func (m *metrics) readBooks() (books, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.read) < booksEvery {
		return m.books, true
	}
	ctx, cancel := context.WithTimeout(context.Background(), booksEvery)
	defer cancel()
	pools, err := m.server.store.EagerPools(ctx)
	if err != nil {
		return books{}, false
	}
	outbox, err := m.server.store.CountByKind(ctx)
	if err != nil {
		return books{}, false
	}
	m.books, m.read = books{pools, outbox}, time.Now()
	return m.books, true
}

type placesKey struct{ sale, channel string }

type placesSum struct{ free, held, booked, blocked int }

// addUp sums pools by sale and channel. Places that were given back and wait are
// a channel of their own.
func (s *Server) addUp(pools []inventory.Pool) map[placesKey]*placesSum {
	at := make(map[int64]string)
	for _, sale := range s.sales() {
		for i := range sale.Slots {
			at[int64(sale.Slots[i].ID)] = sale.Organizer.ID + "/" + sale.Event.Slug
		}
	}
	out := make(map[placesKey]*placesSum)
	for i := range pools {
		p := &pools[i]
		channel := "returned"
		if p.ID.Kind() == inventory.KindAllotment {
			channel = catalog.Channel(p.ID.Channel()).String()
		}
		key := placesKey{at[int64(p.ID.Slot())], channel}
		sum := out[key]
		if sum == nil {
			sum = &placesSum{}
			out[key] = sum
		}
		sum.free += max(p.Free(), 0)
		sum.held += p.Held
		sum.booked += p.Booked
		sum.blocked += p.Blocked
	}
	return out
}
