package inventory

import (
	"flag"
	"os"
	"testing"
)

// walksDefault is how many random histories each property walks: enough that
// every reason comes up many times, about three seconds in all.
const walksDefault = "5000"

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(walksDefault); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
