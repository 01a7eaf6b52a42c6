package app

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/locale"
	"einlass/internal/onsale"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// roomCmd is `einlass room …`. A server that runs sees within a second what is done
// here.
type roomCmd struct {
	Status roomStatusCmd `cmd:"" help:"Say how all waiting rooms stand."`
	Pause  roomPauseCmd  `cmd:"" help:"Call nobody for the time being. Numbers stay, whoever is inside goes on."`
	Resume roomResumeCmd `cmd:"" help:"Call again."`
	Rate   roomRateCmd   `cmd:"" help:"Call at most so many numbers a minute."`
	Beacon roomBeaconCmd `cmd:"" help:"Hand in the public random value that the draw waits for."`
	Say    roomSayCmd    `cmd:"" help:"Put a message on every waiting page, or take it away."`
	Close  roomCloseCmd  `cmd:"" help:"Close the room for good: nobody joins, nobody is called."`
}

// roomOf is a sale by its name, organizer/event.
type roomOf struct {
	Sale string `arg:"" placeholder:"ORGANIZER/EVENT" help:"The sale, as in its address."`
}

// roomState is one room of `einlass room … --json`.
type roomState struct {
	Sale        string       `json:"sale"`
	Phase       string       `json:"phase"`
	Entries     uint32       `json:"entries"`
	Drawn       uint32       `json:"drawn"`
	Called      uint32       `json:"called"`
	Groups      []groupState `json:"groups,omitempty"` // where there are several
	Paused      bool         `json:"paused"`
	PausedUntil time.Time    `json:"paused_until,omitzero"`
	Message     catalog.Text `json:"message,omitempty"`
	Rate        int          `json:"rate"`
	Closed      bool         `json:"closed"`
	// Of a sale that has not opened yet, in "room status": what is missing of its
	// rehearsal, "none" … "", in words, and how many roles have acknowledged the opening.
	Lack         string `json:"rehearsal_lacks,omitempty"`
	Rehearsal    string `json:"rehearsal,omitempty"`
	Acknowledged int    `json:"acknowledged,omitempty"`
}

// groupState is how far a group of places was called.
type groupState struct {
	ID     string `json:"id"`
	Called uint32 `json:"called"`
}

// groupStates lists them; nothing where a sale has no groups.
func groupStates(sale *store.StoredSale, room *waitingroom.Room) (out []groupState) {
	if !sale.Grouped() {
		return nil
	}
	for g := range sale.Groups {
		out = append(out, groupState{sale.Groups[g].ID, room.By[g]})
	}
	return out
}

// reached says how far was called.
func (r roomState) reached() string {
	if len(r.Groups) == 0 {
		return number(int(r.Called))
	}
	parts := make([]string, len(r.Groups))
	for i, g := range r.Groups {
		parts[i] = number(int(g.Called)) + " in " + g.ID
	}
	return strings.Join(parts, ", ")
}

type roomStatusCmd struct{}

func (c *roomStatusCmd) run(s *shell) (r result, err error) {
	err = s.withStore(false, func(st *store.Store) error {
		states, err := roomStates(s, st)
		if err == nil {
			r = reportRooms(states)
		}
		return err
	})
	return r, err
}

// roomStates lists the sales that have a room.
func roomStates(s *shell, st *store.Store) ([]roomState, error) {
	sales, err := st.Sales(s.ctx)
	if err != nil {
		return nil, err
	}
	rooms, err := st.Rooms(s.ctx)
	if err != nil {
		return nil, err
	}
	levers, err := st.Levers(s.ctx)
	if err != nil {
		return nil, err
	}
	states := make([]roomState, 0, len(sales))
	for _, sale := range sales {
		if sale.Allocation != catalog.AllocateRoom {
			continue
		}
		state := roomState{Sale: saleName(&sale), Phase: waitingroom.Phase(0).String()}
		for _, room := range rooms {
			if room.Sale == sale.ID {
				state.Phase, state.Entries, state.Drawn, state.Called = room.Phase.String(), room.Entries, room.Frozen, room.Called
				state.Groups = groupStates(&sale, &room)
			}
		}
		if now := time.Now(); now.Before(sale.Opens) {
			ready, err := onsale.Ready(s.ctx, st, &sale, now)
			if err != nil {
				return nil, err
			}
			state.Lack, state.Rehearsal, state.Acknowledged = string(ready.Lack), lackWords(&ready), onsale.AcknowledgedBy-len(ready.Missing())
		}
		states = append(states, state.with(levers[sale.ID]))
	}
	return states, nil
}

func (r roomState) with(l waitingroom.Levers) roomState {
	r.Paused, r.PausedUntil, r.Message, r.Rate, r.Closed = l.Paused, l.Until, l.Message, l.Rate, l.Closed
	return r
}

func saleName(sale *store.StoredSale) string { return sale.Organizer.ID + "/" + sale.Event.Slug }

