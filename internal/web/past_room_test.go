package web_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"einlass/internal/ident"
)

var writingRoute = regexp.MustCompile(`mux\.Handle\("(?:POST|PUT|PATCH|DELETE) ([^"]+)"`)

// writingRoutes are the routes of the public site that may change something, as the site
// itself has them: a new one is in the list at once.
func writingRoutes(t *testing.T) (out []string) {
	t.Helper()
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range writingRoute.FindAllStringSubmatch(string(source), -1) {
		out = append(out, m[1])
	}
	return out
}

// refusedBy is what each writing route says to somebody without a pass: where it leads, or
// its status. The cart and the booking are found by a name that nobody can guess.
var refusedBy = map[string]string{
	"/{org}/{event}/eligible":         "/wait", // says who may book, and leads to the room
	"/{org}/{event}/wait/join":        "/wait", // a number is no pass
	"/{org}/{event}/wait/enter":       "/wait",
	"/{org}/{event}/wait/transfer":    "422",   // only opens the number of this code
	"/{org}/{event}/wait/mail":        "/wait", // only for a number, and it is none
	"/{org}/{event}/wait/mail/forget": "/wait",
	"/{org}/{event}/hold":             "/wait",
	"/cart/{id}/extend":               "404",
	"/cart/{id}/release":              "404",
	"/cart/{id}/confirm":              "404",
	"/b/{id}/cancel":                  "404",
	"/b/{id}/resend":                  "404",
	"/b/{id}/contact":                 "404",
	"/find":                           "422",
}

// TestEveryWritingRouteRefusesWithoutAPass: strangers, people with forged passes and
// people whose number was not called go through every form of the public site. No place is
// taken, nothing is booked, and no route gives them a pass.
func TestEveryWritingRouteRefusesWithoutAPass(t *testing.T) {
	s := newRoom(t, short)
	who, forger := s.browser(t), s.browser(t)
	who.post(s.path+"/eligible", oneOfMany(99)).want(200, `data-state="soon"`) // numbers cannot be drawn yet
	forger.post(s.path+"/eligible", oneOfMany(97))
	s.at(-time.Hour)
	crowd := make([]*browser, 6)
	for i := range crowd {
		crowd[i] = s.browser(t)
		crowd[i].drawsNumber(oneOfMany(i))
	}
	s.at(time.Second)
	visitors := s.withoutPass(t, who, forger, crowd)
	routes := writingRoutes(t)
	tried := 0
	for _, route := range routes {
		want, known := refusedBy[route]
		if !known {
			t.Errorf("%s is new: say here how it refuses whoever has no pass", route)
		}
		for name, cookies := range visitors {
			if name == "nobody in particular" && (strings.HasSuffix(route, "/hold") || strings.HasSuffix(route, "/join")) {
				want = "/eligible" // asked first who comes
			}
			if got := s.tries(t, route, cookies, 200+tried); got != want {
				t.Errorf("%s, %s: %q, want %q", route, name, got, want)
			}
			tried++
			want = refusedBy[route]
		}
	}
	if n := s.taken(t); n != 0 {
		t.Errorf("%d places were taken past the room", n)
	}
	if len(routes) < 14 || tried < 14*len(visitors) || len(routes) != len(refusedBy) {
		t.Errorf("void: %d routes, %d tries, %d known", len(routes), tried, len(refusedBy))
	}
	t.Logf("%d routes by %d visitors", len(routes), len(visitors))
}

// withoutPass are the cookies of people who have no pass, two of them no number: two places, so two numbers of six
// were called.
func (s *shop) withoutPass(t *testing.T, who, forger *browser, crowd []*browser) map[string]map[string]string {
	t.Helper()
	peopleName, people := who.cookie("people")
	_, forgers := forger.cookie("people")
	out := map[string]map[string]string{
		"nobody in particular":      {},
		"somebody who may book":     {peopleName: people},
		"somebody with a long pass": {peopleName: forgers, "pass-1": strings.Repeat("A", 4_000)},
	}
	for _, b := range crowd {
		if b.get(s.path + "/wait"); strings.Contains(b.page, `data-state="called"`) {
			continue
		}
		numberName, number := b.cookie("number")
		_, own := b.cookie("people")
		passName := strings.Replace(numberName, "number", "pass", 1)
		out["somebody who waits"] = map[string]string{peopleName: own, numberName: number}
		out["with the number as pass"] = map[string]string{peopleName: own, numberName: number, passName: number}
	}
	if len(out) != 5 {
		t.Fatal("nobody waits")
	}
	return out
}

