package rehearsal

import (
	"net/url"
	"testing"
)

// TestPeopleTickWhatSuits: at least one box, not always the same, and the same again when
// the form comes back; a box that nobody asks about stays as the page has it.
func TestPeopleTickWhatSuits(t *testing.T) {
	form := Extract([]byte(`<form method=post data-step=join><input type=hidden name=wants value=1><input type=checkbox name=want-a value=1 checked>
<input type=checkbox name=want-b value=1 checked><input type=checkbox name=want-c value=1 checked><input type=checkbox name=news value=1 checked></form>`)).Forms[0]
	ticked, all := map[string]int{}, 0
	const people = 120
	for i := range people {
		p := &person{who: persona{index: i}}
		p.wish(&form)
		first := string(fill(&form, p.say))
		p.wish(&form)
		sent, err := url.ParseQuery(first)
		if again := string(fill(&form, p.say)); err != nil || again != first {
			t.Fatalf("%s, then %s: %v", first, again, err)
		}
		n := 0
		for _, name := range []string{"want-a", "want-b", "want-c"} {
			if sent.Get(name) != "" {
				n++
				ticked[name]++
			}
		}
		if n == 0 || sent.Get("wants") != "1" || sent.Get("news") != "1" {
			t.Errorf("person %d sends %s", i, first)
		}
		if n == 3 {
			all++
		}
	}
	if all < people/5 || all > people/3 || len(ticked) != 3 {
		t.Errorf("%v, all by %d", ticked, all)
	}
}
