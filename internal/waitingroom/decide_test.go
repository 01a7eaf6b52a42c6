package waitingroom

import (
	"testing"
	"time"

	"einlass/internal/draw"
	"einlass/internal/ident"

	"pgregory.net/rapid"
)

const sale ident.SaleID = 7

func owner(n byte) ident.Digest { return ident.DigestOf([]byte{'o', n}) }
func claim(n byte) ident.Digest { return ident.DigestOf([]byte{'c', n}) }

func join(o byte, claims ...byte) Act {
	j := Join{Owner: owner(o), Alias: draw.Alias{o}, Size: 1}
	for _, c := range claims {
		j.Claims = append(j.Claims, claim(c))
	}
	return Act{sale, j}
}

// play decides each act in a batch of its own on one state.
func play(t *testing.T, state *State, acts ...Act) []Outcome {
	t.Helper()
	var out []Outcome
	for i, a := range acts {
		one, _ := Decide(state, []Act{a}, now.Add(time.Duration(i)*time.Second))
		out = append(out, one...)
	}
	return out
}

func TestOnePersonOneNumber(t *testing.T) {
	state := NewState()
	out := play(t, state,
		join(1),                      // nothing has opened
		Act{sale, Open{Version: 1}},  //
		join(1, 1),                   // first
		join(1, 1),                   // another tab of the same browser
		join(2, 1),                   // another browser, the same person
		join(2, 2, 1),                // a party with that person
		join(3, 3, 3),                // a party of one person twice
		join(2, 2),                   // second
		Act{ident.SaleID(8), Open{}}, //
		Act{ident.SaleID(8), join(1, 1).Do},
	)
	want := []Outcome{
		{Reason: NotOpen}, {}, {}, {}, {Reason: Claimed}, {Reason: Claimed}, {Reason: Claimed}, {Entry: Entry{No: 1}}, {}, {},
	}
	for i, o := range out {
		if o.Reason != want[i].Reason || o.Entry.No != want[i].Entry.No {
			t.Errorf("act %d: %+v, want %+v", i, o, want[i])
		}
	}
	if n := state.Rooms[sale].Entries; n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}

func TestPhasesGoOneWay(t *testing.T) {
	state := NewState()
	steps := []struct {
		do    Doing
		want  Reason
		phase Phase
	}{
		{Freeze{}, NotOpen, 0}, {Draw{}, NotOpen, 0}, {Call{To: 1}, NotOpen, 0}, {Close{}, Done, 0},
		{Open{}, Granted, Joining}, {Open{}, Done, Joining}, {Draw{}, NotOpen, Joining}, {join(1).Do, Granted, Joining},
		{Freeze{}, Granted, Drawing}, {Freeze{}, Done, Drawing}, {join(2).Do, Granted, Drawing}, {Call{To: 1}, NotOpen, Drawing},
		{Enter{}, NotOpen, Drawing}, {Draw{}, Granted, Calling}, {Draw{}, Done, Calling}, {Freeze{}, Done, Calling},
		{join(3).Do, Granted, Calling}, {Call{To: 2}, Granted, Calling}, {Call{To: 1}, Done, Calling}, {Call{To: 99}, Granted, Calling},
		{Call{To: 99}, Done, Calling}, {Close{}, Granted, Over}, {Close{}, Done, Over}, {join(4).Do, NotOpen, Over},
		{join(1).Do, Granted, Over}, {Open{}, Done, Over}, {Enter{}, Done, Over},
	}
	for i, s := range steps {
		out, _ := Decide(state, []Act{{sale, s.do}}, now)
		if out[0].Reason != s.want || state.Rooms[sale].Phase != s.phase {
			t.Errorf("step %d, %T: %q in phase %s, want %q in %s", i, s.do, out[0].Reason, state.Rooms[sale].Phase, s.want, s.phase)
		}
	}
	if r := state.Rooms[sale]; r.Frozen != 1 || r.Entries != 3 || r.Called != 3 {
		t.Errorf("%+v", r)
	}
}

