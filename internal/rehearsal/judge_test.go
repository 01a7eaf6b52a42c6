package rehearsal

import (
	"slices"
	"strings"
	"testing"

	"einlass/internal/locale"
)

// calm is a run in which everything was kept and little was used.
func calm() (*Result, *Facts, Load) {
	r := &Result{Outcomes: map[Outcome]int{Booked: 900, SoldOut: 100}, Latency: map[string]Timing{
		latPage: {P99: 100}, latHold: {P99: 80}, latConfirm: {P99: 90}, latRefusal: {P99: 120}, latStaff: {P99: 50},
	}}
	r.Config.People, r.Counts.Requests, r.Desk.Bookings, r.Machine.Offered = 1_000, 20_000, 100, 20_000
	return r, &Facts{Verify: "ok", MailsExpected: 500, MailsReceived: 500}, Load{
		Cores: 2, CPUPeak: 0.9, SyncMS: 0.5, SyncP99MS: 2, BatchMax: 500, CommandPeak: 400, FilesPeak: 500, FilesMax: 20_000,
		OpenPeak: 400, OpenMax: 18_000, MemoryPeak: 1 << 27, MemoryMax: 1 << 32, MailPaceMS: 20,
	}
}

// Every rule fails alone, at its limit and not before.
func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*Result, *Facts, *Load)
		verdict Verdict
		rule    Rule
		first   Cause
	}{
		"calm":                {func(*Result, *Facts, *Load) {}, Holds, "", CauseCPU},
		"two seconds exactly": {func(r *Result, _ *Facts, _ *Load) { r.Latency[latPage] = Timing{P99: 2_000} }, Holds, "", CauseQueue},
		"more":                {func(r *Result, _ *Facts, l *Load) { r.Latency[latPage] = Timing{P99: 2_001}; l.CPUPeak = 1.7 }, Breaks, RuleAnswers, CauseCPU},
		"slow for no reason":  {func(r *Result, _ *Facts, _ *Load) { r.Latency[latHold] = Timing{P99: 9_000} }, Breaks, RuleAnswers, CauseUnknown},
		"connections":         {func(r *Result, _ *Facts, l *Load) { r.Counts.Unanswered = 21; l.OpenPeak = 17_500 }, Breaks, RuleUnanswered, CauseConnections},
		"clerks": {func(r *Result, _ *Facts, l *Load) {
			r.Latency[latStaff] = Timing{P99: 301}
			l.CommandPeak, l.SyncMS = 4_000, 100
		}, Breaks, RuleStaff, CauseDisk},
		"few clerks": {func(r *Result, _ *Facts, _ *Load) { r.Latency[latStaff] = Timing{P99: 301}; r.Desk.Bookings = 19 }, Holds, "", CauseCPU},
		"gave up":    {func(r *Result, _ *Facts, l *Load) { r.Outcomes[GaveUpBusy] = 11; l.CPUPeak = 1.8 }, Breaks, RuleGaveUp, CauseCPU},
		"sold twice": {func(_ *Result, f *Facts, _ *Load) { f.Oversold = 1 }, Breaks, RuleOversold, CauseDefect},
		"lost":       {func(_ *Result, f *Facts, _ *Load) { f.AckedLost = 1 }, Breaks, RuleLost, CauseDefect},
		"twice":      {func(_ *Result, f *Facts, _ *Load) { f.DuplicatePeople = 1 }, Breaks, RuleTwice, CauseDefect},
		"books":      {func(_ *Result, f *Facts, _ *Load) { f.Verify = "1 differences" }, Breaks, RuleBooks, CauseDefect},
		"an error":   {func(r *Result, _ *Facts, _ *Load) { r.Counts.HTTP5xx = 1 }, Breaks, RuleErrors, CauseDefect},
		"a mail":     {func(_ *Result, f *Facts, _ *Load) { f.MailsReceived-- }, Breaks, RuleMails, CauseMail},
		"too short":  {func(r *Result, _ *Facts, _ *Load) { r.Outcomes[SentHome] = 11 }, Void, "", CauseTime},
	} {
		r, f, l := calm()
		c.change(r, f, &l)
		j := Judge(r, f, l)
		if j.Verdict != c.verdict || j.First != c.first || (c.rule != "") != (len(j.Failed) == 1) || c.rule != "" && j.Failed[0].Rule != c.rule {
			t.Errorf("%s: %s, first %s, failed %v", name, j.Verdict, j.First, j.Failed)
		}
		for _, lang := range locale.Langs {
			for _, s := range j.Sentences(lang) {
				if s == "" || strings.Contains(s, "%!") {
					t.Errorf("%s %s: sentence %q", name, lang, s)
				}
			}
		}
	}
}

// The crowd at which it breaks is this one by as much as was left of the tightest, and
// the further away, the less sure.
func TestExtrapolation(t *testing.T) {
	for use, want := range map[float64]struct {
		at   int
		sure Sureness
	}{0.9: {2_000, Fair}, 0.45: {4_000, Rough}, 0.18: {10_000, Guess}, 1.8: {1_000, Fair}} {
		r, f, l := calm()
		l.CPUPeak = use
		j := Judge(r, f, l)
		if diff := j.BreaksAt - want.at; diff < -10 || diff > 10 || j.Sure != want.sure || j.First != CauseCPU {
			t.Errorf("%v cores of 2: breaks at %d (%s, %s), want %d (%s)", use, j.BreaksAt, j.First, j.Sure, want.at, want.sure)
		}
	}
	r, f, l := calm()
	l.SameMachine, l.MachinePeak, l.WaitingPeak = true, 0.99, 500
	if j := Judge(r, f, l); j.BreaksAt > 1_100 || !slices.Contains(j.Advice, CauseCrowd) {
		t.Errorf("a machine that the crowd has filled: %d, %v", j.BreaksAt, j.Advice)
	}
	l.SyncP99MS = 80
	if j := Judge(r, f, l); !slices.Contains(j.Advice, CauseDisk) {
		t.Errorf("a slow disk: %v", j.Advice)
	}
}

// The report of a judged run leads with the verdict and has the figures behind it, in
// both languages; a demo's has neither.
func TestReportOfAJudgedRun(t *testing.T) {
	r, f, l := calm()
	r.Latency[latPage] = Timing{P99: 2_500}
	l.CPUPeak, l.MachinePeak = 1.75, 0.9
	j := Judge(r, f, l)
	for lang, want := range map[locale.Lang][]string{
		locale.German:  {"Hält nicht.", "erst nach 2.500 ms", "bricht zuerst: Rechenleistung", "einlass room rate", "Was wie weit ausgelastet war", "1,8 / 2", "Hochgerechnet wird so"},
		locale.English: {"It does not hold.", "took 2,500 ms", "what breaks first: processor", "How far everything was used", "1.8 / 2"},
	} {
		f.Lang, f.Judgement = lang, &j
		var page strings.Builder
		if err := WriteReport(&page, r, *f); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(page.String(), w) {
				t.Errorf("%s: the report does not say %q", lang, w)
			}
		}
		f.Judgement = nil
		page.Reset()
		if err := WriteReport(&page, r, *f); err != nil || strings.Contains(page.String(), want[0]) {
			t.Errorf("%s: a demo is judged: %v", lang, err)
		}
	}
}
