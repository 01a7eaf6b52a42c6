package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/draw"
	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/waitingroom"
)

// Fewer prove too little.
const (
	drawnPeople = 60
	latePeople  = 15
)

var drawFiles = []string{draw.FileRoom, draw.FileHeads, draw.FileLog, draw.FileNumbers}

// pageAge is longer than a shared page may be old.
const pageAge = 300 * time.Millisecond

// comers lets n more people draw a number; their names are letters only.
func (s *shop) comers(t *testing.T, from, n int) (out []*browser) {
	t.Helper()
	for i := range n {
		b := s.browser(t)
		b.post(s.path+"/eligible", oneOfMany(from+i))
		out = append(out, b)
	}
	return out
}

// bring hands a beacon in as an operator does, beside the server.
func (s *shop) bring(t *testing.T, b draw.Beacon) waitingroom.Reason {
	t.Helper()
	out, err := s.store.ChangeRoom(waitingroom.Act{Sale: s.sales()[0].ID, Do: waitingroom.Bring{Beacon: b}}, inventory.AuditRow{At: s.now()})
	if err != nil {
		t.Fatal(err)
	}
	return out.Reason
}

var (
	fileLink   = regexp.MustCompile(`<a href="([^"]+)" download>([a-z.]+)</a>`)
	shownAlias = regexp.MustCompile(`data-alias>([0-9a-f]{32})<`)
	shownLine  = regexp.MustCompile(`data-line>([0-9]+)<`)
)

// download fetches the files that the page about the draw links to, and keeps them in a
// folder.
func (s *shop) download(t *testing.T) (dir string, f draw.Files) {
	t.Helper()
	b := s.browser(t)
	time.Sleep(pageAge)
	b.get(s.path+"/draw").want(200, `data-page="draw"`)
	dir = t.TempDir()
	for _, link := range fileLink.FindAllStringSubmatch(b.page, -1) {
		res, err := http.Get(s.URL + link[1])
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Disposition"), link[2]) || res.ContentLength < 0 && link[2] != draw.FileHeads {
			t.Fatalf("%s: %d %v %v %d", link[1], res.StatusCode, err, res.Header, res.ContentLength)
		}
		if err := os.WriteFile(filepath.Join(dir, link[2]), body, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readDrawFile(&f, link[2], body); err != nil {
			t.Fatal(err)
		}
	}
	return dir, f
}

func readDrawFile(f *draw.Files, name string, body []byte) (err error) {
	switch r := bytes.NewReader(body); name {
	case draw.FileRoom:
		f.Notice, err = draw.ReadNotice(r)
	case draw.FileHeads:
		f.Heads, err = draw.ReadHeads(r)
	case draw.FileLog:
		f.Log, err = draw.ReadLog(r)
	case draw.FileNumbers:
		f.Numbers, err = draw.ReadNumbers(r)
	}
	return err
}

// proved checks the files with both verifiers.
func proved(t *testing.T, dir string, f draw.Files) draw.Report {
	t.Helper()
	report, err := draw.Check(f)
	if err != nil || len(report.Differences) > 0 {
		t.Errorf("%v %+v", err, report.Differences)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Log("no python3: the second verifier was not asked")
		return report
	}
	args := []string{filepath.Join("..", "..", "docs", "verify", "verify_draw.py")}
	for _, name := range drawFiles {
		args = append(args, filepath.Join(dir, name))
	}
	if out, err := exec.Command(python, args...).CombinedOutput(); err != nil {
		t.Errorf("the second verifier: %v\n%s", err, out)
	}
	return report
}

