package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/mail/sink"
	"einlass/internal/rehearsal"
	"einlass/internal/store"
	"einlass/internal/web"

	_ "github.com/ncruces/go-sqlite3/driver"
)

// rehearsable is a database with a sale that opened two hours ago: no opening is near.
func rehearsable(t *testing.T, slots, places int) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "einlass.db")
	if code, out, log := tell(t, "", "apply", "--db", db, saleFile(t, time.Now().Add(-2*time.Hour), slots, places)); code != 0 {
		t.Fatalf("apply: %d\n%s%s", code, out, log)
	}
	return db
}

// contents are the rows of every table, and a sum over all they hold.
func contents(t *testing.T, db string, but ...string) map[string]string {
	t.Helper()
	c, err := sql.Open("sqlite3", "file:"+db+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	tables := texts(t, c, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	out := make(map[string]string)
	for _, table := range tables {
		if slices.Contains(but, table) {
			continue
		}
		columns := texts(t, c, fmt.Sprintf("SELECT 'quote(' || name || ')' FROM pragma_table_info('%s')", table))
		sum := fnv.New64a()
		rows := texts(t, c, fmt.Sprintf("SELECT %s FROM %s ORDER BY 1", strings.Join(columns, " || ',' || "), table))
		for _, row := range rows {
			sum.Write([]byte(row))
		}
		out[table] = fmt.Sprintf("%d rows, %x", len(rows), sum.Sum64())
	}
	return out
}

// unsent is how many mails nobody has noted as sent.
func unsent(t *testing.T, db string) string {
	t.Helper()
	c, err := sql.Open("sqlite3", "file:"+db+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return texts(t, c, "SELECT count(*) FROM outbox WHERE sent_us IS NULL")[0]
}

func texts(t *testing.T, c *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := c.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func copiesOf(t *testing.T, db string) []string {
	t.Helper()
	found, err := filepath.Glob(db + copyInfix + "*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A rehearsal on a server with real bookings leaves every one of them, and whatever else
// the database holds, as it was; no mail of it reaches the real relay; it is judged,
// reported and stored.
func TestARehearsalTouchesNothingReal(t *testing.T) {
	t.Setenv(asProgram, "1") // the crowd is this test binary as a process of its own
	relay, err := sink.Start(sink.Options{Keep: 100, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	db := rehearsable(t, 6, 30)
	s := serve(t, db, anyPorts(), Clock{})
	for range 5 {
		confirm(t, s, hold(t, s).Booking)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	p := startProgram(t, db, "--mail-relay", relayAddress(relay), "--mail-from", "amt@example.org", "--mail-tls", "none")
	soonMails(t, relay, 5)
	soon(t, "the mails are noted as sent", func() bool { return unsent(t, db) == "0" })
	ours := []string{"rehearsal", "rehearsal_grant", "alive"}
	before := contents(t, db, ours...)

	report := filepath.Join(t.TempDir(), "report.html")
	code, out, log := tell(t, "", "rehearse", "amt/termin", "--db", db, "--people", "400", "--burst", "100", "--pace", "200", "--minutes", "1",
		"--clerks", "1", "--rude", "0.05", "--json", "--lang", "de", "--report", report)
	var got struct {
		summary
		Line map[string]any `json:"-"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%d %v\n%s\n%s\n%s", code, err, out, log, p.log)
	}
	if got.People != 400 || got.Booked < 100 || got.MailsReceived < 50 || got.Requests < 1_000 || got.StaffBookings < 1 || got.Verify != "ok" {
		t.Errorf("too little happened: %+v\n%s", got.summary, log)
	}
	if got.Verdict == "" || got.Verdict == rehearsal.Void || (code == exitOK) != (got.Verdict == rehearsal.Holds) || len(got.Strains) == 0 {
		t.Errorf("code %d, verdict %q, strains %v\n%s", code, got.Verdict, got.Strains, log)
	}
	if after := contents(t, db, ours...); fmt.Sprint(after) != fmt.Sprint(before) || len(before) < 15 {
		t.Errorf("the real database was touched:\n%v\n%v", before, after)
	}
	if n := relay.Counts().Distinct; n != 5 {
		t.Errorf("%d mails at the real relay, 5 are real", n)
	}
	text, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(text), "Was wie weit ausgelastet war") || !strings.Contains(string(text), got.Sentences[0]) {
		t.Errorf("report: %v, %d bytes", err, len(text))
	}
	soon(t, "the copy is deleted", func() bool { return len(copiesOf(t, db)) == 0 })
	st, err := store.Open(context.Background(), store.Options{Path: db, Guest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	rows, err := st.Rehearsals(context.Background())
	if err != nil || len(rows) != 1 || rows[0].People != 400 || rows[0].Version != 1 || rows[0].Verdict != string(got.Verdict) || rows[0].Rude != 0.05 {
		t.Errorf("%v %+v", err, rows)
	}
	stopProgram(t, p)
	verify(t, db)
}

func soonMails(t *testing.T, relay *sink.Sink, n int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); relay.Counts().Distinct < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d mails of %d", relay.Counts().Distinct, n)
		}
	}
}

func stopProgram(t *testing.T, p *program) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("%v\n%s", err, p.log)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("it runs on\n%s", p.log)
	}
}

// remote opens a copy and returns where it is and its token.
func remote(t *testing.T, db string, more ...string) (target, token string) {
	t.Helper()
	code, out, log := tell(t, "", append([]string{"rehearse", "amt/termin", "--db", db, "--remote", "--json", "--people", "50", "--minutes", "1"}, more...)...)
	var got struct{ Target, Grant string }
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK {
		t.Fatalf("%d %v\n%s%s", code, err, out, log)
	}
	return got.Target, got.Grant
}

// A copy says on every page what it is, is there for nobody without its token, keeps to
// its bounds, and goes when its server does, however that ends.
func TestACopyIsMarkedAndBounded(t *testing.T) {
	db := rehearsable(t, 6, 10)
	p := startProgram(t, db)
	target, token := remote(t, db)
	for path, status := range map[string]int{"/amt/termin": 200, "/amt/termin/slots": 200, "/": 200, "/nothing/here": 404, "/find": 200, "/.rehearsal": 404} {
		code, header, body := fetch(t, target+path, "")
		if code != status || header.Get(web.RehearsalHeader) == "" || !strings.Contains(body, "Generalprobe – hier zählt nichts") {
			t.Errorf("%s: %d, header %q\n%s", path, code, header.Get(web.RehearsalHeader), body)
		}
	}
	if code, body := get(t, p.public+"/amt/termin"); code != 200 || strings.Contains(body, "Generalprobe") {
		t.Errorf("the real page: %d\n%s", code, body)
	}
	if code, _, _ := fetch(t, target+rehearsal.GrantPath, strings.Repeat("0", 32)); code != 404 {
		t.Errorf("another token: %d", code)
	}
	if code, _, body := fetch(t, target+rehearsal.GrantPath, token); code != 200 || !strings.Contains(body, `"people":50`) {
		t.Errorf("its token: %d %s", code, body)
	}
	for args, says := range map[string]string{
		"--target " + target + " --grant " + strings.Repeat("0", 32): "grants no rehearsal",
		"--target " + p.public + " --grant " + token:                 "grants no rehearsal",
		"--target " + target + " --people 51 --grant " + token:       "the grant is for 50 people, 51 want to come",
		"amt/termin --db " + db:                                      "another rehearsal is going on",
		"amt/nothing --db " + db:                                     "there is no sale amt/nothing",
		"--target " + target:                                         "go together",
		"amt/termin --target " + target + " --grant " + token:        "not both",
		"amt/termin --rude 2":                                        "--rude",
		"--target http://127.0.0.1:1 --people 5 --grant " + token:    "does not answer",
		"amt/termin --minutes 1000":                                  "--minutes",
		"amt/termin --pace 0.5":                                      "--pace",
		"amt/termin --people 300000":                                 "--people",
	} {
		if code, out, log := tell(t, "", append([]string{"rehearse"}, strings.Fields(args)...)...); code == exitOK || !strings.Contains(log, says) {
			t.Errorf("rehearse %s: %d %s%s", args, code, out, log)
		}
	}
	if n := len(copiesOf(t, db)); n != 1 {
		t.Errorf("%d copies", n)
	}
	stopProgram(t, p)
	if left := copiesOf(t, db); len(left) > 0 {
		t.Errorf("a server that was stopped left %v", left)
	}
}

func fetch(t *testing.T, url, token string) (int, http.Header, string) {
	t.Helper()
	q, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if q.Header.Set("Accept-Language", "de"); token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, a.Header, string(text)
}

// A killed server leaves a copy; the next start deletes it, and nothing that is only
// named like one. The copy itself is never served as real.
func TestACrashLeavesNoCopy(t *testing.T) {
	db := rehearsable(t, 6, 10)
	p := startProgram(t, db)
	remote(t, db)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
	left := copiesOf(t, db)
	if len(left) != 1 {
		t.Fatalf("left: %v", left)
	}
	if code, _, log := tell(t, "", "serve", "--db", filepath.Join(left[0], copyDB), "--public", "127.0.0.1:0", "--staff", "127.0.0.1:0", "--ops", "127.0.0.1:0"); code != exitUnavailable || !strings.Contains(log, "rehearsal's copy") {
		t.Errorf("the copy is served: %d %s", code, log)
	}
	foreign, unfinished := db+copyInfix+"foreign", db+copyInfix+"empty"
	if err := os.MkdirAll(filepath.Join(foreign, "precious"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(unfinished, 0o700); err != nil {
		t.Fatal(err)
	}
	p = startProgram(t, db)
	if now := copiesOf(t, db); len(now) != 1 || now[0] != foreign {
		t.Errorf("after the next start: %v", now)
	}
	if _, err := os.Stat(filepath.Join(foreign, "precious")); err != nil {
		t.Error(err)
	}
	target, _ := remote(t, db) // and it rehearses again
	if code, _, _ := fetch(t, target+"/amt/termin", ""); code != 200 {
		t.Errorf("%d", code)
	}
	stopProgram(t, p)
	verify(t, db)
}

// Nobody rehearses near a real opening, without a server, or after the grant's end.
func TestWhenNothingIsRehearsed(t *testing.T) {
	near := filepath.Join(t.TempDir(), "einlass.db")
	if code, _, log := tell(t, "", "apply", "--db", near, saleFile(t, time.Now().Add(20*time.Minute), 6, 10)); code != 0 {
		t.Fatal(log)
	}
	p := startProgram(t, near)
	if code, _, log := tell(t, "", "rehearse", "amt/termin", "--db", near, "--minutes", "15"); code == exitOK || !strings.Contains(log, "no rehearsal from 15m0s before an opening") {
		t.Errorf("near an opening: %d %s", code, log)
	}
	stopProgram(t, p)

	s := serve(t, rehearsable(t, 6, 10), anyPorts(), Clock{})
	now := time.Now()
	for name, c := range map[string]struct {
		grant store.Grant
		busy  bool
		says  string
	}{
		"expired":    {store.Grant{Sale: s.sales()[0].ID, Minutes: 1, Until: now.Add(-time.Second)}, false, "expired"},
		"no sale":    {store.Grant{Sale: 99, Minutes: 1, Until: now.Add(time.Minute)}, false, "no such sale"},
		"second one": {store.Grant{Sale: s.sales()[0].ID, Minutes: 1, Until: now.Add(time.Minute)}, true, "another"},
		"fine":       {store.Grant{Sale: s.sales()[0].ID, Minutes: 1, Until: now.Add(time.Minute)}, false, ""},
	} {
		if _, why := s.mayRehearse(&c.grant, c.busy, now); (why == "") != (c.says == "") || !strings.Contains(why, c.says) {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// A grant is good for one crowd, within its bounds and before its end.
func TestAnAnnouncementIsTakenOnce(t *testing.T) {
	s := serve(t, rehearsable(t, 6, 10), anyPorts(), Clock{})
	now := time.Now()
	g := store.Grant{ID: 1, Sale: s.sales()[0].ID, People: 10, Minutes: 2, Pace: 10, Until: now.Add(time.Minute)}
	c, err := s.openCopy(context.Background(), g, s.sales()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}()
	for _, try := range []struct {
		people, minutes int
		at              time.Time
		says            string
	}{
		{11, 2, now, "for 10 people"}, {10, 3, now, "for 2 minutes"}, {10, 2, now.Add(2 * time.Minute), "expired"}, {10, 2, now, ""}, {10, 2, now, "good for one"},
	} {
		err := c.front.announce(rehearsal.Announcement{People: try.people, Minutes: try.minutes}, true, try.at)
		if (err == nil) != (try.says == "") || err != nil && !strings.Contains(err.Error(), try.says) {
			t.Errorf("%+v: %v", try, err)
		}
	}
	c.front.due(now.Add(time.Hour))
	select {
	case <-c.front.over:
	default:
		t.Error("the copy is open an hour later")
	}
	front := httptest.NewServer(c.front.wrap(http.NotFoundHandler()))
	defer front.Close()
	c.front.requests.Store(10 * requestsPerPerson)
	c.front.ended, c.front.over = false, make(chan struct{})
	if code, _ := get(t, front.URL); code != 404 {
		t.Errorf("%d", code)
	}
	select {
	case <-c.front.over:
	case <-time.After(time.Second):
		t.Error("more requests than people can make do not end it")
	}
}

// The crowd that a copy asks for fits the sale's rules.
func TestACrowdFitsTheSale(t *testing.T) {
	for _, name := range []string{"ennepe-ruhr", "speyer"} {
		plan, err := scenario(name, 0)
		if err != nil {
			t.Fatal(err)
		}
		cfg := crowdOf(plan)
		cfg.Base, cfg.People = "http://127.0.0.1:1", 10
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, code := range cfg.Who.Postcodes {
			if len(code) != 5 {
				t.Errorf("%s: postcode %q", name, code)
			}
		}
		if len(cfg.Who.Elsewhere) == 0 || cfg.Habits.Elsewhere == 0 {
			t.Errorf("%s: nobody lives elsewhere: %+v", name, cfg.Who)
		}
	}
	only := rehearsal.Defaults()
	fit(&only, []catalog.Ground{{Code: "kita"}})
	if only.Habits.WithCode != 1 {
		t.Errorf("only codes: %+v", only.Habits)
	}
}

// A sale that opens without a passed rehearsal is named at the start and by "room
// status", until there is one.
func TestAnUnreadySaleIsNamed(t *testing.T) {
	db := filepath.Join(t.TempDir(), "einlass.db")
	file := roomFileOpening(t, time.Now().Add(48*time.Hour))
	if code, _, log := tell(t, "", "apply", "--db", db, file); code != 0 {
		t.Fatal(log)
	}
	p := startProgram(t, db)
	if log := p.log.String(); !strings.Contains(log, "amt/termin: it was never rehearsed; 250 people are expected; see: einlass rehearse amt/termin") ||
		!strings.Contains(log, "not acknowledged by organizer and technical") {
		t.Errorf("at the start:\n%s", log)
	}
	var status struct{ Rooms []roomState }
	code, out, log := tell(t, "", "room", "status", "--db", db, "--json")
	if err := json.Unmarshal([]byte(out), &status); err != nil || code != 0 || len(status.Rooms) != 1 || status.Rooms[0].Lack != "none" || !strings.Contains(status.Rooms[0].Rehearsal, "never rehearsed") {
		t.Errorf("%d %v %s%s", code, err, out, log)
	}
	t.Setenv(asProgram, "1")
	if code, out, log = tell(t, "", "rehearse", "amt/termin", "--db", db, "--pace", "300", "--minutes", "1", "--rude", "0", "--lang", "en"); !strings.Contains(out, "250") {
		t.Fatalf("%d %s%s", code, out, log)
	}
	passed := code == exitOK
	if _, out, _ = tell(t, "", "room", "status", "--db", db); strings.Contains(out, "rehearsal with 250 people was passed") != passed {
		t.Errorf("passed %v:\n%s", passed, out)
	}
	stopProgram(t, p)
	p = startProgram(t, db)
	if log := p.log.String(); strings.Contains(log, "never rehearsed") || passed == strings.Contains(log, "was not passed") {
		t.Errorf("passed %v; at the next start:\n%s", passed, log)
	}
	stopProgram(t, p)
	verify(t, db)
}

// roomFileOpening is a sale with a waiting room that expects 250 people.
func roomFileOpening(t *testing.T, opens time.Time) string {
	t.Helper()
	file := saleFile(t, opens, 6, 20)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "allocation: open", "allocation: room\n  expects: 250", 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A copy that other machines can reach speaks TLS where the real pages do; one on
// loopback has no name that a certificate could hold.
func TestACopyOutsideSpeaksTLS(t *testing.T) {
	cert, key := certificate(t)
	cfg := anyPorts()
	cfg.TLSCert, cfg.TLSKey = cert, key
	for address, scheme := range map[string]string{"0.0.0.0:0": "https://127.0.0.1:", "127.0.0.1:0": "http://127.0.0.1:"} {
		cfg.Rehearsal = address
		s := serve(t, rehearsable(t, 6, 10), cfg, Clock{})
		g := store.Grant{ID: 1, Sale: s.sales()[0].ID, People: 10, Minutes: 2, Pace: 10, Clerks: 1, Until: time.Now().Add(time.Minute)}
		c, err := s.openCopy(context.Background(), g, s.sales()[0])
		if err != nil {
			t.Fatal(err)
		}
		at := reachable(c.stage.server.PublicURL())
		root, err := os.ReadFile(cert)
		if err != nil {
			t.Fatal(err)
		}
		target, err := rehearsal.NewTarget(at, c.front.token, string(root))
		if err != nil {
			t.Fatal(err)
		}
		i, err := target.Ask(context.Background())
		if err != nil || !strings.HasPrefix(at, scheme) || i.People != 10 || i.StaffPort == 0 || i.Crowd.Clerks.Password == "" {
			t.Errorf("%s: %v %+v", at, err, i)
		}
		if err := c.close(); err != nil {
			t.Error(err)
		}
		if left := copiesOf(t, s.path); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
}
