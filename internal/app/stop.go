package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"einlass/internal/fault"
)

// How long a stop may take. Together they stay below ten seconds, which is what
// service managers are patient for.
const (
	requestsWithin = 5 * time.Second // requests under way
	partsWithin    = 2 * time.Second // expiry, schedule, mail
	queueWithin    = 2 * time.Second // the committer's queue: 500 commands take about 10 ms
)

// Stop ends the server in this order: no new holds; nobody new at the doors and
// everybody who is inside is answered; what runs by itself ends; the queue is
// finished; the database is closed. It may be called more than once.
func (s *Server) Stop() error {
	s.stopOnce.Do(func() { s.stopErr = s.shutdown() })
	return s.stopErr
}

func (s *Server) shutdown() error {
	begin := time.Now()
	s.closing.Store(true)
	say(s.log, "stopping: no new places are held; what was begun is finished")
	s.site.Quit()
	err := s.shutDoors()
	s.stop()
	if !ended(s.partsEnded(), partsWithin) {
		err = errors.Join(err, fault.New(fault.Unavailable, "a part of the server did not end in time"))
	}
	s.committer.Close()
	if !ended(s.decided, queueWithin) {
		// The store stays open under the committer's feet: the end of the process
		// ends both, and whatever was not committed was not promised.
		return errors.Join(err, fault.New(fault.Unavailable, "the queue was not finished in time"))
	}
	s.beat()
	err = errors.Join(err, s.close())
	say(s.log, "stopped after %s", time.Since(begin).Round(time.Millisecond))
	return err
}

// shutDoors shuts the listeners, the public one and the staff's at the same time;
// health and metrics go last.
func (s *Server) shutDoors() error {
	ctx, cancel := context.WithTimeout(context.Background(), requestsWithin)
	defer cancel()
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, side := range []*side{s.public, s.staff} {
		wg.Go(func() { errs[i] = side.shut(ctx) })
	}
	wg.Wait()
	return errors.Join(append(errs, s.ops.shut(ctx))...)
}

func (s *Server) partsEnded() <-chan struct{} {
	done := make(chan struct{})
	go func() { s.parts.Wait(); close(done) }()
	return done
}

// abandonWithin is how long each step of giving up a copy may take.
const abandonWithin = time.Second

// abandon ends the server of a copy at once, whatever it is doing: nothing in it counts.
func (s *Server) abandon() error {
	s.stopOnce.Do(func() {
		s.closing.Store(true)
		s.site.Quit()
		for _, side := range []*side{s.public, s.staff, s.ops} {
			side.server.Close() //nolint:errcheck // requests are cut off on purpose
		}
		s.stop()
		ended(s.partsEnded(), abandonWithin)
		s.committer.Close()
		if ended(s.decided, abandonWithin) {
			s.stopErr = s.close()
		}
	})
	return s.stopErr
}

func ended(done <-chan struct{}, within time.Duration) bool {
	select {
	case <-done:
		return true
	case <-time.After(within):
		return false
	}
}

// close closes what open opened, also when it got only part of the way.
func (s *Server) close() error {
	var errs []error
	for _, side := range []*side{s.public, s.staff, s.ops} {
		if side != nil {
			errs = append(errs, side.server.Close())
			side.door.Close() //nolint:errcheck // it may be closed already
		}
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
