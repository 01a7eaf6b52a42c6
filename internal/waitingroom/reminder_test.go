package waitingroom

import (
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/ident"
)

// TestRemindersAreToldOnce: whatever is asked, forgotten and told in whatever order, an
// entry is told once, and only to an address that was not taken back.
func TestRemindersAreToldOnce(t *testing.T) {
	state, now := NewState(), simOpening
	state.Rooms[1] = Room{Sale: 1, Phase: Calling, Entries: 10, Called: 3, By: [catalog.GroupsMax]uint32{3}}
	told, saved := map[uint32]int{}, 0
	do := func(act Doing, want Reason) *Changes {
		t.Helper()
		now = now.Add(time.Second)
		out, c := Decide(state, []Act{{Sale: 1, Do: act}}, now)
		if out[0].Reason != want {
			t.Errorf("%+v: %q, want %q", act, out[0].Reason, want)
		}
		for _, r := range c.Told {
			told[r.No]++
			if r.Mail == "" || r.Told.IsZero() || r.Called != 3 {
				t.Errorf("told: %+v", r)
			}
		}
		if !c.Empty() {
			saved++
		}
		return c
	}
	all := Tell{Near: []Near{{No: 1, Number: 5}, {No: 2, Number: 6}, {No: 3, Number: 7}, {No: 4, Number: 8}}}
	for no := range uint32(4) {
		do(Remind{No: no, ID: ident.ID{byte(no + 1)}, Mail: "a@b.example", Lang: "de"}, Granted)
		do(Remind{No: no, ID: ident.ID{99}, Mail: "a@b.example", Lang: "de"}, Done)
	}
	if c := do(Remind{No: 1, ID: ident.ID{98}, Mail: "other@b.example", Lang: "en"}, Granted); len(c.Reminders) != 1 || c.Reminders[0].ID != (ident.ID{2}) {
		t.Errorf("another address: %+v", c.Reminders)
	}
	do(Remind{No: 10, Mail: "a@b.example"}, NoSuchEntry)
	if c := do(Forget{No: 2}, Granted); len(c.Forgotten) != 1 || len(c.Reminders) != 0 {
		t.Errorf("forgotten: %+v", c)
	}
	do(Forget{No: 2}, Done)
	do(all, Granted)
	do(all, Granted)
	do(Remind{No: 1, ID: ident.ID{97}, Mail: "again@b.example", Lang: "de"}, Done)
	if c := do(Forget{No: 1}, Granted); len(c.Forgotten) != 0 || c.Reminders[0].Mail != "" || c.Reminders[0].Told.IsZero() {
		t.Errorf("forgotten after it was sent: %+v", c)
	}
	do(Remind{No: 1, ID: ident.ID{96}, Mail: "again@b.example", Lang: "de"}, Done)
	do(all, Granted)
	if len(told) != 2 || told[1] != 1 || told[3] != 1 {
		t.Errorf("told: %v, want 1 and 3 once", told)
	}
	if saved != 4+1+1+1+1 {
		t.Errorf("%d acts changed something", saved)
	}
	do(Close{}, Granted)
	do(Remind{No: 5, Mail: "a@b.example"}, NotOpen)
	do(all, Done)
}