// TestADrawIsProvedOverHTTP: people join, the log is frozen, the beacon is brought, late
// ones come; whoever downloads the four files recomputes everybody's number, and the
// number on each waiting page is that of its line.
func TestADrawIsProvedOverHTTP(t *testing.T) {
	s := newRoom(t, func(p *setup.Plan) {
		p.Sale.Beacon = catalog.Beacon{Source: catalog.BeaconTyped, From: "Lotto 6 aus 49, 3. April 2021 <a>", Wait: 10 * time.Minute}
	})
	b := s.browser(t)
	b.get(s.path+"/draw").want(200, `data-page="event"`)
	s.at(-time.Hour)
	crowd := s.comers(t, 0, drawnPeople/2)
	s.pass(time.Minute)
	before, kept := s.download(t)
	if len(kept.Heads) < 2 || kept.Notice.Drawn != nil || len(kept.Notice.Terms) != 1 {
		t.Errorf("while people join: %d heads, %+v", len(kept.Heads), kept.Notice)
	}
	if _, err := os.Stat(filepath.Join(before, draw.FileLog)); err == nil {
		t.Error("the log is public before the draw")
	}
	b.get(s.path + "/draw/log.txt").want(404)
	crowd = append(crowd, s.comers(t, drawnPeople/2, drawnPeople/2)...)
	s.offset.Store(int64(time.Second))
	for range 4 {
		s.pass(250 * time.Millisecond)
	}
	// Frozen: the draw waits and shows the log that it will be made from.
	crowd[0].get(s.path+"/wait").want(200, `data-state="drawing"`, "Lotto 6 aus 49, 3. April 2021 &lt;a&gt;", "60 Einträge", s.path+"/draw")
	_, waiting := s.download(t)
	head := waiting.Heads[len(waiting.Heads)-1]
	if head.N != drawnPeople || waiting.Notice.Drawn != nil {
		t.Errorf("the last head while the draw waits: %+v", head)
	}
	crowd[0].want(200, fmt.Sprintf("%x", head.Hash[:8]))
	b.get(s.path+"/status.json").want(200, fmt.Sprintf(`"hash":"%x"`, head.Hash[:8]), `"beacon":"typed"`, `"phase":"drawing"`)
	if len(b.page) > 1000 {
		t.Errorf("status.json has %d bytes", len(b.page))
	}
	late := s.comers(t, drawnPeople, latePeople)
	if r := s.bring(t, draw.Beacon{Source: draw.Drand, Round: 1}); r != waitingroom.NotPromised {
		t.Errorf("another beacon: %q", r)
	}
	beacon, err := draw.TypedBeacon(" 3 7 12  25 33 41")
	if err != nil {
		t.Fatal(err)
	}
	if r := s.bring(t, beacon); r != waitingroom.Granted {
		t.Fatalf("the beacon: %q", r)
	}
	s.pass(20 * time.Second)
	dir, f := s.download(t)
	report := proved(t, dir, f)
	if report.Drawn != drawnPeople || report.Late != latePeople || report.Beacon != draw.Typed || report.Heads < 4 {
		t.Errorf("%+v", report)
	}
	if !bytes.Equal(f.Notice.Commitment[:], kept.Notice.Commitment[:]) || f.Notice.HeadsKey != kept.Notice.HeadsKey || f.Heads[1] != kept.Heads[1] {
		t.Error("what was published before the draw is not what is published now")
	}
	for i, one := range append(crowd, late...) {
		number := one.get(s.path + "/wait").number()
		one.get(s.path + "/draw")
		alias, line := shownAlias.FindStringSubmatch(one.page), shownLine.FindStringSubmatch(one.page)
		if alias == nil || line == nil {
			t.Fatalf("person %d has no receipt:\n%s", i, one.page)
		}
		at, err := strconv.Atoi(line[1])
		if err != nil || f.Log[at-1].String() != alias[1] || strconv.Itoa(int(f.Numbers[at-1])) != number || at != i+1 {
			t.Errorf("person %d has alias %s in line %d and number %s; the files say %s and %d", i, alias[1], at, number, f.Log[at-1], f.Numbers[at-1])
		}
	}
}

// TestFilesAreOfOneMoment: while late ones come, an address that names its moment gives
// the same bytes for ever, and the four together are whole.
func TestFilesAreOfOneMoment(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	s.comers(t, 0, 20)
	s.at(time.Second)
	s.pass(15 * time.Second)
	dir, f := s.download(t)
	proved(t, dir, f)
	moment := "?head=" + strconv.Itoa(len(f.Heads))
	s.comers(t, 20, 7)
	s.pass(15 * time.Second)
	later, g := s.download(t)
	if proved(t, later, g); len(g.Log) != 27 || len(f.Log) != 20 {
		t.Errorf("%d entries, then %d", len(f.Log), len(g.Log))
	}
	for _, name := range drawFiles {
		was, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Get(s.URL + s.path + "/draw/" + name + moment)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !bytes.Equal(body, was) || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s of that moment has changed: %v", name, res.Header)
		}
	}
	b := s.browser(t)
	for _, wrong := range []string{"log.txt?head=1", "log.txt?head=0", "log.txt?head=9999999", "room.json?head=x", "secret.txt"} {
		b.get(s.path + "/draw/" + wrong).want(404)
	}
}

