package web

import "net/http"

// staffRoutes is the staff's site, on its own listener. Every route but the
// login needs a session.
func (s *Site) staffRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.handle(s.notFound))
	return s.guard(mux)
}
