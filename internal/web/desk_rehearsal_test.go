package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/setup"
	"einlass/internal/store"
)

// Before a sale opens, organizers see in red what is missing: a rehearsal with the
// expected crowd, and the word of two of them. It is theirs alone, counts for the rules
// as they were shown, and stands in the audit.
func TestTheOpeningIsAcknowledgedByTwo(t *testing.T) {
	s := newShopWith(t, "ennepe-ruhr", func(p *setup.Plan) { p.Sale.Expects = 5_000 })
	s.offset.Store(-int64(30 * time.Minute))
	opening := "/desk" + s.path + "/opening"
	clerk := s.clerk(t, "kasse1")
	clerk.want(200)
	if strings.Contains(clerk.page, "data-opening") {
		t.Error("a clerk is shown what is an organizer's")
	}
	clerk.get(opening).want(403)
	clerk.post(opening+"/acknowledge", url.Values{"version": {"1"}}).want(403)

	anna, bert := s.organizer(t, "anna"), s.organizer(t, "bert")
	anna.want(200, `data-opening="red"`, "keine bestandene Generalprobe")
	anna.get(opening).want(200, `data-page="opening"`, "noch nie geprobt. Erwartet werden 5.000 Menschen", `data-missing="2"`, "einlass rehearse ennepe-ruhr/impfung-60plus --people 5000")
	sale := s.sales()[0]
	add := func(people int, verdict string) {
		t.Helper()
		err := s.store.AddRehearsal(store.RehearsalRow{Sale: sale.ID, Version: sale.Version, At: s.now(), People: people, Rude: 0.05, Verdict: verdict, Broke: "cpu", Figures: "{}"})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(4_999, "holds")
	anna.get(opening).want(200, "Geprobt wurde mit 4.999 Menschen, erwartet werden 5.000")
	add(5_000, "breaks")
	anna.get(opening).want(200, "nicht bestanden", "hält nicht", "Rechenleistung")
	s.offset.Add(int64(time.Minute))
	add(5_000, "holds")
	anna.get(opening).want(200, `data-rehearsed="yes"`)
	anna.get("/desk"+s.path).want(200, "Öffnung nicht bestätigt")

	form := anna.get(opening).hidden("acknowledge")
	anna.post(opening+"/acknowledge", form).want(200, "anna hat am", `data-missing="1"`, "Die zweite Bestätigung gibt jemand anderes")
	anna.post(opening+"/acknowledge", form).want(200, `data-missing="1"`) // once more is still one
	bert.get(opening).want(200, "anna hat am", `data-missing="1"`)
	bert.post(opening+"/acknowledge", url.Values{"version": {"7"}}).want(409, "inzwischen geändert", `data-missing="1"`)
	bert.post(opening+"/acknowledge", bert.hidden("acknowledge")).want(200, "bert hat am")
	if strings.Contains(bert.page, "data-missing") || !strings.Contains(bert.get("/desk"+s.path).page, `data-opening="ready"`) {
		t.Errorf("something is missing still:\n%s", bert.page)
	}
	spoken(t, bert.get(opening+"?lang=en"), "en")
	keyedOnce(t, bert)
	rows, err := s.store.Acknowledgements(context.Background())
	if err != nil || len(rows) != 2 || rows[0].Actor != "anna" || rows[1].Actor != "bert" {
		t.Errorf("%v %+v", err, rows)
	}

	s.offset.Store(int64(time.Minute))
	anna.get(opening).want(200, "geöffnet")
	anna.post(opening+"/acknowledge", form).want(409)
	s.verify(t)
}
