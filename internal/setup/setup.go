// Package setup reads sale files, one YAML file that describes a whole sale from
// the organizer to the last slot (SHAPES, "A sale file"), and applies them.
//
// It promises four things. Every mistake is reported at once, each with file,
// line, column and what to do about it. Nothing is half read: a file with one
// error gives no plan at all. It is bounded: whatever the bytes are, reading
// them ends soon and never panics. And nothing is half applied: Apply is one
// transaction, also in the middle of a sale, and never makes places out of none.
//
// It does not open files: who calls Load passes a function that does. Parse, Load
// and Diff know no database; Diff says in words what a new file would change.
package setup

import (
	"einlass/internal/catalog"
)

// Plan is what a sale file describes, ready to be stored.
type Plan struct {
	File  string
	Sale  catalog.Sale
	Slots []catalog.Slot // in order of Start and Group, no two alike
	Codes []CodeList
}

// CodeList is a list of access codes that lies in a file of its own.
type CodeList struct {
	Name  string   // as grounds name it
	File  string   // relative to the sale file, with slashes
	Codes []string // as catalog.NormalizeCode writes them; filled by Load
}

// Places is the capacity of all slots together.
func (p *Plan) Places() int {
	sum := 0
	for i := range p.Slots {
		sum += p.Slots[i].Places
	}
	return sum
}

// ByChannel is how the file divides the places of all slots among the channels.
func (p *Plan) ByChannel() map[catalog.Channel]int {
	out := make(map[catalog.Channel]int)
	for i := range p.Slots {
		for c, n := range p.Slots[i].Allotments {
			out[c] += n
		}
	}
	return out
}

// Parse reads a sale file. The file name is only used to say where a problem
// is. The plan is nil if any problem is an error; warnings leave it usable. Code
// lists are named but not read: see Load.
func Parse(file string, data []byte) (*Plan, []Problem) {
	r := &reader{problems: problems{file: file}, nodes: map[string]*node{}}
	root := r.tree(data)
	if r.failed() {
		return nil, r.sorted()
	}
	plan := r.plan(root)
	plan.File = file
	if r.failed() {
		return nil, r.sorted()
	}
	return plan, r.sorted()
}

// plan reads the whole tree, then checks what holds between its parts.
func (r *reader) plan(root *node) *Plan {
	top := r.object(root, "", "organizer", "venue", "event", "groups", "slots", "allotments", "offers", "sale", "codes")
	p := &Plan{}
	s := &p.Sale
	s.Organizer = r.organizer(top.need("organizer"))
	s.Venue = r.venue(top.need("venue"))
	s.Event = r.event(top.need("event"))
	s.Offers = r.offers(top.need("offers"))
	s.Allotments = r.allotments(top.get("allotments"))
	r.sale(top.need("sale"), s)
	p.Codes = r.codeLists(top.get("codes"))
	s.Groups = r.groups(top.get("groups"))
	p.Slots = r.slots(top.need("slots"), s.Groups)
	r.checkTimes(p)
	r.checkCodes(p)
	r.allot(p)
	return p
}
