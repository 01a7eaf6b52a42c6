package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/array"
	_ "modernc.org/sqlite" // registers "sqlite"
)

// sqlEngine goes through database/sql in the cheapest way it allows: one
// connection taken out of the pool, statements prepared on that connection, and
// BEGIN and COMMIT as statements too, so that no Tx is built per batch.
type sqlEngine struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts [stCount]*sql.Stmt
}

// openNcrucesSQL opens ncruces through database/sql, with ext/array registered.
func openNcrucesSQL(path string, checkpoint int) (engine, error) {
	db, err := driver.Open(uri(path, checkpoint), func(c *sqlite3.Conn) error { return array.Register(c) })
	return wrapSQL(db, err)
}

// openModerncSQL opens modernc through database/sql.
func openModerncSQL(path string, checkpoint int) (engine, error) {
	db, err := sql.Open("sqlite", uri(path, checkpoint))
	return wrapSQL(db, err)
}

// wrapSQL takes one connection and prepares every statement on it.
func wrapSQL(db *sql.DB, err error) (engine, error) {
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	e := &sqlEngine{db: db, conn: conn}
	for i, text := range statements {
		if e.stmts[i], err = conn.PrepareContext(ctx, text); err != nil {
			return nil, errors.Join(err, e.close())
		}
	}
	return e, nil
}

func (e *sqlEngine) save(batch []booking, slots []key) error {
	if err := e.exec(stBegin); err != nil {
		return err
	}
	for i := range batch {
		if err := e.book(&batch[i]); err != nil {
			return err
		}
	}
	for i := range slots {
		if err := e.exec(stUpdateSlot, 1, slots[i][:]); err != nil {
			return err
		}
	}
	return e.exec(stCommit)
}

// book does what one booking costs: three look-ups, seven rows.
func (e *sqlEngine) book(b *booking) error {
	return errors.Join(
		e.find(stSelectPool, &b.slot),
		e.find(stSelectPool, &b.personPool),
		e.find(stSelectHold, &b.hold),
		e.exec(stInsertHold, b.hold[:], b.slot[:], b.person[:], stateHeld, startUS, startUS+holdUS, holdNote),
		e.exec(stConfirmHold, stateConfirmed, 0, b.hold[:]),
		e.exec(stInsertPerson, b.person[:], personName, contactMail, bornDay),
		e.exec(stInsertOutbox, b.hold[:], kindConfirmed, startUS, outboxBody),
		e.exec(stInsertAudit, startUS, actorPublic, kindHeld, b.hold[:], b.idempotency[:]),
		e.exec(stInsertAudit, startUS, actorPublic, kindConfirmed, b.hold[:], nil),
		e.exec(stUpsertPool, b.personPool[:], 1, 0, 1, 0),
	)
}

func (e *sqlEngine) exec(stmt int, args ...any) error {
	_, err := e.stmts[stmt].ExecContext(context.Background(), args...)
	return err
}

// find reads the three numbers of a row that may be missing.
func (e *sqlEngine) find(stmt int, id *key) error {
	rows, err := e.stmts[stmt].QueryContext(context.Background(), id[:])
	if err != nil {
		return err
	}
	var a, b, c int64
	if rows.Next() {
		if err := rows.Scan(&a, &b, &c); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (e *sqlEngine) text(query string) (string, error) {
	var v string
	err := e.conn.QueryRowContext(context.Background(), query).Scan(&v)
	return v, err
}

func (e *sqlEngine) close() error {
	var errs []error
	for _, s := range e.stmts {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(append(errs, e.conn.Close(), e.db.Close())...)
}
