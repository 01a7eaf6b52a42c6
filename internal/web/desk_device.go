package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"einlass/internal/fault"
	"einlass/internal/ident"
)

// Limits of what a browser remembers of who has logged in with it (OWASP "Slow
// Down Online Guessing Attacks with Device Cookies").
const (
	// deviceAge is how long a browser counts as known after a login: whoever comes
	// back from half a year's leave is a stranger once.
	deviceAge = 180 * 24 * time.Hour
	// deviceAccountsMax is how many accounts one browser is known for: a counter
	// that a whole team shares.
	deviceAccountsMax = 10
)

// device is a browser that somebody has logged in with before, and for whom. It
// opens nothing: its tries are counted apart from those of strangers, who can
// therefore lock nobody out of the desk where they work.
type device struct {
	ID       string   `json:"id"`
	Accounts []string `json:"accounts"` // last login first
}

// Cookie and seal of a device.
const (
	deviceCookie  = "desk-device"
	devicePurpose = "desk device"
)

// device reads what the browser is known for; nothing if it does not say.
func (s *Site) device(r *deskRequest) (d device) {
	c, err := r.Cookie(r.hostCookie(deviceCookie))
	if err != nil {
		return device{}
	}
	body, err := s.Secret.Open(devicePurpose, c.Value, r.arrived)
	if err != nil || json.Unmarshal(body, &d) != nil {
		return device{}
	}
	return d
}

// keepDevice makes the browser known for an account that has just logged in.
func (s *Site) keepDevice(w http.ResponseWriter, r *deskRequest, d device, account string) error {
	if d.ID == "" {
		id, err := ident.New(s.Rand, r.arrived)
		if err != nil {
			return err
		}
		d.ID = id.String()
	}
	others := slices.DeleteFunc(d.Accounts, func(a string) bool { return a == account })
	d.Accounts = append([]string{account}, others...)
	d.Accounts = d.Accounts[:min(len(d.Accounts), deviceAccountsMax)]
	body, err := json.Marshal(d)
	if err != nil {
		return fault.New(fault.Internal, "device: %w", err)
	}
	token, err := s.Secret.Seal(s.Rand, devicePurpose, r.arrived.Add(deviceAge), body)
	if err != nil {
		return err
	}
	s.keepStaff(w, r, deviceCookie, token, deviceAge)
	return nil
}

func (d device) knows(user string) bool { return slices.Contains(d.Accounts, user) }

// loginKeys are what a try to log in is counted by: a known browser by itself,
// everybody else by address and account.
func (d device) loginKeys(remote, user string) []pauseKey {
	if d.knows(user) {
		return []pauseKey{{"d " + d.ID + " " + user, fromDevice}}
	}
	address := AddressOf(remote).String()
	return []pauseKey{{"h " + address + " " + user, fromHere}, {"a " + address, fromAddress}, {"u " + user, fromAnywhere}}
}
