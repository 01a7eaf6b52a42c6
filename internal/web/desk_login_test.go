package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"einlass/internal/inventory"
	"einlass/internal/setup"
	"einlass/internal/staff"
	"einlass/internal/web"
)

func TestLogin(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.account(t, "kasse1", inventory.RoleClerk)
	b := s.desk(t)
	wrong := url.Values{"user": {"kasse1"}, "password": {"falsch"}}
	nobody := url.Values{"user": {"niemand"}, "password": {"falsch"}}
	b.get("/login").want(200, `data-page="login"`, `data-step="login"`)
	b.post("/login", wrong).want(403, "passen nicht zusammen", `value="kasse1"`)
	known := strings.ReplaceAll(b.page, "kasse1", "")
	b.post("/login", nobody).want(403, "passen nicht zusammen")
	if unknown := strings.ReplaceAll(b.page, "niemand", ""); unknown != known {
		t.Error("an unknown account is answered in another way")
	}
	if strings.Contains(b.page, "falsch") {
		t.Error("the password comes back")
	}
	right := url.Values{"user": {" Kasse1 "}, "password": {deskPassword}}
	b.post("/login", right).want(200, `data-page="desk"`)
	b.get("/login").want(200, `data-page="desk"`)
	checkCookies(t, s, right)
	b.post("/logout", nil).want(200, `data-page="login"`)
	b.get("/desk").want(200, `data-page="login"`)
}

// The log says that a login was refused, and nothing about who tried from where.
func TestRefusedLoginsAreLoggedWithoutPersonalData(t *testing.T) {
	var written bytes.Buffer // the log's handler writes one line at a time
	s := newShopOf(t, "ennepe-ruhr", func(*setup.Plan) {}, func(o *web.Options) { o.Log = slog.New(slog.NewTextHandler(&written, nil)) })
	s.desk(t).post("/login", url.Values{"user": {"niemand"}, "password": {"geheim"}}).want(403)
	s.staff.Close() // nobody writes any more
	log := written.String()
	if !strings.Contains(log, "login refused") {
		t.Errorf("the log does not tell: %q", log)
	}
	for _, personal := range []string{"127.0.0.1", "address", "niemand", "geheim"} {
		if strings.Contains(log, personal) {
			t.Errorf("the log has %q: %s", personal, log)
		}
	}
}

// checkCookies looks at what the login gives the browser.
func checkCookies(t *testing.T, s *shop, right url.Values) {
	t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.PostForm(s.staff.URL+"/login", right)
	if err != nil {
		t.Fatal(err)
	}
	ages := map[string]int{"desk": 0, "desk-device": 180 * 24 * 3600}
	for _, cookie := range res.Cookies() {
		age, ok := ages[cookie.Name]
		if !ok || cookie.MaxAge != age || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || len(cookie.Value) < 22 {
			t.Errorf("cookie: %+v", cookie)
		}
		if strings.Contains(cookie.Value, "kasse1") {
			t.Errorf("the cookie %s names the account", cookie.Name)
		}
		delete(ages, cookie.Name)
	}
	if len(ages) > 0 {
		t.Errorf("cookies that are missing: %v", ages)
	}
}

func TestGuessingIsPaused(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.account(t, "kasse1", inventory.RoleClerk)
	b := s.desk(t)
	wrong := url.Values{"user": {"kasse1"}, "password": {"falsch"}}
	right := url.Values{"user": {"kasse1"}, "password": {deskPassword}}
	var wg sync.WaitGroup
	var mu sync.Mutex
	looked := 0
	for range 40 { // all at once: the count comes before the look
		wg.Go(func() {
			res, err := http.PostForm(s.staff.URL+"/login", wrong)
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			if res.StatusCode == 403 {
				looked++
			}
		})
	}
	wg.Wait()
	if looked != 5 {
		t.Errorf("%d of 40 passwords were looked at, want 5", looked)
	}
	b.post("/login", right).want(429, "Zu viele Versuche", `data-step="login"`)
	pause, at := time.Duration(0), time.Duration(0)
	for range 5 { // each wrong one makes the pause longer
		at += pause
		for pause = 0; ; pause += time.Second {
			s.offset.Store(int64(at + pause))
			if b.post("/login", wrong); b.code == 403 {
				break
			}
			if pause > 2*time.Minute {
				t.Fatal("the pause does not end")
			}
		}
	}
	if pause < 16*time.Second {
		t.Errorf("the sixth pause was %v", pause)
	}
	s.offset.Store(int64(at + pause + 10*time.Minute))
	b.post("/login", right).want(200, `data-page="desk"`)
	b.post("/logout", nil)
	b.post("/login", wrong).want(403)
}

