//go:build unix

package app

import (
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	// slowFiles is how many files the program may open in this test: room for 436
	// public connections, a third of the attack. It starts with no fewer than 1,400.
	slowFiles = 1_700
	slowConns = 1_200
	// slowProbes is how often others and the staff ask during each attack; none may
	// fail (PROMISES 24).
	slowProbes = 40
)

var staffAt = regexp.MustCompile(`ready: staff pages at (http://[^\s"]+)`)

// TestSlowAttacksStopNobody: the program, as a process of its own with few open files, is
// attacked by 1,200 slow connections of one address that send their head in drops, their
// form in drops, or do not read the answer. Others and the staff are served meanwhile.
func TestSlowAttacksStopNobody(t *testing.T) {
	p := startLimited(t, slowFiles, database(t, 6, 10))
	defer func() {
		p.Process.Kill() //nolint:errcheck // ours
		<-p.done
	}()
	staff := staffAt.FindStringSubmatch(p.waitFor(t, staffAt))[1]
	for _, kind := range []string{"headers", "body", "read"} {
		a := newAttack(t, kind, strings.TrimPrefix(p.public, "http://"))
		public, desk := probeBoth(p.public+"/amt/termin", staff+"/login", a.drip)
		t.Logf("%s: %d connections opened, %d of them shut again meanwhile; of %d probes each %d failed for others, %d for the staff", kind, a.opened, a.shut, slowProbes, public, desk)
		if a.opened < slowConns || public+desk > 0 {
			t.Errorf("%s: %d connections; %d probes of others and %d of the staff failed", kind, a.opened, public, desk)
		}
		if a.close(); !testing.Short() {
			realTool(t, kind, p.public, staff)
		}
	}
}

// startLimited starts the program with so many open files at most.
func startLimited(t *testing.T, files int, db string) *program {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	return startProgramBy(t, []string{shell, "-c", fmt.Sprintf(`ulimit -n %d && exec "$@"`, files), "sh"}, db, "--per-address", "256")
}

// waitFor returns the log once it says what is looked for.
func (p *program) waitFor(t *testing.T, what *regexp.Regexp) string {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if log := p.log.String(); what.MatchString(log) {
			return log
		}
	}
	t.Fatalf("it does not say %s\n%s", what, p.log)
	return ""
}

// attack is many slow connections of one address.
type attack struct {
	kind, to     string
	conns        []net.Conn
	opened, shut int
}

func newAttack(t *testing.T, kind, to string) *attack {
	t.Helper()
	a := &attack{kind: kind, to: to}
	for range slowConns {
		a.one()
	}
	if len(a.conns) == 0 {
		t.Fatalf("no connection came through")
	}
	return a
}

// one opens a connection and begins to be slow. Who is refused at once was one all the
// same.
func (a *attack) one() {
	a.opened++
	c, err := dialFrom("127.0.0.31", a.to)
	if err != nil {
		a.shut++
		return
	}
	switch a.kind {
	case "headers":
		fmt.Fprintf(c, "GET /amt/termin HTTP/1.1\r\nHost: x\r\nX-Slow: ") //nolint:errcheck // it may have been shut
	case "body":
		fmt.Fprintf(c, "POST /amt/termin/hold HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8192\r\n\r\n") //nolint:errcheck // as above
	case "read":
		c.(*net.TCPConn).SetReadBuffer(1)                                                 //nolint:errcheck // only a wish
		fmt.Fprint(c, strings.Repeat("GET /amt/termin HTTP/1.1\r\nHost: x\r\n\r\n", 400)) //nolint:errcheck // as above
	}
	a.conns = append(a.conns, c)
}

// drip sends the next drop on every connection, and opens another one for each that was
// shut.
func (a *attack) drip() {
	open := a.conns
	a.conns = nil
	for _, c := range open {
		c.SetWriteDeadline(time.Now().Add(time.Millisecond)) //nolint:errcheck // of a connection
		_, err := c.Write([]byte("a"))
		if ne, ok := err.(net.Error); err == nil || ok && ne.Timeout() { // it reads nothing: that is the attack
			a.conns = append(a.conns, c)
			continue
		}
		c.Close()
		a.shut++
		if len(a.conns) < slowConns {
			a.one()
		}
	}
}

func (a *attack) close() {
	for _, c := range a.conns {
		c.Close()
	}
}

// probeBoth asks for a public page from other addresses, and for the staff's login, and
// counts those that were not answered within two seconds.
func probeBoth(public, staff string, between func()) (publicFailed, staffFailed int) {
	for i := range slowProbes {
		if publicFailed+staffFailed > 2 {
			break // that is enough, and each takes its time
		}
		if askFrom(fmt.Sprintf("127.0.0.%d", 32+i%10), public, 2*time.Second) != nil {
			publicFailed++
		}
		if askFrom("127.0.0.31", staff, 2*time.Second) != nil { // staff may share the attacker's address
			staffFailed++
		}
		if i%10 == 0 {
			between()
		}
	}
	return publicFailed, staffFailed
}

// realTool attacks with slowhttptest where it is installed; it comes from another address
// than the probes.
func realTool(t *testing.T, kind, public, staff string) {
	t.Helper()
	tool, err := exec.LookPath("slowhttptest")
	if err != nil {
		t.Log("no slowhttptest: only our own attack was made")
		return
	}
	mode := map[string]string{"headers": "-H", "body": "-B", "read": "-X"}[kind]
	cmd := exec.Command(tool, mode, "-c", fmt.Sprint(slowConns), "-r", "600", "-i", "1", "-l", "4", "-u", public+"/amt/termin")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // its connections are open now
	others, desk := probeBoth(public+"/amt/termin", staff+"/login", func() {})
	cmd.Process.Kill() //nolint:errcheck // ours
	cmd.Wait()         //nolint:errcheck // its own verdict is not ours
	t.Logf("slowhttptest %s: of %d probes each %d failed for others, %d for the staff", mode, slowProbes, others, desk)
	if others+desk > 0 {
		t.Errorf("slowhttptest %s: %d probes of others and %d of the staff failed", mode, others, desk)
	}
}
