package main

// schema has the shapes the product needs: random 16-byte keys in tables without
// rowid, rising integers where rows are only appended, one random UNIQUE index.
const schema = `
CREATE TABLE pool (
	id BLOB PRIMARY KEY, capacity INTEGER NOT NULL, held INTEGER NOT NULL,
	booked INTEGER NOT NULL, blocked INTEGER NOT NULL,
	CHECK (held >= 0 AND booked >= 0 AND blocked >= 0),
	CHECK (held + booked + blocked <= capacity)
) STRICT, WITHOUT ROWID;
CREATE TABLE hold (
	id BLOB PRIMARY KEY, pool BLOB NOT NULL, person BLOB NOT NULL,
	state INTEGER NOT NULL, created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL, note TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE person (
	id BLOB PRIMARY KEY, name TEXT NOT NULL, contact TEXT NOT NULL, born INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
	id INTEGER PRIMARY KEY, hold BLOB NOT NULL, kind INTEGER NOT NULL,
	due_us INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE TABLE audit (
	id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, actor INTEGER NOT NULL,
	kind INTEGER NOT NULL, subject BLOB NOT NULL, key BLOB UNIQUE
) STRICT;
`

// The statements of one batch, as indexes into statements.
const (
	stSelectPool = iota
	stSelectHold
	stInsertHold
	stConfirmHold
	stInsertPerson
	stInsertOutbox
	stInsertAudit
	stUpsertPool
	stUpdateSlot
	stBegin
	stCommit
	stCount
)

// statements is the text of each statement; every driver prepares all of them
// once per connection.
var statements = [stCount]string{
	stSelectPool:   `SELECT capacity, held, booked FROM pool WHERE id = ?`,
	stSelectHold:   `SELECT state, created_us, expires_us FROM hold WHERE id = ?`,
	stInsertHold:   `INSERT INTO hold VALUES (?, ?, ?, ?, ?, ?, ?)`,
	stConfirmHold:  `UPDATE hold SET state = ?, expires_us = ? WHERE id = ?`,
	stInsertPerson: `INSERT INTO person VALUES (?, ?, ?, ?)`,
	stInsertOutbox: `INSERT INTO outbox (hold, kind, due_us, body) VALUES (?, ?, ?, ?)`,
	stInsertAudit:  `INSERT INTO audit (at_us, actor, kind, subject, key) VALUES (?, ?, ?, ?, ?)`,
	stUpsertPool: `INSERT INTO pool VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET held = excluded.held, booked = excluded.booked`,
	stUpdateSlot: `UPDATE pool SET booked = booked + ? WHERE id = ?`,
	stBegin:      `BEGIN IMMEDIATE`,
	stCommit:     `COMMIT`,
}

// The states and kinds the rows carry; only their width matters here.
const (
	stateHeld      = 1
	stateConfirmed = 2
	kindHeld       = 1
	kindConfirmed  = 2
	actorPublic    = 1
	bornDay        = 18_000
)
