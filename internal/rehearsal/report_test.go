package rehearsal

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"einlass/internal/locale"
)

// TestMain lets the test binary be the crowd's process, as the product's binary is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Subcommand {
		if err := Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func zipTo(w io.Writer, b []byte) {
	z := gzip.NewWriter(w)
	_, _ = z.Write(b)
	_ = z.Close()
}

// TestProcess: a crowd in its own process brings back the same ledger the shop has.
func TestProcess(t *testing.T) {
	t.Parallel()
	s := newShop(50, 40)
	public, _ := s.serve(t)
	c := quick(public.URL, 1_000)
	p, err := Start(context.Background(), os.Args[0], c)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	r, err := p.Wait(func(Snapshot) { lines++ })
	if err != nil {
		t.Fatal(err)
	}
	bookings, _ := s.confirmedUnits()
	if lines < 2 || len(r.Ledger.Standing()) != bookings || bookings < 700 || p.PID() == os.Getpid() {
		t.Errorf("%d lines of progress, %d bookings seen, %d stored", lines, len(r.Ledger.Standing()), bookings)
	}
	t.Logf("crowd alone: %.1f µs CPU per request, %d requests, late p99 %.1f ms", r.Machine.CPUMicrosPerReq, r.Counts.Requests, r.Machine.LateP99)
}

// The clerks work in a process of their own until the crowd has gone; what they saw
// is in the same result.
func TestClerksHaveTheirOwnProcess(t *testing.T) {
	t.Parallel()
	s := newShop(20, 20)
	public, staff := s.serve(t)
	c := quick(public.URL, 600)
	c.Staff = staff.URL
	c.Clerks = Clerks{Count: 2, User: "clerk%d", Password: "secret", Channel: "phone", ThinkMS: 2_000, Find: 0.5}
	c.Arrivals = Arrivals{Burst: 50, BurstMS: 400, RestMS: 3_000_000} // clerks are there before all is gone
	p, err := Start(context.Background(), os.Args[0], c)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	r, err := p.Wait(func(s Snapshot) { told = max(told, s.Staff) })
	if err != nil {
		t.Fatal(err)
	}
	bookings, _ := s.confirmedUnits()
	if r.Desk.Clerks != 2 || r.Desk.Bookings < 10 || told < 1 || r.Latency[latStaff].Count != int64(r.Desk.Bookings) {
		t.Errorf("desk %+v, %d told, %+v", r.Desk, told, r.Latency[latStaff])
	}
	if got := len(r.Ledger.Standing()); got != bookings || r.Counts.Booked >= bookings || len(r.Notes) != 0 {
		t.Errorf("%d bookings seen, %d of them by the crowd, %d stored; notes %v", got, r.Counts.Booked, bookings, r.Notes)
	}
}

