package app

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/rehearsal"
)

// A small crowd sells the scenario out, through real pages, with its mails; the
// line says that everything was kept.
func TestDemoSellsOutAndKeepsItsPromises(t *testing.T) {
	t.Setenv(asProgram, "1") // the crowd is this test binary as a process of its own
	dir := filepath.Join(t.TempDir(), "demo")
	code, out, log := tell(t, "", "demo", "--exit", "--json", "--people", "400", "--places", "60", "--pace", "200", "--clerks", "2",
		"--dir", dir, "--public", "127.0.0.1:0", "--staff", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--lang", "de")
	var line rehearsal.Line
	if err := json.Unmarshal([]byte(out), &line); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, log)
	}
	if code != exitOK || !line.OK() {
		t.Errorf("code %d, %+v\n%s", code, line, log)
	}
	if line.Booked < 40 || line.MailsReceived < 20 || line.Requests < 400 || line.StaffBookings < 1 {
		t.Errorf("too little happened: %+v\n%s", line, log)
	}
	report, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil || !strings.Contains(string(report), "Alles, was versprochen war") {
		t.Errorf("report: %v, %d bytes", err, len(report))
	}
	verify(t, filepath.Join(dir, "einlass.db"))
	if code, out, log := tell(t, "", "verify", "draw", filepath.Join(dir, "draw")); code != exitOK || !strings.Contains(out, "entries (") {
		t.Errorf("the draw: %d %s%s", code, out, log)
	}
	if !strings.Contains(log, "Nummern, die am Schalter gezogen wurden") {
		t.Errorf("no clerk drew a number:\n%s", log)
	}
	if !strings.Contains(log, "Verlosung") || !strings.Contains(log, "geprüft, ") {
		t.Errorf("the table does not say that the draw was checked:\n%s", log)
	}
	if code, _, log := tell(t, "", "demo", "--exit", "--dir", dir); code != exitUsage || !strings.Contains(log, "there is a database") {
		t.Errorf("a folder with a database: %d %s", code, log)
	}
}

func TestWhatADemoRefuses(t *testing.T) {
	for args, says := range map[string]string{
		"--scenario atlantis":          "use ennepe-ruhr or speyer",
		"--places 99999":               "is not between 1 and the 4000",
		"--pace 0.5":                   "--pace",
		"--people 10 --burst 11":       "--burst",
		"--public nowhere --people 10": "--public",
		"--minutes 500 --people 10":    "minutes_max",
	} {
		if code, out, log := tell(t, "", append([]string{"demo", "--exit"}, strings.Fields(args)...)...); code != exitUsage || !strings.Contains(log, says) {
			t.Errorf("demo %s: %d %s%s", args, code, out, log)
		}
	}
}

func TestEveryScenarioHasACrowdAndASale(t *testing.T) {
	for _, name := range []string{"ennepe-ruhr", "speyer"} {
		c := demoCmd{Scenario: name, Burst: -1, Pace: 10, Minutes: 30, Clerks: 2}
		crowd, err := c.crowd()
		if err != nil {
			t.Fatal(err)
		}
		plan, err := scenario(name, 0)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Places() != crowd.Places {
			t.Errorf("%s: the file has %d places, the crowd was told %d", name, plan.Places(), crowd.Places)
		}
	}
}

func TestFewerPlaces(t *testing.T) {
	for _, places := range []int{1, 19, 20, 21, 1_000, 4_000} {
		plan, err := scenario("ennepe-ruhr", places)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Places() != places {
			t.Errorf("%d places asked for, %d there", places, plan.Places())
		}
		for _, s := range plan.Slots {
			sum := 0
			for _, c := range catalog.Channels {
				sum += s.Allotments[c]
			}
			if sum != s.Places || s.Allotments[catalog.Online] < 0 {
				t.Fatalf("%d places: slot %+v", places, s)
			}
		}
	}
}

// The check must find what went wrong, or it proves nothing: a confirmation that
// the database does not have, a mail that never came, a person with two places.
func TestTheCheckFindsWhatIsWrong(t *testing.T) {
	s := &shell{Console: Console{Err: testLog{t}}, ctx: context.Background(), log: newLog(testLog{t}, "text", "error")}
	c := demoCmd{Scenario: "ennepe-ruhr", People: 10, Places: 40, Burst: -1, Pace: 1, Minutes: 1, Clerks: 1, Public: "127.0.0.1:0", Staff: "127.0.0.1:0", Ops: "127.0.0.1:0"}
	st, err := c.stage(s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.close(); err != nil {
			t.Error(err)
		}
	}()
	seen := &rehearsal.Result{Ledger: rehearsal.Ledger{Bookings: []rehearsal.Acked{{ID: strings.Repeat("0", 32), Code: "K7M-4QX-9D2"}, {ID: "rubbish"}}}}
	seen.Counts.HTTP5xx, seen.Counts.Unanswered = 1, 1
	st.plan.Slots[0].Places = -1 // as if one place more were held than there is
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	v, err := st.check(ctx, seen)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(v.differences, "\n")
	for _, want := range []string{"booking 0000", "booking rubbish", "server error", "no answer", "oversold by 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the check does not say %q:\n%s", want, text)
		}
	}
	if v.facts.AckedLost != 2 || v.facts.Oversold != 1 || v.facts.Verify != "ok" {
		t.Errorf("%+v", v.facts)
	}
	for path, code := range map[string]int{"/demo/mails": 200, "/demo/mails/0": 404, "/demo/report": 404} {
		if got, body := get(t, st.server.OpsURL()+path); got != code {
			t.Errorf("%s: %d %s", path, got, body)
		}
	}
}
