package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// zombieBusy is how long zombiezen waits for a lock.
const zombieBusy = 5 * time.Second

// zombieEngine uses zombiezen, a direct API over the SQLite that modernc translates.
type zombieEngine struct {
	conn  *sqlite.Conn
	stmts [stCount]*sqlite.Stmt
}

// openZombie opens zombiezen. It reads no pragmas from the address, so they run
// as statements; readBack judges them like all others.
func openZombie(path string, checkpoint int) (engine, error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return nil, err
	}
	conn.SetBusyTimeout(zombieBusy)
	e := &zombieEngine{conn: conn}
	for _, p := range pragmas(checkpoint)[1:] {
		if _, err := e.text("PRAGMA " + p); err != nil {
			return nil, errors.Join(err, e.close())
		}
	}
	for i, text := range statements {
		if e.stmts[i], err = conn.Prepare(strings.TrimSpace(text)); err != nil {
			return nil, errors.Join(err, e.close())
		}
	}
	return e, nil
}

func (e *zombieEngine) save(batch []booking, slots []key) error {
	if err := exec(e.stmts[stBegin]); err != nil {
		return err
	}
	for i := range batch {
		if err := e.book(&batch[i]); err != nil {
			return err
		}
	}
	s := e.stmts[stUpdateSlot]
	for i := range slots {
		s.BindInt64(1, 1)
		s.BindBytes(2, slots[i][:])
		if err := exec(s); err != nil {
			return err
		}
	}
	return exec(e.stmts[stCommit])
}

// exec runs a bound statement that returns no rows.
func exec(s *sqlite.Stmt) error {
	_, err := s.Step()
	return errors.Join(err, s.Reset())
}

// book does what one booking costs: three look-ups, seven rows.
func (e *zombieEngine) book(b *booking) error {
	return errors.Join(
		e.find(stSelectPool, &b.slot),
		e.find(stSelectPool, &b.personPool),
		e.find(stSelectHold, &b.hold),
		e.write(stInsertHold, b.hold[:], b.slot[:], b.person[:], stateHeld, startUS, startUS+holdUS, holdNote),
		e.write(stConfirmHold, stateConfirmed, 0, b.hold[:]),
		e.write(stInsertPerson, b.person[:], personName, contactMail, bornDay),
		e.write(stInsertOutbox, b.hold[:], kindConfirmed, startUS, outboxBody),
		e.write(stInsertAudit, startUS, actorPublic, kindHeld, b.hold[:], b.idempotency[:]),
		e.write(stInsertAudit, startUS, actorPublic, kindConfirmed, b.hold[:], nil),
		e.write(stUpsertPool, b.personPool[:], 1, 0, 1, 0),
	)
}

// write binds by type and runs; the arguments do not outlive the call, so the
// compiler keeps most of them off the heap.
func (e *zombieEngine) write(stmt int, args ...any) error {
	s := e.stmts[stmt]
	for i, a := range args {
		switch v := a.(type) {
		case []byte:
			s.BindBytes(i+1, v)
		case string:
			s.BindText(i+1, v)
		case int:
			s.BindInt64(i+1, int64(v))
		case nil:
			s.BindNull(i + 1)
		default:
			return fmt.Errorf("argument %d has the unsupported type %T", i+1, a)
		}
	}
	return exec(s)
}

// find reads the three numbers of a row that may be missing.
func (e *zombieEngine) find(stmt int, id *key) error {
	s := e.stmts[stmt]
	s.BindBytes(1, id[:])
	found, err := s.Step()
	if found {
		_, _, _ = s.ColumnInt64(0), s.ColumnInt64(1), s.ColumnInt64(2)
	}
	return errors.Join(err, s.Reset())
}

func (e *zombieEngine) text(query string) (string, error) {
	s, _, err := e.conn.PrepareTransient(query)
	if err != nil {
		return "", err
	}
	v := ""
	found, err := s.Step()
	if found {
		v = s.ColumnText(0)
	}
	return v, errors.Join(err, s.Finalize())
}

func (e *zombieEngine) close() error {
	var errs []error
	for _, s := range e.stmts {
		if s != nil {
			errs = append(errs, s.Finalize())
		}
	}
	return errors.Join(append(errs, e.conn.Close())...)
}
