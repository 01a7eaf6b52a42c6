package app

import (
	"fmt"
	"io"
	"strings"
	"time"

	"einlass/internal/draw"
	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/store"
	"einlass/internal/waitingroom"
)

// roomBeaconCmd is `einlass room beacon`. Who brings the value need not be trusted: a
// typed one is published with its source, a round of drand is signed.
type roomBeaconCmd struct {
	roomOf
	Text  string `placeholder:"VALUE" help:"The value, as the promised source published it."`
	Round string `placeholder:"FILE" help:"The promised round of drand, as any relay answers it."`
}

// broughtBeacon is what `einlass room beacon --json` writes.
type broughtBeacon struct {
	Sale   string `json:"sale"`
	Beacon string `json:"beacon"` // typed or drand
	Value  string `json:"value"`
	Round  uint64 `json:"round,omitempty"`
}

func (c *roomBeaconCmd) run(s *shell) (r result, err error) {
	beacon, err := c.read()
	if err != nil {
		return r, err
	}
	err = s.withStore(false, func(st *store.Store) error {
		sale, err := c.find(s, st)
		if err != nil {
			return err
		}
		room, err := roomNow(s, st, sale)
		if err != nil {
			return err
		}
		source, value := beacon.Stored()
		out, err := st.ChangeRoom(waitingroom.Act{Sale: sale.ID, Do: waitingroom.Bring{Beacon: beacon}}, inventory.AuditRow{
			At: time.Now(), Actor: operator, Role: inventory.RoleOrganizer, Reason: "beacon: " + strings.SplitN(source, " ", 2)[0],
		})
		if err == nil {
			err = refusedBeacon(c.Sale, &room, out.Reason)
		}
		brought := broughtBeacon{Sale: c.Sale, Beacon: string(beacon.Source), Value: beacon.Text, Round: beacon.Round}
		if beacon.Source == draw.Drand {
			brought.Value = fmt.Sprintf("%x", value)
		}
		r = result{Object: brought, Text: fmt.Sprintf("%s: the draw has its beacon, %q. A running server draws at once.", c.Sale, brought.Value)}
		return err
	})
	if err != nil {
		return result{}, err
	}
	return r, nil
}

// read reads and checks the value by itself.
func (c *roomBeaconCmd) read() (b draw.Beacon, err error) {
	switch {
	case (c.Text == "") == (c.Round == ""):
		return b, fault.New(fault.Invalid, "say what the beacon is, either with --text VALUE or with --round FILE")
	case c.Text != "":
		if b, err = draw.TypedBeacon(c.Text); err != nil {
			return b, fault.New(fault.Invalid, "--text: %w", err)
		}
		return b, nil
	}
	err = readFrom(c.Round, func(r io.Reader) error { b, err = draw.ReadDrand(r); return err })
	if err != nil {
		return b, fault.New(fault.Invalid, "--round: %w", err)
	}
	return b, nil
}

// roomNow is a sale's room, for what is said of it; zero if it has not opened.
func roomNow(s *shell, st *store.Store, sale *store.StoredSale) (waitingroom.Room, error) {
	rooms, err := st.Rooms(s.ctx)
	if err != nil {
		return waitingroom.Room{}, err
	}
	for _, room := range rooms {
		if room.Sale == sale.ID {
			return room, nil
		}
	}
	return waitingroom.Room{}, nil
}

// refusedBeacon says why a beacon was not taken.
func refusedBeacon(sale string, room *waitingroom.Room, why waitingroom.Reason) error {
	rule := room.Promised().Rule
	switch {
	case why == waitingroom.Granted:
		return nil
	case why == waitingroom.NotOpen:
		return fault.New(fault.Conflict, "%s: the log is not frozen yet; whoever knew the beacon before could choose the order. Bring it after the opening", sale)
	case why == waitingroom.Done:
		return fault.New(fault.Conflict, "%s: the draw has its beacon already, or its time was over and it was drawn without", sale)
	case rule.Source == draw.Typed:
		return fault.New(fault.Conflict, "%s: what was promised is typed in, with --text: %s", sale, rule.From)
	case rule.Source == draw.Drand:
		return fault.New(fault.Conflict, "%s: what was promised is round %d of drand, and this is not it: see https://api.drand.sh/%s/public/%d", sale, rule.Round, rule.From, rule.Round)
	}
	return fault.New(fault.Conflict, "%s: no beacon was promised, so none can go into the draw", sale)
}
