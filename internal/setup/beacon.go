package setup

import (
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
)

// noBeacon is how a file says that there is none; so does leaving it out.
const noBeacon = "none"

// beacon reads which public value goes into the draw of a room. What is promised there
// is published word by word, so it is checked as the published files are.
func (r *reader) beacon(f *field) (b catalog.Beacon) {
	if f == nil {
		return b
	}
	o := r.open(f, "source", "from", "wait")
	if o.n == nil {
		return b
	}
	source := r.choice(o.need("source"), noBeacon, string(catalog.BeaconTyped), string(catalog.BeaconDrand))
	b.From = r.beaconFrom(o, source)
	wait := o.get("wait")
	switch {
	case source == noBeacon || source == "":
		if wait != nil && source == noBeacon {
			r.errorf(wait.node, wait.path, "says how long to wait, but with source: none there is nothing to wait for; take it out")
		}
		return catalog.Beacon{}
	case wait != nil:
		b.Wait = r.duration(wait, catalog.BeaconWaitMin, catalog.BeaconWaitMax)
	default:
		b.Wait = catalog.BeaconWaitDefault
	}
	b.Source = catalog.BeaconSource(source)
	return b
}

// beaconFrom reads which draw is meant: only what is typed in needs to say so.
func (r *reader) beaconFrom(o object, source string) string {
	from := o.get("from")
	switch {
	case source == string(catalog.BeaconTyped) && from == nil:
		r.errorf(o.n, o.join("from"), `is missing; say which public draw will be typed in, so that nothing is left to choose: "Lotto 6 aus 49, Saturday 10 April 2021, the six numbers in ascending order"`)
		return ""
	case source == string(catalog.BeaconTyped):
		text, ok := r.scalar(from)
		if !ok {
			return ""
		}
		rule, err := draw.TypedRule(text, time.Time{})
		if err != nil {
			r.errorf(from.node, from.path, "cannot be published as it is: %v", err)
		}
		return rule.From
	case from != nil && source != "":
		r.errorf(from.node, from.path, "goes with source: typed only; take it out")
	}
	return ""
}

// checkBeacon checks that the draw is over before the sale is.
func (r *reader) checkBeacon(s *catalog.Sale) {
	const path = "sale.beacon"
	if s.Beacon.Source == catalog.BeaconNone {
		return
	}
	if s.Allocation == catalog.AllocateOpen {
		r.warnf(r.where(path), path, "has no effect with allocation: open")
	}
	if s.Beacon.Wait > 0 && !s.Opens.Add(s.Beacon.Wait).Before(s.Closes) {
		r.errorf(r.where(path+".wait"), path+".wait", "ends after the sale closes; the numbers would be drawn too late")
	}
}
