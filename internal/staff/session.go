package staff

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"time"

	"einlass/internal/fault"
	"einlass/internal/store"
)

// How long a login lasts. A morning at the counter needs one; a screen that was
// forgotten is closed by the next day (OWASP ASVS 5.0, 7.3.1 and 7.3.2).
const (
	SessionIdle = 8 * time.Hour  // without a request
	SessionMax  = 12 * time.Hour // in all
	// sessionNoteEvery is how much idle time is used up before a request is noted
	// on disk: a clerk who works all morning costs 12 writes an hour, not 1,000.
	sessionNoteEvery = 5 * time.Minute
)

// sessionTokenBytes is the random part of a token: 256 bits (ASVS 5.0, 7.2.3
// asks for 128).
const sessionTokenBytes = 32

// Sessions are logins, kept on the server so that they can be ended there. Own
// code, not a library: tokens are looked up by digest, time is an argument, and
// a request that only looks writes nothing.
type Sessions struct{ accounts *Accounts }

// NewSessions returns the sessions of the accounts.
func NewSessions(a *Accounts) *Sessions { return &Sessions{accounts: a} }

// session is what a row says.
type session struct {
	Account string    `json:"account"`
	Opened  time.Time `json:"opened"`
}

// Open begins a session of an account that was authenticated and returns the
// token for the browser. Every login has a token of its own: one that was there
// before the login opens nothing.
func (s *Sessions) Open(account string, now time.Time) (token string, err error) {
	var raw [sessionTokenBytes]byte
	if _, err := io.ReadFull(s.accounts.rand, raw[:]); err != nil {
		return "", fault.New(fault.Unavailable, "draw a session token: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	return token, s.put(token, session{Account: account, Opened: now.UTC()}, now)
}

func (s *Sessions) put(token string, v session, now time.Time) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fault.New(fault.Internal, "session: %w", err)
	}
	return s.accounts.store.PutSession(store.SessionRow{Token: tokenDigest(token), Data: data, Expires: v.end(now)}, now)
}

// end is when the session ends if no request follows the one at now.
func (v session) end(now time.Time) time.Time {
	idle, all := now.Add(SessionIdle), v.Opened.Add(SessionMax)
	if idle.Before(all) {
		return idle
	}
	return all
}

// Account returns who the session belongs to, as the account is now. Forbidden
// if there is no such session, its time is over, or the account is closed.
func (s *Sessions) Account(ctx context.Context, token string, now time.Time) (Account, error) {
	row, err := s.accounts.store.Session(ctx, tokenDigest(token))
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Account{}, err
	}
	if err != nil || !now.Before(row.Expires) {
		return Account{}, fault.New(fault.Forbidden, "no session")
	}
	var v session
	if err := json.Unmarshal(row.Data, &v); err != nil {
		return Account{}, fault.New(fault.Internal, "stored session: %w", err)
	}
	account, err := s.accounts.Get(ctx, v.Account)
	if err != nil {
		return Account{}, err
	}
	if v.end(now).Sub(row.Expires) >= sessionNoteEvery {
		err = s.put(token, v, now)
	}
	return account, err
}

// Close ends a session at once.
func (s *Sessions) Close(token string) error {
	return s.accounts.store.DeleteSession(tokenDigest(token))
}

// tokenDigest is how a token is stored. It has 256 random bits, so that a quick
// digest cannot be guessed backwards.
func tokenDigest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// SetDisabled closes an account, or opens it again; NotFound if there is none of
// that id. A closed one is out with its next request, wherever it is logged in.
func (a *Accounts) SetDisabled(id string, disabled bool) error {
	return a.store.SetStaffDisabled(id, disabled)
}
