//go:build !failpoints

package failpoint

// Env is the variable that configures failpoints in builds that have them.
const Env = "EINLASS_FAILPOINTS"

// Enabled reports whether this build has failpoints.
const Enabled = false

// Hit does nothing in this build.
func Hit(Name) {}

// Bug reports false in this build.
func Bug(Name) bool { return false }
