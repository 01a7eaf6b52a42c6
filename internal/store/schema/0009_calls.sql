-- +goose Up
-- Calls are by group: no counts those of a sale from 0, and a number belongs to the first
-- one that reached it; people is how many numbers it called.
CREATE TABLE called_by_group (
  sale   INTEGER NOT NULL,
  no     INTEGER NOT NULL,
  grp    INTEGER NOT NULL CHECK (grp BETWEEN 0 AND 7),
  upto   INTEGER NOT NULL,
  people INTEGER NOT NULL CHECK (people >= 0),
  at_us  INTEGER NOT NULL,
  PRIMARY KEY (sale, no)
) STRICT, WITHOUT ROWID;
INSERT INTO called_by_group (sale, no, grp, upto, people, at_us)
  SELECT sale, row_number() OVER (PARTITION BY sale ORDER BY upto) - 1, 0, upto,
    upto - coalesce(lag(upto) OVER (PARTITION BY sale ORDER BY upto), 0), at_us FROM called;
DROP TABLE called;
ALTER TABLE called_by_group RENAME TO called;

-- called stays up to which number the furthest group has come; reached is how far each
-- of several has, eight times four bytes, and NULL where there is one.
ALTER TABLE room ADD COLUMN reached BLOB CHECK (reached IS NULL OR length(reached) = 32);
ALTER TABLE room ADD COLUMN calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN people INTEGER NOT NULL DEFAULT 0;
UPDATE room SET people = called, calls = (SELECT count(*) FROM called c WHERE c.sale = room.sale);

-- The group by whose budget an entry has its last pass.
ALTER TABLE entry ADD COLUMN grp INTEGER NOT NULL DEFAULT 0 CHECK (grp BETWEEN 0 AND 7);
