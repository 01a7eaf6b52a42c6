package app

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// routeKey names what is counted together.
type routeKey struct {
	listener, route string
}

// routeMetrics are the figures of one route, found once.
type routeMetrics struct {
	seconds  prometheus.Observer
	statuses [600]atomic.Pointer[prometheus.Counter] // by status code
}

// counted counts requests by the pattern they matched: "GET /b/{id}" says what
// was asked for without saying by whom.
func (m *metrics) counted(listener string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		c := &countedWriter{ResponseWriter: w}
		defer func() {
			rm := m.route(routeKey{listener, r.Pattern})
			rm.seconds.Observe(time.Since(begin).Seconds())
			m.status(rm, routeKey{listener, r.Pattern}, c.status).Inc()
		}()
		next.ServeHTTP(c, r)
	})
}

func (m *metrics) route(k routeKey) *routeMetrics {
	if rm, ok := m.routes.Load(k); ok {
		return rm.(*routeMetrics)
	}
	rm, _ := m.routes.LoadOrStore(k, &routeMetrics{seconds: m.seconds.WithLabelValues(k.listener, k.route)})
	return rm.(*routeMetrics)
}

func (m *metrics) status(rm *routeMetrics, k routeKey, code int) prometheus.Counter {
	if code < 100 || code >= len(rm.statuses) {
		code = http.StatusOK
	}
	if c := rm.statuses[code].Load(); c != nil {
		return *c
	}
	c := m.requests.WithLabelValues(k.listener, k.route, strconv.Itoa(code))
	rm.statuses[code].Store(&c)
	return c
}

// countedWriter remembers the status.
type countedWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the first status that is final.
func (w *countedWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
