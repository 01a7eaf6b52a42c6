-- +goose Up
-- Times are unix microseconds UTC (…_us), flags 0/1, money in cents. The text is
-- written for SQLite STRICT and becomes PostgreSQL by a few token swaps.

-- What the installation is: keys with their id, when it was last alive.
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL CHECK (length(value) = 32)
) STRICT;

CREATE TABLE alive (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  at_us INTEGER NOT NULL
) STRICT;

-- Rules are one document; what a batch must know of a sale stands beside it.
CREATE TABLE sale (
  id        INTEGER PRIMARY KEY,
  organizer TEXT NOT NULL,
  event     TEXT NOT NULL,
  opens_us  INTEGER NOT NULL,
  closes_us INTEGER NOT NULL CHECK (closes_us > opens_us),
  paused    INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
  version   INTEGER NOT NULL DEFAULT 1,
  doc       TEXT NOT NULL,
  UNIQUE (organizer, event)
) STRICT;

CREATE TABLE slot (
  id       INTEGER PRIMARY KEY,
  sale     INTEGER NOT NULL REFERENCES sale (id),
  start_us INTEGER NOT NULL,
  end_us   INTEGER NOT NULL CHECK (end_us > start_us),
  UNIQUE (sale, start_us)
) STRICT;

-- Everything scarce. The CHECKs repeat the core's invariant.
CREATE TABLE pool (
  id        BLOB PRIMARY KEY CHECK (length(id) = 16),
  wanted    INTEGER NOT NULL CHECK (wanted >= 0),
  capacity  INTEGER NOT NULL,
  held      INTEGER NOT NULL CHECK (held >= 0),
  booked    INTEGER NOT NULL CHECK (booked >= 0),
  blocked   INTEGER NOT NULL CHECK (blocked >= 0),
  returns   INTEGER NOT NULL CHECK (returns IN (0, 1)),
  holder    BLOB,
  CHECK (held + booked + blocked <= capacity)
) STRICT, WITHOUT ROWID;

-- A cart while state is 1 (held), a booking afterwards. draws: see draws.go.
CREATE TABLE booking (
  id          BLOB PRIMARY KEY CHECK (length(id) = 20),
  sale        INTEGER NOT NULL,
  state       INTEGER NOT NULL CHECK (state BETWEEN 1 AND 7),
  channel     INTEGER NOT NULL,
  contact     INTEGER NOT NULL,
  code        TEXT,
  expires_us  INTEGER NOT NULL,
  extended    INTEGER NOT NULL CHECK (extended IN (0, 1)),
  replaces    BLOB,
  replaced_by BLOB,
  people      INTEGER NOT NULL,
  arrived     INTEGER NOT NULL,
  draws       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX booking_open ON booking (expires_us) WHERE state = 1;
CREATE INDEX booking_code ON booking (code) WHERE code IS NOT NULL;

-- The only table with personal data: no 0 is the booker, 1.. the participants.
CREATE TABLE person (
  booking  BLOB NOT NULL,
  no       INTEGER NOT NULL,
  sale     INTEGER NOT NULL,
  name     TEXT NOT NULL,
  birth    TEXT,
  postcode TEXT,
  place    TEXT,
  mail     TEXT,
  phone    TEXT,
  post     TEXT,
  lang     TEXT,
  PRIMARY KEY (booking, no)
) STRICT, WITHOUT ROWID;

-- Append-only: who changed what, under which key the answer is repeated.
CREATE TABLE audit (
  seq     INTEGER PRIMARY KEY,
  at_us   INTEGER NOT NULL,
  key     BLOB UNIQUE,
  content BLOB,
  sale    INTEGER NOT NULL,
  verb    INTEGER NOT NULL,
  booking BLOB,
  pool    BLOB,
  units   INTEGER NOT NULL,
  actor   TEXT,
  role    INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  reason  TEXT,
  lines   TEXT
) STRICT;

-- Messages promised, committed with the booking. state: 0 due, 1 sent,
-- 2 parked, 3 nothing to send.
CREATE TABLE outbox (
  seq        INTEGER PRIMARY KEY,
  booking    BLOB NOT NULL,
  sale       INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  about      INTEGER NOT NULL,
  state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  created_us INTEGER NOT NULL,
  due_us     INTEGER NOT NULL,
  attempts   INTEGER NOT NULL DEFAULT 0,
  claimed_us INTEGER, -- an attempt has begun and its end is not known
  sent_us    INTEGER,
  trouble    TEXT
) STRICT;
CREATE INDEX outbox_booking ON outbox (booking);
CREATE INDEX outbox_due ON outbox (due_us) WHERE state = 0;
CREATE INDEX outbox_parked ON outbox (seq) WHERE state = 2;
-- What people call and print: few rows, counted for every page of the desk.
CREATE INDEX outbox_task ON outbox (kind, booking, due_us) WHERE state = 0 AND kind > 1;

-- Access codes by digest: the list itself is never stored.
CREATE TABLE access_code (
  sale   INTEGER NOT NULL,
  list   TEXT NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 16),
  PRIMARY KEY (sale, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  role     INTEGER NOT NULL,
  password TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT;

CREATE TABLE session (
  token      TEXT PRIMARY KEY,
  data       BLOB NOT NULL,
  expires_us INTEGER NOT NULL
) STRICT;