// tries sends one form about somebody new, as a browser of the site would, and returns where it leads within
// the sale, or its status.
func (s *shop) tries(t *testing.T, route string, cookies map[string]string, person int) string {
	t.Helper()
	id, err := ident.New(rand.Reader, s.now())
	if err != nil {
		t.Fatal(err)
	}
	path := strings.Replace(strings.Replace(route, "/{org}/{event}", s.path, 1), "{id}", id.String(), 1)
	form := oneOfMany(person)
	maps.Copy(form, url.Values{"slot": {fmt.Sprint(s.sales()[0].Slots[0].ID)}, "contact": {"none"}, "mail": {"erika@beispiel.de"}, "transfer": {"K7M4QX9D2"}, "code": {"K7M4QX9D2"}, "proof": {"24.12.1950"}})
	code, to, given := s.answer(t, path, form, cookies)
	if slices.ContainsFunc(given, func(c *http.Cookie) bool { return strings.Contains(c.Name, "pass-") }) {
		t.Errorf("%s gives a pass to somebody without one", route)
	}
	if to == "" {
		return fmt.Sprint(code)
	}
	to, _, _ = strings.Cut(to, "?")
	return strings.Replace(strings.TrimPrefix(to, s.path), id.String(), "{id}", 1)
}

// answer sends a form to the site's own handler.
func (s *shop) answer(t *testing.T, path string, form url.Values, cookies map[string]string) (int, string, []*http.Cookie) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", urlencoded)
	for name, value := range cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	s.site.Public().ServeHTTP(w, r)
	res := w.Result()
	return res.StatusCode, res.Header.Get("Location"), res.Cookies()
}

// TestOnlyTheServersClockOpens: a millisecond before the opening, by browsers whose clocks
// are right, a day ahead and a day behind, and which say so wherever they can. All are
// refused, with a room and without; at the very moment the first is let in.
func TestOnlyTheServersClockOpens(t *testing.T) {
	const people = 40
	s, room := newShop(t, "ennepe-ruhr"), newRoom(t)
	room.at(-time.Hour)
	queue := room.comers(t, 0, people)
	room.at(-time.Millisecond)
	s.offset.Store(int64(-time.Millisecond))
	slot := fmt.Sprint(s.sales()[0].Slots[0].ID)
	refused := 0
	for i := range people {
		who := s.browser(t)
		who.post(s.path+"/eligible", oneOfMany(i))
		for _, wrong := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
			if code, body := s.claims(t, who, s.path+"/hold", slot, wrong); code != http.StatusConflict || !strings.Contains(body, `data-state="too_early"`) {
				t.Fatalf("a clock that is wrong by %v: status %d\n%s", wrong, code, body)
			}
			if code, body := room.claims(t, queue[i], room.path+"/wait/enter", slot, wrong); code != http.StatusOK || !strings.Contains(body, `data-state="joined"`) {
				t.Fatalf("the room, a clock that is wrong by %v: status %d\n%s", wrong, code, body)
			}
			refused += 2
		}
	}
	if s.taken(t)+room.taken(t) != 0 || refused < 200 {
		t.Errorf("%d and %d places taken, %d refused", s.taken(t), room.taken(t), refused)
	}
	s.offset.Store(0)
	first := s.browser(t)
	first.post(s.path+"/eligible", oneOfMany(people))
	if code, body := s.claims(t, first, s.path+"/hold", slot, -24*time.Hour); code != http.StatusOK || !strings.Contains(body, `data-page="cart"`) {
		t.Errorf("at the very moment: status %d\n%s", code, body)
	}
}

// claims sends a form from a browser whose clock is wrong, and which says what time it is
// wherever a browser can.
func (s *shop) claims(t *testing.T, b *browser, path, slot string, wrong time.Duration) (int, string) {
	t.Helper()
	at := s.now().Add(wrong)
	stamp := at.UTC().Format(http.TimeFormat)
	form := url.Values{"slot": {slot}, "now": {at.Format(time.RFC3339Nano)}, "time": {fmt.Sprint(at.UnixMilli())}, "until": {at.Format(time.RFC3339Nano)}}
	b.ask(http.MethodPost, path+"?now="+url.QueryEscape(stamp), form.Encode(), "Content-Type", urlencoded, "Date", stamp, "If-Modified-Since", stamp, "X-Request-Start", stamp)
	return b.code, b.page
}
