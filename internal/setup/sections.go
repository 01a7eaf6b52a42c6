package setup

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"einlass/internal/catalog"
)

// reserved are the first parts of addresses that are no organizers.
var reserved = []string{"b", "cart", "find", "static", "assets", "verify", "healthz", "readyz", "metrics"}

// reservedEvents are second parts of addresses that are no events.
var reservedEvents = []string{"status-json", "eligible", "wait", "hold"}

// accentDefault is a blue that keeps its contrast in light and dark.
const accentDefault = "#005a9c"

var colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (r *reader) organizer(f *field) catalog.Organizer {
	o := r.open(f, "id", "name", "accent", "contact")
	out := catalog.Organizer{
		ID:     r.slug(o.need("id")),
		Name:   r.text(o.need("name"), catalog.TitleMax),
		Accent: accentDefault,
	}
	if slices.Contains(reserved, out.ID) {
		r.errorf(r.where(o.join("id")), o.join("id"), "%q is an address of our own; choose another", out.ID)
	}
	if c := o.get("accent"); c != nil {
		out.Accent = strings.ToLower(r.text(c, shownMax))
		if !colourForm.MatchString(out.Accent) {
			r.errorf(c.node, c.path, "%q is not a colour; write \"#005a9c\", in quotes", shorten(out.Accent))
		}
	}
	contact := r.open(o.need("contact"), "mail", "phone")
	out.Mail = r.mail(contact.need("mail"))
	out.Phone = r.text(contact.get("phone"), catalog.PhoneMax)
	return out
}

var mailForm = regexp.MustCompile(`^[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+$`)

func (r *reader) mail(f *field) string {
	s := r.text(f, catalog.MailMax)
	if s != "" && !mailForm.MatchString(s) {
		r.errorf(f.node, f.path, "%q is not a mail address; write name@town.example", shorten(s))
	}
	return s
}

func (r *reader) venue(f *field) catalog.Venue {
	o := r.open(f, "id", "name", "address")
	return catalog.Venue{
		ID:      r.slug(o.need("id")),
		Name:    r.text(o.need("name"), catalog.TitleMax),
		Address: r.text(o.need("address"), catalog.PostMax),
	}
}

func (r *reader) event(f *field) catalog.Event {
	o := r.open(f, "id", "title", "lead", "bring", "zone")
	out := catalog.Event{
		Slug:  r.slug(o.need("id")),
		Title: r.words(o.need("title"), catalog.TitleMax),
		Lead:  r.words(o.get("lead"), catalog.TextMax),
		Bring: r.words(o.get("bring"), catalog.TextMax),
		Zone:  r.text(o.need("zone"), shownMax),
	}
	if slices.Contains(reservedEvents, out.Slug) {
		r.errorf(r.where(o.join("id")), o.join("id"), "%q is an address of our own; choose another", out.Slug)
	}
	if out.Zone != "" {
		r.loc = r.location(o.get("zone"), out.Zone)
	}
	return out
}

// location loads a zone by its IANA name. "Local" would be the server's own.
func (r *reader) location(f *field, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		r.errorf(f.node, f.path, "there is no zone %q; write an IANA name, such as Europe/Berlin", shorten(name))
		return nil
	}
	return loc
}

func (r *reader) offers(f *field) []catalog.Offer {
	var out []catalog.Offer
	seen := map[string]int{}
	for _, item := range r.each(f, catalog.OffersMax, "offers") {
		o := r.open(item, "id", "name", "price")
		offer := catalog.Offer{
			ID:    r.slug(o.need("id")),
			Name:  r.words(o.need("name"), catalog.TitleMax),
			Price: r.money(o.need("price")),
		}
		if line, twice := seen[offer.ID]; twice && offer.ID != "" {
			r.errorf(r.where(o.join("id")), o.join("id"), "%q is the id of the offer in line %d already; choose another", offer.ID, line)
		}
		seen[offer.ID] = item.line
		out = append(out, offer)
	}
	if f != nil && f.kind == list && len(f.items) == 0 {
		r.errorf(f.node, f.path, "is empty; at least one offer is needed")
	}
	return out
}

func (r *reader) codeLists(f *field) []CodeList {
	if f == nil {
		return nil
	}
	if f.kind != mapping {
		r.errorf(f.node, f.path, "write a name and a file for each list: {kita-2021: codes.txt}")
		return nil
	}
	if len(f.entries) > catalog.GroundsMax {
		r.errorf(f.node, f.path, "%d lists; at most %d are allowed", len(f.entries), catalog.GroundsMax)
		return nil
	}
	names := make([]string, len(f.entries))
	for i, e := range f.entries {
		names[i] = e.key.text
	}
	o := r.open(f, names...)
	var out []CodeList
	for _, e := range f.entries {
		name := r.slug(&field{node: e.key, path: o.join(e.key.text)})
		file := r.relative(o.need(e.key.text))
		out = append(out, CodeList{Name: name, File: file})
	}
	return out
}

// relative reads a file name beside or below the sale file. Names that lead
// elsewhere are refused: a sale file may come from somebody else.
func (r *reader) relative(f *field) string {
	s := r.text(f, catalog.TitleMax)
	if f == nil || s == "" {
		return ""
	}
	outside := strings.HasPrefix(s, "/") || strings.ContainsAny(s, `\:`) || slices.Contains(strings.Split(s, "/"), "..")
	if outside {
		r.errorf(f.node, f.path, "%q lies outside the folder of the sale file; put the list beside it", shorten(s))
		return ""
	}
	return s
}