// TestNoBeaconIsSaidOnThePage: without one the page says that the operator could have
// chosen; if it failed to arrive, it says that as well.
func TestNoBeaconIsSaidOnThePage(t *testing.T) {
	const chosen, failed = "probieren, bis sie passt", "nicht zu bekommen war"
	s := newRoom(t)
	s.at(-time.Hour)
	b := s.browser(t)
	b.get(s.path+"/draw").want(200, chosen)
	s = newRoom(t, func(p *setup.Plan) {
		p.Sale.Beacon = catalog.Beacon{Source: catalog.BeaconDrand, Wait: time.Minute}
	})
	s.at(-time.Hour)
	s.comers(t, 0, 3)
	b = s.browser(t)
	b.get(s.path+"/draw").want(200, "Runde 1 des Dienstes drand")
	if strings.Contains(b.page, chosen) {
		t.Error("a beacon is promised, and the page says that we could choose")
	}
	s.at(0)
	s.pass(50 * time.Second)
	b.get(s.path+"/status.json").want(200, `"phase":"drawing"`)
	s.pass(15 * time.Second)
	b.get(s.path+"/draw").want(200, chosen, failed)
	dir, f := s.download(t)
	if report := proved(t, dir, f); report.Beacon != draw.None {
		t.Errorf("%+v", report)
	}
}

// TestPostponedPeopleKeepTheirPlaces: the opening is put off by another process while
// people have drawn; everybody keeps their place, and the files show both promises.
func TestPostponedPeopleKeepTheirPlaces(t *testing.T) {
	s := newRoom(t)
	s.at(-time.Hour)
	crowd := s.comers(t, 0, 5)
	s.pass(time.Minute)
	s.postpone(t, 30*time.Minute)
	s.offset.Store(int64(time.Second)) // the opening that was promised first
	for range 4 {
		s.pass(250 * time.Millisecond)
	}
	crowd[0].get(s.path+"/wait").want(200, `data-state="joined"`)
	s.comers(t, 5, 1)
	s.at(31 * time.Minute)
	s.pass(10 * time.Second)
	for _, b := range crowd {
		b.get(s.path + "/wait").number()
	}
	dir, f := s.download(t)
	if report := proved(t, dir, f); report.Drawn != 6 || len(f.Notice.Terms) != 2 || !f.Notice.Terms[1].Opens.Equal(opens.Add(30*time.Minute)) {
		t.Errorf("%+v %+v", report, f.Notice.Terms)
	}
}

// postpone applies the sale with a later opening, as another process does.
func (s *shop) postpone(t *testing.T, d time.Duration) {
	t.Helper()
	plan := &setup.Plan{Sale: s.sales()[0].Sale}
	plan.Sale.Opens = plan.Sale.Opens.Add(d)
	terms, err := waitingroom.Promise(&plan.Sale, s.now())
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.store.Begin()
	if err != nil {
		t.Fatal(err)
	}
	out, err := tx.ChangeRoom(waitingroom.Act{Sale: s.sales()[0].ID, Do: waitingroom.Postpone{Terms: terms}}, inventory.AuditRow{At: s.now()})
	if err != nil || out.Reason != waitingroom.Granted {
		t.Fatal(out, err)
	}
	if _, _, err := tx.PutSale(&plan.Sale, s.sales()[0].Slots); err != nil {
		t.Fatal(err)
	}
	err = tx.Commit(time.Time{})
	tx.End()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.booking.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestARoundOfDrandIsProved: a real round of quicknet goes into a draw, brought by
// nobody in particular; another round is refused.
func TestARoundOfDrandIsProved(t *testing.T) {
	const round, answer = 657413, `{"round":657413,"signature":"b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"}`
	then := draw.RoundTime(round).Add(-draw.BeaconMargin)
	s := newRoom(t, func(p *setup.Plan) {
		p.Sale.Opens, p.Sale.DrawWindowFrom, p.Sale.Closes = then, then.Add(-time.Hour), then.Add(24*time.Hour)
		p.Sale.Beacon = catalog.Beacon{Source: catalog.BeaconDrand, Wait: 10 * time.Minute}
		p.Sale.Eligible, p.Sale.Limit = nil, catalog.Limit{}
	})
	s.at(then.Sub(opens) - time.Hour)
	for range 10 {
		b := s.browser(t)
		b.get(s.path + "/wait")
		b.post(s.path+"/wait/join", nil).want(200, `data-state="joined"`)
	}
	s.at(then.Sub(opens))
	b := s.browser(t)
	b.get(s.path+"/status.json").want(200, `"phase":"drawing"`, `"beacon":"drand"`)
	beacon, err := draw.ReadDrand(strings.NewReader(answer))
	if err != nil {
		t.Fatal(err)
	}
	other := beacon
	other.Round++
	if r := s.bring(t, other); r != waitingroom.NotPromised {
		t.Errorf("another round: %q", r)
	}
	s.pass(draw.BeaconMargin)
	if r := s.bring(t, beacon); r != waitingroom.Granted {
		t.Fatalf("the round: %q", r)
	}
	s.pass(time.Second)
	dir, f := s.download(t)
	if report := proved(t, dir, f); report.Drawn != 10 || report.Beacon != draw.Drand {
		t.Errorf("%+v", report)
	}
}
