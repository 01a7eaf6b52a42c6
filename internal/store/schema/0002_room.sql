-- +goose Up
-- The waiting room: one row for each sale that has one; its phase never goes back.
CREATE TABLE room (
  sale          INTEGER PRIMARY KEY REFERENCES sale (id),
  phase         INTEGER NOT NULL CHECK (phase BETWEEN 1 AND 4),
  version       INTEGER NOT NULL,
  opened_us     INTEGER NOT NULL,
  seed          BLOB NOT NULL CHECK (length(seed) = 32),
  entries       INTEGER NOT NULL CHECK (entries >= 0),
  frozen        INTEGER NOT NULL CHECK (frozen <= entries),
  frozen_us     INTEGER,
  beacon        BLOB,
  beacon_source TEXT,
  drawn_us      INTEGER,
  called        INTEGER NOT NULL CHECK (called <= entries),
  heads         INTEGER NOT NULL CHECK (heads >= 0)
) STRICT;

-- What was promised for the draw, from when on; the last ones hold. no counts from 0.
CREATE TABLE terms (
  sale     INTEGER NOT NULL,
  no       INTEGER NOT NULL,
  since_us INTEGER NOT NULL,
  opens_us INTEGER NOT NULL,
  source   TEXT NOT NULL,
  origin   TEXT NOT NULL, -- of the beacon, in words
  round    INTEGER NOT NULL,
  until_us INTEGER,
  PRIMARY KEY (sale, no)
) STRICT, WITHOUT ROWID;

-- The signed heads of the log, in their order from 0.
CREATE TABLE head (
  sale      INTEGER NOT NULL,
  no        INTEGER NOT NULL,
  n         INTEGER NOT NULL CHECK (n >= 0),
  hash      BLOB NOT NULL CHECK (length(hash) = 32),
  at_us     INTEGER NOT NULL,
  terms     BLOB NOT NULL CHECK (length(terms) = 32),
  signature BLOB NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (sale, no)
) STRICT, WITHOUT ROWID;

-- The entry log: append-only but for the passes. no is the place in it, from 0.
CREATE TABLE entry (
  sale     INTEGER NOT NULL,
  no       INTEGER NOT NULL,
  alias    BLOB NOT NULL CHECK (length(alias) = 16),
  owner    BLOB NOT NULL CHECK (length(owner) = 16),
  size     INTEGER NOT NULL CHECK (size > 0),
  channel  INTEGER NOT NULL,
  at_us    INTEGER NOT NULL,
  passes     INTEGER NOT NULL DEFAULT 0,
  arrived_us INTEGER, -- the first pass
  until_us   INTEGER, -- of the last one
  PRIMARY KEY (sale, no)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entry_owner ON entry (sale, owner);
CREATE INDEX entry_inside ON entry (sale, no) WHERE passes > 0;

-- Who counts already, by digest under a key of the sale.
CREATE TABLE claim (
  sale   INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 16),
  no     INTEGER NOT NULL,
  PRIMARY KEY (sale, digest)
) STRICT, WITHOUT ROWID;

-- Up to which number was called, and when.
CREATE TABLE called (
  sale  INTEGER NOT NULL,
  upto  INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  PRIMARY KEY (sale, upto)
) STRICT, WITHOUT ROWID;

-- What an operator has told a room to do; the server looks several times a second.
CREATE TABLE lever (
  sale     INTEGER PRIMARY KEY REFERENCES sale (id),
  paused   INTEGER NOT NULL CHECK (paused IN (0, 1)),
  until_us INTEGER,
  message  TEXT NOT NULL,
  rate     INTEGER NOT NULL CHECK (rate >= 0),
  closed   INTEGER NOT NULL CHECK (closed IN (0, 1))
) STRICT;
