package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"einlass/internal/fault"
	"einlass/internal/locale"
	"einlass/internal/store"
)

// What a start needs and what it warns of.
const (
	filesMin      = 1_200 + filesSpare // open files: staff's share and a small public side
	diskMin       = 256 << 20          // bytes free: below it a sale would stop in its middle
	diskEnough    = 2 << 30            // bytes free: a season of bookings with its log
	clockBack     = 5 * time.Minute    // how far a clock may be set back between two runs
	relayPatience = 3 * time.Second    // for the mail relay to accept a connection
	coresEnough   = 2                  // one for the sale, one for the pages
	outageMin     = 2 * time.Second    // shorter absences are not added to holds
)

// say writes one sentence to the log of the start.
func say(log *slog.Logger, format string, args ...any) { log.Info(fmt.Sprintf(format, args...)) }

// warn writes a sentence that an operator should act on.
func warn(log *slog.Logger, format string, args ...any) { log.Warn(fmt.Sprintf(format, args...)) }

// number writes a count with separators.
func number(n int) string { return locale.Number(locale.English, int64(n)) }

// checkFiles raises the open-files limit as far as it goes and returns how many
// public connections that carries. Unavailable if it carries next to none.
func checkFiles(log *slog.Logger, wanted int) (int, error) {
	files := raiseFiles()
	if files == 0 { // the system does not tell
		return connectionsOr(wanted, connectionsMax), nil
	}
	if files < filesMin {
		return 0, fault.New(fault.Unavailable, "only %s files may be open; at least %s are needed: raise the limit (ulimit -n, LimitNOFILE)", number(files), number(filesMin))
	}
	carries := min(connectionsMax, files-staffConnections-opsConnections-filesSpare)
	if wanted > carries {
		return 0, fault.New(fault.Unavailable, "--connections %s needs %s open files, %s are allowed: raise the limit (ulimit -n, LimitNOFILE)",
			number(wanted), number(wanted+files-carries), number(files))
	}
	n := connectionsOr(wanted, carries)
	say(log, "open files: %s are allowed; that carries %s public connections beside %s of the staff", number(files), number(n), number(staffConnections))
	return n, nil
}

func connectionsOr(wanted, most int) int {
	if wanted > 0 {
		return wanted
	}
	return most
}

// checkDisk looks at the space where the database grows.
func checkDisk(log *slog.Logger, db string) error {
	free, known := diskFree(filepath.Dir(db))
	switch {
	case !known:
		return nil
	case free < diskMin:
		return fault.New(fault.Unavailable, "the disk of %s has %s MB free; at least %d MB are needed to sell safely", db, number(int(free>>20)), diskMin>>20)
	case free < diskEnough:
		warn(log, "disk: %s MB are free; a long sale may need more", number(int(free>>20)))
	default:
		say(log, "disk: %s GB are free", number(int(free>>30)))
	}
	return nil
}

// checkMachine tells what we run on.
func checkMachine(log *slog.Logger) {
	if n := runtime.GOMAXPROCS(0); n < coresEnough {
		warn(log, "processors: %d; two are needed to keep the staff fast while the public side is full", n)
	} else {
		say(log, "processors: %d", n)
	}
}

// checkStore says what durability rests on; store.Open has refused anything else.
func checkStore(log *slog.Logger, s *store.Store) error {
	f, err := s.Facts()
	if err != nil {
		return err
	}
	say(log, "database: %s, SQLite %s, journal %s, synchronous %s, page checksums %s", f.Path, f.SQLite, f.Journal,
		named(f.Synchronous, "off", "normal", "full", "extra"), named(f.Checksums, "off", "on"))
	return nil
}

// named gives a pragma's number its name.
func named(value string, names ...string) string {
	if n, err := strconv.Atoi(value); err == nil && n >= 0 && n < len(names) {
		return names[n]
	}
	return value
}

// checkClock refuses a clock that shows a time before the program was built, or
// before the installation was last alive: sales would open and holds end at the
// wrong moment. built is zero where it does not matter.
func checkClock(now, alive, built time.Time) error {
	const layout = "2006-01-02 15:04:05 MST"
	switch {
	case now.Before(built):
		return fault.New(fault.Unavailable, "the clock shows %s, before this program was made (%s): set it right", now.Format(layout), built.Format(layout))
	case now.Before(alive.Add(-clockBack)):
		return fault.New(fault.Unavailable, "the clock shows %s, but this installation was alive at %s: set it right", now.UTC().Format(layout), alive.Format(layout))
	}
	return nil
}

// builtAt is when the program's source was last changed, zero if nobody knows.
func builtAt() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

// checkRelay warns when the mail relay does not answer. It runs beside the start:
// nothing in the way of a booking waits for it.
func checkRelay(ctx context.Context, log *slog.Logger, address string) {
	if address == "" {
		warn(log, "mail: there is no relay (--mail-relay); messages wait in the outbox")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, relayPatience)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		if ctx.Err() != context.Canceled {
			warn(log, "mail: the relay %s does not answer; messages wait in the outbox until it does", address)
		}
		return
	}
	c.Close() //nolint:errcheck // only to see whether somebody is there
	say(log, "mail: the relay %s answers", address)
}
