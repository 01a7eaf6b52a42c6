-- +goose Up
-- How many numbers were counted by network since one start of the server, and how many
-- of them the largest network drew. No address, no network.
CREATE TABLE joiners (
  sale    INTEGER NOT NULL REFERENCES sale (id),
  run     BLOB NOT NULL CHECK (length(run) = 20), -- a start of the server
  counted INTEGER NOT NULL CHECK (counted >= 0),
  largest INTEGER NOT NULL CHECK (largest BETWEEN 0 AND counted),
  PRIMARY KEY (sale, run)
) STRICT, WITHOUT ROWID;

-- For whom a clerk has granted a second number: the claim, which goes on counting for
-- whoever came first, and the place in the log that it is granted to.
CREATE TABLE namesake (
  sale   INTEGER NOT NULL,
  no     INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 16),
  PRIMARY KEY (sale, no, digest)
) STRICT, WITHOUT ROWID;

-- In which role somebody acknowledged: 3 organizer, 4 technical.
ALTER TABLE acknowledgement ADD COLUMN role INTEGER NOT NULL DEFAULT 3;
