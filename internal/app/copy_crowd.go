package app

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/locale"
	"einlass/internal/rehearsal"
	"einlass/internal/setup"
)

// invitation is what the copy tells a crowd that shows the grant.
func (c *saleCopy) invitation() *rehearsal.Invitation {
	sale := &c.sale
	i := &rehearsal.Invitation{
		Sale: saleName(sale), Title: sale.Event.Title.In(locale.German), Version: sale.Version, Expects: sale.Expects,
		People: c.grant.People, Minutes: c.grant.Minutes, LeadMS: c.lead().Milliseconds(),
		Room: sale.Allocation == catalog.AllocateRoom, Crowd: crowdOf(c.stage.plan),
	}
	if u, err := url.Parse(c.stage.server.StaffURL()); err == nil && c.grant.Clerks > 0 && c.deskSells() {
		_, port, _ := net.SplitHostPort(u.Host)
		i.StaffPort, _ = strconv.Atoi(port) // 0 without one: no clerks
	}
	i.Crowd.Pace, i.Crowd.Clerks.User, i.Crowd.Clerks.Password = c.grant.Pace, demoClerk, c.stage.password
	if c.grant.Clerks > 0 {
		i.Crowd.Clerks.Count = c.grant.Clerks
	}
	if i.Room {
		i.Crowd.Arrivals.EarlyMS = c.early().Milliseconds()
	}
	return i
}

// deskSells reports whether clerks have places of their own to sell.
func (c *saleCopy) deskSells() bool {
	by := c.stage.plan.ByChannel()
	return by[catalog.Phone]+by[catalog.Counter] > 0
}

// crowdOf describes people who fit a sale's rules, and some who do not.
func crowdOf(plan *setup.Plan) rehearsal.Config {
	cfg := rehearsal.Defaults()
	cfg.Scenario = plan.Sale.Organizer.ID + "/" + plan.Sale.Event.Slug
	cfg.Start, cfg.Places = "/"+cfg.Scenario, plan.Places()
	cfg.Who.EventDay = plan.Slots[0].Start.In(plan.Sale.Event.Location()).Format(time.DateOnly)
	if plan.Sale.Party.Max < 2 { // nobody comes in twos
		cfg.Habits.PartyOfTwo = 0
	}
	for _, list := range plan.Codes {
		cfg.Who.Codes = append(cfg.Who.Codes, list.Codes...)
	}
	if plan.ByChannel()[catalog.Phone] == 0 {
		cfg.Clerks.Channel = catalog.Counter.String()
	}
	fit(&cfg, plan.Sale.Eligible)
	return cfg
}

// Shares of a crowd that a sale's grounds shut out: our own assumption, as in the demo.
const elsewhereShare, wrongAgeShare = 0.05, 0.05

// fit makes people whom the first ground without a code lets in; where every ground wants
// a code, everybody has one.
func fit(cfg *rehearsal.Config, grounds []catalog.Ground) {
	i := slices.IndexFunc(grounds, func(g catalog.Ground) bool { return g.Code == "" })
	switch {
	case len(grounds) == 0:
		return
	case i < 0:
		cfg.Habits.WithCode = 1
		return
	}
	g := &grounds[i]
	if len(cfg.Who.Codes) > 0 {
		cfg.Habits.WithCode = codesShareMax
	}
	if a := g.Age; a != nil && a.From < oldest {
		cfg.Who.AgeFrom, cfg.Who.AgeTo = a.From, oldest
		if a.To > a.From && a.To < oldest {
			cfg.Who.AgeTo = a.To
		}
		if !a.At.IsZero() {
			cfg.Who.EventDay = a.At.Format(time.DateOnly)
		}
		cfg.Habits.WrongAge = wrongAgeShare
	}
	if p := g.Place; p != nil && len(p.Postcodes) > 0 {
		cfg.Who.Postcodes, cfg.Who.Elsewhere = livable(p), away(p)
		for _, shared := range p.Ambiguous {
			cfg.Who.Places = append(cfg.Who.Places, shared.Allowed...)
		}
		if len(cfg.Who.Elsewhere) > 0 {
			cfg.Habits.Elsewhere = elsewhereShare
			return
		}
	}
	if len(cfg.Who.Elsewhere) == 0 { // everywhere is inside
		cfg.Who.Elsewhere = cfg.Who.Postcodes
	}
}

// oldest is the greatest age that anybody of a crowd has, in years.
const oldest = 95

// livable are whole postcodes, from what may be beginnings of some.
func livable(p *catalog.PlaceRule) []string {
	const digits = 5
	out := make([]string, 0, len(p.Postcodes))
	for _, code := range p.Postcodes {
		if n := digits - len(code); n > 0 {
			code += strings.Repeat("0", n)
		}
		out = append(out, code)
	}
	return out
}

// away are postcodes of large towns that the rule does not let in.
func away(p *catalog.PlaceRule) []string {
	towns := []string{"10115", "20095", "80331", "50667", "01067", "44787", "60311", "70173", "99084"}
	return slices.DeleteFunc(towns, func(town string) bool {
		return slices.ContainsFunc(p.Postcodes, func(code string) bool { return strings.HasPrefix(town, code) })
	})
}