func reportRooms(states []roomState) result {
	var text strings.Builder
	if len(states) == 0 {
		text.WriteString("No sale has a waiting room.\n")
	}
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, r := range states {
		l := waitingroom.Levers{Paused: r.Paused, Message: r.Message, Rate: r.Rate, Closed: r.Closed}
		fmt.Fprintf(t, "%s\t%s\t%s numbers\tcalled up to %s\t%s\n", r.Sale, r.Phase, number(int(r.Entries)), r.reached(), l.String())
	}
	for _, r := range states {
		if r.Rehearsal != "" {
			fmt.Fprintf(t, "%s\tREHEARSAL\t%s\t%d of %d acknowledged\n", r.Sale, r.Rehearsal, r.Acknowledged, onsale.AcknowledgedBy)
		}
	}
	t.Flush() //nolint:errcheck // a strings.Builder never refuses
	return result{Object: map[string][]roomState{"rooms": states}, Text: text.String()}
}

// pull changes the levers of a room and tells how they stand then.
func (c *roomOf) pull(s *shell, change func(*store.StoredSale, *waitingroom.Levers) error) (r result, err error) {
	err = s.withStore(false, func(st *store.Store) error {
		sale, err := c.find(s, st)
		if err != nil {
			return err
		}
		l, err := st.SetLevers(sale.ID, func(l *waitingroom.Levers) error { return change(sale, l) }, inventory.AuditRow{At: time.Now(), Actor: operator, Role: inventory.RoleOrganizer})
		if err == nil {
			r = result{Object: roomState{Sale: c.Sale}.with(l), Text: c.Sale + ": " + l.String() + "."}
		}
		return err
	})
	return r, err
}

// find looks the sale up; it must have a room.
func (c *roomOf) find(s *shell, st *store.Store) (*store.StoredSale, error) {
	sales, err := st.Sales(s.ctx)
	if err != nil {
		return nil, err
	}
	for i := range sales {
		if saleName(&sales[i]) != c.Sale {
			continue
		}
		if sales[i].Allocation != catalog.AllocateRoom {
			return nil, fault.New(fault.Invalid, "%s has no waiting room: its allocation is %s", c.Sale, sales[i].Allocation)
		}
		return &sales[i], nil
	}
	return nil, fault.New(fault.NotFound, "there is no sale %s; see: einlass room status", c.Sale)
}

// operator is who pulls a lever on the command line: whoever may write the database.
const operator = "operator"

type roomPauseCmd struct {
	roomOf
	Until time.Time `format:"2006-01-02T15:04" placeholder:"TIME" help:"When it is meant to go on, as 2021-04-03T08:30 in the sale's zone. It is only said; to go on takes: einlass room resume."`
}

func (c *roomPauseCmd) run(s *shell) (result, error) {
	return c.pull(s, func(sale *store.StoredSale, l *waitingroom.Levers) error {
		l.Paused, l.Until = true, c.Until
		if u := c.Until; !u.IsZero() { // what was typed is the time where the sale is
			l.Until = time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), 0, 0, sale.Event.Location())
		}
		return nil
	})
}

type roomResumeCmd struct{ roomOf }

func (c *roomResumeCmd) run(s *shell) (result, error) {
	return c.pull(s, func(_ *store.StoredSale, l *waitingroom.Levers) error {
		l.Paused, l.Until = false, time.Time{}
		return nil
	})
}

type roomRateCmd struct {
	roomOf
	Numbers int `arg:"" help:"Numbers a minute; 0 is as many as there are places for."`
}

func (c *roomRateCmd) run(s *shell) (result, error) {
	return c.pull(s, func(_ *store.StoredSale, l *waitingroom.Levers) error {
		l.Rate = c.Numbers
		return nil
	})
}

type roomSayCmd struct {
	roomOf
	De string `help:"The message in German."`
	En string `help:"The message in English; without it the German one is shown."`
}

func (c *roomSayCmd) run(s *shell) (result, error) {
	return c.pull(s, func(_ *store.StoredSale, l *waitingroom.Levers) error {
		l.Message = nil
		for lang, text := range map[locale.Lang]string{locale.German: c.De, locale.English: c.En} {
			if text = strings.TrimSpace(text); text != "" {
				if l.Message == nil {
					l.Message = catalog.Text{}
				}
				l.Message[lang] = text
			}
		}
		return nil
	})
}

type roomCloseCmd struct {
	roomOf
	Yes bool `help:"Yes, for good."`
}

func (c *roomCloseCmd) run(s *shell) (result, error) {
	if !c.Yes {
		return result{}, fault.New(fault.Invalid, "closing cannot be taken back, and everybody who waits is told so: add --yes, or see: einlass room pause")
	}
	return c.pull(s, func(_ *store.StoredSale, l *waitingroom.Levers) error {
		l.Closed = true
		return nil
	})
}
