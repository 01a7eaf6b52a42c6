package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einlass/internal/inventory"
)

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "einlass.db")
	file := saleFile(t, time.Now(), 6, 10)
	wrong := filepath.Join(dir, "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("organizer: {id: UPPER}\nslots: nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "password")
	if err := os.WriteFile(short, []byte("kurz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		in   string
		code int
		out  string // part of the output
		log  string // part of the log
	}{
		{"", "", exitUsage, "", "Commands:"},
		{"mail", "", exitUsage, "", "expected one of"},
		{"versoin", "", exitUsage, "", `did you mean "version"? See: einlass --help`},
		{"nonsense", "", exitUsage, "", "unexpected argument nonsense. See: einlass --help"},
		{"serve --version", "", exitUsage, "", "unknown flag --version"},
		{"--help", "", exitOK, "Commands:", ""},
		{"serve --help", "", exitOK, "--base-url", ""},
		{"serve --publik x", "", exitUsage, "", `did you mean "--public"`},
		{"serve --staff nowhere", "", exitUsage, "", "--staff"},
		{"serve --per-address x", "", exitUsage, "", "per-address"},
		{"serve --db postgres://host/db", "", exitUsage, "", "one SQLite file"},
		{"serve --db " + dir, "", exitUsage, "", "is a folder"},
		{"serve --db /nowhere/e.db --public 127.0.0.1:0", "", exitUnavailable, "", "nowhere"},
		{"serve --mail-tls sometimes", "", exitUsage, "", "starttls"},
		{"version", "", exitOK, "einlass ", ""},
		{"verify --db " + db, "", exitUnavailable, "", "there is no database"},
		{"apply --db " + db + " " + wrong, "", exitFailed, "wrong.yaml:1:17", ""},
		{"apply --db " + db + " /nowhere.yaml", "", exitUnavailable, "", "cannot be read"},
		{"apply --db " + db + " --dry-run " + file, "", exitOK, "new sale: amt/termin, 60 places in 6 slots", ""},
		{"verify --db " + db, "", exitUnavailable, "", "there is no database"}, // the dry run made none
		{"apply --db " + db + " " + file, "", exitOK, "is applied", ""},
		{"apply --db " + db + " " + file, "", exitOK, "Nothing changes", ""},
		{"verify --db " + db, "", exitOK, "agree", ""},
		{"mail list --db " + db, "", exitOK, "0 parked", ""},
		{"mail resend --db " + db, "", exitUsage, "", "--all"},
		{"mail resend 7 --db " + db, "", exitFailed, "", "no parked message 7"},
		{"mail resend --all --db " + db, "", exitOK, "0 messages", ""},
		{"staff list --db " + db, "", exitOK, "no accounts", ""},
		{"staff add kasse1 --role clerk --name Erika --db " + db, "eine Kanne Kaffee\n", exitOK, "is open", ""},
		{"staff add kasse1 --role clerk --name Erika --db " + db, "eine Kanne Kaffee\n", exitFailed, "", "already"},
		{"staff add kasse2 --role clerk --name Erika --db " + db + " --password-file " + short, "", exitUsage, "", "fewer than 12"},
		{"staff add kasse2 --role boss --name Erika --db " + db, "", exitUsage, "", "clerk"},
		{"staff add kasse2 --role clerk --db " + db, "", exitUsage, "", "--name"},
		{"staff list --db " + db, "", exitOK, "kasse1  clerk  Erika", ""},
		{"crowd", "no JSON", exitUsage, `"kind":"invalid"`, "configuration"},
	} {
		code, out, log := tell(t, c.in, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(log, c.log) {
			t.Errorf("einlass %s: %d, want %d\noutput: %s\nlog: %s", c.args, code, c.code, out, log)
		}
		if strings.Contains(out+log, "Kanne") {
			t.Errorf("einlass %s shows a password", c.args)
		}
	}
}

// The ways to ask for the version give the same answer, and help that nobody has
// asked for goes where errors go.
func TestVersionAndHelp(t *testing.T) {
	for asked, like := range map[string]string{"--version": "version", "--version --json": "version --json", "--json --version": "version --json"} {
		code, out, log := tell(t, "", strings.Fields(asked)...)
		wantCode, want, _ := tell(t, "", strings.Fields(like)...)
		if code != exitOK || wantCode != exitOK || out != want || log != "" {
			t.Errorf("einlass %s: %d %q %q, want %q", asked, code, out, log, want)
		}
	}
	_, help, _ := tell(t, "", "--help")
	code, out, log := tell(t, "")
	if code != exitUsage || out != "" || log != help || !strings.Contains(help, "--version does the same") {
		t.Errorf("einlass: %d %q\n%s", code, out, log)
	}
}

func TestJSONIsExactlyOneObject(t *testing.T) {
	db := database(t, 6, 10)
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("slots: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"version":           "go",
		"verify":            "verify",
		"mail list":         "parked",
		"mail resend --all": "due_again",
		"mail resend 9":     "error",
		"staff list":        "accounts",
		"apply " + wrong:    "problems",
		"apply --dry-run " + saleFile(t, time.Now(), 7, 10): "changes",
		"verify --db /nowhere.db":                           "error",
	} {
		with := append(strings.Fields(args), "--json")
		if !strings.Contains(args, "--db") {
			with = append(with, "--db", db)
		}
		_, out, _ := tell(t, "", with...)
		d := json.NewDecoder(strings.NewReader(out))
		var object map[string]any
		if err := d.Decode(&object); err != nil {
			t.Errorf("einlass %s: %v\n%s", args, err, out)
			continue
		}
		if _, ok := object[want]; !ok || d.More() {
			t.Errorf("einlass %s: no %q, or more than one object:\n%s", args, want, out)
		}
	}
}

func TestFlagsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("EINLASS_PER_ADDRESS", "0")
	t.Setenv("EINLASS_DB", filepath.Join(t.TempDir(), "e.db"))
	if code, _, log := tell(t, "", "serve"); code != exitUsage || !strings.Contains(log, "--per-address: 0") {
		t.Errorf("%d %s", code, log)
	}
	if code, _, log := tell(t, "", "verify"); code != exitUnavailable || !strings.Contains(log, "e.db") {
		t.Errorf("%d %s", code, log)
	}
}

