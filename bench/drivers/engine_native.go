package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/array"
)

// nativeEngine uses ncruces without database/sql: typed binds, no boxing of
// arguments, no locks of a pool.
type nativeEngine struct {
	conn  *sqlite3.Conn
	stmts [stCount]*sqlite3.Stmt
}

// openNative opens ncruces through its own API, with ext/array registered.
func openNative(path string, checkpoint int) (engine, error) {
	conn, err := sqlite3.Open(uri(path, checkpoint))
	if err != nil {
		return nil, err
	}
	e := &nativeEngine{conn: conn}
	if err := array.Register(conn); err != nil {
		return nil, errors.Join(err, e.close())
	}
	for i, text := range statements {
		if e.stmts[i], _, err = conn.Prepare(text); err != nil {
			return nil, errors.Join(err, e.close())
		}
	}
	return e, nil
}

func (e *nativeEngine) save(batch []booking, slots []key) error {
	if err := e.stmts[stBegin].Exec(); err != nil {
		return err
	}
	for i := range batch {
		if err := e.book(&batch[i]); err != nil {
			return err
		}
	}
	s := e.stmts[stUpdateSlot]
	for i := range slots {
		if err := errors.Join(s.BindInt64(1, 1), s.BindBlob(2, slots[i][:]), s.Exec()); err != nil {
			return err
		}
	}
	return e.stmts[stCommit].Exec()
}

// book does what one booking costs: three look-ups, seven rows.
func (e *nativeEngine) book(b *booking) error {
	return errors.Join(
		e.find(stSelectPool, &b.slot),
		e.find(stSelectPool, &b.personPool),
		e.find(stSelectHold, &b.hold),
		e.insertHold(b),
		e.confirm(b),
		e.insertPerson(b),
		e.insertOutbox(b),
		e.insertAudit(kindHeld, b, b.idempotency[:]),
		e.insertAudit(kindConfirmed, b, nil),
		e.upsertPool(b),
	)
}

// find reads the three numbers of a row that may be missing.
func (e *nativeEngine) find(stmt int, id *key) error {
	s := e.stmts[stmt]
	if err := s.BindBlob(1, id[:]); err != nil {
		return err
	}
	if s.Step() {
		_, _, _ = s.ColumnInt64(0), s.ColumnInt64(1), s.ColumnInt64(2)
	}
	return s.Reset()
}

func (e *nativeEngine) insertHold(b *booking) error {
	s := e.stmts[stInsertHold]
	return errors.Join(s.BindBlob(1, b.hold[:]), s.BindBlob(2, b.slot[:]), s.BindBlob(3, b.person[:]),
		s.BindInt64(4, stateHeld), s.BindInt64(5, startUS), s.BindInt64(6, startUS+holdUS),
		s.BindText(7, holdNote), s.Exec())
}

func (e *nativeEngine) confirm(b *booking) error {
	s := e.stmts[stConfirmHold]
	return errors.Join(s.BindInt64(1, stateConfirmed), s.BindInt64(2, 0), s.BindBlob(3, b.hold[:]), s.Exec())
}

func (e *nativeEngine) insertPerson(b *booking) error {
	s := e.stmts[stInsertPerson]
	return errors.Join(s.BindBlob(1, b.person[:]), s.BindText(2, personName),
		s.BindText(3, contactMail), s.BindInt64(4, bornDay), s.Exec())
}

func (e *nativeEngine) insertOutbox(b *booking) error {
	s := e.stmts[stInsertOutbox]
	return errors.Join(s.BindBlob(1, b.hold[:]), s.BindInt64(2, kindConfirmed),
		s.BindInt64(3, startUS), s.BindText(4, outboxBody), s.Exec())
}

// insertAudit writes one audit row; a nil idempotency key is stored as NULL.
func (e *nativeEngine) insertAudit(kind int64, b *booking, idempotency []byte) error {
	s := e.stmts[stInsertAudit]
	bound := s.BindNull(5)
	if idempotency != nil {
		bound = s.BindBlob(5, idempotency)
	}
	return errors.Join(bound, s.BindInt64(1, startUS), s.BindInt64(2, actorPublic),
		s.BindInt64(3, kind), s.BindBlob(4, b.hold[:]), s.Exec())
}

func (e *nativeEngine) upsertPool(b *booking) error {
	s := e.stmts[stUpsertPool]
	return errors.Join(s.BindBlob(1, b.personPool[:]), s.BindInt64(2, 1), s.BindInt64(3, 0),
		s.BindInt64(4, 1), s.BindInt64(5, 0), s.Exec())
}

func (e *nativeEngine) text(query string) (string, error) {
	s, _, err := e.conn.Prepare(query)
	if err != nil {
		return "", err
	}
	v := ""
	if s.Step() {
		v = s.ColumnText(0)
	}
	if err := s.Err(); err != nil {
		return "", fmt.Errorf("%s: %w", query, errors.Join(err, s.Close()))
	}
	return v, s.Close()
}

func (e *nativeEngine) close() error {
	var errs []error
	for _, s := range slices.Collect(e.conn.Stmts()) {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, e.conn.Close())...)
}
