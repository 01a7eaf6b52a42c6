package app

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Pages are handlers by pattern.
type Pages map[string]http.Handler

// quietMax is how long the database may be silent before we say that we are not
// ready: long enough for a busy moment, short enough for a load balancer.
const quietMax = 3 * time.Second

// unsavedMax is how long nothing may have been saved: a full disk, most likely.
const unsavedMax = 3 * beatEvery

// opsRoutes are the pages of the operator. They hold no personal data, but they
// tell how a sale goes: the listener belongs on the inside.
func (s *Server) opsRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := s.notReady(); why != "" {
			plain(w, http.StatusServiceUnavailable, why)
			return
		}
		plain(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", s.metrics.handler())
	for pattern, h := range s.out.Extra {
		mux.Handle(pattern, h)
	}
	return mux
}

// notReady says why nobody should be sent here, or nothing.
func (s *Server) notReady() string {
	switch {
	case s.closing.Load():
		return "the server is being stopped"
	case time.Since(time.Unix(0, s.lastPoll.Load())) > quietMax:
		return "the database does not answer"
	case time.Since(time.Unix(0, s.lastBeat.Load())) > unsavedMax:
		return "nothing can be saved: is the disk full?"
	}
	return ""
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text) //nolint:errcheck // whoever asked has gone
}

func trimSlash(base string) string { return strings.TrimSuffix(base, "/") }

func isSecure(base string) bool { return strings.HasPrefix(strings.ToLower(base), "https://") }