// Applying again in the middle of a sale changes what the file changes, and
// nothing is sold twice by it.
func TestApplyWhileTheSaleRuns(t *testing.T) {
	db := database(t, 6, 10)
	s := serve(t, db, anyPorts(), Clock{})
	for range 5 {
		confirm(t, s, hold(t, s).Booking)
	}
	slot := s.booking.Sales.All()[0].Slots[0].ID
	opens := time.Now().Add(-time.Hour)
	code, out, log := tell(t, "", "apply", "--db", db, saleFile(t, opens, 6, 6))
	if code != 0 || !strings.Contains(out, "places 10 → 6, phone 2 → 1") || !strings.Contains(out, "places 10 → 6\n") {
		t.Fatalf("apply: %d\n%s%s", code, out, log)
	}
	deadline := time.Now().Add(2 * time.Second)
	for time.Now().Before(deadline) {
		if free, _ := s.booking.Available.Slot(slot, 1); free == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	online, _ := s.booking.Available.Slot(slot, 1)
	phone, _ := s.booking.Available.Slot(slot, 3)
	if online != 0 || phone != 1 {
		t.Errorf("after 5 of 6 places are booked online: %d free online, %d by phone; want 0 and 1", online, phone)
	}
	if got := confirm(t, s, holdIn(t, s, 1).Booking); got.State != inventory.Confirmed {
		t.Errorf("the next slot sells on: %+v", got)
	}
	code, out, _ = tell(t, "", "apply", "--db", db, saleFile(t, opens, 4, 6))
	if code != 0 || !strings.Contains(out, "gone, had 6 places") {
		t.Errorf("apply with fewer slots: %d\n%s", code, out)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if v := verify(t, db); v.Bookings != 6 {
		t.Errorf("%d bookings, want 6", v.Bookings)
	}
}
