// Package staff knows who works here: accounts, roles and passwords.
//
// It promises that a password is kept only as an argon2id hash, that a wrong name
// and a wrong password look and last alike, and that guessing cannot eat the
// machine: few passwords are checked at the same time. It never writes a name or
// a password into an error.
package staff

import (
	"context"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"einlass/internal/fault"
	"einlass/internal/inventory"
	"einlass/internal/store"
)

// Limits of an account.
const (
	// PasswordMin is in characters: NIST SP 800-63B-4 asks for eight at least
	// beside a second factor and fifteen without; twelve typed at a counter with
	// people waiting is where we draw the line.
	PasswordMin = 12
	passwordMax = 256 // bytes; longer ones only cost time
	nameMax     = 120 // bytes
	// checksAtOnce is how many passwords are checked at the same time: 19 MiB and
	// one core for about 20 ms each, on a machine with two cores.
	checksAtOnce = 2
)

// Account is somebody who works here.
type Account struct {
	ID       string         `json:"id"` // what one logs in with; in the audit
	Name     string         `json:"name"`
	Role     inventory.Role `json:"-"`
	Disabled bool           `json:"disabled,omitempty"`
}

// Accounts creates, lists and checks accounts.
type Accounts struct {
	store  *store.Store
	rand   io.Reader
	checks chan struct{} // one slot per password that is being checked
	nobody *hashed       // what a name without an account is compared with
}

// New returns the accounts of a store. r gives the salts: crypto/rand.
func New(s *store.Store, r io.Reader) (*Accounts, error) {
	text, err := hash(r, "")
	if err != nil {
		return nil, err
	}
	nobody, err := parseHash(text)
	if err != nil {
		return nil, err
	}
	return &Accounts{store: s, rand: r, checks: make(chan struct{}, checksAtOnce), nobody: nobody}, nil
}

// idForm keeps ids easy to type and safe to log.
var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)

// Create adds an account. Invalid if something about it is not allowed, Conflict
// if the id is taken.
func (a *Accounts) Create(id, name string, role inventory.Role, password string) error {
	if err := check(id, name, role, password); err != nil {
		return err
	}
	text, err := hash(a.rand, password)
	if err != nil {
		return err
	}
	return a.store.AddStaff(store.StaffRow{ID: id, Name: name, Role: role, Password: text})
}

func check(id, name string, role inventory.Role, password string) error {
	switch {
	case !idForm.MatchString(id):
		return fault.New(fault.Invalid, "an account id has 1 to 40 characters: a-z, 0-9, dot, dash and underscore, a letter or digit first")
	case strings.TrimSpace(name) == "" || len(name) > nameMax || !printable(name):
		return fault.New(fault.Invalid, "a name is needed, of at most %d bytes", nameMax)
	case RoleName(role) == noRole:
		return fault.New(fault.Invalid, "a role is needed: clerk, organizer or technical")
	case utf8.RuneCountInString(password) < PasswordMin:
		return fault.New(fault.Invalid, "the password has fewer than %d characters", PasswordMin)
	case len(password) > passwordMax || !utf8.ValidString(password):
		return fault.New(fault.Invalid, "the password is longer than %d bytes or no UTF-8", passwordMax)
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// List returns every account in the order of their ids.
func (a *Accounts) List(ctx context.Context) ([]Account, error) {
	rows, err := a.store.StaffAccounts(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Account, len(rows))
	for i, r := range rows {
		out[i] = account(r)
	}
	return out, nil
}

func account(r store.StaffRow) Account {
	return Account{ID: r.ID, Name: r.Name, Role: r.Role, Disabled: r.Disabled}
}

// Authenticate returns the account if the password is right. Forbidden otherwise,
// without telling whether the account exists; Unavailable if ctx ends while
// others are being checked.
func (a *Accounts) Authenticate(ctx context.Context, id, password string) (Account, error) {
	select {
	case a.checks <- struct{}{}:
		defer func() { <-a.checks }()
	case <-ctx.Done():
		return Account{}, fault.New(fault.Unavailable, "gave up waiting to check a password: %w", ctx.Err())
	}
	row, known, err := a.stored(ctx, id)
	if err != nil {
		return Account{}, err
	}
	if len(password) > passwordMax {
		password = "" // nobody has one: costs what every other one costs
	}
	if fits := known.matches(password); !fits || known == a.nobody || row.Disabled {
		return Account{}, fault.New(fault.Forbidden, "wrong account or password")
	}
	return account(row), nil
}

// stored returns the account and its hash, or nobody's hash if there is none.
func (a *Accounts) stored(ctx context.Context, id string) (store.StaffRow, *hashed, error) {
	if !idForm.MatchString(id) {
		return store.StaffRow{}, a.nobody, nil
	}
	row, err := a.store.Staff(ctx, id)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return store.StaffRow{}, a.nobody, nil
	}
	if err != nil {
		return store.StaffRow{}, nil, err
	}
	known, err := parseHash(row.Password)
	return row, known, err
}

// Get returns an account without its password being checked, for a session that
// was opened earlier: Forbidden if it is disabled or gone meanwhile.
func (a *Accounts) Get(ctx context.Context, id string) (Account, error) {
	row, err := a.store.Staff(ctx, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Account{}, err
	}
	if err != nil || row.Disabled {
		return Account{}, fault.New(fault.Forbidden, "the account is closed")
	}
	return account(row), nil
}

var roleNames = map[string]inventory.Role{"clerk": inventory.RoleClerk, "organizer": inventory.RoleOrganizer, "technical": inventory.RoleTechnical}

// ParseRole reads a role's name; Invalid if there is none of that name.
func ParseRole(name string) (inventory.Role, error) {
	if r, ok := roleNames[name]; ok {
		return r, nil
	}
	return 0, fault.New(fault.Invalid, "no role %q: use clerk, organizer or technical", name)
}

// noRole is the name of a role that no account has.
const noRole = "none"

// RoleName is the name ParseRole reads; "none" for a role that no account has.
func RoleName(role inventory.Role) string {
	for name, r := range roleNames {
		if r == role {
			return name
		}
	}
	return noRole
}
