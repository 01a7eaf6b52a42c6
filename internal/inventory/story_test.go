package inventory

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

// storiesMin is how many stories there must be: a folder that is not found would
// pass otherwise.
const storiesMin = 8

// TestStories plays the files of testdata/stories: given, when, then, in words a
// clerk can read. Every line is one step.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) < storiesMin {
		t.Fatalf("%d stories, want %d: %v", len(files), storiesMin, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := &story{memory: newMemory(), now: opens, slots: map[string]ident.SlotID{}, carts: map[string]ident.BookingID{}, t: t}
			for i, line := range strings.Split(string(text), "\n") {
				line, _, _ = strings.Cut(line, "#")
				if words := strings.Fields(line); len(words) > 0 {
					s.line = i + 1
					s.step(words)
				}
			}
			s.check(t)
		})
	}
}

// story is one file being played.
type story struct {
	*memory
	t     *testing.T
	line  int
	now   time.Time
	next  int
	slots map[string]ident.SlotID    // by their time
	carts map[string]ident.BookingID // by who holds them
	last  Decision
}

func (s *story) step(w []string) {
	s.t.Helper()
	switch w[0] {
	case "given":
		s.given(w[1:])
	case "when":
		s.when(w[1:])
	case "then":
		s.then(w[1:])
	default:
		s.fail("a line begins with given, when or then, not %q", w[0])
	}
}

func (s *story) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("line %d: %s", s.line, fmt.Sprintf(format, args...))
}

// given slot 9:00 with 2 online 1 phone [returning]
func (s *story) given(w []string) {
	s.t.Helper()
	if len(w) < 5 || w[0] != "slot" || w[2] != "with" {
		s.fail("given slot TIME with NUMBER CHANNEL …")
	}
	id := ident.SlotID(len(s.slots) + 1)
	s.slots[w[1]] = id
	s.addPool(Returned(id), 0, false)
	returning := w[len(w)-1] == "returning"
	for i := 3; i+1 < len(w); i += 2 {
		s.addPool(Allotment(id, s.channel(w[i+1])), s.number(w[i]), returning)
	}
}

func (s *story) number(word string) int {
	s.t.Helper()
	n, err := strconv.Atoi(word)
	if err != nil {
		s.fail("%q is no number", word)
	}
	return n
}

func (s *story) channel(word string) catalog.Channel {
	s.t.Helper()
	c, err := catalog.ParseChannel(word)
	if err != nil {
		s.fail("%v", err)
	}
	return c
}

// pool reads "9:00 online" or "9:00 returned".
func (s *story) pool(slot, channel string) PoolID {
	s.t.Helper()
	id, ok := s.slots[slot]
	if !ok {
		s.fail("there is no slot %s", slot)
	}
	if channel == "returned" {
		return Returned(id)
	}
	return Allotment(id, s.channel(channel))
}

// when Anna holds 2 at 9:00 [phone] [instead] | Anna confirms | 15 minutes pass |
// staff want 3 at 9:00 online | staff move 1 from 9:00 phone to 9:00 online |
// staff block 1 at 9:00 online
func (s *story) when(w []string) {
	s.t.Helper()
	switch {
	case w[0] == "staff":
		s.do(RoleOrganizer, s.staff(w[1:]))
	case len(w) == 3 && w[2] == "pass":
		unit := map[string]time.Duration{"minutes": time.Minute, "seconds": time.Second}[w[1]]
		s.now = s.now.Add(time.Duration(s.number(w[0])) * unit)
	case w[1] == "holds":
		s.hold(w)
	default:
		s.do(RolePublic, s.about(w[1], s.carts[w[0]]))
	}
}

func (s *story) about(verb string, cart ident.BookingID) Action {
	s.t.Helper()
	switch verb {
	case "confirms":
		return Confirm{Booking: cart, Contact: catalog.Contact{Kind: catalog.ContactMail}}
	case "releases":
		return Release{cart}
	case "cancels":
		return Cancel{Booking: cart}
	case "extends":
		return Extend{cart, 15 * time.Minute}
	case "expires":
		return Expire{cart}
	}
	s.fail("nobody can %q", verb)
	return nil
}

func (s *story) staff(w []string) Action {
	s.t.Helper()
	switch w[0] {
	case "want":
		return SetCapacity{s.pool(w[3], w[4]), s.number(w[1])}
	case "move":
		return Move{From: s.pool(w[3], w[4]), To: s.pool(w[6], w[7]), Units: s.number(w[1])}
	case "block":
		return Block{Pool: s.pool(w[3], w[4]), Units: s.number(w[1])}
	case "unblock":
		return Unblock{Pool: s.pool(w[3], w[4]), Units: s.number(w[1])}
	}
	s.fail("staff cannot %q", w[0])
	return nil
}

// hold gives everybody one place per person: the name is the person.
func (s *story) hold(w []string) {
	s.t.Helper()
	channel, h := "online", Hold{Booking: bookingN(1000 + s.next), Until: s.now.Add(15 * time.Minute)}
	for _, word := range w[5:] {
		if word == "instead" {
			h.Replaces = s.carts[w[0]]
		} else {
			channel = word
		}
	}
	p := s.pool(w[4], channel)
	h.Shared = []Draw{{Pool: LazyPool(ident.Secret{}, KindPerson, "story", w[0]), Units: 1, Lazy: 1}}
	h.Lines = []LineRequest{{Candidates: []Candidate{{Slot: p.Slot(), Draws: []Draw{{Pool: p, Units: s.number(w[2])}}}}}}
	s.do(RolePublic, h)
	if s.last.OK() {
		s.carts[w[0]] = h.Booking
	}
}

func (s *story) do(role Role, a Action) {
	s.t.Helper()
	s.next++
	c := public(s.next, s.now, a)
	c.Role = role
	s.last = s.run(s.t, s.now, c)[0]
	s.check(s.t)
}

// then granted | then sold_out | then 9:00 online has 1 free 2 held 0 booked [1 over]
func (s *story) then(w []string) {
	s.t.Helper()
	if len(w) == 1 {
		want := Reason(w[0])
		if w[0] == "granted" {
			want = Granted
		}
		if s.last.Reason != want {
			s.fail("the answer is %q, want %q", s.last.Reason, want)
		}
		return
	}
	p := s.pools[s.pool(w[0], w[1])]
	have := map[string]int{"free": p.Free(), "held": p.Held, "booked": p.Booked, "blocked": p.Blocked, "over": p.Over()}
	for i := 3; i+1 < len(w); i += 2 {
		if got, ok := have[w[i+1]]; !ok || got != s.number(w[i]) {
			s.fail("%s %s has %d %s, want %s (%+v)", w[0], w[1], got, w[i+1], w[i], p)
		}
	}
}
