package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"einlass/internal/inventory"
)

// attack tries wrong passwords for an account, and many other names, until the
// address and the account are paused.
func (s *shop) attack(t *testing.T, user string) {
	t.Helper()
	b := s.desk(t)
	for i := range 60 {
		b.post("/login", url.Values{"user": {user}, "password": {"falsch"}})
		b.post("/login", url.Values{"user": {fmt.Sprintf("erfunden%d", i)}, "password": {"falsch"}})
	}
	b.want(429, "Zu viele Versuche")
}

func (b *browser) login(user, password string) *browser {
	b.t.Helper()
	return b.post("/login", url.Values{"user": {user}, "password": {password}})
}

// Whoever attacks from within the office, or knows an account's name, locks out
// strangers' browsers for a while and nobody at the desk they always use.
func TestADeskThatIsKnownIsNotLockedOut(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	for _, id := range []string{"kasse1", "kasse2", "kasse3"} {
		s.account(t, id, inventory.RoleClerk)
	}
	shared, other := s.desk(t), s.desk(t) // a counter that two share, and somebody else's
	for _, id := range []string{"kasse1", "kasse2"} {
		shared.login(id, deskPassword).want(200, `data-page="desk"`)
		shared.post("/logout", nil)
	}
	other.login("kasse3", deskPassword).want(200)
	other.post("/logout", nil)
	s.attack(t, "kasse1")
	for _, id := range []string{"kasse1", "kasse2"} {
		s.desk(t).login(id, deskPassword).want(429) // a new browser behind the same router
		shared.login(id, deskPassword).want(200, `data-page="desk"`)
		shared.post("/logout", nil)
	}
	other.login("kasse1", deskPassword).want(429) // known, but for somebody else
	other.login("kasse3", deskPassword).want(200, `data-page="desk"`)
}

// A known browser has tries of its own, and no more than others.
func TestAKnownDeskIsNoWayAroundThePauses(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.account(t, "kasse1", inventory.RoleClerk)
	stolen, home := s.desk(t), s.desk(t)
	for _, b := range []*browser{stolen, home} {
		b.login("kasse1", deskPassword).want(200)
		b.post("/logout", nil)
	}
	looked := 0
	for range 20 {
		if stolen.login("kasse1", "falsch"); stolen.code == 403 {
			looked++
		}
	}
	if looked != 5 {
		t.Errorf("%d passwords were looked at, want 5", looked)
	}
	stolen.login("kasse1", deskPassword).want(429)
	home.login("kasse1", deskPassword).want(200)
	s.offset.Store(int64(20 * time.Minute))
	stolen.login("kasse1", deskPassword).want(200)
}

// A device cookie that is changed, made up or too old makes a stranger.
func TestOnlyOurOwnDeviceCookiesCount(t *testing.T) {
	s := newShop(t, "ennepe-ruhr")
	s.account(t, "kasse1", inventory.RoleClerk)
	known := s.desk(t)
	known.login("kasse1", deskPassword).want(200)
	u, err := url.Parse(s.staff.URL)
	if err != nil {
		t.Fatal(err)
	}
	token, session := "", ""
	for _, c := range known.c.Jar.Cookies(u) {
		switch c.Name {
		case "desk-device":
			token = c.Value
		case "desk":
			session = c.Value
		}
	}
	changed := "A" + token[1:]
	if changed == token {
		changed = "B" + token[1:]
	}
	s.attack(t, "kasse1")
	for name, value := range map[string]string{
		"none": "", "made up": strings.Repeat("A", 120), "cut": token[:len(token)-4], "changed": changed, "a session": session,
	} {
		b := s.desk(t)
		b.c.Jar.SetCookies(u, []*http.Cookie{{Name: "desk-device", Value: value}})
		if b.login("kasse1", deskPassword); b.code != 429 {
			t.Errorf("%s: %d", name, b.code)
		}
	}
	s.offset.Store(int64(181 * 24 * time.Hour))
	s.attack(t, "kasse1")
	known.login("kasse1", deskPassword).want(429)
}
