package rehearsal

import (
	"fmt"

	"einlass/internal/locale"
)

var verdictWords = map[Verdict]pair{
	Holds:  {"Hält.", "It holds."},
	Breaks: {"Hält nicht.", "It does not hold."},
	Void:   {"Keine Aussage: Die Probe endete, bevor alle fertig waren.", "Nothing can be said: the rehearsal ended before everybody had finished."},
}

var causeWords = map[Cause]pair{
	CauseCPU:         {"Rechenleistung", "processor"},
	CauseQueue:       {"Wartezeit auf eine Antwort", "waiting for an answer"},
	CauseDisk:        {"Festplatte", "disk"},
	CauseConnections: {"Verbindungen", "connections"},
	CauseFiles:       {"offene Dateien", "open files"},
	CauseMemory:      {"Arbeitsspeicher", "memory"},
	CauseMail:        {"Mailversand", "mail"},
	CauseCrowd:       {"der Rechner der Menge", "the crowd's own machine"},
	CauseTime:        {"die Zeit der Probe", "the time of the rehearsal"},
	CauseDefect:      {"ein Fehler im Programm", "a defect of the program"},
	CauseUnknown:     {"nicht erkennbar", "not to be told"},
}

var adviceWords = map[Cause]pair{
	CauseCPU: {
		"Mehr Prozessorkerne, oder nichts anderes auf demselben Rechner. Bis dahin hilft es, langsamer aufzurufen: einlass room rate VERANSTALTER/AKTION NUMMERN-JE-MINUTE.",
		"More processor cores, or nothing else on the same machine. Until then calling more slowly helps: einlass room rate ORGANIZER/EVENT NUMBERS-A-MINUTE.",
	},
	CauseQueue: {
		"Die Antworten werden zuerst zu langsam. Langsamer aufrufen (einlass room rate) verteilt denselben Andrang; mehr Kerne verkürzen die Schlange.",
		"Answers become too slow first. Calling more slowly (einlass room rate) spreads the same crowd; more cores shorten the line.",
	},
	CauseDisk: {
		"Die Datenbank auf eine schnellere, lokale Platte (SSD) legen, nicht auf ein Netzlaufwerk.",
		"Put the database on a faster, local disk (SSD), not on a network drive.",
	},
	CauseConnections: {
		"Mehr Verbindungen erlauben: zuerst die Grenze offener Dateien erhöhen (ulimit -n, LimitNOFILE), dann --connections.",
		"Allow more connections: first raise the limit of open files (ulimit -n, LimitNOFILE), then --connections.",
	},
	CauseFiles: {
		"Die Grenze offener Dateien erhöhen: ulimit -n, oder LimitNOFILE im Dienst.",
		"Raise the limit of open files: ulimit -n, or LimitNOFILE of the service.",
	},
	CauseMemory: {"Mehr Arbeitsspeicher, oder nichts anderes auf demselben Rechner.", "More memory, or nothing else on the same machine."},
	CauseMail: {
		"Die Bestätigungen kommen zu spät. Fragen Sie den Betreiber des Mail-Relays, wie viele Mails es in der Minute annimmt.",
		"Confirmations come too late. Ask who runs the mail relay how many mails a minute it accepts.",
	},
	CauseCrowd: {
		"Die Menge lief auf demselben Rechner, oder ihr eigener war zu langsam: Ihre Zeiten messen ihn mit. Lassen Sie sie von einem anderen Rechner kommen (--remote).",
		"The crowd ran on the same machine, or its own was too slow: its times measure that too. Let it come from another machine (--remote).",
	},
	CauseTime: {"Die Probe mit mehr Minuten oder höherer Gangart wiederholen (--minutes, --pace).", "Repeat the rehearsal with more minutes or a higher pace (--minutes, --pace)."},
	CauseDefect: {
		"Das ist keine Frage der Maschine: Bitte den Bericht aufbewahren und melden, und den Verkauf nicht öffnen, bevor es geklärt ist.",
		"This is no matter of the machine: please keep the report and tell us, and do not open the sale before it is settled.",
	},
	CauseUnknown: {
		"Nichts war ausgelastet und doch wurde eine Regel verletzt. Die Probe wiederholen; bleibt es dabei, das Netz zwischen Menge und Server ansehen.",
		"Nothing was used up and still a rule was broken. Repeat the rehearsal; if it stays so, look at the network between crowd and server.",
	},
}

var sureWords = map[Sureness]pair{
	Measured: {"gemessen", "measured"},
	Fair:     {"hochgerechnet, höchstens auf das Doppelte", "extrapolated, to twice the crowd at most"},
	Rough:    {"grob hochgerechnet, auf das Zwei- bis Fünffache", "roughly extrapolated, to two to five times the crowd"},
	Guess:    {"nur geschätzt: mehr als das Fünffache dieser Probe", "only a guess: more than five times this rehearsal"},
}

