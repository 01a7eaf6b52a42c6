package rehearsal

import (
	"bytes"
	"math"
	"net"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// answerWith lets one connection answer with raw bytes.
func answerWith(t testing.TB, raw string) (*response, error) {
	t.Helper()
	near, far := net.Pipe()
	go func() {
		buf := make([]byte, 1024)
		_, _ = far.Read(buf)
		_, _ = far.Write([]byte(raw))
		_ = far.Close()
	}()
	c := &conn{Conn: near}
	defer near.Close()
	return c.roundTrip([]byte("GET / HTTP/1.1\r\n\r\n"), time.Now())
}

func TestWire(t *testing.T) {
	for name, c := range map[string]struct {
		raw, body string
		status    int
		last, bad bool
	}{
		"length":      {raw: "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\n\r\nhello", body: "hello", status: 200},
		"chunks":      {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: a\r\n\r\n", body: "hello", status: 200},
		"to the end":  {raw: "HTTP/1.1 200 OK\r\n\r\nhello", body: "hello", status: 200, last: true},
		"interim":     {raw: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", status: 204},
		"close":       {raw: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status: 200, last: true},
		"old":         {raw: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", body: "x", status: 200, last: true},
		"more":        {raw: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz", body: "x", status: 200, last: true},
		"short":       {raw: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", bad: true},
		"no http":     {raw: "SSH-2.0 hello there\r\n\r\n", bad: true},
		"no chunk":    {raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", bad: true},
		"huge":        {raw: "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", bad: true},
		"huge header": {raw: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", headMax) + "\r\n\r\n", bad: true},
		"many heads":  {raw: "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", headMax) + "\r\n", bad: true},
		"nothing":     {raw: "", bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := answerWith(t, c.raw)
			if c.bad {
				if err == nil {
					t.Fatalf("taken: %+v", r)
				}
				return
			}
			if err != nil || r.status != c.status || string(r.body) != c.body || r.last != c.last {
				t.Fatalf("%+v, %v", r, err)
			}
			r.free()
		})
	}
}

func TestWireFields(t *testing.T) {
	r, err := answerWith(t, "HTTP/1.1 303 See Other\r\nLocation: /cart/1\r\nSet-Cookie: a=1\r\nset-cookie: b=2; Path=/x\r\nRetry-After: 7\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n")
	if err != nil || r.location != "/cart/1" || !reflect.DeepEqual(r.cookies, []string{"a=1", "b=2; Path=/x"}) || r.retryAfter != 7*time.Second || !r.gzip {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestJar(t *testing.T) {
	var j jar
	j.set("a=1; Path=/; HttpOnly", "/o/e/x")
	j.set("b=2", "/o/e/x")
	j.set("c=3; path=/cart; Max-Age=60", "/o")
	j.set("nonsense", "/")
	for path, want := range map[string]string{
		"/o/e/y?z": "Cookie: a=1; b=2\r\n", "/o/ex": "Cookie: a=1\r\n", "/cart/9": "Cookie: a=1; c=3\r\n", "/cartoon": "Cookie: a=1\r\n",
	} {
		if got := string(j.appendTo(nil, path)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	j.set("a=4; Path=/", "/")
	j.set("b=; Max-Age=0", "/o/e/x")
	if got := string(j.appendTo(nil, "/o/e/y")); got != "Cookie: a=4\r\n" {
		t.Errorf("after change and removal: %q", got)
	}
	for i := range 100 {
		j.set(strings.Repeat("n", i+1)+"="+strings.Repeat("v", 100), "/")
	}
	if len(j.cookies) > jarCookies || j.size() > jarBytes {
		t.Errorf("%d cookies, %d bytes", len(j.cookies), j.size())
	}
}

func TestPathStaysOnHost(t *testing.T) {
	h := &host{base: "http://127.0.0.1:80", name: "127.0.0.1:80"}
	for link, want := range map[string]string{
		"/x": "/x", "slots": "/o/slots", "?a=b": "/o/e?a=b", "http://127.0.0.1:80/y?z": "/y?z", "../a b": "/a%20b", "/x#frag": "/x", "/ä": "/%C3%A4",
		"//else.example/": "", "http://else.example/": "", "https://127.0.0.1:80/": "", "javascript:x": "", "mailto:a@b.example": "",
	} {
		got, err := h.path("/o/e", link)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", link, got, err, want)
		}
	}
}

func TestFillIsWhatABrowserSends(t *testing.T) {
	form := Extract([]byte(`<form method=post><input type=hidden name=h value="ä&amp;=+ "><input name=t value=v><input type=radio name=r value=1><input type=radio name=q value=2 checked>
<select name=s><option value=a><option value=b></select><input type=checkbox name=c value=y><input type=checkbox name=d required><button name=b1 value=1></button><button name=b2 value=2></button></form>`)).Forms[0]
	got := string(fill(&form, func(f *Field) (string, bool) { return "b", f.Name == "s" || f.Name == "t" }))
	want := url.Values{"h": {"ä&=+ "}, "t": {"b"}, "q": {"2"}, "s": {"b"}, "d": {"on"}, "b1": {"1"}}
	if v, err := url.ParseQuery(got); err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("%s: %v, %v", got, v, err)
	}
}

func TestNumbered(t *testing.T) {
	for name, want := range map[string]int{"birth-2": 2, "name-10": 10, "name": 0, "-1": 0, "a-b": 0, "x-100": 0} {
		if _, n := numbered(name); n != want {
			t.Errorf("%s: %d, want %d", name, n, want)
		}
	}
}

func TestChooseSlot(t *testing.T) {
	choices := []Choice{{"a", 0}, {"b", 1}, {"c", 2}, {"d", -1}}
	for _, c := range []struct {
		size  int
		u     float64
		avoid string
		want  string
	}{{1, 0, "", "b"}, {2, 0, "", "c"}, {2, 0.99, "", "d"}, {2, 0, "c", "d"}, {3, 0, "d", "d"}} {
		if got, ok := chooseSlot(choices, c.size, c.u, c.avoid); !ok || got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	if _, ok := chooseSlot(choices[:1], 1, 0, ""); ok {
		t.Error("chose a full slot")
	}
}

// TestPeople: the same seed makes the same people, another seed others; nobody
// is there twice; shares come out as asked.
func TestPeople(t *testing.T) {
	c, _ := Preset("ennepe-ruhr")
	const people = 66_000
	r := newRegistry(&c)
	make1 := func(i int) persona { return newPersona(&c, &r, newChance(c.Seed, i), i) }
	seen := make(map[Guest]bool, 2*people)
	names := make(map[string]bool)
	var abandon, reload, double, two, elsewhere int
	for i := range people {
		p := make1(i)
		for _, g := range p.guests {
			who := Guest{Name: g.Name, Birth: g.Birth}
			if seen[who] {
				t.Fatalf("%v is there twice", who)
			}
			seen[who], names[g.Name] = true, true
			if b, err := time.Parse(time.DateOnly, g.Birth); err != nil || (!p.elsewhere && (b.Year() < 1941 || b.Year() > 1961)) {
				t.Fatalf("birth %s of %+v", g.Birth, p)
			}
		}
		abandon += count(p.abandons)
		reload += count(p.reloadAt != "")
		double += count(p.doubleAt != "")
		two += count(len(p.guests) == 2)
		elsewhere += count(p.elsewhere)
		if i%1000 == 0 && !reflect.DeepEqual(p, make1(i)) {
			t.Fatalf("person %d differs from itself", i)
		}
	}
	for what, s := range map[string][2]float64{
		"abandon": {float64(abandon), 0.05}, "reload": {float64(reload), 0.10}, "double": {float64(double), 0.05},
		"two": {float64(two), 0.25}, "elsewhere": {float64(elsewhere), 0.10},
	} {
		if share := s[0] / people; math.Abs(share-s[1]) > 0.006 {
			t.Errorf("%s: %.3f, want %.3f", what, share, s[1])
		}
	}
	if len(names) < 5_000 {
		t.Errorf("only %d names", len(names))
	}
	first := make1(7)
	c.Seed++
	r = newRegistry(&c)
	if reflect.DeepEqual(first, make1(7)) {
		t.Error("another seed makes the same person")
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestPresetsAreValid(t *testing.T) {
	for _, name := range []string{"ennepe-ruhr", "kamen", "speyer", "impfen-sh"} {
		c, ok := Preset(name)
		c.Base, c.Start, c.Staff = "http://127.0.0.1:8080", "/o/e", "http://127.0.0.1:8081"
		if err := c.Validate(); !ok || err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := Preset("elsewhere"); ok {
		t.Error("a preset of no name")
	}
}

func TestValidate(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"people": func(c *Config) { c.People = PeopleMax + 1 }, "pace": func(c *Config) { c.Pace = 0 }, "NaN": func(c *Config) { c.Habits.Retry = math.NaN() },
		"connections": func(c *Config) { c.ConnectionsMax = ConnectionsMax + 1 }, "base": func(c *Config) { c.Base = "ftp://x" }, "path": func(c *Config) { c.Base += "/x" },
		"start": func(c *Config) { c.Start = "x" }, "ages": func(c *Config) { c.Who.AgeTo = c.Who.AgeFrom }, "day": func(c *Config) { c.Who.EventDay = "today" },
		"shares": func(c *Config) { c.Habits.Mail, c.Habits.Post = 0.9, 0.2 }, "staff": func(c *Config) { c.Clerks.Count = 1 }, "minutes": func(c *Config) { c.MinutesMax = 0 },
	} {
		c := quick("http://127.0.0.1:1", 10)
		if c.Validate() != nil {
			t.Fatal("the untouched one is refused")
		}
		if spoil(&c); c.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestGateOrder(t *testing.T) {
	g := newGate(1)
	if !g.enter(false, nil) || g.try() {
		t.Fatal("one connection is one connection")
	}
	came := make(chan string, 3)
	g.enter(false, func() { came <- "door 1" })
	g.enter(false, func() { came <- "door 2" })
	g.enter(true, func() { came <- "inside" })
	for _, want := range []string{"inside", "door 1", "door 2"} {
		g.leave()
		if got := <-came; got != want {
			t.Errorf("%s went before %s", got, want)
		}
	}
	g.leave()
	if open, peak, waited := g.figures(); open != 0 || peak != 1 || waited != 3 {
		t.Errorf("open %d, peak %d, waited %d", open, peak, waited)
	}
}

func TestBirthStylesAreRead(t *testing.T) {
	for n := range dateStyles {
		if iso, ok := readBirth(birthAs("1950-12-04", n)); !ok || iso != "1950-12-04" {
			t.Errorf("style %d: %s", n, birthAs("1950-12-04", n))
		}
	}
}

func TestUnpackIsBounded(t *testing.T) {
	var b bytes.Buffer
	zipTo(&b, make([]byte, pageMax+1))
	if _, err := unpack(b.Bytes()); err == nil {
		t.Error("a page above the bound was unpacked")
	}
	if _, err := unpack([]byte("no gzip")); err == nil {
		t.Error("unpacked what is not packed")
	}
}

func TestDensestSecond(t *testing.T) {
	for _, c := range []struct {
		requests []int
		want     int
	}{{nil, 0}, {[]int{7}, 7}, {[]int{1, 2, 3, 4, 5}, 14}, {[]int{9, 0, 0, 0, 8, 0, 0, 0}, 9}, {[]int{0, 5, 5, 5, 5, 0}, 20}} {
		s := Series{Requests: c.requests}
		if got := s.densest(); got != c.want {
			t.Errorf("%v: %d, want %d", c.requests, got, c.want)
		}
	}
}