func TestClosedAccountIsOutAtOnce(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	b := s.clerk(t, "kasse1")
	b.get("/desk"+s.path).want(200, `data-page="desk"`)
	s.offset.Store(int64(8*time.Hour + time.Minute))
	b.get("/desk"+s.path).want(200, `data-page="login"`)
	b.post("/login", url.Values{"user": {"kasse1"}, "password": {deskPassword}}).want(200, `data-page="desk"`)
	a, err := staff.New(s.store, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.SetDisabled("kasse1", true); err != nil {
		t.Fatal(err)
	}
	b.post("/desk"+s.path+"/hold", person("Erika Muster", "24.12.1950")).want(403, `data-state="signed_out"`)
	b.get("/desk"+s.path).want(200, `data-page="login"`)
	b.post("/login", url.Values{"user": {"kasse1"}, "password": {deskPassword}}).want(403, "passen nicht zusammen")
}

// Every route of the staff's site, taken from the router: without a session
// nothing is shown and nothing is done, and no route is open by mistake.
func TestStaffRoutesAreShut(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	seen, b := 0, s.clerk(t, "kasse1")
	b.post("/desk"+s.path+"/hold", b.typed(person("Erika Muster", "24.12.1950"), "phone")).want(200, `data-page="cart"`)
	id := b.at[strings.LastIndexByte(b.at, '/')+1:]
	before := s.booking.Available.Changes(1)
	for _, route := range s.site.StaffRoutes() {
		method, path, ok := strings.Cut(route.Pattern, " ")
		methods := []string{method}
		if !ok {
			methods, path = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions}, method
		}
		if route.Open != (path == "/login") {
			t.Errorf("%s: open is %v", route.Pattern, route.Open)
		}
		if !route.Open && len(route.Roles) == 0 {
			t.Errorf("%s is for nobody", route.Pattern)
		}
		path = strings.NewReplacer("{$}", "", "/{org}/{event}", s.path, "{id}", id, "{seq}", "1", "{no}", "0").Replace(path)
		for _, cookie := range []string{"", "x", strings.Repeat("A", 43)} {
			for _, m := range methods {
				if seen++; !route.Open {
					refused(t, s, m, path, cookie)
				}
			}
		}
	}
	if seen < 3*16 {
		t.Errorf("only %d requests", seen)
	}
	if s.booking.Available.Changes(1) != before {
		t.Error("something was changed without a session")
	}
}

func refused(t *testing.T, s *shop, method, path, cookie string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.staff.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if cookie != "" {
		req.AddCookie(&http.Cookie{Name: "desk", Value: cookie})
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	want := http.StatusForbidden
	if method == http.MethodGet {
		want = http.StatusSeeOther
	}
	if res.StatusCode != want || method == http.MethodGet && res.Header.Get("Location") != "/login" {
		t.Errorf("%s %s with cookie %q: %d %s", method, path, cookie, res.StatusCode, res.Header.Get("Location"))
	}
}

func TestRolesAreCheckedByRoute(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.account(t, "amt", inventory.RoleOrganizer)
	s.account(t, "kasse1", inventory.RoleClerk)
	for _, c := range []struct {
		account string
		roles   []inventory.Role
		want    int
	}{
		{"amt", []inventory.Role{inventory.RoleOrganizer}, 204},
		{"kasse1", []inventory.Role{inventory.RoleOrganizer}, 403},
		{"kasse1", []inventory.Role{inventory.RoleClerk, inventory.RoleOrganizer}, 204},
		{"amt", nil, 403},
		{"kasse1", []inventory.Role{inventory.RolePublic, inventory.RoleSystem}, 403},
	} {
		b := s.desk(t)
		b.post("/login", url.Values{"user": {c.account}, "password": {deskPassword}}).want(200)
		req := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/x", http.NoBody)
		u, err := url.Parse(s.staff.URL)
		if err != nil {
			t.Fatal(err)
		}
		for _, cookie := range b.c.Jar.Cookies(u) {
			req.AddCookie(cookie)
		}
		rec := httptest.NewRecorder()
		s.site.StaffRouteFor(c.roles...).ServeHTTP(rec, req)
		if rec.Code != c.want {
			t.Errorf("%s at a page for %v: %d, want %d", c.account, c.roles, rec.Code, c.want)
		}
	}
}

// Forms of other sites are refused before anything is looked at.
func TestStaffFormsOfOtherSites(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://evil.example"}}} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.staff.URL+"/login", strings.NewReader("user=kasse1"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %d", header, res.StatusCode)
		}
	}
}
