package app

import (
	"context"
	"fmt"
	"strings"

	"einlass/internal/fault"
	"einlass/internal/store"
)

// verifyCmd is `einlass verify` and `einlass verify draw`.
type verifyCmd struct {
	Books verifyBooksCmd `cmd:"" default:"1" hidden:"" help:"Recompute every count from the bookings and name each difference."`
	Draw  verifyDrawCmd  `cmd:"" help:"Recompute a draw from its published files; needs no database."`
}

// verifyBooksCmd is `einlass verify`.
type verifyBooksCmd struct{}

// verified is what `einlass verify --json` writes.
type verified struct {
	Verify      string   `json:"verify"` // "ok" or "differs"
	Pools       int      `json:"pools"`
	Bookings    int      `json:"bookings"`
	Messages    int      `json:"messages"`
	Audits      int      `json:"audits"`
	Differences []string `json:"differences"`
}

func (c *verifyBooksCmd) run(s *shell) (r result, err error) {
	err = s.withStore(false, func(st *store.Store) error {
		v, err := st.Verify(s.ctx)
		if err == nil {
			r = reportVerification(v)
		}
		return err
	})
	return r, err
}

func reportVerification(v *store.Verification) result {
	out := verified{"ok", v.Pools, v.Bookings, v.Messages, v.Audits, append([]string{}, v.Differences...)}
	text := fmt.Sprintf("%s pools, %s bookings, %s messages and %s audit rows agree.", number(v.Pools), number(v.Bookings), number(v.Messages), number(v.Audits))
	if len(v.Differences) == 0 {
		return result{Object: out, Text: text}
	}
	out.Verify = "differs"
	text = fmt.Sprintf("%s differences:\n%s", number(len(v.Differences)), strings.Join(v.Differences, "\n"))
	return result{Object: out, Text: text, Code: exitFailed}
}

// withStore opens the database for one command, which may run beside a server.
func (s *shell) withStore(mayBeMade bool, f func(*store.Store) error) error {
	path, err := s.database(mayBeMade)
	if err != nil {
		return err
	}
	st, err := openStore(s.ctx, store.Options{Path: path, Guest: true})
	if err != nil {
		return err
	}
	if err := f(st); err != nil {
		st.Close() //nolint:errcheck // the first error is the one to tell
		return err
	}
	return st.Close()
}

// openStore opens a database and says which one it was when it cannot.
func openStore(ctx context.Context, o store.Options) (*store.Store, error) {
	st, err := store.Open(ctx, o)
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "database %s: %w", o.Path, err)
	}
	return st, nil
}
