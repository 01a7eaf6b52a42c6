-- +goose Up
-- What the report after a sale needs and nothing else keeps. Both tables are written
-- every few seconds beside the bookings: a crash may cost the last of them.

-- How often somebody heard why not, by reason.
CREATE TABLE refusal (
  sale   INTEGER NOT NULL,
  reason TEXT NOT NULL,
  times  INTEGER NOT NULL CHECK (times > 0),
  PRIMARY KEY (sale, reason)
) STRICT, WITHOUT ROWID;

-- The forecast as it was told: a row where it had moved.
CREATE TABLE told (
  sale     INTEGER NOT NULL,
  at_us    INTEGER NOT NULL,
  probably INTEGER NOT NULL CHECK (probably >= 0), -- the last number told so
  not_from INTEGER,                                -- the first told "probably not"; NULL: nobody
  PRIMARY KEY (sale, at_us)
) STRICT, WITHOUT ROWID;
