-- +goose Up
-- Slots of several groups of interchangeable places may begin at the same time. grp is
-- the place of the group in the sale's list; 0 where it has none.
CREATE TABLE slot_of_group (
  id       INTEGER PRIMARY KEY,
  sale     INTEGER NOT NULL REFERENCES sale (id),
  grp      INTEGER NOT NULL CHECK (grp BETWEEN 0 AND 7),
  start_us INTEGER NOT NULL,
  end_us   INTEGER NOT NULL CHECK (end_us > start_us),
  UNIQUE (sale, grp, start_us)
) STRICT;
INSERT INTO slot_of_group (id, sale, grp, start_us, end_us) SELECT id, sale, 0, start_us, end_us FROM slot;
DROP TABLE slot;
ALTER TABLE slot_of_group RENAME TO slot;
