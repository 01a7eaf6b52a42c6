package rehearsal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// shop is a whole booking site in memory, over real HTTP: the page contract's
// other side, with the promises the product makes. Planted faults switch single
// promises off, so that a test can show that the crowd notices.
type shop struct {
	mu       sync.Mutex // guards all below
	places   int        // per slot
	slots    int
	free     []int
	carts    map[string]*cartOf
	keys     map[string]string // idempotency key → cart
	people   map[Guest]string  // limit: one booking per person, held or booked
	bookings map[string]*cartOf
	serial   int
	posts    int
	held     int               // carts not confirmed
	packed   map[string][]byte // event pages as gzip
	opensAt  time.Time

	busyEvery int  // every n-th hold is answered busy
	asks      bool // an eligible step before the slots
	ambiguous string
	codes     map[string]bool
	forgetful bool // planted: forgets bookings it confirmed
	generous  bool // planted: no limit per person
	keyless   bool // planted: a second click makes a second cart
	breaks    int  // planted: the first n confirms answer 500
	slow      time.Duration

	numbers []Guest // by number, drawn at the desk; nil: the sale has none
	looks   []int   // how often each was looked up
	early   int     // how many before the opening
}

type cartOf struct {
	id, code  string
	slot      int
	guests    []Guest
	confirmed bool
	cancelled bool
	channel   string
}

func newShop(slots, places int) *shop {
	s := &shop{
		slots: slots, places: places, free: make([]int, slots), carts: map[string]*cartOf{}, keys: map[string]string{},
		people: map[Guest]string{}, bookings: map[string]*cartOf{}, packed: map[string][]byte{}, asks: true,
	}
	for i := range s.free {
		s.free[i] = places
	}
	return s
}

// serve starts the public and the staff listener.
func (s *shop) serve(t testing.TB) (public, staff *httptest.Server) {
	t.Helper()
	m := http.NewServeMux()
	m.HandleFunc("GET /o/e", s.event)
	m.HandleFunc("GET /o/e/eligible", s.eligible)
	m.HandleFunc("POST /o/e/eligible", s.checkEligible)
	m.HandleFunc("GET /o/e/slots", s.choose)
	m.HandleFunc("POST /o/e/hold", s.hold)
	m.HandleFunc("GET /cart/{id}", s.cart)
	m.HandleFunc("POST /cart/{id}/extend", s.cart)
	m.HandleFunc("POST /cart/{id}/confirm", s.confirm)
	m.HandleFunc("GET /b/{id}", s.booking)
	m.HandleFunc("POST /b/{id}/cancel", s.cancel)
	public = httptest.NewServer(http.NewCrossOriginProtection().Handler(m))
	d := http.NewServeMux()
	d.HandleFunc("GET /login", func(w http.ResponseWriter, _ *http.Request) {
		page(w, 200, "login", "", `<form method=post action="/login" data-step="login"><input name=user><input type=password name=password><button>ok</button></form>`)
	})
	d.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("password") != "secret" || !strings.HasPrefix(r.FormValue("user"), "clerk") {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "staff", Value: "yes", Path: "/"})
		http.Redirect(w, r, "/desk", http.StatusSeeOther)
	})
	d.HandleFunc("GET /desk", s.desk)
	d.HandleFunc("POST /desk", func(w http.ResponseWriter, r *http.Request) { s.desk(w, r) })
	d.HandleFunc("POST /desk/o/e/hold", s.hold)
	d.HandleFunc("GET /desk/o/e/number", s.drawForm)
	d.HandleFunc("POST /desk/o/e/number", s.draw)
	d.HandleFunc("GET /desk/o/e/number/{no}", s.receipt)
	d.HandleFunc("GET /desk/cart/{id}", s.cart)
	d.HandleFunc("POST /desk/cart/{id}/confirm", s.confirm)
	d.HandleFunc("GET /desk/b/{id}", s.booking)
	d.HandleFunc("GET /desk/b/{id}/cancel", s.booking)
	d.HandleFunc("POST /desk/b/{id}/cancel", s.cancel)
	staff = httptest.NewServer(http.NewCrossOriginProtection().Handler(d))
	t.Cleanup(public.Close)
	t.Cleanup(staff.Close)
	return public, staff
}