// failureWords have the figure found and the figure allowed.
var failureWords = map[Rule]struct {
	pair
	digits int
	scale  float64
}{
	RuleOversold:   {pair{"%s Plätze wurden doppelt vergeben.", "%s places were sold twice."}, 0, 1},
	RuleLost:       {pair{"%s bestätigte Buchungen gingen verloren.", "%s acknowledged bookings were lost."}, 0, 1},
	RuleTwice:      {pair{"%s Menschen haben mehr Plätze als erlaubt.", "%s people have more places than allowed."}, 0, 1},
	RuleBooks:      {pair{"Die Bücher stimmen nicht.", "The books do not balance."}, 0, 1},
	RuleMails:      {pair{"%s zugesagte Mails fehlen.", "%s promised mails are missing."}, 0, 1},
	RuleErrors:     {pair{"%s Serverfehler.", "%s server errors."}, 0, 1},
	RuleUnanswered: {pair{"%s %% der Anfragen blieben ohne Antwort; erlaubt sind %s %%.", "%s %% of the requests had no answer; %s %% are allowed."}, 2, 100},
	RuleAnswers:    {pair{"Eine von hundert Antworten kam erst nach %s ms oder später; erlaubt sind %s ms.", "One answer in a hundred took %s ms or longer; %s ms are allowed."}, 0, 1},
	RuleStaff:      {pair{"Eine von hundert Buchungen am Schalter dauerte %s ms oder länger; erlaubt sind %s ms.", "One clerk's booking in a hundred took %s ms or longer; %s ms are allowed."}, 0, 1},
	RuleGaveUp:     {pair{"%s %% der Menschen gaben auf, weil sie zu oft warten sollten; erlaubt sind %s %%.", "%s %% of the people gave up after being asked to wait too often; %s %% are allowed."}, 2, 100},
}

// In says what was not kept.
func (f Failure) In(lang locale.Lang) string {
	w := failureWords[f.Rule]
	n := func(v float64) string { return grouped(v*w.scale, w.digits, lang) }
	switch f.Rule {
	case RuleBooks:
		return w.in(lang)
	case RuleUnanswered, RuleAnswers, RuleStaff, RuleGaveUp:
		return fmt.Sprintf(w.in(lang), n(f.Found), n(f.Limit))
	}
	return fmt.Sprintf(w.in(lang), n(f.Found))
}

// In says the verdict in a sentence.
func (v Verdict) In(lang locale.Lang) string { return verdictWords[v].in(lang) }

// In names the cause.
func (c Cause) In(lang locale.Lang) string { return causeWords[c].in(lang) }

// Sentences say what a judgement comes to: verdict, what was not kept, what breaks
// first and how sure that is, and what to change.
func (j *Judgement) Sentences(lang locale.Lang) []string {
	out := []string{j.Verdict.In(lang)}
	for _, f := range j.Failed {
		out = append(out, f.In(lang))
	}
	return append(append(out, j.outlook(lang)...), j.advice(lang)...)
}

func (j *Judgement) outlook(lang locale.Lang) []string {
	n := grouped(float64(j.BreaksAt), 0, lang)
	switch {
	case j.Verdict == Breaks:
		return []string{fmt.Sprintf(pair{
			"Mit diesen %s Menschen bricht zuerst: %s.", "With these %s people, what breaks first: %s.",
		}.in(lang), n, j.First.In(lang))}
	case j.Verdict == Holds && j.BreaksAt > 0:
		return []string{fmt.Sprintf(pair{
			"Brechen würde es bei etwa %s Menschen (%s), und zwar zuerst: %s.",
			"It would break at about %s people (%s), and first of all: %s.",
		}.in(lang), n, sureWords[j.Sure].in(lang), j.First.In(lang))}
	case j.Verdict == Holds:
		return []string{pair{"Nichts war so weit ausgelastet, dass sich sagen ließe, wann es bricht.", "Nothing was used enough to tell when it would break."}.in(lang)}
	}
	return nil
}

func (j *Judgement) advice(lang locale.Lang) (out []string) {
	for _, c := range j.Advice {
		if j.Verdict == Holds && c == j.First && j.Sure != Fair {
			continue // far away: nothing to be changed now
		}
		out = append(out, adviceWords[c].in(lang))
	}
	return out
}

// method says how the crowd at which it breaks was found.
var method = pair{
	"Hochgerechnet wird so: Jede Auslastung ist der höchste Wert dieser Probe, geteilt durch den Wert, bei dem es bricht (Rechenleistung: die belebtesten zehn Sekunden gegen 90 % aller Kerne; Wartezeit: 99 von 100 Antworten gegen 2 s; Platte: Aufträge der dichtesten Sekunde gegen das, was ein Schreibvorgang fasst; Verbindungen, Dateien und Speicher gegen 95 % der Grenze). Eine Menge gleicher Form, die so viele Male größer ist, wie noch Luft war, lastet das Engste ganz aus. Was das Mail-Relay annimmt, wird nicht gemessen: Alle Mails gingen an eine eigene Annahme.",
	"Extrapolated like this: each use is the highest value of this rehearsal divided by the value at which it breaks (processor: the busiest ten seconds against 90 % of all cores; waiting: 99 of 100 answers against 2 s; disk: the commands of the densest second against what one sync carries; connections, files and memory against 95 % of their limit). A crowd of the same shape, larger by as much as was left, uses up the tightest of them. What the mail relay accepts is not measured: all mails went to a receiver of our own.",
}
