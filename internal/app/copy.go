package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"einlass/internal/catalog"
	"einlass/internal/failpoint"
	"einlass/internal/fault"
	"einlass/internal/mail/sink"
	"einlass/internal/setup"
	"einlass/internal/store"
)

// A marked copy is a sale on which a rehearsal may do what it likes: a database of its
// own beside the real one, on the same disk, with the same rules and slots and without
// any person; a server of its own in the same process; a receiver of its own for its
// mails. It is marked three times, so that nobody takes it for real and nothing real for
// it: its folder by name and by a file in it, its database by a row without which its
// server does not start, and every page by a banner.
type saleCopy struct {
	grant    store.Grant
	sale     store.StoredSale // the real one
	folder   string
	stage    *stage // plan, clock, sink, server, password
	front    *copyFront
	meter    *loadMeter
	sampling context.CancelFunc
}

const (
	// copyInfix is in the name of every copy's folder, after that of the database.
	copyInfix = ".rehearsal-"
	// copyNote is the file in it that says so, and copyText what stands in it.
	copyNote = "REHEARSAL"
	copyText = "The copy of a sale, made for a rehearsal. Nothing in this folder counts; it can be deleted.\n"
	copyDB   = "einlass.db"
	copyMode = 0o700
)

// How long, in real time, a copy's clock runs before its sale opens, where numbers can be
// drawn before: long enough that those who come early are no storm of their own. Without
// a room nobody comes earlier.
const (
	earlyLeast  = 3 * time.Second
	earlyMost   = time.Minute
	earlyPerSec = 1_000 // people of the quarter that comes early
)

// copyFilesSpare is how many open files a copy leaves to the real sale, beside those in
// use: whoever comes meanwhile for real finds the door open.
const copyFilesSpare = 1_000

// sweepCopies deletes what a server that was killed has left of its rehearsals. It
// touches nothing that is not marked, inside, as a copy.
func sweepCopies(log *slog.Logger, db string) error {
	folders, err := filepath.Glob(globSafe(db) + copyInfix + "*")
	if err != nil {
		return fault.New(fault.Internal, "copies of %s: %w", db, err)
	}
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, copyNote))
		switch {
		case err == nil && string(text) == copyText:
			if err := os.RemoveAll(folder); err != nil {
				return fault.New(fault.Unavailable, "delete the copy %s: %w", folder, err)
			}
			say(log, "rehearsal: the copy %s of an earlier run is deleted", filepath.Base(folder))
		case os.Remove(folder) == nil: // empty: the run ended before it could be marked
		default:
			warn(log, "rehearsal: %s is named as a copy and not marked as one; it is left alone", folder)
		}
	}
	return nil
}