func page(w http.ResponseWriter, status int, kind, state, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<!doctype html><html lang=de><title>x</title><main data-page=%q data-state=%q><h1>%s</h1>%s</main></html>`, kind, state, kind, body)
}

func (s *shop) state() string {
	if time.Now().Before(s.opensAt) {
		return "soon"
	}
	free := 0
	for _, n := range s.free {
		free += n
	}
	switch {
	case free > 0:
		return "open"
	case s.held > 0:
		return "held"
	}
	return "full"
}

func (s *shop) event(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	state := s.state()
	form := ""
	if !s.asks {
		form = s.holdForm(nil, 0)
	}
	s.mu.Unlock()
	body := "<p>Bald.</p>"
	switch {
	case state == "open" && s.asks:
		body = `<p>Jetzt.</p><a class="btn" rel="next" href="e/eligible">Weiter</a>`
	case state == "open":
		body = form
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") { // as the product's shared pages
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(s.pack(fmt.Sprintf(`<main data-page="event" data-state=%q>%s</main>`, state, body)))
		return
	}
	page(w, 200, "event", state, body)
}

// pack keeps shared pages packed, as the product does.
func (s *shop) pack(text string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.packed[text]
	if b == nil {
		var z bytes.Buffer
		zipTo(&z, []byte(text))
		b = z.Bytes()
		if s.asks { // otherwise each page has its own key
			s.packed[text] = b
		}
	}
	return b
}

func eligibleForm(errors string, place bool) string {
	var b strings.Builder
	b.WriteString(errors + `<form method="post" action="/o/e/eligible" data-step="eligible"><input type=hidden name="v" value="1&amp;2">
<select name="size"><option value="1" selected>1</option><option value="2">2</option></select>`)
	for n := 1; n <= 2; n++ {
		fmt.Fprintf(&b, `<input name="name-%d" autocomplete="section-%d name"><input name="birth-%d"><input name="postcode-%d" inputmode=numeric><input name="code-%d">`, n, n, n, n, n)
		if place {
			fmt.Fprintf(&b, `<select name="place-%d"><option value="">?</option><option>x</option><option>Hattingen</option></select>`, n)
		}
	}
	return b.String() + `<button>Weiter</button></form>`
}

func (s *shop) eligible(w http.ResponseWriter, _ *http.Request) {
	page(w, 200, "eligible", "", eligibleForm("", false))
}

func (s *shop) checkEligible(w http.ResponseWriter, r *http.Request) {
	guests, problem := s.guests(r)
	if problem != "" {
		page(w, 422, "eligible", "", eligibleForm(`<p class="error" id="e">`+problem+`</p>`, problem == "which town"))
		return
	}
	if guests == nil {
		page(w, 422, "refused", "not_eligible", `<a rel=next href="/o/e">zurück</a>`)
		return
	}
	b, _ := json.Marshal(guests)
	http.SetCookie(w, &http.Cookie{Name: "who", Value: base64.RawURLEncoding.EncodeToString(b), Path: "/o/e"})
	http.Redirect(w, r, "slots", http.StatusSeeOther)
}

// guests reads the participants; nil without a problem means not eligible.
func (s *shop) guests(r *http.Request) (guests []Guest, problem string) {
	if r.FormValue("v") != "1&2" {
		return nil, "hidden field lost"
	}
	size, _ := strconv.Atoi(r.FormValue("size"))
	for n := 1; n <= size; n++ {
		v := func(name string) string { return r.FormValue(fmt.Sprintf("%s-%d", name, n)) }
		birth, ok := readBirth(v("birth"))
		code, postcode := v("code"), v("postcode")
		switch {
		case v("name") == "" || !ok || len(postcode) != 5:
			return nil, "please check"
		case postcode == s.ambiguous && v("place") == "":
			return nil, "which town"
		case s.codes[code]:
		case !strings.HasPrefix(postcode, "58") && postcode != s.ambiguous:
			return nil, ""
		}
		guests = append(guests, Guest{Name: v("name"), Birth: birth})
	}
	return guests, ""
}

func readBirth(v string) (iso string, ok bool) {
	for _, layout := range dateStyles {
		if t, err := time.Parse(layout, v); err == nil && t.Year() > 1900 {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// holdForm needs s.mu.
func (s *shop) holdForm(chosen *http.Request, size int) string {
	var b strings.Builder
	s.serial++
	key := strconv.Itoa(s.serial)
	if chosen != nil {
		key = chosen.FormValue("key")
	}
	fmt.Fprintf(&b, `<form method="post" action="/o/e/hold" data-step="hold"><input type="hidden" name="key" value="%s">`, key)
	if size > 0 {
		fmt.Fprintf(&b, `<input type="hidden" name="size" value="%d">`, size)
	}
	for i, free := range s.free {
		checked := ""
		if chosen != nil && chosen.FormValue("slot") == strconv.Itoa(i+1) {
			checked = " checked"
		}
		switch {
		case free <= 0 && checked == "":
			fmt.Fprintf(&b, `<div class=out>%d</div>`, i)
		case i%2 == 0:
			fmt.Fprintf(&b, `<label data-free="%d"><input type=radio name=slot value=%d%s> %d:00</label>`, free, i+1, checked, i)
		default:
			fmt.Fprintf(&b, `<input type=radio name=slot id=s%d value=%d%s><label for=s%d data-free="%d">%d:00</label>`, i, i+1, checked, i, free, i)
		}
	}
	return b.String() + `<button>Reservieren</button></form>`
}

func (s *shop) choose(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	body := s.holdForm(nil, len(whoIs(r)))
	s.mu.Unlock()
	page(w, 200, "slots", "", body)
}

func whoIs(r *http.Request) (guests []Guest) {
	c, err := r.Cookie("who")
	if err != nil {
		return nil
	}
	b, _ := base64.RawURLEncoding.DecodeString(c.Value)
	_ = json.Unmarshal(b, &guests)
	return guests
}

func refuse(w http.ResponseWriter, reason string) {
	page(w, 409, "refused", reason, `<a rel="next" href="/o/e/slots">Andere Zeit</a>`)
}

// near refuses as sold out and offers up to two other slots, one button each. It
// needs s.mu.
func (s *shop) near(w http.ResponseWriter, key string) {
	var b strings.Builder
	for i, free := range s.free {
		if free > 0 && b.Len() < 300 {
			fmt.Fprintf(&b, `<form method=post action="/o/e/hold" data-step="hold"><input type=hidden name=slot value=%d><input type=hidden name=key value="%s"><button>%d</button></form>`, i+1, key, i)
		}
	}
	page(w, 409, "refused", "sold_out", b.String()+`<a rel="next" href="/o/e/slots">Andere Zeit</a>`)
}

func (s *shop) hold(w http.ResponseWriter, r *http.Request) {
	staff := strings.HasPrefix(r.URL.Path, "/desk")
	time.Sleep(s.slow)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts++
	guests, channel := whoIs(r), "online"
	if staff {
		birth, _ := readBirth(r.FormValue("birth-1"))
		guests, channel = []Guest{{Name: r.FormValue("name-1"), Birth: birth}}, r.FormValue("channel")
	} else if s.busyEvery > 0 && s.posts%s.busyEvery == 0 {
		w.Header().Set("Retry-After", "1")
		page(w, 503, "refused", "busy", s.holdForm(r, len(guests)))
		return
	}
	if !s.asks && !staff {
		guests = []Guest{{Name: "anonymous" + r.FormValue("key")}}
	}
	key := r.FormValue("key")
	id, known := s.keys[key]
	if !known || s.keyless {
		slot, err := strconv.Atoi(r.FormValue("slot"))
		if err != nil || slot < 1 || slot > s.slots || len(guests) == 0 {
			page(w, 422, "error", "", "")
			return
		}
		for _, g := range guests {
			if s.people[g] != "" && !s.generous {
				refuse(w, "has_one")
				return
			}
		}
		if s.free[slot-1] < len(guests) {
			s.near(w, key)
			return
		}
		s.free[slot-1] -= len(guests)
		s.serial++
		id = fmt.Sprintf("c%d", s.serial)
		s.held++
		s.carts[id] = &cartOf{id: id, code: "CODE-" + id, slot: slot, guests: guests, channel: channel}
		for _, g := range guests {
			s.people[g] = id
		}
		if key != "" {
			s.keys[key] = id
		}
	}
	prefix := "/cart/"
	if staff {
		prefix = "/desk/cart/"
	}
	http.Redirect(w, r, prefix+id, http.StatusSeeOther)
}

func (s *shop) cart(w http.ResponseWriter, r *http.Request) {
	step, prefix := "confirm", "/cart/"
	if strings.HasPrefix(r.URL.Path, "/desk") {
		step, prefix = "desk-confirm", "/desk/cart/"
	}
	page(w, 200, "cart", "", fmt.Sprintf(`<p>Bis <time data-until="2026-01-01T08:15:00Z">8:15</time></p>
<form method=post action="%[1]s%[2]s/extend" data-step=extend><button>mehr Zeit</button></form>
<form method=post action="%[1]s%[2]s/confirm" data-step="%[3]s"><label><input type=radio name=contact value=mail checked>Mail</label><label><input type=radio name=contact value=phone></label><label><input type=radio name=contact value=post></label><label><input type=radio name=contact value=none></label>
<input type=email name=mail><input name=phone><textarea name=post></textarea><button>Verbindlich buchen</button></form>`, prefix, r.PathValue("id"), step))
}

func (s *shop) confirm(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.carts[r.PathValue("id")]
	if c == nil {
		refuse(w, "hold_ended")
		return
	}
	if s.breaks > 0 {
		s.breaks--
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	}
	if kind := r.FormValue("contact"); kind != "none" && r.FormValue(kind) == "" {
		page(w, 422, "cart", "", `<p class=error>Bitte angeben</p>`)
		return
	}
	if !c.confirmed {
		s.held--
	}
	c.confirmed = true
	s.bookings[c.id] = c
	prefix := "/b/"
	if strings.HasPrefix(r.URL.Path, "/desk") {
		prefix = "/desk/b/"
	}
	http.Redirect(w, r, prefix+c.id, http.StatusSeeOther)
	if s.forgetful && len(s.bookings) == 50 {
		defer delete(s.bookings, c.id)
	}
}

func (s *shop) booking(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.carts[r.PathValue("id")]
	if c == nil {
		http.NotFound(w, r)
		return
	}
	prefix, step, method := "/b/", "cancel", "post"
	switch {
	case strings.HasSuffix(r.URL.Path, "/cancel"):
		prefix, step = "/desk/b/", "desk-cancel"
	case strings.HasPrefix(r.URL.Path, "/desk"):
		prefix, step, method = "/desk/b/", "desk-cancel-ask", "get"
	}
	names := ""
	for _, g := range c.guests {
		names += "<li>" + html.EscapeString(g.Name)
	}
	page(w, 200, "booking", "", fmt.Sprintf(`<p><strong data-code> %s </strong><ul>%s</ul><form method=%s action="%s%s/cancel" data-step="%s"><button>Stornieren</button></form>`, c.code, names, method, prefix, c.id, step))
}

func (s *shop) cancel(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	c := s.carts[r.PathValue("id")]
	if !c.cancelled {
		c.cancelled = true
		s.free[c.slot-1] += len(c.guests)
		for _, g := range c.guests {
			delete(s.people, g)
		}
	}
	s.mu.Unlock()
	http.Redirect(w, r, strings.TrimSuffix(r.URL.Path, "/cancel"), http.StatusSeeOther)
}

func (s *shop) desk(w http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie("staff"); err != nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	if s.numbers != nil {
		b.WriteString(`<a href="/desk/o/e/number" data-step="desk-numbers">Nummer</a>`)
	}
	b.WriteString(`<form method=post action="/desk" data-step="desk-find"><input name=q></form><form method=post action="/desk/o/e/hold" data-step="desk-hold"><select name=channel><option value=phone>T<option value=counter>S</select><select name=slot>`)
	for i, free := range s.free {
		if free > 0 {
			fmt.Fprintf(&b, `<option value=%d data-free=%d>%d</option>`, i+1, free, i)
		}
	}
	page(w, 200, "desk", "", b.String()+`</select><input name=name-1><input name=birth-1><input name=postcode-1><button>Reservieren</button></form>`)
}

// confirmedUnits sums what the shop itself has stored.
func (s *shop) confirmedUnits() (bookings, units int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.bookings {
		if !c.cancelled {
			bookings++
			units += len(c.guests)
		}
	}
	return bookings, units
}
