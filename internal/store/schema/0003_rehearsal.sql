-- +goose Up
-- What an operator has granted: a rehearsal of one sale on a marked copy. The server
-- looks several times a second. state: 1 asked for, 2 the copy is open, 3 over,
-- 4 refused.
CREATE TABLE rehearsal_grant (
  id       INTEGER PRIMARY KEY,
  token    BLOB NOT NULL UNIQUE CHECK (length(token) = 16),
  sale     INTEGER NOT NULL REFERENCES sale (id),
  people   INTEGER NOT NULL CHECK (people > 0),
  minutes  INTEGER NOT NULL CHECK (minutes > 0),
  pace     REAL NOT NULL CHECK (pace >= 1),
  clerks   INTEGER NOT NULL CHECK (clerks >= 0),
  state    INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
  asked_us INTEGER NOT NULL,
  until_us INTEGER NOT NULL, -- nobody may begin later
  address  TEXT,             -- of the copy's public pages, while it is open
  why      TEXT              -- of a refusal
) STRICT;

-- What rehearsals found. The figures are one document.
CREATE TABLE rehearsal (
  id      INTEGER PRIMARY KEY,
  sale    INTEGER NOT NULL REFERENCES sale (id),
  version INTEGER NOT NULL,
  at_us   INTEGER NOT NULL,
  people  INTEGER NOT NULL,
  burst   INTEGER NOT NULL,
  rude    REAL NOT NULL,
  verdict TEXT NOT NULL,
  broke   TEXT NOT NULL,
  figures TEXT NOT NULL
) STRICT;
CREATE INDEX rehearsal_sale ON rehearsal (sale, at_us);

-- Who has acknowledged the opening of a sale, under which version of its rules.
CREATE TABLE acknowledgement (
  sale    INTEGER NOT NULL REFERENCES sale (id),
  version INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  at_us   INTEGER NOT NULL,
  PRIMARY KEY (sale, version, actor)
) STRICT, WITHOUT ROWID;

-- A row here marks the whole database as a rehearsal's copy: nothing in it counts.
CREATE TABLE rehearsal_copy (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  made_us INTEGER NOT NULL
) STRICT;
