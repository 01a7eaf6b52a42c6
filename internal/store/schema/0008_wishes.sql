-- +goose Up
-- Which groups suit an entry: bit n is the group at place n; 0 is any of them.
ALTER TABLE entry ADD COLUMN wants INTEGER NOT NULL DEFAULT 0 CHECK (wants BETWEEN 0 AND 255);
