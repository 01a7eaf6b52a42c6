package web

import (
	"net/http"

	"einlass/internal/inventory"
)

// staffRoute is one address of the staff's site with who may use it. A route that
// names nobody is refused to everybody: whoever forgets the right shuts the door
// instead of opening it.
type staffRoute struct {
	pattern string
	open    bool // without a session; for the login alone
	roles   []inventory.Role
	do      func(http.ResponseWriter, *deskRequest) error
}

// Who works at the desk.
var deskRoles = []inventory.Role{inventory.RoleClerk, inventory.RoleOrganizer}

// Who sees how far a sale is ready to open, and acknowledges it.
var openingRoles = []inventory.Role{inventory.RoleOrganizer, inventory.RoleTechnical}

// staffTable is the staff's site, on its own listener.
func (s *Site) staffTable() []staffRoute {
	desk := func(pattern string, do func(http.ResponseWriter, *deskRequest) error) staffRoute {
		return staffRoute{pattern: pattern, roles: deskRoles, do: do}
	}
	office := func(pattern string, do func(http.ResponseWriter, *deskRequest) error) staffRoute {
		return staffRoute{pattern: pattern, roles: []inventory.Role{inventory.RoleOrganizer}, do: do}
	}
	ready := func(pattern string, do func(http.ResponseWriter, *deskRequest) error) staffRoute {
		return staffRoute{pattern: pattern, roles: openingRoles, do: do}
	}
	everybody := func(pattern string, do func(http.ResponseWriter, *deskRequest) error) staffRoute {
		return staffRoute{pattern: pattern, roles: append([]inventory.Role{inventory.RoleTechnical}, deskRoles...), do: do}
	}
	return []staffRoute{
		{pattern: "GET /login", open: true, do: s.loginForm},
		{pattern: "POST /login", open: true, do: s.login},
		everybody("POST /logout", s.logout),

		// From the free times to a cart.
		everybody("GET /{$}", s.desks),
		everybody("GET /desk", s.desks),
		everybody("GET /desk/{org}/{event}", s.desk), // leads the technical lead to the opening
		desk("POST /desk/{org}/{event}/hold", s.deskHold),
		desk("POST /desk/{org}/{event}/find", s.deskFind),

		// Before it opens: rehearsals and acknowledgements.
		ready("GET /desk/{org}/{event}/opening", s.deskOpening),
		ready("POST /desk/{org}/{event}/opening/acknowledge", s.acknowledge),

		// Numbers of a waiting room, for whoever calls or stands here.
		desk("GET /desk/{org}/{event}/number", s.deskDrawForm),
		desk("POST /desk/{org}/{event}/number", s.deskDraw),
		desk("GET /desk/{org}/{event}/number/{no}", s.deskNumber),
		desk("GET /desk/{org}/{event}/number/{no}/print", s.deskNumberPrint),

		// How the waiting room stands; its levers are the organizer's.
		desk("GET /desk/{org}/{event}/room", s.deskRoom),
		office("POST /desk/{org}/{event}/room/say", s.pull("say", leverSay)),
		office("POST /desk/{org}/{event}/room/pause", s.pull("pause", leverPause)),
		office("POST /desk/{org}/{event}/room/resume", s.pull("resume", leverResume)),
		office("POST /desk/{org}/{event}/room/rate", s.pull("rate", leverRate)),
		office("GET /desk/{org}/{event}/room/close", s.deskShutAsk),
		office("POST /desk/{org}/{event}/room/close", s.pull("close", leverClose)),

		// After the sale, and while it runs: for press and council.
		office("GET /desk/{org}/{event}/report", s.deskReport),

		// From the cart to the booking, and back.
		desk("GET /desk/cart/{id}", s.deskCart),
		desk("POST /desk/cart/{id}/confirm", s.deskConfirm),
		desk("POST /desk/cart/{id}/release", s.deskRelease),
		desk("GET /desk/b/{id}", s.deskBooking),
		desk("GET /desk/b/{id}/print", s.deskPrint),
		desk("GET /desk/b/{id}/cancel", s.deskCancelAsk),
		desk("POST /desk/b/{id}/cancel", s.deskCancel),
		desk("POST /desk/b/{id}/resend", s.deskResend),

		// What people without e-mail wait for.
		desk("GET /desk/tasks", s.deskTasks),
		desk("POST /desk/tasks/{seq}/done", s.deskTaskDone),
		desk("POST /desk/tasks/{seq}/later", s.deskTaskLater),
		desk("POST /desk/tasks/{seq}/undo", s.deskTaskUndo),

		desk("/", s.deskNotFound),
	}
}

func (s *Site) staffRoutes() http.Handler {
	mux := http.NewServeMux()
	for _, route := range s.staffTable() {
		mux.Handle(route.pattern, s.staffHandle(route))
	}
	return s.guard(s.StaffSecure, mux)
}
