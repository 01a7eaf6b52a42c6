//go:build failpoints

package failpoint

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Enabled reports whether this build has failpoints.
const Enabled = true

// Env configures failpoints: "store.before-commit=kill@37;bug.inventory.early=on".
// Actions: on (a planted bug), kill@n (SIGKILL to oneself at the n-th hit),
// delay:3ms, yield (give up the processor).
const Env = "EINLASS_FAILPOINTS"

type point struct {
	hits   atomic.Int64
	bug    bool
	killAt int64
	delay  time.Duration
	yield  bool
}

var points = read(os.Getenv(Env))

// Hit is called where something may be made to happen.
func Hit(n Name) {
	p := points[n]
	hit := p.hits.Add(1)
	if p.killAt > 0 && hit == p.killAt {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	if p.delay > 0 {
		time.Sleep(p.delay)
	}
	if p.yield {
		runtime.Gosched()
	}
}

// Bug reports whether the planted bug n is switched on, and counts the question.
func Bug(n Name) bool {
	p := points[n]
	p.hits.Add(1)
	return p.bug
}

// Hits returns how often n was reached in this process.
func Hits(n Name) int64 { return points[n].hits.Load() }

// read panics on an unknown name or action: a misspelt failpoint must not let a
// test pass.
func read(spec string) map[Name]*point {
	out := make(map[Name]*point, len(All))
	for _, n := range All {
		out[n] = &point{}
	}
	for part := range strings.SplitSeq(spec, ";") {
		if part == "" {
			continue
		}
		name, action, _ := strings.Cut(part, "=")
		p, ok := out[Name(name)]
		if !ok {
			panic(fmt.Sprintf("%s: no failpoint %q", Env, name))
		}
		if err := p.set(action); err != nil {
			panic(fmt.Sprintf("%s: %s: %v", Env, name, err))
		}
	}
	return out
}

func (p *point) set(action string) (err error) {
	switch verb, arg, _ := strings.Cut(strings.Replace(action, "@", ":", 1), ":"); verb {
	case "on":
		p.bug = true
	case "yield":
		p.yield = true
	case "kill":
		p.killAt, err = strconv.ParseInt(arg, 10, 64)
	case "delay":
		p.delay, err = time.ParseDuration(arg)
	default:
		err = fmt.Errorf("no action %q: use on, yield, kill@n or delay:3ms", action)
	}
	return err
}
