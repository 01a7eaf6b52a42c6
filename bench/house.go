package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"einlass/internal/app"
	"einlass/internal/catalog"
	"einlass/internal/inventory"
	"einlass/internal/mail/sink"
	"einlass/internal/rehearsal"
	"einlass/internal/setup"
	"einlass/internal/staff"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
	"einlass/scenarios"
)

// What the clerks of a house log in with. The house lives for one round on
// loopback.
const (
	houseClerk    = "clerk%d"
	housePassword = "for one round on loopback"
)

// Sizes of the clerks' figure. Four clerks who think for a fifth of a second make
// 140 to 170 bookings in 10 s, also in the storm: enough for a 99th percentile.
const (
	deskClerks   = 4
	deskThinkMS  = 200
	deskSeconds  = 10
	bestCallers  = 512 // at which the public side is at its best (G4)
	stormFactor  = 10
	deskSamples  = 60 // fewer are no figure
	houseSources = 8  // loopback addresses the public comes from
)

// serveHouse is the whole product in a process of its own: three listeners with
// their limits, mail going out, the Ennepe-Ruhr sale open and with room for all.
func serveHouse() error {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "einlass-house-")
	if err != nil {
		return err
	}
	db := filepath.Join(dir, "house.db")
	sale, now, err := furnish(ctx, db)
	if err != nil {
		return err
	}
	relay, err := sink.Start(sink.Options{})
	if err != nil {
		return err
	}
	const anyPort, all, carts = "127.0.0.1:0", 18_000, 100_000
	cfg := app.Config{Public: anyPort, Staff: anyPort, Ops: anyPort, PerAddress: all, CartsPerAddress: carts}
	cfg.Mail = app.MailConfig{Relay: fmt.Sprintf("127.0.0.1:%d", relay.Port()), From: "bench@einlass.invalid", TLS: "none"}
	s, err := app.Start(ctx, db, cfg, app.Outside{Clock: app.StartClock(now, 1)})
	if err != nil {
		return err
	}
	slots := make([]string, 0, slotsSpread)
	for id := 1; id <= slotsSpread; id++ {
		slots = append(slots, strconv.Itoa(id))
	}
	fmt.Println(s.PublicURL(), sale.Path(), s.StaffURL(), s.OpsURL(), strings.Join(slots, " "))
	select {} // until it is killed
}

// houseSale is the sale of a house and where its pages are.
type houseSale struct{ setup.Plan }

func (h *houseSale) Path() string { return "/" + h.Sale.Organizer.ID + "/" + h.Sale.Event.Slug }

func furnish(ctx context.Context, db string) (*houseSale, time.Time, error) {
	plan, problems := setup.Load("ennepe-ruhr.yaml", scenarios.Read)
	if plan == nil {
		return nil, time.Time{}, fmt.Errorf("scenario: %v", problems)
	}
	plan.Slots = plan.Slots[:slotsSpread]
	for i := range plan.Slots {
		plan.Slots[i].Places = 3 * placesEnough
		plan.Slots[i].Allotments = map[catalog.Channel]int{catalog.Online: placesEnough, catalog.Phone: placesEnough, catalog.Counter: placesEnough}
	}
	now := plan.Sale.Opens.Add(time.Minute)
	beside := nextDoor(*plan, now)
	unnumbered(plan)
	s, err := store.Open(ctx, store.Options{Path: db})
	if err != nil {
		return nil, now, err
	}
	for _, p := range []*setup.Plan{plan, &beside} {
		if _, err := storetest.Apply(s, &p.Sale, p.Slots, now); err != nil {
			return nil, now, err
		}
	}
	accounts, err := staff.New(s, rand.Reader)
	if err != nil {
		return nil, now, err
	}
	for i := range deskClerks {
		if err := accounts.Create(fmt.Sprintf(houseClerk, i+1), fmt.Sprintf("Clerk %d", i+1), inventory.RoleClerk, housePassword); err != nil {
			return nil, now, err
		}
	}
	return &houseSale{*plan}, now, s.Close()
}

// house is a running one, as its starter sees it.
type house struct {
	child
	staff  string
	ops    string
	people atomic.Int64 // who have come so far: everybody comes once
}

func startHouse(o *options) (*house, error) {
	c, err := startChild(o, "house")
	if err != nil {
		return nil, err
	}
	h := &house{child: *c, staff: c.slot[0], ops: c.slot[1]}
	h.slot, h.addr = c.slot[2:], strings.TrimPrefix(c.addr, "http://")
	return h, nil
}

// counted are batches and commands of the committer so far.
func (h *house) counted() (batches, commands float64, err error) {
	res, err := http.Get(h.ops + "/metrics")
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	for s := bufio.NewScanner(res.Body); s.Scan(); {
		name, value, _ := strings.Cut(s.Text(), " ")
		switch name {
		case "einlass_batches_total":
			batches, err = strconv.ParseFloat(value, 64)
		case "einlass_commands_total":
			commands, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return batches, commands, nil
}

// clerks lets them work at the staff's door for some seconds, in a process of their
// own, and returns what their bookings took.
func (h *house) clerks(o *options, seed uint64) (rehearsal.Timing, error) {
	cfg, known := rehearsal.Preset("ennepe-ruhr")
	if !known {
		return rehearsal.Timing{}, errors.New("clerks: there is no such crowd")
	}
	cfg.Part, cfg.Base, cfg.Staff, cfg.Start, cfg.Seed = rehearsal.PartClerks, "http://"+h.addr, h.staff, h.path, seed
	cfg.Clerks.Find = 0.02 // one search of a name in a quarter of a minute, as at a pace of life
	cfg.Clerks.Numbers = 0 // the figure is of bookings
	cfg.Clerks.Count, cfg.Clerks.ThinkMS, cfg.Clerks.User, cfg.Clerks.Password = deskClerks, deskThinkMS, houseClerk, housePassword
	brief, err := json.Marshal(cfg)
	if err != nil {
		return rehearsal.Timing{}, err
	}
	cmd := childCommand(o, "clerks")
	cmd.Stdin = strings.NewReader(string(brief))
	out, err := cmd.Output()
	if err != nil {
		return rehearsal.Timing{}, fmt.Errorf("clerks: %w", err)
	}
	var r rehearsal.Result
	if err := json.Unmarshal(out, &r); err != nil {
		return rehearsal.Timing{}, fmt.Errorf("clerks: %w", err)
	}
	t := r.Latency["staff"]
	if t.Count < deskSamples || r.Desk.Failed > 0 {
		return t, fmt.Errorf("clerks: %d bookings: %+v %v %v", t.Count, r.Desk, r.Odd, r.Missing)
	}
	return t, nil
}

// workAtTheDesk is the clerks' process.
func workAtTheDesk() error {
	var cfg rehearsal.Config
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&cfg); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), deskSeconds*time.Second)
	defer cancel()
	r, err := rehearsal.Run(ctx, cfg, nil)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
