package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/ident"
	"einlass/internal/setup"
	"einlass/internal/store"
	"einlass/internal/store/storetest"
	"einlass/internal/waitingroom"
	"einlass/scenarios"
)

// queueFile is a database in which so many people have drawn a number and the draw has
// been made, with what their browsers would keep of it. It is made once and copied for
// every house, so that a round begins with the same queue as the one before.
type queueFile struct {
	DB     string // closed, in one file
	Order  string // places in the log by number, four bytes each, big-endian
	Secret ident.Secret
	Sale   ident.SaleID
	Path   string
	Slots  []string
	Now    time.Time // right after the opening
}

// Sizes of making one.
const (
	joinsAtOnce = 20_000 // entries of one transaction
	justOpened  = time.Second
)

// makeQueue makes a queue of n people before as many places as anybody could want.
func makeQueue(dir string, n int) (*queueFile, error) {
	plan, problems := setup.Load("ennepe-ruhr.yaml", scenarios.Read)
	if plan == nil {
		return nil, fmt.Errorf("scenario: %v", problems)
	}
	plan.Slots = plan.Slots[:slotsSpread]
	for i := range plan.Slots {
		plan.Slots[i].Places = placesEnough
		plan.Slots[i].Allotments = map[catalog.Channel]int{catalog.Online: placesEnough}
	}
	q := &queueFile{
		DB: filepath.Join(dir, fmt.Sprintf("queue-%d.db", n)), Order: filepath.Join(dir, fmt.Sprintf("order-%d", n)),
		Path: "/" + plan.Sale.Organizer.ID + "/" + plan.Sale.Event.Slug, Now: plan.Sale.Opens.Add(justOpened),
	}
	s, err := store.Open(context.Background(), store.Options{Path: q.DB})
	if err != nil {
		return nil, err
	}
	if q.Sale, err = storetest.Apply(s, &plan.Sale, plan.Slots, plan.Sale.WindowFrom()); err != nil {
		return nil, err
	}
	if q.Secret, err = s.Secret(store.MasterSecret, rand.Reader); err != nil {
		return nil, err
	}
	for id := 1; id <= slotsSpread; id++ {
		q.Slots = append(q.Slots, strconv.Itoa(id))
	}
	if err := q.fill(s, &plan.Sale, n); err != nil {
		return nil, err
	}
	return q, s.Close()
}

// fill lets n people join, freezes and draws.
func (q *queueFile) fill(s *store.Store, sale *catalog.Sale, n int) error {
	from := sale.WindowFrom()
	terms, err := waitingroom.Promise(sale, from)
	if err != nil {
		return err
	}
	var seed draw.Seed
	if _, err := rand.Read(seed[:]); err != nil {
		return err
	}
	roster := (*waitingroom.Roster)(nil)
	do := func(at time.Time, acts ...waitingroom.Act) error {
		changes, err := carryOut(s, acts, at)
		if err != nil {
			return err
		}
		if roster == nil {
			roster = waitingroom.NewRoster(changes.Rooms[q.Sale])
		}
		roster.Follow(changes)
		return nil
	}
	if err := do(from, waitingroom.Act{Sale: q.Sale, Do: waitingroom.Open{Version: 1, Seed: seed, Terms: terms}}); err != nil {
		return err
	}
	for made := 0; made < n; made += joinsAtOnce {
		if err := do(from.Add(time.Hour), joinsOf(q.Sale, made, min(made+joinsAtOnce, n))...); err != nil {
			return err
		}
	}
	if err := do(sale.Opens, waitingroom.Act{Sale: q.Sale, Do: waitingroom.Freeze{}}); err != nil {
		return err
	}
	if err := do(sale.Opens, waitingroom.Act{Sale: q.Sale, Do: waitingroom.Draw{}}); err != nil {
		return err
	}
	return q.writeOrder(roster, n)
}

// joinsOf are the acts of people who join, with one claim each.
func joinsOf(sale ident.SaleID, from, to int) []waitingroom.Act {
	out := make([]waitingroom.Act, 0, to-from)
	for i := from; i < to; i++ {
		name := binary.BigEndian.AppendUint64(nil, uint64(i)) //nolint:gosec // not negative
		join := waitingroom.Join{Owner: ident.DigestOf(append(name, 'o')), Size: 1, Claims: []ident.Digest{ident.DigestOf(name)}, Channel: catalog.Online}
		rand.Read(join.Alias[:]) //nolint:errcheck // crypto/rand never fails (package doc)
		out = append(out, waitingroom.Act{Sale: sale, Do: join})
	}
	return out
}

// carryOut is one batch of acts, as the committer makes it.
func carryOut(s *store.Store, acts []waitingroom.Act, now time.Time) (*waitingroom.Changes, error) {
	tx, err := s.Begin()
	if err != nil {
		return nil, err
	}
	defer tx.End()
	state, err := tx.LoadRooms(acts)
	if err != nil {
		return nil, err
	}
	now = now.Truncate(time.Microsecond)
	outcomes, changes := waitingroom.Decide(state, acts, now)
	for i := range outcomes {
		if outcomes[i].Reason != waitingroom.Granted {
			return nil, fmt.Errorf("%T was refused: %s", acts[i].Do, outcomes[i].Reason)
		}
	}
	if err := tx.SaveRooms(changes); err != nil {
		return nil, err
	}
	return changes, tx.Commit(now)
}

// writeOrder writes who has which number.
func (q *queueFile) writeOrder(r *waitingroom.Roster, n int) error {
	out := make([]byte, 0, 4*n)
	for number := 1; number <= n; number++ {
		no, ok := r.At(uint32(number)) //nolint:gosec // at most a million
		if !ok {
			return fmt.Errorf("nobody has number %d", number)
		}
		out = binary.BigEndian.AppendUint32(out, no)
	}
	return os.WriteFile(q.Order, out, 0o600)
}

// browsers is what those who wait keep in their browsers.
type browsers struct {
	sale   ident.SaleID
	secret ident.Secret // of room web
	order  []byte
}

func (q *queueFile) browsers() (*browsers, error) {
	order, err := os.ReadFile(q.Order)
	return &browsers{sale: q.Sale, secret: q.Secret.Derive("web"), order: order}, err
}

// no is the place in the log of a number, from 1.
func (b *browsers) no(number uint32) uint32 {
	return binary.BigEndian.Uint32(b.order[4*(number-1):])
}

// number is the cookie of who has a number.
func (b *browsers) number(number uint32) string {
	t := waitingroom.Token{Sale: b.sale, No: b.no(number)}
	return fmt.Sprintf("number-%d=%s; ", b.sale, t.String(b.secret))
}
