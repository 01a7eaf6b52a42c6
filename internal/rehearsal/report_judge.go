package rehearsal

import "einlass/internal/locale"

// judged is the judgement as the report shows it.
type judged struct {
	Good      bool
	Verdict   string
	Sentences []string
	Strains   []row
	Heads     [3]string
	Title     string
	Method    string
}

// judgementPage is nil for a run that nobody judged: a demo.
func judgementPage(j *Judgement, lang locale.Lang) *judged {
	if j == nil {
		return nil
	}
	p := &judged{
		Good: j.Verdict == Holds, Verdict: j.Verdict.In(lang), Sentences: j.Sentences(lang)[1:], Method: method.in(lang),
		Title: pair{"Was wie weit ausgelastet war", "How far everything was used"}.in(lang),
	}
	for _, s := range j.Strains {
		if s.Use < useMin {
			continue
		}
		figure := grouped(s.Use*100, 0, lang) + " %" //nolint:mnd // per cent
		if s.BreaksAt > 0 {
			figure += pair{", reicht bis etwa ", ", lasts to about "}.in(lang) + grouped(float64(s.BreaksAt), 0, lang) +
				pair{" Menschen (", " people ("}.in(lang) + sureWords[s.Sure].in(lang) + ")"
		}
		p.Strains = append(p.Strains, row{Name: s.Cause.In(lang), Figure: figure, Bad: s.Use >= 1})
	}
	p.Strains = append(p.Strains, loadRows(&j.Load, lang)...)
	return p
}

// loadRows are the figures behind the strains.
func loadRows(l *Load, lang locale.Lang) []row {
	n := func(v float64, digits int) string { return grouped(v, digits, lang) }
	of := func(de, en string, v, limit float64, digits int) row {
		figure := n(v, digits)
		if limit > 0 {
			figure += " / " + n(limit, 0)
		}
		return row{Name: pair{de, en}.in(lang), Figure: figure}
	}
	const mega = 1 << 20
	out := []row{
		of("Kerne des Servers in den belebtesten zehn Sekunden", "cores of the server in its busiest ten seconds", l.CPUPeak, float64(l.Cores), 1),
		{Name: pair{"Schreibvorgang der Platte, Mitte und 99 von 100", "durable sync of the disk, median and 99 of 100"}.in(lang), Figure: n(l.SyncMS, 1) + " ms, " + n(l.SyncP99MS, 1) + " ms"},
		of("Aufträge in der dichtesten Sekunde", "commands in the densest second", l.CommandPeak, 0, 0),
		of("Verbindungen", "connections", float64(l.OpenPeak), float64(l.OpenMax), 0),
		of("offene Dateien", "open files", float64(l.FilesPeak), float64(l.FilesMax), 0),
		of("Speicher, MB", "memory, MB", float64(l.MemoryPeak)/mega, float64(l.MemoryMax)/mega, 0),
		of("Anfragen, die anstanden", "requests that waited their turn", float64(l.WaitingPeak), 0, 0),
	}
	if l.MachinePeak > 0 {
		out = append(out, row{Name: pair{"Auslastung des ganzen Rechners", "use of the whole machine"}.in(lang), Figure: n(l.MachinePeak*100, 0) + " %"})
	}
	return out
}
