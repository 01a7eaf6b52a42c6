package web

import (
	"maps"
	"net/http"
	"slices"

	"einlass/internal/inventory"
)

// StaffRoute is a route of the staff's site as tests see it.
type StaffRoute struct {
	Pattern string
	Open    bool
	Roles   []inventory.Role
}

// StaffRoutes lists every route of the staff's site.
func (s *Site) StaffRoutes() (out []StaffRoute) {
	for _, r := range s.staffTable() {
		out = append(out, StaffRoute{Pattern: r.pattern, Open: r.open, Roles: r.roles})
	}
	return out
}

// StaffRouteFor is a page that only these roles may see.
func (s *Site) StaffRouteFor(roles ...inventory.Role) http.Handler {
	return s.staffHandle(staffRoute{roles: roles, do: func(w http.ResponseWriter, _ *deskRequest) error {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}})
}

// ReportedReasons are the reasons that the report counts.
func (s *Site) ReportedReasons() []inventory.Reason { return slices.Sorted(maps.Keys(reported)) }