func TestPassesComeOneAfterAnother(t *testing.T) {
	state := NewState()
	play(t, state, Act{sale, Open{}}, join(1), Act{sale, Freeze{}}, Act{sale, Draw{}}, Act{sale, Call{To: 1}})
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	for i, s := range []struct {
		do     Enter
		want   Reason
		passes uint8
		until  time.Time
	}{
		{Enter{No: 9, Until: at(15)}, NoSuchEntry, 0, time.Time{}},
		{Enter{Until: at(15)}, Granted, 1, at(15)},
		{Enter{Until: at(15)}, Granted, 1, at(15)}, // a second tab
		{Enter{Until: at(20)}, Granted, 1, at(20)}, // renewed
		{Enter{Until: at(10)}, Granted, 1, at(20)}, // never shorter
		{Enter{After: 1, Until: at(30)}, Granted, 2, at(30)},
		{Enter{After: 1, Until: at(30)}, Granted, 2, at(30)}, // pressed twice
		{Enter{After: 2, Until: at(40)}, Granted, 3, at(40)},
		{Enter{After: 3, Until: at(50)}, NoMorePasses, 3, at(40)},
	} {
		out, _ := Decide(state, []Act{{sale, s.do}}, now)
		if o := out[0]; o.Reason != s.want || o.Entry.Passes != s.passes || !o.Entry.Until.Equal(s.until) {
			t.Errorf("step %d: %+v, want %+v", i, o, s)
		}
	}
}

// TestRandomRooms: whatever comes in whatever order and batches, the log has no gaps
// and nobody twice, numbers and calls only grow, and batches change nothing.
func TestRandomRooms(t *testing.T) {
	joined, called := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfN(rapid.Custom(anyAct), 20, 60)
		acts := append([]Act{{sale, Open{}}}, some.Draw(t, "acts")...)
		acts = append(acts, Act{sale, Freeze{}}, Act{sale, Draw{}}) // by chance alone few come to a call
		acts = append(acts, some.Draw(t, "acts after the draw")...)
		one, whole := NewState(), NewState()
		rosters := NewRoster(Room{Sale: sale})
		numbers := map[uint32]uint32{}
		var alone []Outcome
		for _, a := range acts {
			out, changes := Decide(one, []Act{a}, now)
			alone = append(alone, out...)
			before := rosters.Room().Called
			rosters.Follow(changes)
			if rosters.Room().Called < before {
				t.Fatal("a call was taken back")
			}
			for no := range rosters.Room().Entries {
				if n, ok := rosters.Number(no); ok {
					if was, known := numbers[no]; known && was != n {
						t.Fatalf("entry %d had number %d and has %d", no, was, n)
					}
					numbers[no] = n
					if back, ok := rosters.At(n); !ok || back != no {
						t.Fatalf("number %d leads to entry %d, not %d", n, back, no)
					}
				}
			}
			joined, called = joined+len(changes.Joined), called+len(changes.Calls)
		}
		together, changes := Decide(whole, acts, now)
		for i := range together {
			if together[i].Reason != alone[i].Reason || together[i].Entry != alone[i].Entry {
				t.Fatalf("act %d: %+v alone, %+v in a batch", i, alone[i], together[i])
			}
		}
		for i, e := range changes.Joined {
			if int(e.No) != i {
				t.Fatalf("the log has a gap: entry %d at place %d", e.No, i)
			}
		}
		people := map[ident.Digest]uint32{}
		for _, c := range changes.Claims {
			if no, twice := people[c.Digest]; twice {
				t.Fatalf("one person has entries %d and %d", no, c.No)
			}
			people[c.Digest] = c.No
		}
	})
	t.Logf("%d joined, %d calls", joined, called)
	if joined < 100 || called < 10 {
		t.Errorf("%d joined and %d calls: too few to prove anything", joined, called)
	}
}

func anyAct(t *rapid.T) Act {
	n := rapid.Byte().Draw(t, "n")
	switch rapid.IntRange(0, 11).Draw(t, "kind") {
	case 0:
		return Act{sale, Open{}}
	case 3:
		return Act{sale, Freeze{}}
	case 4:
		return Act{sale, Draw{}}
	case 5:
		return Act{sale, Call{To: uint32(n % 16)}}
	case 6:
		return Act{sale, Enter{No: uint32(n % 16), After: n % 4, Until: now.Add(time.Duration(n) * time.Second)}}
	}
	a := join(n%8, rapid.Byte().Draw(t, "claim")%8)
	if n%16 == 9 { // by a clerk, who may grant a second one
		j := a.Do.(Join)
		j.By = Hand{Actor: "kasse1", Second: "namesakes"}
		a.Do = j
	}
	return a
}
