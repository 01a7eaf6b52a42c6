package onsale

import (
	"slices"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// TestTwoRolesAcknowledge: the organizer and the technical lead, two people; whatever
// accounts they have, however they are written, under the present rules of this sale.
func TestTwoRolesAcknowledge(t *testing.T) {
	const organizer, technical, clerk = inventory.RoleOrganizer, inventory.RoleTechnical, inventory.RoleClerk
	sale := &store.StoredSale{Sale: catalog.Sale{ID: 7, Expects: 1_000}, Version: 3}
	type ack = store.Acknowledgement
	by := func(actor, name string, role inventory.Role) ack {
		return ack{Sale: 7, Version: 3, Actor: actor, Name: name, Role: role}
	}
	anna, bert := by("anna", "Anna Muster", organizer), by("bert", "Bert Beispiel", technical)
	for name, c := range map[string]struct {
		acks    []ack
		missing []inventory.Role
		one     bool
	}{
		"nobody":                        {nil, []inventory.Role{organizer, technical}, false},
		"the organizer":                 {[]ack{anna}, []inventory.Role{technical}, false},
		"the technical lead":            {[]ack{bert}, []inventory.Role{organizer}, false},
		"both":                          {[]ack{bert, anna}, nil, false},
		"two organizers":                {[]ack{anna, by("carl", "Carl Muster", organizer)}, []inventory.Role{technical}, false},
		"one person, two accounts":      {[]ack{anna, by("it", "Anna Muster", technical)}, []inventory.Role{technical}, true},
		"the other way round":           {[]ack{by("it", "Anna Muster", technical), anna}, []inventory.Role{organizer}, true},
		"written in another way":        {[]ack{anna, by("it", "MUSTER, Dr. Anna", technical)}, []inventory.Role{technical}, true},
		"and then somebody else":        {[]ack{anna, by("it", "Anna Muster", technical), bert}, nil, false},
		"somebody else was first":       {[]ack{by("carl", "Carl Muster", organizer), anna, by("it", "Anna Muster", technical)}, nil, false},
		"accounts that are gone":        {[]ack{by("anna", "", organizer), by("bert", "", technical)}, nil, false},
		"a clerk":                       {[]ack{anna, by("kasse1", "Karla Kasse", clerk)}, []inventory.Role{technical}, false},
		"under older rules":             {[]ack{anna, {Sale: 7, Version: 2, Actor: "bert", Name: "Bert Beispiel", Role: technical}}, []inventory.Role{technical}, false},
		"of another sale":               {[]ack{anna, {Sale: 8, Version: 3, Actor: "bert", Name: "Bert Beispiel", Role: technical}}, []inventory.Role{technical}, false},
		"the same account a second way": {[]ack{anna, by("anna", "Anna Muster", technical)}, []inventory.Role{technical}, true},
	} {
		r := ReadinessOf(sale, 0, nil, c.acks, time.Time{})
		if got := r.Missing(); !slices.Equal(got, c.missing) || r.Acknowledged() != (len(c.missing) == 0) || r.OnePerson() != c.one {
			t.Errorf("%s: %v is missing, want %v; one person: %v", name, got, c.missing, r.OnePerson())
		}
	}
}
