package store

import (
	"context"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"einlass/internal/waitingroom"

	"github.com/ncruces/go-sqlite3/driver"
	"github.com/pressly/goose/v3"
)

// beforeGroups is the last schema without groups.
const beforeGroups = 6

// TestSalesFromBeforeGroupsGoOn: their slots, their numbers and who was called are as they
// were.
func TestSalesFromBeforeGroupsGoOn(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "old.db")
	old(t, path, `
		INSERT INTO sale (id, organizer, event, opens_us, closes_us, doc) VALUES (1, 'amt', 'termin', 1, 9000000, '{}');
		INSERT INTO slot (id, sale, start_us, end_us) VALUES (4, 1, 100, 200), (7, 1, 200, 300);
		INSERT INTO room (sale, phase, version, opened_us, seed, entries, frozen, called, heads) VALUES (1, 3, 1, 1, zeroblob(32), 90, 60, 45, 0);
		INSERT INTO called (sale, upto, at_us) VALUES (1, 10, 1000), (1, 30, 2000), (1, 45, 2000);
		INSERT INTO entry (sale, no, alias, owner, size, channel, at_us) VALUES (1, 0, zeroblob(16), zeroblob(16), 2, 1, 5);
	`)
	s, err := Open(ctx, Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sales, err := s.Sales(ctx)
	if err != nil || len(sales) != 1 || len(sales[0].Slots) != 2 || sales[0].Slots[1].ID != 7 || sales[0].Slots[1].Group != 0 {
		t.Fatalf("%+v %v", sales, err)
	}
	calls, err := s.CallsOf(ctx, 1)
	if err != nil || len(calls) != 3 {
		t.Fatalf("%+v %v", calls, err)
	}
	for i, want := range []waitingroom.Called{{To: 10, People: 10}, {To: 30, People: 20}, {To: 45, People: 15}} {
		if c := calls[i]; c.No != i || c.Group != 0 || c.To != want.To || c.People != want.People {
			t.Errorf("call %d: %+v", i, c)
		}
	}
	rooms, err := s.Rooms(ctx)
	if err != nil || rooms[0].By[0] != 45 || rooms[0].People != 45 || rooms[0].Calls != 3 {
		t.Errorf("%+v %v", rooms, err)
	}
	e, err := s.Entry(ctx, waitingroom.Place{Sale: 1})
	if err != nil || !e.Wants.Any() || e.Size != 2 {
		t.Errorf("%+v %v", e, err)
	}
	out, _, err := act(s, waitingroom.Call{To: 60})
	if err != nil || out.Reason != waitingroom.Granted {
		t.Fatalf("%+v %v", out, err)
	}
	if calls, err = s.CallsOf(ctx, 1); err != nil || len(calls) != 4 || calls[3].No != 3 || calls[3].People != 15 {
		t.Errorf("%+v %v", calls, err)
	}
}

// act has one act carried out.
func act(s *Store, do waitingroom.Doing) (waitingroom.Outcome, *waitingroom.Changes, error) {
	tx, err := s.Begin()
	if err != nil {
		return waitingroom.Outcome{}, nil, err
	}
	defer tx.End()
	acts := []waitingroom.Act{{Sale: 1, Do: do}}
	state, err := tx.LoadRooms(acts)
	if err != nil {
		return waitingroom.Outcome{}, nil, err
	}
	out, changes := waitingroom.Decide(state, acts, time.UnixMicro(5000))
	if err := tx.SaveRooms(changes); err != nil {
		return waitingroom.Outcome{}, nil, err
	}
	return out[0], changes, tx.Commit(time.Time{})
}

// old makes a database of the schema before groups with some rows in it.
func old(t *testing.T, path, rows string) {
	t.Helper()
	registerDisk()
	o := Options{Path: path}
	if err := prepareFile(o); err != nil {
		t.Fatal(err)
	}
	db, err := driver.Open(dsn(o, "rw", pragmas()...))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(context.Background(), beforeGroups); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(rows); err != nil {
		t.Fatal(err)
	}
}
