package web

import "net/http"

// publicRoutes is the public site. What is not listed is refused; every changing
// route is a POST and is guarded against other sites' forms.
func (s *Site) publicRoutes() http.Handler {
	mux := http.NewServeMux()

	// Shared by all: bytes from memory.
	mux.Handle("GET /{$}", s.handle(s.home))
	mux.Handle("GET /{org}", s.handle(s.organizer))
	mux.Handle("GET /{org}/{event}", s.handle(s.event))
	mux.Handle("GET /{org}/{event}/status.json", s.handle(s.status))

	// On the way to a place: the sealed cookies say who and by which pass.
	mux.Handle("GET /{org}/{event}/eligible", s.handle(s.eligibleForm))
	mux.Handle("POST /{org}/{event}/eligible", s.handle(s.eligible))
	mux.Handle("GET /{org}/{event}/slots", s.handle(s.slots))
	mux.Handle("POST /{org}/{event}/hold", s.handle(s.hold))

	// Somebody's own: the 128-bit name in the address is the key to it.
	mux.Handle("GET /cart/{id}", s.handle(s.cart))
	mux.Handle("POST /cart/{id}/extend", s.handle(s.extend))
	mux.Handle("POST /cart/{id}/release", s.handle(s.release))
	mux.Handle("POST /cart/{id}/confirm", s.handle(s.confirm))
	mux.Handle("GET /b/{id}", s.handle(s.booking))
	mux.Handle("GET /b/{id}/ics", s.handle(s.calendar))
	mux.Handle("GET /b/{id}/qr.svg", s.handle(s.qr))
	mux.Handle("GET /b/{id}/print", s.handle(s.print))
	mux.Handle("POST /b/{id}/cancel", s.handle(s.cancel))
	mux.Handle("POST /b/{id}/resend", s.handle(s.resend))
	mux.Handle("POST /b/{id}/contact", s.handle(s.changeContact))

	// By code and a proof.
	mux.Handle("GET /find", s.handle(s.findForm))
	mux.Handle("POST /find", s.handle(s.find))

	mux.Handle("/", s.handle(s.notFound))
	return s.guard(mux)
}
