package setup_test

import (
	"testing"
	"time"

	"einlass/internal/catalog"
)

// TestBeacon: what a sale file may say of the public value that goes into the draw.
func TestBeacon(t *testing.T) {
	for says, want := range map[string]catalog.Beacon{
		"":                                      {},
		"  beacon:\n":                           {},
		"  beacon: {source: none}\n":            {},
		"  beacon: {source: drand}\n":           {Source: catalog.BeaconDrand, Wait: 10 * time.Minute},
		"  beacon: {source: drand, wait: 5m}\n": {Source: catalog.BeaconDrand, Wait: 5 * time.Minute},
		"  beacon: {source: typed, wait: 1d, from: \"  Lotto 6 aus 49,\\n  3 April \"}\n": {Source: catalog.BeaconTyped, Wait: 24 * time.Hour, From: "Lotto 6 aus 49, 3 April"},
	} {
		plan := parse(t, change(t, "  hold: {", says+"  hold: {"))
		if plan.Sale.Beacon != want {
			t.Errorf("%q is %+v, want %+v", says, plan.Sale.Beacon, want)
		}
	}
}
