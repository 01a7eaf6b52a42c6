package rehearsal

import (
	"context"
	"errors"
	"net"
	"net/url"
	"time"

	"einlass/internal/failpoint"
	"einlass/internal/fault"
)

// How often a crowd looks whether it is still welcome, and how many looks without an
// answer send it home: a target that is overloaded answers late, one that has closed its
// copy does not answer at all.
const (
	welcomeEvery = 5 * time.Second
	welcomeMiss  = 3
)

// mayCome asks the target whether the crowd is welcome. A crowd without a grant comes to
// this machine only: a demo sells to itself.
func mayCome(ctx context.Context, cfg *Config) (*Target, error) {
	if failpoint.Bug(failpoint.BugComesUnasked) {
		return nil, nil
	}
	if cfg.Grant == "" {
		if local(cfg.Base) && (cfg.Staff == "" || local(cfg.Staff)) {
			return nil, nil
		}
		return nil, fault.New(fault.Forbidden, "rehearsal: %s is another machine, and there is no grant; on it: einlass rehearse", cfg.Base)
	}
	t, err := NewTarget(cfg.Base, cfg.Grant, cfg.RootPEM)
	if err != nil {
		return nil, err
	}
	i, err := t.Ask(ctx)
	if err != nil {
		return nil, err
	}
	if !i.Begun {
		return nil, fault.New(fault.Forbidden, "rehearsal: the crowd was not announced")
	}
	return t, i.Allows(cfg.People, cfg.MinutesMax)
}

// local reports whether an address is this machine's own.
func local(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// stayWelcome calls leave as soon as the target no longer grants the rehearsal. It
// returns when ctx ends.
func stayWelcome(ctx context.Context, t *Target, leave func()) {
	tick := time.NewTicker(welcomeEvery)
	defer tick.Stop()
	for missed := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := t.Ask(ctx)
		switch {
		case err == nil:
			missed = 0
		case errors.Is(err, errRefused):
			missed = welcomeMiss
		default:
			missed++
		}
		if missed >= welcomeMiss && ctx.Err() == nil {
			leave()
			return
		}
	}
}
