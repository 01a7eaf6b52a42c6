package staff_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/staff"
)

var eight = time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)

func opened(t *testing.T) (*staff.Sessions, string) {
	t.Helper()
	a, _ := accounts(t)
	if err := a.Create("kasse1", "Erika Muster", inventory.RoleClerk, password); err != nil {
		t.Fatal(err)
	}
	s := staff.NewSessions(a)
	token, err := s.Open("kasse1", eight)
	if err != nil {
		t.Fatal(err)
	}
	return s, token
}

func TestSessionsEnd(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		asks []time.Duration // after the login
		ok   bool            // the last of them
	}{
		"at once":                {[]time.Duration{0}, true},
		"just before idle":       {[]time.Duration{8*time.Hour - time.Second}, true},
		"idle":                   {[]time.Duration{8 * time.Hour}, false},
		"idle after work":        {[]time.Duration{time.Hour, 9 * time.Hour}, false},
		"work keeps it open":     {[]time.Duration{5 * time.Hour, 11 * time.Hour}, true},
		"not beyond twelve":      {[]time.Duration{5 * time.Hour, 11 * time.Hour, 12 * time.Hour}, false},
		"many looks, few writes": {[]time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Hour}, false},
	} {
		s, token := opened(t)
		var err error
		for _, after := range c.asks {
			_, err = s.Account(ctx, token, eight.Add(after))
		}
		if (err == nil) != c.ok || err != nil && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokensAreOneOfAKindAndEnd(t *testing.T) {
	ctx := context.Background()
	s, token := opened(t)
	other, err := s.Open("kasse1", eight)
	if err != nil || other == token || len(token) < 22 {
		t.Fatalf("%q %q %v", token, other, err)
	}
	got, err := s.Account(ctx, token, eight)
	if err != nil || got.ID != "kasse1" || got.Role != inventory.RoleClerk {
		t.Fatalf("%+v %v", got, err)
	}
	for _, wrong := range []string{"", "x", strings.ToUpper(token), token + "A", token[:len(token)-1]} {
		if _, err := s.Account(ctx, wrong, eight); fault.KindOf(err) != fault.Forbidden || err == nil {
			t.Errorf("token %q: %v", wrong, err)
		}
	}
	for range 2 {
		if err := s.Close(token); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Account(ctx, token, eight); fault.KindOf(err) != fault.Forbidden || err == nil {
		t.Errorf("after logging out: %v", err)
	}
	if _, err := s.Account(ctx, other, eight); err != nil {
		t.Errorf("the other screen was logged out as well: %v", err)
	}
}

func TestClosedAccountsHaveNoSession(t *testing.T) {
	ctx := context.Background()
	a, _ := accounts(t)
	if err := a.Create("kasse1", "Erika Muster", inventory.RoleClerk, password); err != nil {
		t.Fatal(err)
	}
	s := staff.NewSessions(a)
	token, err := s.Open("kasse1", eight)
	if err != nil {
		t.Fatal(err)
	}
	for _, closed := range []bool{false, true, false} {
		if err := a.SetDisabled("kasse1", closed); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Account(ctx, token, eight); (err != nil) != closed || err != nil && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("closed %v: %v", closed, err)
		}
	}
	if err := a.SetDisabled("nobody", true); fault.KindOf(err) != fault.NotFound || err == nil {
		t.Errorf("unknown account: %v", err)
	}
}
