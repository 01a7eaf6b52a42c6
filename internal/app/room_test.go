package app

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einlass/internal/waitingroom"
)

// roomFile is a sale file of these tests whose places are given out by numbers, open
// since an hour.
func roomFile(t *testing.T) string {
	t.Helper()
	file := saleFile(t, time.Now().Add(-time.Hour), 6, 10)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "allocation: open", "allocation: room", 1)
	if changed == string(text) {
		t.Fatal("the sale file has no allocation to change")
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// soon looks for something until it is there; it fails after a second, which is what
// a lever may take.
func soon(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Second); !there(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a second: %s", what)
		}
	}
}

// TestLeversOfARoom pulls each lever from another process and sees what it does.
func TestLeversOfARoom(t *testing.T) {
	db := filepath.Join(t.TempDir(), "einlass.db")
	if code, out, log := tell(t, "", "apply", "--db", db, roomFile(t)); code != 0 {
		t.Fatalf("apply: %d\n%s%s", code, out, log)
	}
	s := serve(t, db, anyPorts(), Clock{})
	room := func(args ...string) string {
		t.Helper()
		code, out, log := tell(t, "", append([]string{"room"}, append(args, "--db", db, "--json")...)...)
		if code != 0 {
			t.Fatalf("room %v: exit %d\n%s%s", args, code, out, log)
		}
		return out
	}
	sale := s.sales()[0].ID
	soon(t, "the room calls", func() bool {
		r := s.rooms.Roster(sale)
		return r != nil && r.Room().Phase == waitingroom.Calling
	})
	room("pause", "amt/termin", "--until", "2031-04-03T08:30")
	soon(t, "paused", func() bool { return s.rooms.Levers(sale).Paused })
	v := newQueuer(t, s)
	v.join(t)
	time.Sleep(700 * time.Millisecond) // more than two looks of the controller
	if page := v.page(t); !strings.Contains(page, `data-state="waiting"`) || !strings.Contains(page, "2031") {
		t.Errorf("while the room is paused:\n%s", page)
	}
	room("say", "amt/termin", "--de", "Bitte haben Sie <Geduld>.")
	soon(t, "the message", func() bool { return strings.Contains(v.page(t), "Bitte haben Sie &lt;Geduld&gt;.") })
	room("say", "amt/termin")
	soon(t, "no message", func() bool { return !strings.Contains(v.page(t), "Geduld") })
	room("resume", "amt/termin")
	soon(t, "called", func() bool { return strings.Contains(v.page(t), `data-state="called"`) })

	var status struct{ Rooms []roomState }
	if err := json.Unmarshal([]byte(room("status")), &status); err != nil || len(status.Rooms) != 1 {
		t.Fatalf("%v %+v", err, status)
	}
	if r := status.Rooms[0]; r.Sale != "amt/termin" || r.Phase != "calling" || r.Entries != 1 || r.Called != 1 || r.Paused {
		t.Errorf("%+v", r)
	}
	room("close", "amt/termin", "--yes")
	soon(t, "closed", func() bool { return strings.Contains(v.page(t), `data-state="closed"`) })
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	verify(t, db)
}

func TestLeversThatAreRefused(t *testing.T) {
	db := filepath.Join(t.TempDir(), "einlass.db")
	if code, out, log := tell(t, "", "apply", "--db", db, roomFile(t)); code != 0 {
		t.Fatalf("apply: %d\n%s%s", code, out, log)
	}
	for want, args := range map[string][]string{
		"there is no sale amt/nichts": {"pause", "amt/nichts"},
		"cannot be taken back":        {"close", "amt/termin"},
		"at most 200":                 {"say", "amt/termin", "--de", strings.Repeat("x", 201)},
		"it goes from 0":              {"rate", "amt/termin", "1000001"},
		"characters that nobody can":  {"say", "amt/termin", "--en", "a\x00b"},
	} {
		if code, _, log := tell(t, "", append([]string{"room"}, append(args, "--db", db)...)...); code == 0 || !strings.Contains(log, want) {
			t.Errorf("room %v: exit %d, %q", args, code, log)
		}
	}
}

// queuer is somebody with a browser in front of a room.
type queuer struct {
	c   *http.Client
	url string
}

func newQueuer(t *testing.T, s *Server) *queuer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &queuer{c: &http.Client{Jar: jar}, url: s.PublicURL() + "/amt/termin"}
}

func (q *queuer) join(t *testing.T) {
	t.Helper()
	q.page(t)
	res, err := q.c.PostForm(q.url+"/wait/join", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close() //nolint:errcheck // only read
	if res.StatusCode != http.StatusOK {
		t.Fatalf("join: %d", res.StatusCode)
	}
}

func (q *queuer) page(t *testing.T) string {
	t.Helper()
	res, err := q.c.Get(q.url + "/wait")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