// globSafe writes a name so that a pattern means it literally.
func globSafe(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// openCopy makes the copy that a grant asks for and starts its server. What was made is
// taken away again on an error.
func (s *Server) openCopy(ctx context.Context, g store.Grant, sale *store.StoredSale) (c *saleCopy, err error) {
	c = &saleCopy{grant: g, sale: *sale, stage: &stage{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
			c = nil
		}
	}()
	st := c.stage
	if st.plan, err = setup.Copy(ctx, s.store, sale, s.out.Rand); err != nil {
		return c, err
	}
	if st.plan.Places() == 0 {
		return c, fault.New(fault.Invalid, "the sale has no places")
	}
	st.password = strings.ToLower(rand.Text())
	begin := st.plan.Sale.Opens.Add(-time.Duration(float64(c.lead()) * g.Pace))
	if err = c.furnish(ctx, filepath.Clean(s.path), begin); err != nil {
		return c, err
	}
	st.clock = StandingClock(begin, g.Pace)
	if st.sink, err = sink.Start(sink.Options{Keep: 1, Now: st.clock.Now}); err != nil {
		return c, err
	}
	c.front = newCopyFront(c)
	st.server, err = Start(ctx, st.path(copyDB), c.config(s), Outside{
		Clock: st.clock, Log: slog.New(quiet{s.log.With("rehearsal", g.ID).Handler()}), Hurry: true, Copy: c.front, Die: c.die,
	})
	if err != nil {
		return c, err
	}
	c.startMeter()
	return c, nil
}

// lead is how long, in real time, the copy's clock runs before the sale opens.
func (c *saleCopy) lead() time.Duration {
	return demoLead + c.early()
}

// early is within what time before the opening, in real time, people draw numbers.
func (c *saleCopy) early() time.Duration {
	if c.sale.Allocation != catalog.AllocateRoom {
		return 0
	}
	come := float64(c.grant.People) * earlyShare
	return min(earlyLeast+time.Duration(come/earlyPerSec*float64(time.Second)), earlyMost)
}

// furnish makes the folder and the database, marks both, and applies rules and slots.
func (c *saleCopy) furnish(ctx context.Context, db string, begin time.Time) error {
	var name [4]byte
	if _, err := rand.Read(name[:]); err != nil {
		return fault.New(fault.Unavailable, "name a copy: %w", err)
	}
	folder := db + copyInfix + hex.EncodeToString(name[:])
	if err := os.Mkdir(folder, copyMode); err != nil {
		return fault.New(fault.Unavailable, "make a copy: %w", err)
	}
	c.folder, c.stage.dir = folder, folder
	if err := os.WriteFile(filepath.Join(folder, copyNote), []byte(copyText), lockMode); err != nil {
		return fault.New(fault.Unavailable, "mark a copy: %w", err)
	}
	copied, err := openStore(ctx, store.Options{Path: c.stage.path(copyDB)})
	if err != nil {
		return err
	}
	err = copied.MarkCopy(begin)
	if err == nil {
		_, err = setup.Apply(ctx, copied, c.stage.plan, begin, false)
	}
	if err == nil {
		err = c.stage.hire(copied, c.grant.Clerks)
	}
	return errors.Join(err, copied.Close())
}

// config is the copy's: as the real server's, but with listeners of its own, the sink for
// a relay, and without limits by address: a crowd from one machine stands for people from
// as many places.
func (c *saleCopy) config(s *Server) Config {
	public, host := cmp.Or(s.cfg.Rehearsal, anyPort), "127.0.0.1"
	if h, _, err := net.SplitHostPort(public); err == nil {
		host = h
	}
	cfg := Config{
		Public: public, Staff: net.JoinHostPort(host, "0"), Ops: "127.0.0.1:0", Rehearsal: anyPort,
		Connections: copyConnections(s), PerAddress: connectionsMax, CartsPerAddress: cartsMax, NumbersPerNetwork: numbersMax,
		Mail: MailConfig{Relay: relayAddress(c.stage.sink), From: "rehearsal@einlass.invalid", TLS: "none"},
	}
	if failpoint.Bug(failpoint.BugMailsForReal) {
		cfg.Mail = s.cfg.Mail
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() { // a certificate names no loopback
		cfg.TLSCert, cfg.TLSKey = s.cfg.TLSCert, s.cfg.TLSKey
	}
	return cfg
}

// anyPort is any free port of this machine alone.
const anyPort = "127.0.0.1:0"

// copyConnections is how many public connections the copy may have: what the limit of
// open files leaves beside the real sale.
func copyConnections(s *Server) int {
	files := raiseFiles()
	if files == 0 {
		return connectionsMax
	}
	busy := s.public.door.open() + copyFilesSpare
	return max(1, min(connectionsMax, files-busy-2*(staffConnections+opsConnections+filesSpare)))
}

// die is what happens when nobody knows what is on the disk of the copy: the goroutine
// that found it out ends, the copy is closed, and the real sale goes on.
func (c *saleCopy) die(int) {
	c.front.end("nobody knows what is on the disk of the copy")
	runtime.Goexit()
}

// close takes the copy down, whatever it is doing, and deletes it.
func (c *saleCopy) close() error {
	var errs []error
	if c.sampling != nil {
		c.sampling()
		<-c.meter.done
	}
	if c.stage.server != nil {
		errs = append(errs, c.stage.server.abandon())
	}
	if c.stage.sink != nil {
		c.stage.sink.Close()
	}
	if c.folder != "" {
		if err := os.RemoveAll(c.folder); err != nil {
			errs = append(errs, fault.New(fault.Unavailable, "delete the copy: %w", err))
		}
	}
	return errors.Join(errs...)
}
