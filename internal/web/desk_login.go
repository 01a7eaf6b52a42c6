package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
)

type loginBody struct {
	User, Wrong string
}

// accountMax is the longest account name looked at, in bytes.
const accountMax = 40

// loginForm asks for account and password; who is logged in goes on.
func (s *Site) loginForm(w http.ResponseWriter, r *deskRequest) error {
	_, err := s.signedIn(r)
	if err == nil {
		return see(w, "/desk")
	}
	if fault.KindOf(err) != fault.Forbidden {
		return err
	}
	return s.showLogin(w, r, http.StatusOK, loginBody{})
}

func (s *Site) showLogin(w http.ResponseWriter, r *deskRequest, status int, b loginBody) error {
	p := s.deskPlain(r, "login", r.t("login.title"))
	p.Home, p.Here, p.Nav = "/login", "/login", nil
	p.Body = b
	return s.show(w, r.request, status, p)
}

// login checks the password and opens a session. A wrong name and a wrong
// password are answered alike.
func (s *Site) login(w http.ResponseWriter, r *deskRequest) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "form: %w", err)
	}
	user := strings.ToLower(strings.TrimSpace(r.PostFormValue("user")))
	if len(user) > accountMax {
		user = ""
	}
	device := s.device(r)
	keys := device.loginKeys(r.RemoteAddr, user)
	if err := s.logins.take(r.arrived, keys...); err != nil {
		return s.loginPaused(w, r, user, err)
	}
	account, err := s.accounts.Authenticate(r.ctx(), user, r.PostFormValue("password"))
	if err != nil && fault.KindOf(err) == fault.Forbidden {
		s.Log.Warn("login refused", "known_device", device.knows(user))
		return s.showLogin(w, r, http.StatusForbidden, loginBody{User: user, Wrong: r.t("login.wrong")})
	}
	if err != nil {
		return err
	}
	s.logins.right(keys...)
	if err := s.endSession(r); err != nil { // one that was open in this browser
		return err
	}
	token, err := s.sessions.Open(account.ID, r.arrived)
	if err != nil {
		return err
	}
	if err := s.keepDevice(w, r, device, account.ID); err != nil {
		return err
	}
	s.keepStaff(w, r, sessionCookie, token, 0)
	s.Log.Info("login", "account", account.ID)
	return see(w, "/desk")
}

// loginPaused says how long to wait.
func (s *Site) loginPaused(w http.ResponseWriter, r *deskRequest, user string, err error) error {
	wait := time.Second
	if e := fault.As(err); e != nil {
		wait = e.RetryAfter.Truncate(time.Second) + time.Second
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
	return s.showLogin(w, r, http.StatusTooManyRequests, loginBody{User: user, Wrong: r.t("login.wait", locale.Data{"Wait": locale.Duration(r.lang, wait)})})
}

// logout ends the session on the server, then in the browser.
func (s *Site) logout(w http.ResponseWriter, r *deskRequest) error {
	if err := s.endSession(r); err != nil {
		return err
	}
	s.keepStaff(w, r, sessionCookie, "", 0)
	return see(w, "/login")
}

// endSession ends the session the browser has, if any.
func (s *Site) endSession(r *deskRequest) error {
	c, err := r.Cookie(r.hostCookie(sessionCookie))
	if err != nil {
		return nil // it has none
	}
	return s.sessions.Close(c.Value)
}
