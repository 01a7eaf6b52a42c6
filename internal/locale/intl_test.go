package locale_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"einlass/internal/locale"
)

// sample is one value that both sides write.
type sample struct {
	Kind  string   `json:"kind"`
	Lang  string   `json:"lang"`
	MS    int64    `json:"ms,omitempty"` // unix milliseconds
	N     int64    `json:"n,omitempty"`  // a number, or cents
	Cur   string   `json:"cur,omitempty"`
	Items []string `json:"items,omitempty"`

	ours string
}

// script writes the samples with Intl. Where we differ on purpose, Intl is asked
// for the parts and they are put together our way:
//
//   - Clock: German "8:24 Uhr"; Intl has no form with Uhr that leaves the zero
//     out, so its hour and minute are taken. English is en-GB's h12 form.
//   - DateShort: German "Sa 10.4." without the comma and the zero that Intl's
//     "Sa., 10.04." has; English without the comma, and Sep instead of Sept.
//   - Date, English: without the comma that some versions of ICU write.
const script = `
const tz = 'Europe/Berlin';
const part = (l, o, d) => Object.fromEntries(new Intl.DateTimeFormat(l, {timeZone: tz, ...o}).formatToParts(d).map(p => [p.type, p.value]));
const bcp = l => l === 'de' ? 'de-DE' : 'en-GB';
const write = {
  date: s => new Intl.DateTimeFormat(bcp(s.lang), {timeZone: tz, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric'}).format(s.ms).replace(s.lang === 'en' ? ',' : '\0', ''),
  day: s => new Intl.DateTimeFormat(bcp(s.lang), {timeZone: tz, day: 'numeric', month: 'long', year: 'numeric'}).format(s.ms),
  short: s => {
    const p = part(bcp(s.lang), {weekday: 'short', day: 'numeric', month: s.lang === 'de' ? 'numeric' : 'short'}, s.ms);
    return s.lang === 'de' ? p.weekday.replace('.', '') + ' ' + p.day + '.' + p.month + '.' : p.weekday + ' ' + p.day + ' ' + p.month.slice(0, 3);
  },
  clock: s => {
    if (s.lang === 'en') return new Intl.DateTimeFormat('en-GB', {timeZone: tz, hour: 'numeric', minute: '2-digit', hourCycle: 'h12'}).format(s.ms);
    const p = part('de-DE', {hour: 'numeric', minute: '2-digit', hourCycle: 'h23'}, s.ms);
    return Number(p.hour) + ':' + p.minute + ' Uhr';
  },
  number: s => new Intl.NumberFormat(bcp(s.lang)).format(s.n || 0),
  money: s => new Intl.NumberFormat(bcp(s.lang), {style: 'currency', currency: s.cur, currencyDisplay: 'narrowSymbol'}).format((s.n || 0) / 100),
  and: s => new Intl.ListFormat(bcp(s.lang), {type: 'conjunction'}).format(s.items),
  or: s => new Intl.ListFormat(bcp(s.lang), {type: 'disjunction'}).format(s.items),
};
let text = '';
process.stdin.on('data', d => text += d).on('end', () => {
  console.log(JSON.stringify(JSON.parse(text).map(s => write[s.kind](s).replaceAll('\u202f', ' '))));
});`

// TestAgainstIntl compares with what browsers write.
func TestAgainstIntl(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not on the PATH: the formats were not compared with Intl")
	}
	samples := drawSamples(berlin(t))
	const least = 200
	if len(samples) < least {
		t.Fatalf("only %d samples", len(samples))
	}
	input, err := json.Marshal(samples)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "-e", script)
	cmd.Stdin = strings.NewReader(string(input))
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var theirs []string
	if err := json.Unmarshal(output, &theirs); err != nil || len(theirs) != len(samples) {
		t.Fatalf("%d answers to %d samples: %v", len(theirs), len(samples), err)
	}
	for i, s := range samples {
		if s.ours != theirs[i] {
			t.Errorf("%s %s ms=%d n=%d %s: ours %q, Intl %q", s.Kind, s.Lang, s.MS, s.N, s.Cur, s.ours, theirs[i])
		}
	}
}

func drawSamples(loc *time.Location) []sample {
	var out []sample
	for _, lang := range locale.Langs {
		// Steps of 11 days, 7 hours and 13 minutes meet every month, weekday,
		// both clock changes' seasons and every hour within a few years.
		at := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 120 {
			s := func(kind, ours string) {
				out = append(out, sample{Kind: kind, Lang: string(lang), MS: at.UnixMilli(), ours: ours})
			}
			s("date", locale.Date(lang, at, loc))
			s("day", locale.Day(lang, at, loc))
			s("short", locale.DateShort(lang, at, loc))
			s("clock", locale.Clock(lang, at, loc))
			at = at.Add(11*24*time.Hour + 7*time.Hour + 13*time.Minute)
		}
		for _, n := range []int64{0, 1, -1, 12, 999, 1000, -1000, 9999, 10_000, 66_000, 123_456, 1_000_000, -98_765_432, 1 << 40} {
			out = append(out, sample{Kind: "number", Lang: string(lang), N: n, ours: locale.Number(lang, n)})
			for _, currency := range []string{"EUR", "GBP", "USD", "CHF"} {
				out = append(out, sample{Kind: "money", Lang: string(lang), N: n, Cur: currency, ours: locale.Money(lang, n, currency)})
			}
		}
		for _, items := range [][]string{{"A"}, {"A", "B"}, {"A", "B", "C"}, {"Schwelm", "Witten", "Hattingen", "Herdecke"}} {
			out = append(out,
				sample{Kind: "and", Lang: string(lang), Items: items, ours: locale.List(lang, items)},
				sample{Kind: "or", Lang: string(lang), Items: items, ours: locale.ListOr(lang, items)})
		}
	}
	return out
}
