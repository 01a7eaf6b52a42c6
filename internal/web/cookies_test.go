package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/web"
)

// given sends a form by a way and returns the names of the cookies of the answer.
// Every cookie must fit the way: Secure and of this host only, or neither.
func given(t *testing.T, h http.Handler, scheme, path string, form url.Values) (names []string, hsts bool) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.URL.Scheme = scheme
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %d", path, res.StatusCode)
	}
	for _, c := range res.Cookies() {
		if c.Secure != strings.HasPrefix(c.Name, "__Host-") || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %+v", c)
		}
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names, res.Header.Get("Strict-Transport-Security") != ""
}

// Cookies follow the way on which each of the two sites is reached, not the other
// one's: clerks in the house may use plain HTTP while the public comes through a
// proxy with TLS, and the other way round.
func TestCookiesFollowTheWay(t *testing.T) {
	for name, c := range map[string]struct {
		public, staff            bool   // their base addresses have TLS
		scheme                   string // of the request
		publicSecure, deskSecure bool
	}{
		"plain":                      {false, false, "", false, false},
		"public behind a proxy":      {true, false, "", true, false},
		"staff behind a proxy":       {false, true, "", false, true},
		"a proxy that says so":       {false, false, "https", true, true},
		"both, said by one of them":  {true, false, "https", true, true},
		"another scheme is no https": {false, false, "ftp", false, false},
	} {
		s := newShopOf(t, "ennepe-ruhr", func(*setup.Plan) {}, func(o *web.Options) { o.Secure, o.StaffSecure = c.public, c.staff })
		s.account(t, "kasse1", inventory.RoleClerk)
		for _, site := range []struct {
			h      http.Handler
			path   string
			form   url.Values
			names  []string
			secure bool
		}{
			{s.site.Public(), s.path + "/eligible", erika(), []string{"pass-1", "people-1"}, c.publicSecure},
			{s.site.Staff(), "/login", url.Values{"user": {"kasse1"}, "password": {deskPassword}}, []string{"desk", "desk-device"}, c.deskSecure},
		} {
			got, hsts := given(t, site.h, c.scheme, site.path, site.form)
			want := slices.Clone(site.names)
			for i := range want {
				if site.secure {
					want[i] = "__Host-" + want[i]
				}
			}
			if !slices.Equal(got, want) || hsts != site.secure {
				t.Errorf("%s, %s: cookies %v, want %v; HSTS %v", name, site.path, got, want, hsts)
			}
		}
	}
}

// A clerk can work over plain HTTP although the public's address has TLS; and a
// session that came unprotected opens nothing where the way is protected.
func TestTheDeskWorksOnItsOwnWay(t *testing.T) {
	s := newShopOf(t, "ennepe-ruhr", func(*setup.Plan) {}, func(o *web.Options) { o.Secure = true })
	b := s.clerk(t, "kasse1")
	b.get("/desk?lang=en").want(200, `data-page="desk"`)
	u, err := url.Parse(s.staff.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/desk"+s.path, nil)
	for _, c := range b.c.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	for scheme, want := range map[string]int{"": http.StatusOK, "https": http.StatusSeeOther} {
		r.URL.Scheme = scheme
		w := httptest.NewRecorder()
		s.site.Staff().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("scheme %q: %d, want %d", scheme, w.Code, want)
		}
	}
}

// On a computer that many use the next one does not read who booked before.
func TestABookingForgetsWhoCame(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.offset.Store(int64(time.Minute))
	b := s.browser(t)
	b.post(s.path+"/eligible", erika()).want(200, "Erika Muster")
	b.post(s.path+"/hold", url.Values{"slot": {b.slot(0)}}).want(200, `data-page="cart"`)
	b.post(b.at+"/confirm", url.Values{"contact": {"none"}}).want(200, `data-page="booking"`, "Erika Muster")
	b.get(s.path+"/eligible").want(200, `data-page="eligible"`)
	if strings.Contains(b.page, "Erika") {
		t.Error("the form shows who booked before")
	}
}
