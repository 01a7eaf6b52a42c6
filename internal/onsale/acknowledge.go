package onsale

import (
	"einlass/internal/eligibility"
	"einlass/internal/failpoint"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// acknowledging are the roles that must acknowledge an opening, each by somebody else:
// whoever answers for time, places and rules, and whoever answers for the machine. The
// second one looks at what the first one has stopped seeing.
var acknowledging = []inventory.Role{inventory.RoleOrganizer, inventory.RoleTechnical}

// AcknowledgedBy is how many must have acknowledged an opening.
const AcknowledgedBy = 2

// Missing are the roles that have not acknowledged the opening yet. Somebody who has
// acknowledged in both, by two accounts, counts for the first alone.
func (r *Readiness) Missing() (out []inventory.Role) {
	first := map[inventory.Role]map[string]bool{}
	for _, role := range acknowledging {
		if first[role] = r.people(role); len(first[role]) == 0 {
			out = append(out, role)
		}
	}
	if len(out) > 0 || r.different(first) {
		return out
	}
	return []inventory.Role{r.Acks[len(r.Acks)-1].Role}
}

// OnePerson reports whether every role has acknowledged, and it was one person.
func (r *Readiness) OnePerson() bool {
	missing := r.Missing()
	return len(missing) == 1 && len(r.people(missing[0])) > 0
}

// Acknowledged reports whether as many have acknowledged the opening as must.
func (r *Readiness) Acknowledged() bool { return len(r.Missing()) == 0 }

// people are who acknowledged in a role.
func (r *Readiness) people(role inventory.Role) map[string]bool {
	out := map[string]bool{}
	for _, a := range r.Acks {
		if a.Role == role {
			out[personOf(a)] = true
		}
	}
	return out
}

// different reports whether two people can be found for the two roles.
func (r *Readiness) different(by map[inventory.Role]map[string]bool) bool {
	all := map[string]bool{}
	for _, role := range acknowledging {
		for who := range by[role] {
			all[who] = true
		}
	}
	return len(all) >= AcknowledgedBy || failpoint.Bug(failpoint.BugOneHatTwice)
}

// personOf is who has an account: two accounts of the same name are one person's, however
// the name is written.
func personOf(a store.Acknowledgement) string {
	if name := eligibility.NormalizeName(a.Name); name != "" {
		return "name " + name
	}
	return "account " + a.Actor
}
