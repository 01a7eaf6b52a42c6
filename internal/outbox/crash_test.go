//go:build failpoints

package outbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"einlass/internal/failpoint"
)

// TestKilledBetweenTheRelaysYesAndTheMark kills the program again and again at
// the worst moment. Every message arrives, each kill costs at most one copy, and
// the next start knows of it.
func TestKilledBetweenTheRelaysYesAndTheMark(t *testing.T) {
	const killAt, killsLeast, killsMost = 7, many / 10, 60
	h := newHouse(t, many)
	h.book(t, many, byMail)
	kills, inDoubt := 0, 0
	for ended := false; !ended; {
		var doubt int
		ended, doubt = runChild(t, h, killAt)
		inDoubt += doubt
		if !ended {
			kills++
		}
		if kills > killsMost {
			t.Fatal("no progress")
		}
	}
	c := h.sink.Counts()
	t.Logf("%d kills, %d in doubt at the next start, %+v", kills, inDoubt, c)
	if kills < killsLeast {
		t.Errorf("only %d kills", kills)
	}
	if got := h.counts(t); c.Distinct != many || got.Sent != many || got.Due != 0 {
		t.Errorf("%d different messages, %+v", c.Distinct, got)
	}
	if c.Copies > kills || inDoubt < c.Copies {
		t.Errorf("%d copies after %d kills, %d were known to be in doubt", c.Copies, kills, inDoubt)
	}
	for id, n := range h.sink.Copies() {
		if n > 1 {
			t.Errorf("%s came %d times more than once", id, n)
		}
	}
}

var cutOff = regexp.MustCompile(`cut off.* messages=(\d+)`)

// runChild runs the program until it is done or killed, and says how many
// messages it found in doubt when it started.
func runChild(t *testing.T, h *house, killAt int) (ended bool, doubt int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+h.path, childPort+"="+strconv.Itoa(h.sink.Port()),
		fmt.Sprintf("%s=%s;%s=kill@%d", failpoint.Env, os.Getenv(failpoint.Env), failpoint.OutboxAfterSend, killAt))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	must(t, cmd.Start())
	timer := time.AfterFunc(patience, func() { cmd.Process.Kill() }) //nolint:errcheck // the test fails by what it then finds
	defer timer.Stop()
	err := cmd.Wait()
	if m := cutOff.FindSubmatch(out.Bytes()); m != nil {
		doubt, _ = strconv.Atoi(string(m[1]))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() != -1 {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	return err == nil, doubt
}
