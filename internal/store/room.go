package store

import (
	"encoding/binary"
	"fmt"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/ident"
	"einlass/internal/inventory"
	"einlass/internal/waitingroom"

	"github.com/ncruces/go-sqlite3"
)

// The statements of a batch of acts. Names of several sales are looked up one sale at a
// time: a batch hardly ever has two.
const (
	roomColumns  = "sale, phase, version, opened_us, seed, entries, frozen, frozen_us, beacon, beacon_source, drawn_us, called, heads, reached, calls, people"
	entryColumns = "no, alias, owner, size, channel, at_us, passes, arrived_us, until_us, wants, grp"

	sqlRoom      = "SELECT " + roomColumns + " FROM room WHERE sale = ?1"
	sqlEntriesOf = "SELECT " + entryColumns + " FROM array(?2) w CROSS JOIN entry ON sale = ?1 AND owner = w.value"
	sqlEntryAt   = "SELECT " + entryColumns + " FROM entry WHERE sale = ?1 AND no = ?2"
	sqlClaims    = "SELECT digest, no FROM array(?2) w CROSS JOIN claim ON sale = ?1 AND digest = w.value"
	sqlPutRoom   = `INSERT INTO room (` + roomColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
		ON CONFLICT (sale) DO UPDATE SET phase = ?2, entries = ?6, frozen = ?7, frozen_us = ?8, beacon = ?9, beacon_source = ?10, drawn_us = ?11, called = ?12, heads = ?13, reached = ?14, calls = ?15, people = ?16`
	sqlInsertEntry  = "INSERT INTO entry (" + entryColumns + ", sale) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
	sqlUpdateEntry  = "UPDATE entry SET passes = ?3, arrived_us = ?4, until_us = ?5, grp = ?6 WHERE sale = ?1 AND no = ?2"
	sqlInsertClaim  = "INSERT INTO claim (sale, digest, no) VALUES (?1, ?2, ?3)"
	sqlInsertSecond = "INSERT INTO namesake (sale, digest, no) VALUES (?1, ?2, ?3)"
	sqlInsertCalled = "INSERT INTO called (sale, no, grp, upto, people, at_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
)

// LoadRooms reads what the acts name.
func (b *Batch) LoadRooms(acts []waitingroom.Act) (*waitingroom.State, error) {
	state := waitingroom.NewState()
	owners, claims := map[ident.SaleID][]ident.Digest{}, map[ident.SaleID][]ident.Digest{}
	for _, a := range acts {
		if err := b.loadRoom(state, a.Sale); err != nil {
			return nil, err
		}
		if err := b.loadReminders(state, a); err != nil {
			return nil, err
		}
		switch do := a.Do.(type) {
		case waitingroom.Join:
			owners[a.Sale] = append(owners[a.Sale], do.Owner)
			claims[a.Sale] = append(claims[a.Sale], do.Claims...)
		case waitingroom.Enter:
			if err := b.loadEntry(state, waitingroom.Place{Sale: a.Sale, No: do.No}); err != nil {
				return nil, err
			}
		}
	}
	for sale, digests := range owners {
		if err := b.loadOwners(state, sale, digests); err != nil {
			return nil, err
		}
	}
	for sale, digests := range claims {
		if err := b.loadClaims(state, sale, digests); err != nil {
			return nil, err
		}
	}
	return state, nil
}

func (b *Batch) loadRoom(state *waitingroom.State, sale ident.SaleID) error {
	if _, known := state.Rooms[sale]; known {
		return nil
	}
	found := false
	room := waitingroom.Room{}
	err := b.s.row(sqlRoom).int(int64(sale)).each("load room", func(st *sqlite3.Stmt) error {
		room, found = scanRoom(st), true
		return nil
	})
	if err != nil || !found {
		return err
	}
	room.Terms, err = b.loadTerms(sale)
	state.Rooms[sale] = room
	return err
}

func (b *Batch) loadEntry(state *waitingroom.State, p waitingroom.Place) error {
	return b.s.row(sqlEntryAt).int(int64(p.Sale)).int(int64(p.No)).each("load entry", func(st *sqlite3.Stmt) error {
		state.Entries[p] = scanEntry(st)
		return nil
	})
}

func (b *Batch) loadOwners(state *waitingroom.State, sale ident.SaleID, owners []ident.Digest) error {
	return b.s.row(sqlEntriesOf).int(int64(sale)).list(owners).each("load owners", func(st *sqlite3.Stmt) error {
		e := scanEntry(st)
		state.Owners[waitingroom.Mark{Sale: sale, Digest: e.Owner}] = e
		return nil
	})
}

func (b *Batch) loadClaims(state *waitingroom.State, sale ident.SaleID, claims []ident.Digest) error {
	if len(claims) == 0 {
		return nil
	}
	return b.s.row(sqlClaims).int(int64(sale)).list(claims).each("load claims", func(st *sqlite3.Stmt) error {
		state.Claims[waitingroom.Mark{Sale: sale, Digest: columnDigest(st, 0)}] = uint32(st.ColumnInt64(1)) //nolint:gosec // a place in the log
		return nil
	})
}

func scanRoom(st *sqlite3.Stmt) waitingroom.Room {
	r := waitingroom.Room{
		Sale: ident.SaleID(st.ColumnInt64(0)), Phase: waitingroom.Phase(st.ColumnInt(1)), Version: st.ColumnInt(2), Opened: columnTime(st, 3), //nolint:gosec // CHECKs
		Entries: uint32(st.ColumnInt64(5)), Frozen: uint32(st.ColumnInt64(6)), FrozenAt: columnTimeOrZero(st, 7), //nolint:gosec // places in the log
		Beacon: waitingroom.Beacon{Value: st.ColumnBlob(8, nil), Source: st.ColumnText(9)}, DrawnAt: columnTimeOrZero(st, 10), Called: uint32(st.ColumnInt64(11)), //nolint:gosec // a place in the log
		Heads: st.ColumnInt(12), Calls: st.ColumnInt(14), People: st.ColumnInt(15),
	}
	copy(r.Seed[:], st.ColumnRawBlob(4))
	setReached(&r, st.ColumnRawBlob(13))
	return r
}

func scanEntry(st *sqlite3.Stmt) waitingroom.Entry {
	e := waitingroom.Entry{
		No: uint32(st.ColumnInt64(0)), Owner: columnDigest(st, 2), Size: uint8(st.ColumnInt(3)), Channel: catalog.Channel(st.ColumnInt(4)), //nolint:gosec // written by us
		At: columnTime(st, 5), Passes: uint8(st.ColumnInt(6)), Arrived: columnTimeOrZero(st, 7), Until: columnTimeOrZero(st, 8), //nolint:gosec // written by us
		Wants: catalog.GroupSet(st.ColumnInt(9)), Group: st.ColumnInt(10), //nolint:gosec // a CHECK
	}
	copy(e.Alias[:], st.ColumnRawBlob(1))
	return e
}

// SaveRooms writes what a batch of acts changed.
func (b *Batch) SaveRooms(c *waitingroom.Changes) error {
	for _, r := range c.Rooms {
		if err := b.saveRoom(&r); err != nil {
			return err
		}
	}
	for i := range c.Joined {
		if err := b.insertEntry(&c.Joined[i]); err != nil {
			return err
		}
	}
	for _, e := range c.Entries {
		if err := b.s.row(sqlUpdateEntry).int(int64(e.Sale)).int(int64(e.No)).int(int64(e.Passes)).timeOrNull(e.Arrived).timeOrNull(e.Until).int(int64(e.Group)).exec("save entry"); err != nil {
			return err
		}
	}
	if err := b.saveClaims(sqlInsertClaim, c.Claims); err != nil {
		return err
	}
	if err := b.saveClaims(sqlInsertSecond, c.Namesakes); err != nil {
		return err
	}
	for _, t := range c.Calls {
		if err := b.s.row(sqlInsertCalled).int(int64(t.Sale)).int(int64(t.No)).int(int64(t.Group)).int(int64(t.To)).int(int64(t.People)).time(t.At).exec("save call"); err != nil {
			return err
		}
	}
	if err := b.saveProof(c); err != nil {
		return err
	}
	if err := b.saveReminders(c); err != nil {
		return err
	}
	return b.saveNotes(c.Notes)
}

func (b *Batch) saveClaims(sql string, claims []waitingroom.Claim) error {
	for _, m := range claims {
		if err := b.s.row(sql).int(int64(m.Sale)).blob(m.Digest[:]).int(int64(m.No)).exec("save claim"); err != nil {
			return err
		}
	}
	return nil
}

// secondMark stands in the audit before the reason for a second number.
const secondMark = ", a second number: "

// saveNotes puts what clerks did for others into the audit. It says a place in the log
// and no name: a reason is asked for without one.
func (b *Batch) saveNotes(notes []waitingroom.Note) error {
	if len(notes) == 0 {
		return nil
	}
	var c inventory.Changes
	for i := range notes {
		n := &notes[i]
		reason := fmt.Sprintf("place %d", n.No)
		if n.By.Second != "" {
			reason = fmt.Sprintf("place %d%s%s", n.No, secondMark, n.By.Second)
		}
		c.Audit = append(c.Audit, inventory.AuditRow{
			At: n.At, Sale: n.Sale, Verb: inventory.VerbNumber, Units: int(n.Size), Actor: n.By.Actor,
			Role: inventory.Role(n.By.Role), Channel: n.Channel, Reason: reason,
		})
	}
	return b.saveAudit(&c)
}

func (b *Batch) saveRoom(r *waitingroom.Room) error {
	row := b.s.row(sqlPutRoom).int(int64(r.Sale)).int(int64(r.Phase)).int(int64(r.Version)).time(r.Opened).blob(r.Seed[:]).
		int(int64(r.Entries)).int(int64(r.Frozen)).timeOrNull(r.FrozenAt)
	if len(r.Beacon.Value) == 0 {
		row.null()
	} else {
		row.blob(r.Beacon.Value)
	}
	called, by := int64(r.Called), r.By
	if failpoint.Bug(failpoint.BugForgetsCalls) {
		called, by = 0, [catalog.GroupsMax]uint32{}
	}
	row.text(r.Beacon.Source).timeOrNull(r.DrawnAt).int(called).int(int64(r.Heads))
	if reached := reachedOf(by); reached == nil {
		row.null()
	} else {
		row.blob(reached)
	}
	return row.int(int64(r.Calls)).int(int64(r.People)).exec("save room")
}

// reachedBytes is the size of how far each group was called: a number is four bytes.
const reachedBytes = 4 * catalog.GroupsMax

// reachedOf is how far each group was called, as it is stored; nil if there is one.
func reachedOf(by [catalog.GroupsMax]uint32) []byte {
	if first := by[0]; by == [catalog.GroupsMax]uint32{first} {
		return nil
	}
	out := make([]byte, 0, reachedBytes)
	for _, to := range by {
		out = binary.BigEndian.AppendUint32(out, to)
	}
	return out
}

func setReached(r *waitingroom.Room, stored []byte) {
	if len(stored) != reachedBytes {
		r.By[0] = r.Called
		return
	}
	for g := range r.By {
		r.By[g] = binary.BigEndian.Uint32(stored[4*g:])
	}
}

func (b *Batch) insertEntry(e *waitingroom.SaleEntry) error {
	return b.s.row(sqlInsertEntry).int(int64(e.No)).blob(e.Alias[:]).blob(e.Owner[:]).int(int64(e.Size)).int(int64(e.Channel)).
		time(e.At).int(int64(e.Passes)).timeOrNull(e.Arrived).timeOrNull(e.Until).int(int64(e.Wants)).int(int64(e.Group)).int(int64(e.Sale)).exec("save entry")
}
