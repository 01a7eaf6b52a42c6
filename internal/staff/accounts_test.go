package staff_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/staff"
	"einlass/internal/store"
)

const password = "eine Kanne Kaffee"

func accounts(t *testing.T) (*staff.Accounts, *store.Store) {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "einlass.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	a, err := staff.New(s, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return a, s
}

func TestCreateListAuthenticate(t *testing.T) {
	ctx := context.Background()
	a, s := accounts(t)
	if err := a.Create("kasse1", "Erika Muster", inventory.RoleClerk, password); err != nil {
		t.Fatal(err)
	}
	if err := a.Create("amt", "Hans Beispiel", inventory.RoleOrganizer, password); err != nil {
		t.Fatal(err)
	}
	if err := a.Create("amt", "Noch einer", inventory.RoleClerk, password); fault.KindOf(err) != fault.Conflict {
		t.Errorf("taken id: %v", err)
	}
	list, err := a.List(ctx)
	if err != nil || len(list) != 2 || list[0].ID != "amt" || list[1].Name != "Erika Muster" || list[1].Role != inventory.RoleClerk {
		t.Fatalf("list: %+v %v", list, err)
	}
	got, err := a.Authenticate(ctx, "kasse1", password)
	if err != nil || got != list[1] {
		t.Fatalf("right password: %+v %v", got, err)
	}
	if again, err := a.Get(ctx, "kasse1"); err != nil || again != got {
		t.Errorf("get: %+v %v", again, err)
	}
	row, err := s.Staff(ctx, "kasse1")
	if err != nil || strings.Contains(row.Password, password) || !strings.HasPrefix(row.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored as %q %v", row.Password, err)
	}
}

func TestWrongNamesAndPasswordsLookAlike(t *testing.T) {
	ctx := context.Background()
	a, s := accounts(t)
	if err := a.Create("kasse1", "Erika Muster", inventory.RoleClerk, password); err != nil {
		t.Fatal(err)
	}
	gone := store.StaffRow{ID: "gone", Name: "Weg", Role: inventory.RoleClerk, Disabled: true}
	row, err := s.Staff(ctx, "kasse1")
	if err != nil {
		t.Fatal(err)
	}
	gone.Password = row.Password
	if err := s.AddStaff(gone); err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, try := range []struct{ id, password string }{
		{"kasse1", "falsch"}, {"kasse1", ""}, {"kasse2", password}, {"", ""}, {"nobody", ""}, {"kasse1", strings.Repeat("x", 1<<20)},
		{"KASSE1'--", password}, {"gone", password},
	} {
		_, err := a.Authenticate(ctx, try.id, try.password)
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%q: %v", try.id, err)
			continue
		}
		if want == "" {
			want = err.Error()
		}
		if err.Error() != want {
			t.Errorf("%q: %q, not %q", try.id, err, want)
		}
	}
	if _, err := a.Get(ctx, "gone"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("disabled account: %v", err)
	}
}

// An unknown name must not be answered faster than a wrong password. Hashing
// takes about 20 ms; a factor of four leaves room for a loaded machine.
func TestUnknownNameTakesAsLong(t *testing.T) {
	ctx := context.Background()
	a, _ := accounts(t)
	if err := a.Create("kasse1", "Erika Muster", inventory.RoleClerk, password); err != nil {
		t.Fatal(err)
	}
	fastest := func(id string) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			if _, err := a.Authenticate(ctx, id, "falsch"); err == nil {
				t.Fatal("let in")
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	known, unknown := fastest("kasse1"), fastest("niemand")
	if unknown*4 < known {
		t.Errorf("unknown name after %v, known after %v", unknown, known)
	}
}

func TestGuessingWaitsItsTurn(t *testing.T) {
	a, _ := accounts(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	refused := make(chan error, 32)
	for range cap(refused) {
		wg.Go(func() {
			_, err := a.Authenticate(ctx, "kasse1", "falsch")
			refused <- err
		})
	}
	wg.Wait()
	close(refused)
	waited := 0
	for err := range refused {
		if fault.KindOf(err) == fault.Unavailable {
			waited++
		}
	}
	if waited < 16 {
		t.Errorf("only %d of 32 had to wait: passwords are checked without limit", waited)
	}
}

func TestWhatAnAccountNeeds(t *testing.T) {
	a, _ := accounts(t)
	for name, c := range map[string]struct {
		id, name, password string
		role               inventory.Role
	}{
		"no id":           {"", "Erika", password, inventory.RoleClerk},
		"id with a space": {"kasse 1", "Erika", password, inventory.RoleClerk},
		"long id":         {strings.Repeat("a", 41), "Erika", password, inventory.RoleClerk},
		"no name":         {"k", " ", password, inventory.RoleClerk},
		"control in name": {"k", "Eri\x00ka", password, inventory.RoleClerk},
		"public":          {"k", "Erika", password, inventory.RolePublic},
		"system":          {"k", "Erika", password, inventory.RoleSystem},
		"short password":  {"k", "Erika", "elf Zeichen", inventory.RoleClerk},
		"no UTF-8":        {"k", "Erika", strings.Repeat("\xff", 20), inventory.RoleClerk},
		"endless":         {"k", "Erika", strings.Repeat("x", 300), inventory.RoleClerk},
	} {
		if err := a.Create(c.id, c.name, c.role, c.password); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := staff.ParseRole("boss"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("role: %v", err)
	}
	for _, name := range []string{"clerk", "organizer", "technical"} {
		if r, err := staff.ParseRole(name); err != nil || staff.RoleName(r) != name {
			t.Errorf("role %s: %v %v", name, r, err)
		}
	}
}
