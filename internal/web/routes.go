package web

import "net/http"

// publicRoutes is the public site. What is not listed is refused; every changing
// route is a POST and is guarded against other sites' forms. Every route has its
// lane.
func (s *Site) publicRoutes() http.Handler {
	mux, l := http.NewServeMux(), s.lanes

	// Shared by all: bytes from memory.
	mux.Handle("GET /{$}", s.in(&l.shared, s.home))
	mux.Handle("GET /{org}", s.in(&l.shared, s.organizer))
	mux.Handle("GET /{org}/{event}", s.in(&l.shared, s.event))
	mux.HandleFunc("GET /{org}/{event}/status.json", s.status) // costs less than a turn

	// On the way to a place: the sealed cookies say who and by which pass.
	mux.Handle("GET /{org}/{event}/eligible", s.in(&l.looks, s.eligibleForm))
	mux.Handle("POST /{org}/{event}/eligible", s.in(&l.acts, s.eligible))
	mux.Handle("GET /{org}/{event}/wait", s.in(&l.waits, s.wait))
	mux.Handle("POST /{org}/{event}/wait/join", s.in(&l.queue, s.join))
	mux.Handle("POST /{org}/{event}/wait/enter", s.in(&l.finish, s.enter))
	mux.Handle("GET /{org}/{event}/wait/transfer", s.in(&l.looks, s.transferForm))
	mux.Handle("POST /{org}/{event}/wait/transfer", s.in(&l.acts, s.transfer))
	mux.Handle("GET /{org}/{event}/wait/mail", s.in(&l.looks, s.remindForm))
	mux.Handle("POST /{org}/{event}/wait/mail", s.in(&l.queue, s.remind))
	mux.Handle("POST /{org}/{event}/wait/mail/forget", s.in(&l.queue, s.unremind))
	mux.Handle("GET /{org}/{event}/draw", s.in(&l.looks, s.drawPage))
	mux.Handle("GET /{org}/{event}/draw/{file}", s.handle(s.drawFile)) // takes turns of looks for each part
	mux.Handle("GET /{org}/{event}/slots", s.in(&l.looks, s.slots))
	mux.Handle("POST /{org}/{event}/hold", s.in(&l.acts, s.hold))

	// Somebody's own: the 128-bit name in the address is the key to it.
	mux.Handle("GET /cart/{id}", s.in(&l.mine, s.cart))
	mux.Handle("POST /cart/{id}/extend", s.in(&l.finish, s.extend))
	mux.Handle("POST /cart/{id}/release", s.in(&l.finish, s.release))
	mux.Handle("POST /cart/{id}/confirm", s.in(&l.finish, s.confirm))
	mux.Handle("GET /b/{id}", s.in(&l.mine, s.booking))
	mux.Handle("GET /b/{id}/ics", s.in(&l.mine, s.calendar))
	mux.Handle("GET /b/{id}/qr.svg", s.in(&l.mine, s.qr))
	mux.Handle("GET /b/{id}/print", s.in(&l.mine, s.print))
	mux.Handle("POST /b/{id}/cancel", s.in(&l.finish, s.cancel))
	mux.Handle("POST /b/{id}/resend", s.in(&l.finish, s.resend))
	mux.Handle("POST /b/{id}/contact", s.in(&l.finish, s.changeContact))

	// By code and a proof.
	mux.Handle("GET /find", s.in(&l.looks, s.findForm))
	mux.Handle("POST /find", s.in(&l.acts, s.find))

	mux.Handle("/", s.in(&l.shared, s.notFound))
	return s.guard(s.Secure, mux)
}
