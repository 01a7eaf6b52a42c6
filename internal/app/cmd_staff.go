package app

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"einlass/internal/fault"
	"einlass/internal/staff"
	"einlass/internal/store"

	"golang.org/x/term"
)

// staffCmd is `einlass staff add|list|close|reopen`.
type staffCmd struct {
	Add    staffAddCmd    `cmd:"" help:"Open an account. The password is asked for, or read from a file or standard input."`
	List   staffListCmd   `cmd:"" help:"List the accounts."`
	Close  staffCloseCmd  `cmd:"" help:"Close an account: it is out with its next request."`
	Reopen staffReopenCmd `cmd:"" help:"Open a closed account again."`
}

type staffCloseCmd struct {
	ID string `arg:"" help:"The account."`
}

func (c *staffCloseCmd) run(s *shell) (result, error) { return s.setDisabled(c.ID, true, "closed") }

type staffReopenCmd struct {
	ID string `arg:"" help:"The account."`
}

func (c *staffReopenCmd) run(s *shell) (result, error) { return s.setDisabled(c.ID, false, "open") }

func (s *shell) setDisabled(id string, disabled bool, now string) (result, error) {
	err := s.withStore(true, func(st *store.Store) error {
		accounts, err := staff.New(st, rand.Reader)
		if err != nil {
			return err
		}
		return accounts.SetDisabled(id, disabled)
	})
	if err != nil {
		return result{}, err
	}
	return result{Object: map[string]string{"account": id, "now": now}, Text: "The account " + id + " is " + now + "."}, nil
}

type staffAddCmd struct {
	ID           string `arg:"" help:"What one logs in with: a-z, 0-9, dot, dash, underscore."`
	Name         string `required:"" placeholder:"NAME" help:"The person's name."`
	Role         string `required:"" enum:"clerk,organizer,technical" help:"What the account may do: ${enum}."`
	PasswordFile string `placeholder:"FILE" help:"File whose first line is the password."`
}

func (c *staffAddCmd) run(s *shell) (r result, err error) {
	role, err := staff.ParseRole(c.Role)
	if err != nil {
		return r, err
	}
	password, err := s.password(c.PasswordFile)
	if err != nil {
		return r, err
	}
	err = s.withStore(true, func(st *store.Store) error {
		accounts, err := staff.New(st, rand.Reader)
		if err != nil {
			return err
		}
		return accounts.Create(c.ID, c.Name, role, password)
	})
	if err != nil {
		return r, err
	}
	return result{Object: map[string]string{"added": c.ID}, Text: "The account " + c.ID + " is open."}, nil
}

// passwordBytes bounds what is read as a password.
const passwordBytes = 4 << 10

// password reads from the file, from the keyboard without showing it, or the
// first line of standard input.
func (s *shell) password(file string) (string, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return "", fault.New(fault.Unavailable, "--password-file: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		return firstLine(f)
	}
	if f, ok := s.In.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return s.ask(f)
	}
	return firstLine(s.In)
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, passwordBytes)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fault.New(fault.Unavailable, "read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// ask asks twice, because nobody sees what they type.
func (s *shell) ask(keyboard *os.File) (string, error) {
	var typed [2]string
	for i, question := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(s.Err, question) //nolint:errcheck // the next line would fail too
		line, err := term.ReadPassword(int(keyboard.Fd()))
		fmt.Fprintln(s.Err) //nolint:errcheck // as above
		if err != nil {
			return "", fault.New(fault.Unavailable, "read the password: %w", err)
		}
		typed[i] = string(line)
	}
	if typed[0] != typed[1] {
		return "", fault.New(fault.Invalid, "the two passwords differ; nothing was changed")
	}
	return typed[0], nil
}

type staffListCmd struct{}

// listed is one account of `einlass staff list --json`.
type listed struct {
	staff.Account
	Role string `json:"role"`
}

func (c *staffListCmd) run(s *shell) (r result, err error) {
	err = s.withStore(false, func(st *store.Store) error {
		accounts, err := staff.New(st, rand.Reader)
		if err != nil {
			return err
		}
		all, err := accounts.List(s.ctx)
		if err == nil {
			r = reportAccounts(all)
		}
		return err
	})
	return r, err
}

func reportAccounts(all []staff.Account) result {
	out := make([]listed, len(all))
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for i, a := range all {
		out[i] = listed{a, staff.RoleName(a.Role)}
		state := ""
		if a.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", a.ID, out[i].Role, a.Name, state)
	}
	t.Flush() //nolint:errcheck // a strings.Builder never refuses
	if len(all) == 0 {
		text.WriteString("There are no accounts yet; see: einlass staff add --help")
	}
	return result{Object: map[string]any{"accounts": out}, Text: text.String()}
}