func TestProcessStops(t *testing.T) {
	t.Parallel()
	s := newShop(5, 5)
	public, _ := s.serve(t)
	c := quick(public.URL, 50)
	c.Pace = 1
	p, err := Start(context.Background(), os.Args[0], c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Wait(func(s Snapshot) {
		if s.AtMS > 400 && p.Stop() != nil {
			t.Error("stop failed")
		}
	})
	if err != nil || r.Outcomes[SentHome] < 40 {
		t.Fatalf("%+v, %v", r, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if p, err = Start(ctx, os.Args[0], c); err != nil {
		t.Fatal(err)
	}
	if r, err = p.Wait(nil); err != nil || r.Outcomes[SentHome] < 40 {
		t.Fatalf("after the context's end: %+v, %v", r, err)
	}
}

func TestProcessRefusesNonsense(t *testing.T) {
	if _, err := Start(context.Background(), os.Args[0], Config{}); err == nil {
		t.Error("started with an empty configuration")
	}
	var out bytes.Buffer
	if err := Serve(context.Background(), strings.NewReader("{}"), &out); err == nil || !strings.Contains(out.String(), `"error"`) {
		t.Errorf("%v, %s", err, out.String())
	}
}

// example is a Result with everything in it.
func example() (*Result, Facts) {
	c, _ := Preset("ennepe-ruhr")
	r := &Result{
		Config: c, Started: time.Date(2026, 4, 3, 8, 0, 0, 0, time.UTC), TookMS: 60_000,
		Outcomes: map[Outcome]int{Booked: 3_200, SoldOut: 60_000, NotEligible: 2_800},
		Refusals: map[string]int{reasonSoldOut: 900, reasonHasOne: 50, `<script>alert("x")</script>`: 1},
		Odd:      map[string]int{"<b>odd</b>": 1},
		Counts:   Counts{Requests: 123_456, Holds: 3_300, Booked: 3_200, NoneFreeMS: 9_100, LastBookedMS: 31_000, RequestsPerBooking: 7.5, BytesPerBooking: 20_000},
		Latency:  map[string]Timing{latHold: {P50: 3.2, P99: 41}, latConfirm: {P50: 2, P99: 30}, latStaff: {P99: 12}},
		Notes:    []string{"open files are limited"},
	}
	r.Series = Series{StepMS: 250, Refusals: map[string][]int{}}
	for i := range 240 {
		s := &r.Series
		s.Arrivals, s.Holds, s.Booked = append(s.Arrivals, 240-i), append(s.Holds, i), append(s.Booked, i/2)
		s.Busy, s.Requests, s.Open = append(s.Busy, i%3), append(s.Requests, 1000), append(s.Open, 40*i)
		s.HoldP50, s.HoldP99 = append(s.HoldP50, 3), append(s.HoldP99, float64(i))
		s.ConfirmP50, s.ConfirmP99 = append(s.ConfirmP50, 0), append(s.ConfirmP99, 0)
		for reason := range r.Refusals {
			s.Refusals[reason] = append(s.Refusals[reason], i%5)
		}
	}
	return r, Facts{Title: "Impfung <60+>", Booked: 4_000, MailsExpected: 3_000, MailsReceived: 3_000, Verify: "ok"}
}

var outward = regexp.MustCompile(`(?i)\b(src|href|action|data|poster|srcset)\s*=|url\(|@import|<script|<iframe|<link|<img|\bon[a-z]+\s*=\s*["']`)

func TestReport(t *testing.T) {
	r, f := example()
	for _, lang := range locale.Langs {
		f.Lang = lang
		var b bytes.Buffer
		if err := WriteReport(&b, r, f); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if dir := os.Getenv("REHEARSAL_REPORT_DIR"); dir != "" {
			if err := os.WriteFile(dir+"/report-"+string(lang)+".html", b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		checkHTML(t, text)
		for _, hit := range outward.FindAllStringIndex(text, -1) {
			if around := text[max(hit[0]-1, 0):hit[1]]; !strings.HasPrefix(around, "-") && !strings.Contains(text[hit[0]:hit[1]+1], "url(#") {
				t.Errorf("reaches outside or runs something: %q", text[max(hit[0]-40, 0):min(hit[1]+40, len(text))])
			}
		}
		for _, link := range []string{"http://", "https://"} {
			if strings.Contains(strings.ReplaceAll(text, "http://www.w3.org/2000/svg", ""), link) {
				t.Errorf("contains %s", link)
			}
		}
		if strings.Count(text, "<svg") != 8 || strings.Count(text, "<details>") != 8 || strings.Contains(text, "<b>odd") || strings.Contains(text, "<60+>") {
			t.Errorf("%d drawings, %d tables", strings.Count(text, "<svg"), strings.Count(text, "<details>"))
		}
		want := map[locale.Lang]string{locale.German: "66.000 Menschen wollten 4.000 Plätze. Nach 9,1 Sekunden", locale.English: "66,000 people wanted 4,000 places. After 9.1 seconds"}[lang]
		if !strings.Contains(text, want) {
			t.Errorf("%s: headline is missing", lang)
		}
	}
}

// checkHTML: tags are balanced, ids are unique.
func checkHTML(t *testing.T, text string) {
	t.Helper()
	if _, err := html.Parse(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	void := map[string]bool{"meta": true, "br": true, "path": true}
	ids := map[string]bool{}
	var open []string
	z := html.NewTokenizer(strings.NewReader(text))
	for tt := z.Next(); tt != html.ErrorToken; tt = z.Next() {
		tok := z.Token()
		for _, a := range tok.Attr {
			if a.Key == "id" {
				if ids[a.Val] {
					t.Errorf("id %q twice", a.Val)
				}
				ids[a.Val] = true
			}
		}
		switch {
		case tt == html.StartTagToken && !void[tok.Data]:
			open = append(open, tok.Data)
		case tt == html.EndTagToken && len(open) > 0 && open[len(open)-1] == tok.Data:
			open = open[:len(open)-1]
		case tt == html.EndTagToken:
			t.Fatalf("</%s> closes %v", tok.Data, open)
		}
	}
	if len(open) != 0 {
		t.Errorf("left open: %v", open)
	}
}

// TestReportOfNothing: a run in which nothing happened still has a report.
func TestReportOfNothing(t *testing.T) {
	if err := WriteReport(io.Discard, &Result{}, Facts{}); err != nil {
		t.Fatal(err)
	}
}

// TestLineIsTheOuterShape: the fields and their order that scripts rely on.
func TestLineIsTheOuterShape(t *testing.T) {
	const shape = `"scenario","people","places","held_max","booked","oversold","acked_lost","duplicate_people","mails_expected","mails_received","mail_duplicates","http_5xx","busy","unanswered","requests","requests_per_booking","bytes_per_booking","seconds_to_none_free","seconds_to_last_booked","hold_p50_ms","hold_p99_ms","confirm_p50_ms","confirm_p99_ms","staff_bookings","staff_p99_ms","server_cpu_s","crowd_cpu_s","server_max_rss_mb","connections_max","verify"`
	r, f := example()
	l := NewLine(r, f)
	var b bytes.Buffer
	if err := l.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range regexp.MustCompile(`"([a-z0-9_]+)":`).FindAllStringSubmatch(b.String(), -1) {
		keys = append(keys, `"`+m[1]+`"`)
	}
	if got := strings.Join(keys, ","); got != shape || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("got  %s\nwant %s", got, shape)
	}
	if !l.OK() {
		t.Error("a good run is not OK")
	}
	l.Oversold = 1
	var table bytes.Buffer
	if err := l.WriteTable(&table, r, locale.German); err != nil || l.OK() || !strings.Contains(table.String(), "!") || strings.Count(table.String(), "\n") < 25 {
		t.Errorf("%v\n%s", err, table.String())
	}
	if n := reflect.TypeFor[Line]().NumField(); len(rows(&l, locale.German)) < n-4 {
		t.Errorf("the table leaves out more than scenario, room and numbers of the desk: %d of %d", len(rows(&l, locale.German)), n)
	}
}

// TestEverybodyIsToldOf: table and report say how many booked, how many went
// without a place, and why; the reasons add up to everybody.
func TestEverybodyIsToldOf(t *testing.T) {
	r, f := example()
	r.Outcomes = map[Outcome]int{Booked: 3_200, SoldOut: 59_000, NotEligible: 2_800, Stuck: 1_000}
	l := NewLine(r, f)
	sum := 0
	for _, n := range r.Outcomes {
		sum += n
	}
	if sum != l.People {
		t.Fatalf("the example tells of %d people of %d", sum, l.People)
	}
	for lang, want := range map[locale.Lang][]string{
		locale.German:  {"Menschen 66.000", "haben einen Platz gebucht 3.200", "gingen ohne Platz 62.800", "– erfuhren, dass nichts mehr frei ist 59.000", "– erfuhren, dass sie hier nicht buchen dürfen 2.800", "– kamen auf einer Seite nicht weiter 1.000 !", "Plätze 4.000"},
		locale.English: {"People 66,000", "booked a place 3,200", "went without a place 62,800", "– were told that nothing is left 59,000", "– were told that this sale is for others 2,800", "– found no way on 1,000 !", "Places 4,000"},
	} {
		var table, report bytes.Buffer
		if err := l.WriteTable(&table, r, lang); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(table.String(), "\n")
		for i, text := range want { // in this order, from the first line on
			if got := strings.Join(strings.Fields(lines[i]), " "); got != text {
				t.Errorf("line %d is %q, want %q", i, got, text)
			}
		}
		f.Lang = lang
		if err := WriteReport(&report, r, f); err != nil {
			t.Fatal(err)
		}
		for _, text := range want[1:6] {
			name := regexp.MustCompile(` [\d.,]+( !)?$`).ReplaceAllString(text, "")
			if !strings.Contains(report.String(), `<th scope="row">`+name+"</th>") {
				t.Errorf("the report has no row %q", name)
			}
		}
	}
}

func TestProgressWriter(t *testing.T) {
	var plain, terminal bytes.Buffer
	p, q := ProgressWriter(&plain, false, locale.German), ProgressWriter(&terminal, true, locale.English)
	for i := range 48 {
		s := Snapshot{AtMS: int64(i) * 250, People: 66_000, Arrived: 1000 * i}
		p(s)
		q(s)
	}
	if n := strings.Count(plain.String(), "\n"); n != 3 || strings.Contains(plain.String(), "\r") {
		t.Errorf("%d plain lines:\n%s", n, plain.String())
	}
	if strings.Contains(terminal.String(), "\n") || strings.Count(terminal.String(), "\r") != 48 {
		t.Error("the terminal's line is not one line")
	}
}

func TestGrouped(t *testing.T) {
	for _, c := range []struct {
		v      float64
		digits int
		de, en string
	}{{66000, 0, "66.000", "66,000"}, {1234.56, 1, "1.234,6", "1,234.6"}, {0.96, 1, "1,0", "1.0"}, {9.1, 1, "9,1", "9.1"}, {-2.5, 1, "-2,5", "-2.5"}, {0, 1, "0,0", "0.0"}} {
		if de, en := grouped(c.v, c.digits, locale.German), grouped(c.v, c.digits, locale.English); de != c.de || en != c.en {
			t.Errorf("%v: %s %s", c.v, de, en)
		}
	}
}

func TestResultSurvivesJSON(t *testing.T) {
	r, _ := example()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(&back, r) {
		t.Errorf("%v: differs after a round trip", err)
	}
}
