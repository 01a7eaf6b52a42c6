package catalog

import "time"

// Beacon says which public value, unknown while numbers are drawn, goes into the draw of
// a sale with a waiting room. The zero Beacon is none: then whoever knows the seed could
// have chosen the order, and the published files say so.
type Beacon struct {
	Source BeaconSource `json:"source"`
	// From says in words which public draw will be typed in; only with BeaconTyped.
	From string `json:"from,omitempty"`
	// Wait is how long after the opening the draw waits for the value. Then it goes on
	// without.
	Wait time.Duration `json:"wait"`
}

// BeaconSource is where a beacon is from.
type BeaconSource string

// The sources beside none, in the words of the published files (docs/draw.md).
const (
	BeaconNone  BeaconSource = ""
	BeaconTyped BeaconSource = "typed" // an operator types it in
	BeaconDrand BeaconSource = "drand" // a signed round of the public chain quicknet
)

// Bounds and default of Beacon.Wait. A round of drand comes 33 seconds after the opening
// at the latest and needs somebody to bring it; a lottery may be drawn on the evening
// of the day.
const (
	BeaconWaitMin     = time.Minute
	BeaconWaitMax     = 24 * time.Hour
	BeaconWaitDefault = 10 * time.Minute
)
