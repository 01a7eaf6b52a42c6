-- +goose Up
-- Who wants a mail when their number is nearly called. The address is personal data: it
-- lies here alone, and is forgotten on demand and when the room is over.
CREATE TABLE reminder (
  sale     INTEGER NOT NULL,
  no       INTEGER NOT NULL, -- place in the log
  id       BLOB NOT NULL UNIQUE CHECK (length(id) = 20), -- names the message in the outbox
  mail     TEXT,
  lang     TEXT,
  asked_us INTEGER NOT NULL,
  told_us  INTEGER, -- NULL: not yet
  number   INTEGER NOT NULL, -- as told, and how far was called then
  called   INTEGER NOT NULL,
  PRIMARY KEY (sale, no)
) STRICT, WITHOUT ROWID;
