package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"einlass/internal/web"
)

// busy is a server that is always full.
func busy(t *testing.T) *browser {
	t.Helper()
	full := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			web.Busy(w, r, 3*time.Second, nil)
			return
		}
		web.Busy(w, r, 3*time.Second, r.PostForm)
	}))
	t.Cleanup(full.Close)
	return &browser{t: t, base: full.URL, c: full.Client()}
}

// ask sends one request and returns the answer's header.
func (b *browser) ask(method, path, body string, header ...string) http.Header {
	b.t.Helper()
	req, err := http.NewRequest(method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.c.Do(req)
	b.took(res, err)
	return res.Header
}

const urlencoded = "application/x-www-form-urlencoded"

// TestBusyKeepsTheForm: what was sent is there to be sent again, in both languages,
// whatever was typed.
func TestBusyKeepsTheForm(t *testing.T) {
	b := busy(t)
	form := url.Values{"name-1": {`"><script>alert(1)</script>`}, "birth-1": {"24.12.1950"}, "more": {"a"}, "post": {"Weg 1\nOrt"}}
	h := b.ask(http.MethodPost, "/ort/fest/eligible", form.Encode(), "Content-Type", urlencoded)
	b.want(503, `data-state="busy"`, `<html lang="de"`, "Ihre Angaben sind nicht verloren", "Noch einmal senden", `data-step="eligible"`)
	if strings.Contains(b.page, "<script>alert") || h.Get("Refresh") != "" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Security-Policy") == "" {
		t.Errorf("header %v\n%s", h, b.page)
	}
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 3 || !strings.Contains(b.page, "in "+h.Get("Retry-After")+" Sekunden") {
		t.Errorf("Retry-After %q is not in the sentence", h.Get("Retry-After"))
	}
	action, kept := b.formOf("resend")
	kept.Del("said")
	if action != "/ort/fest/eligible" || kept.Encode() != form.Encode() {
		t.Errorf("%s keeps %v, want %v", action, kept, form)
	}
	b.speak("en").want(503, `<html lang="en"`, "Send again", "What you entered is not lost")
	if _, again := b.formOf("resend"); again.Get("name-1") != form.Get("name-1") || again.Has("lang") {
		t.Errorf("the switched page keeps %v", again)
	}
	b.ask(http.MethodPost, "/b/x/cancel", "")
	b.want(503, `action="/b/x/cancel"`, "Noch einmal senden")
}

// TestBusyBringsBackWhoLooks: the page reloads itself, and not for all at once.
func TestBusyBringsBackWhoLooks(t *testing.T) {
	b := busy(t)
	seen := map[string]bool{}
	for range 50 {
		h := b.ask(http.MethodGet, `/ort/"<fest>/slots`, "", "Accept-Language", "en")
		b.want(503, `<html lang="en"`, "reloads by itself in "+h.Get("Refresh")+" seconds", `href="/ort/%22%3Cfest%3E/slots"`)
		if h.Get("Refresh") != h.Get("Retry-After") {
			t.Fatalf("Refresh %q, Retry-After %q", h.Get("Refresh"), h.Get("Retry-After"))
		}
		seen[h.Get("Refresh")] = true
	}
	if len(seen) < 3 {
		t.Errorf("50 people come back after %v seconds", seen)
	}
	b.speak("de").want(503, `<html lang="de"`, "lädt in")
}

// TestBusyRepeatsOnlyFormsOfOurs: not those of other sites, nor what is no form or
// too much of it; the page says what to do then.
func TestBusyRepeatsOnlyFormsOfOurs(t *testing.T) {
	b := busy(t)
	for name, send := range map[string]func(){
		"another site": func() {
			b.ask(http.MethodPost, "/x/y/hold", "slot=evil", "Content-Type", urlencoded, "Sec-Fetch-Site", "cross-site")
		},
		"no form": func() { b.ask(http.MethodPost, "/x/y/hold?slot=evil", "slot=evil", "Content-Type", "text/plain") },
		"too much": func() {
			b.ask(http.MethodPost, "/x/y/hold", "slot="+strings.Repeat("evil", 20_000), "Content-Type", urlencoded)
		},
		"broken": func() { b.ask(http.MethodPost, "/x/y/hold", "slot=evil&%zz", "Content-Type", urlencoded) },
	} {
		send()
		b.want(503, "Bitte gehen Sie zurück")
		if strings.Contains(b.page, "evil") || strings.Contains(b.page, "Noch einmal senden") {
			t.Errorf("%s: the page repeats it:\n%s", name, b.page)
		}
		b.speak("en").want(503, "Please go back")
	}
}

// TestBusyIsSmall: it is sent most when there is least to send it with.
func TestBusyIsSmall(t *testing.T) {
	full := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/a/b/hold", strings.NewReader("slot=1"))
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Content-Type", urlencoded)
	web.Busy(full, r, time.Second, url.Values{"slot": {"1"}})
	if n := full.Body.Len(); full.Header().Get("Content-Encoding") != "gzip" || n > firstTrip/2 {
		t.Errorf("%d bytes", n)
	}
}

// TestFullQueueKeepsTheForm: where the site itself is busy the form is kept too.
func TestFullQueueKeepsTheForm(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.take(t, "Erika Muster", 0)
	code := regexp.MustCompile(`data-code>([^<]+)<`).FindStringSubmatch(b.page)[1]
	find := url.Values{"code": {code}, "proof": {"25.12.1950"}}
	for range 30 {
		if b.post("/find", find); b.code == http.StatusServiceUnavailable {
			break
		}
	}
	b.want(503, `data-state="busy"`, `action="/find"`, `name="proof" value="25.12.1950"`)
	b.bilingual(503, "Noch einmal senden", "Send again")
	_, kept := b.formOf("resend")
	kept.Del("said")
	if kept.Encode() != find.Encode() {
		t.Errorf("%v is kept of %v", kept, find)
	}
}

func BenchmarkBusy(b *testing.B) {
	form := erika()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/a/b/eligible", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("Content-Type", urlencoded)
		w := httptest.NewRecorder()
		web.Busy(w, r, time.Second, form)
		if _, err := io.Copy(io.Discard, w.Body); err != nil || w.Code != http.StatusServiceUnavailable {
			b.Fatal(w.Code, err)
		}
	}
}

// TestStoppedSiteKeepsTheForm: whoever chose while the program is being stopped
// sends the same choice to its successor.
func TestStoppedSiteKeepsTheForm(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).want(200)
	var closing atomic.Bool
	closing.Store(true)
	s.site.Closing = func() bool { return closing.Load() }
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(0)}}).bilingual(503, "Noch einmal senden", "Send again")
	b.want(503, `data-state="unavailable"`)
	closing.Store(false)
	action, form := b.formOf("resend")
	b.post(action, form).want(200, `data-page="cart"`)
}
