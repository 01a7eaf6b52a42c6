package setup_test

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"einlass/internal/setup"
)

// full is the sale file of the documentation with a code list.
//
//go:embed testdata/full.yaml
var full string

// mark stands in a wrong file where the problem must point to.
const mark = "‸"

// wrongFiles are mistakes in full: replace old by new; at the mark stands the
// problem, whose path and text contain says.
var wrongFiles = []struct {
	name, old, new string
	says           string
}{
	{"unknown top key", "venue: {", "‸venu: {", `venu: unknown key; did you mean "venue"?`},
	{"unknown key far from all", "  ask: [contact]", "  ‸zzzzzzzz: 1\n  ask: [contact]", "known here: opens, closes"},
	{"unknown key in a flow map", "every: 6m", "‸evry: 6m", `slots[0].evry: unknown key; did you mean "every"?`},
	{"swapped letters", "closes: 2021", "‸colses: 2021", `did you mean "closes"?`},
	{"key twice", "  party: {max: 2}", "  party: {max: 2}\n  ‸party: {max: 3}", "sale.party: is written twice, first in line 21"},
	{"missing section", full[:strings.Index(full, "venue:")], "‸", "organizer: is missing"},
	{"missing field", "id: dreifeldhalle, ", "", "venue.id: is missing"},
	{"empty field", "name: Ennepe-Ruhr-Kreis,", "‸name: ,", "organizer.name: is missing"},
	{"bad slug", "id: ennepe-ruhr", "id: ‸Ennepe Ruhr", `organizer.id: "Ennepe Ruhr" cannot be part of an address`},
	{"long slug", "id: ennepe-ruhr", "id: ‸" + strings.Repeat("a", 41), "cannot be part of an address"},
	{"reserved slug", "id: ennepe-ruhr", "id: ‸cart", "is an address of our own"},
	{"reserved event", "id: impfung-60plus", "id: ‸wait", "is an address of our own"},
	{"bad colour", `"#005a9c"`, `‸blue`, `organizer.accent: "blue" is not a colour`},
	{"short colour", `"#005a9c"`, `‸"#059"`, "is not a colour"},
	{"bad mail", "termine@kreis.example", "‸termine-kreis", "organizer.contact.mail"},
	{"long name", "name: Ennepe-Ruhr-Kreis", "name: ‸" + strings.Repeat("x", 201), "has 201 characters; at most 200"},
	{"control character", `"02336 930"`, `‸"02336\x07930"`, "control character"},
	{"list for a text", "name: Ennepe-Ruhr-Kreis", "name: ‸[a, b]", "one value is expected here"},
	{"text for a map", "venue: {id: dreifeldhalle, name: Dreifeldsporthalle Schwelm, address: \"Milsper Straße, 58332 Schwelm\"}", "venue: ‸Halle", "venue: key: value pairs are expected"},
	{"unknown zone", "Europe/Berlin", "‸Europe/Schwelm", `event.zone: there is no zone "Europe/Schwelm"`},
	{"local zone", "Europe/Berlin", "‸Local", "there is no zone"},
	{"unknown language", `en: "Vaccination, ages 60 to 79"`, `‸fr: "Vaccination"`, "event.title.fr: unknown key"},
	{"no text at all", `{de: Impftermin, en: Appointment}`, `‸{}`, "offers[0].name: has no text in any language"},
	{"no such day", "2021-04-11]", "‸2021-04-31]", `slots[0].dates[1]: "2021-04-31" is not a day`},
	{"day twice", "2021-04-11]", "‸2021-04-10]", "2021-04-10 is written twice"},
	{"bad clock", `from: "08:00"`, `from: ‸"8 Uhr"`, `slots[0].from: "8 Uhr" is not a time of day`},
	{"hour 25", `from: "08:00"`, `from: ‸"25:00"`, "is not a time of day"},
	{"to before from", `to: "18:00"`, `to: ‸"07:00"`, "slots[0].to: is not after from; swap them"},
	{"every too long", "every: 6m", "every: ‸11h", "allowed is 1m to 10h"},
	{"every of seconds", "every: 6m", "every: ‸90s", "whole minutes"},
	{"every without unit", "every: 6m", "every: ‸6", `"6" is not a length of time`},
	{"no places", "places: 20", "places: ‸0", "slots[0].places: 0 is out of bounds; allowed is 1 to 1000000"},
	{"places no number", "places: 20", "places: ‸many", `"many" is not a whole number`},
	{"places missing", ", places: 20", "", "slots[0].places: is missing"},
	{"places too many", "places: 20", "places: ‸2000000", "out of bounds"},
	{"too many slots", "[2021-04-10, 2021-04-11], from: \"08:00\", to: \"18:00\", every: 6m", "[" + manyDays(40) + "], from: \"00:00\", to: \"24:00\", every: 1m", "makes more than 20000 slots"},
	{"start and dates", "- {dates: [2021-04-10, 2021-04-11]", "- {dates: ‸[2021-04-10, 2021-04-11], start: 2021-04-10T08:00, end: 2021-04-10T09:00", "does not go with start"},
	{"single slot ends first", "slots:", "slots:\n  - {start: 2021-04-20T10:00, end: ‸2021-04-20T09:00, places: 1}", "slots[0].end: is not after start"},
	{"single slot endless", "slots:", "slots:\n  - {start: 2021-04-20T10:00, end: ‸2021-05-20T09:00, places: 1}", "more than 7d"},
	{"same slot twice", "allotments:  ", "  - ‸{date: 2021-04-11, from: \"08:00\", to: \"08:06\", places: 3}\nallotments:  ", "slots[1]: the slot of 11 Apr 2021 08:00 exists already (line 8)"},
	{"overlapping entries", "allotments:  ", "  - ‸{date: 2021-04-11, from: \"17:57\", to: \"18:30\", places: 3}\nallotments:  ", "slots[1]: overlaps with line 8"},
	{"missing hour", "- {dates: [2021-04-10, 2021-04-11], from: \"08:00\"", "- ‸{dates: [2021-03-28], from: \"01:00\"", "02:00 on 2021-03-28 does not happen in Europe/Berlin"},
	{"no slots", "slots:\n  - {dates: [2021-04-10, 2021-04-11], from: \"08:00\", to: \"18:00\", every: 6m, places: 20}", "slots: ‸[]", "slots: is empty"},
	{"shares over 100", "share: 2%", "share: ‸96%", "all shares together are 101%"},
	{"share of half percent", "share: 2%", "share: ‸2.5%", "whole percent"},
	{"share without sign", "share: 2%", "share: ‸2", "such as 5%"},
	{"share zero", "share: 2%", "share: ‸0%", "allowed is 1% to 100%"},
	{"share and places", "share: 2%", "share: 2%, places: ‸3", "stands beside share"},
	{"neither share nor places", "- {channel: counter, share: 2%}", "- ‸{channel: counter}", "has neither share nor places"},
	{"allotment larger than slot", "allotments:            # of each slot; the rest is online\n  - {channel: phone, share: 5%,", "allotments:\n  ‸- {channel: phone, places: 21,", "take 21 places, but the slot of 10 Apr 2021 08:00 has 20"},
	{"unknown channel", "channel: counter", "channel: ‸conter", `did you mean "counter"?`},
	{"online allotment", "channel: counter", "channel: ‸online", "online gets what the others leave"},
	{"channel twice", "- {channel: counter", "- ‸{channel: phone", "phone has an allotment already"},
	{"moves before the sale", "moves: 2021-04-09T18:00", "moves: ‸2021-04-01T18:00", "allotments[0].moves: is before the sale opens"},
	{"no offers", "offers:\n  - {id: impfung, name: {de: Impftermin, en: Appointment}, price: 0.00 EUR}", "offers: ‸[]", "offers: is empty"},
	{"offer twice", "codes: {", "  - {id: ‸impfung, name: {de: A, en: A}, price: 1.00 EUR}\ncodes: {", `offers[1].id: "impfung" is the id of the offer in line 13`},
	{"price with comma", "0.00 EUR", "‸\"0,00 EUR\"", "with a point"},
	{"price without currency", "0.00 EUR", "‸12", "is not a price"},
	{"opens after closes", "opens: 2021-04-03", "opens: ‸2021-04-30", "sale.opens: is not before closes; swap them"},
	{"opens after the last slot", "opens: 2021-04-03T08:00\n  closes: 2021-04-10T07:00", "opens: ‸2021-05-03T08:00\n  closes: 2021-06-10T07:00", "nothing could be booked"},
	{"opens no time", "opens: 2021-04-03T08:00", "opens: ‸tomorrow", `"tomorrow" is not a local time`},
	{"opens in the missing hour", "opens: 2021-04-03T08:00", "opens: ‸2021-03-28T02:30", "does not happen in Europe/Berlin"},
	{"draw window after opening", "draw_window_from: 2021-04-02T18:00", "draw_window_from: ‸2021-04-03T18:00", "is not before opens"},
	{"beacon without source", "  hold: {", "  beacon: ‸{wait: 10m}\n  hold: {", "sale.beacon.source: is missing"},
	{"unknown beacon", "  hold: {", "  beacon: {source: ‸drnd}\n  hold: {", `did you mean "drand"?`},
	{"beacon as a word", "  hold: {", "  beacon: ‸drand\n  hold: {", "sale.beacon: key: value pairs are expected here, such as source: …"},
	{"unknown key of a beacon", "  hold: {", "  beacon: {source: drand, ‸wiat: 10m}\n  hold: {", `sale.beacon.wiat: unknown key; did you mean "wait"?`},
	{"typed beacon from nowhere", "  hold: {", "  beacon: ‸{source: typed}\n  hold: {", "sale.beacon.from: is missing; say which public draw"},
	{"drand from elsewhere", "  hold: {", "  beacon: {source: drand, from: ‸quicknet}\n  hold: {", "goes with source: typed only"},
	{"none from somewhere", "  hold: {", "  beacon: {source: none, from: ‸Lotto}\n  hold: {", "goes with source: typed only"},
	{"waiting for none", "  hold: {", "  beacon: {source: none, wait: ‸10m}\n  hold: {", "there is nothing to wait for"},
	{"beacon from a long text", "  hold: {", "  beacon: {source: typed, from: ‸" + strings.Repeat("x", 301) + "}\n  hold: {", "cannot be published as it is: 301 bytes, more than 300"},
	{"beacon from nothing to see", "  hold: {", "  beacon: {source: typed, from: ‸\"a\\u200Bb\"}\n  hold: {", "a character that cannot be seen"},
	{"beacon from a list", "  hold: {", "  beacon: {source: typed, from: ‸[a, b]}\n  hold: {", "one value is expected here"},
	{"waiting too short", "  hold: {", "  beacon: {source: drand, wait: ‸30s}\n  hold: {", "sale.beacon.wait: 30s is out of bounds; allowed is 1m to 1d"},
	{"waiting too long", "  hold: {", "  beacon: {source: drand, wait: ‸25h}\n  hold: {", "out of bounds"},
	{"waiting beyond the sale", "  closes: 2021-04-10T07:00\n", "  closes: 2021-04-03T20:00\n  beacon: {source: drand, wait: ‸12h}\n", "ends after the sale closes"},
	{"unknown allocation", "allocation: room", "allocation: ‸rom", `did you mean "room"?`},
	{"hold too short", "online: 15m", "online: ‸10s", "sale.hold.online: 10s is out of bounds; allowed is 30s to 1d"},
	{"hold too long", "desk: 30m", "desk: ‸25h", "out of bounds"},
	{"party too large", "{max: 2}", "{max: ‸11}", "allowed is 1 to 10"},
	{"unknown scope", "scope: event", "scope: ‸evnt", `did you mean "event"?`},
	{"unknown person field", "person: [name,", "person: [‸nam,", `sale.limit.person[0]: "nam" is not known`},
	{"person field twice", "birth_date]}", "‸name]}", "is written twice"},
	{"limit without number", "{per_person: 1, ", "{", "sale.limit.per_person: is missing"},
	{"expects nobody", "  party: {max: 2}", "  expects: ‸0\n  party: {max: 2}", "sale.expects: 0 is out of bounds; allowed is 1 to 200000"},
	{"expects many", "  party: {max: 2}", "  expects: ‸many\n  party: {max: 2}", `sale.expects: "many" is not a whole number`},
	{"age swapped", "from: 60, to: 79", "from: ‸79, to: 60", "sale.eligible[0].age.from: 79 is above to (60); swap them"},
	{"age too high", "to: 79", "to: ‸179", "allowed is 0 to 130"},
	{"age without bounds", "age: {from: 60, to: 79, at: slot}", "age: ‸{at: slot}", "has neither from nor to"},
	{"age at nothing", "at: slot", "at: ‸slto", "neither slot nor a day"},
	{"postcode with letters", `"45525"`, `‸"D-45"`, `postcodes[1]: "D-45" is not a postcode`},
	{"postcode too long", `"45525"`, `‸"455255"`, "is not a postcode"},
	{"no postcodes", `{postcodes: ["58", "45525"]}`, `‸{}`, "has no postcodes"},
	{"shared town not listed", `["58", "45525"]`, `["58"], shared: [{postcode: "67482", places: [Altdorf], allowed: ‸[Venningen]}]`, `"Venningen" (number 1) is not one of places`},
	{"shared prefix", `["58", "45525"]`, `["58"], shared: [{postcode: ‸"674", places: [Altdorf], allowed: [Altdorf]}]`, "is not a postcode"},
	{"ground without condition", "    - {code: kita-2021}", "    - ‸{who: {de: Alle, en: All}}", "everybody could book"},
	{"uses without code", "    - {code: kita-2021}", "    - {age: {from: 3}, uses: ‸2}", "there is no code"},
	{"unknown list", "{code: kita-2021}", "{code: ‸kita-2022}", `there is no list "kita-2022" under codes; did you mean "kita-2021"?`},
	{"list outside", "codes.txt", "‸../codes.txt", "outside the folder"},
	{"list absolute", "codes.txt", "‸/etc/passwd", "outside the folder"},
	{"unknown question", "ask: [contact]", "ask: [‸shoe-size]", "is not known"},
	{"unknown step", "then: waitlist", "then: ‸waitinglist", `did you mean "waitlist"?`},
	{"then as to", "then: waitlist", "then: ‸next-number", "is the same as to"},
	{"public at nothing", `"17:00"]`, `‸"17 Uhr"]`, "returned.public_at[1]"},
	{"public at twice", `"17:00"]`, `‸"07:00"]`, "is written twice"},
	{"empty list item", `["58", "45525"]`, `["58", ‸null]`, "is empty"},
	{"column behind an umlaut", `Straße, 58332 Schwelm"`, `Straße, 58332 Schwelm", ‸hall: x`, "venue.hall: unknown key"},
	{"overlap behind a long slot", "allotments:  ", "  - {date: 2021-05-01, from: \"08:00\", to: \"12:00\", places: 1}\n  - ‸{date: 2021-05-01, from: \"09:00\", to: \"09:10\", places: 1}\n  - {date: 2021-05-01, from: \"10:00\", to: \"10:10\", places: 1}\nallotments:  ", "slots[2]: overlaps with line 9"},
	{"overlap behind a short slot", "allotments:  ", "  - {date: 2021-05-01, from: \"08:00\", to: \"12:00\", places: 1}\n  - {date: 2021-05-01, from: \"09:00\", to: \"09:10\", places: 1}\n  - ‸{date: 2021-05-01, from: \"10:00\", to: \"10:10\", places: 1}\nallotments:  ", "slots[3]: overlaps with line 9"},
	{"anchor", "accent: \"#005a9c\"", "accent: ‸&c \"#005a9c\"", "no anchors and aliases"},
	{"alias", "accent: \"#005a9c\"", "accent: ‸*c", "no anchors and aliases"},
	{"tag", "accent: \"#005a9c\"", "accent: ‸!!str x", "no tags"},
	{"merge key", "  party: {max: 2}", "  ‸<<: {max: 2}", "no merge keys"},
	{"deep brackets", `{max: 2}`, strings.Repeat("[", 20) + "‸[" + strings.Repeat("]", 21), "more than 20 brackets"},
	{"deep dashes", "  party: {max: 2}", "  party:\n    " + strings.Repeat("- ", 20) + "‸- a", "more than 20 brackets"},
	{"tab", "  party: {max: 2}", "‸\tparty: {max: 2}", ""},
	{"unclosed bracket", "{max: 2}", "{max: 2", ""},
}

func manyDays(n int) string {
	days := make([]string, n)
	for i := range days {
		days[i] = fmt.Sprintf("2021-%02d-%02d", 5+i/28, 1+i%28)
	}
	return strings.Join(days, ", ")
}

func TestWrongFiles(t *testing.T) {
	const least = 40
	exact := 0
	for _, w := range wrongFiles {
		t.Run(w.name, func(t *testing.T) {
			if !strings.Contains(full, w.old) {
				t.Fatalf("full.yaml no longer contains %q", w.old)
			}
			text := strings.Replace(full, w.old, w.new, 1)
			before, _, marked := strings.Cut(text, mark)
			plan, found := setup.Parse("sale.yaml", []byte(strings.Replace(text, mark, "", 1)))
			if plan != nil {
				t.Fatalf("a wrong file gave a plan; problems: %v", found)
			}
			if !marked && w.says == "" {
				return // a syntax error: where the parser points is its own affair
			}
			want := ""
			if marked {
				want = place(before)
				exact++
			}
			for _, p := range found {
				s := p.String()
				if strings.HasPrefix(s, "sale.yaml:"+want) && strings.Contains(s, w.says) && !p.Warning {
					return
				}
			}
			t.Errorf("want sale.yaml:%s … %s\ngot  %v", want, w.says, found)
		})
	}
	if exact < least {
		t.Errorf("%d wrong files with an exact place, want at least %d", exact, least)
	}
}

// place is the line:column: behind text.
func place(text string) string {
	line := 1 + strings.Count(text, "\n")
	last := text[strings.LastIndexByte(text, '\n')+1:]
	return fmt.Sprintf("%d:%d: ", line, 1+len([]rune(last)))
}
