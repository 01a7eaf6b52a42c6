package main

import (
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// create makes an empty database with the schema and its slots. Checksums are
// switched on before the first table, as a product would.
func (t *templates) create(path string, checksums bool) error {
	conn, err := sqlite3.Open(uri(path, checkpointPages))
	if err != nil {
		return err
	}
	if checksums {
		err = conn.EnableChecksums("main")
	}
	err = errors.Join(err, conn.Exec(schema))
	s, _, prepareErr := conn.Prepare(statements[stUpsertPool])
	if err = errors.Join(err, prepareErr); err != nil {
		return errors.Join(err, conn.Close())
	}
	for i := range t.slots {
		err = errors.Join(err, s.BindBlob(1, t.slots[i][:]), s.BindInt64(2, slotCapacity),
			s.BindInt64(3, 0), s.BindInt64(4, 0), s.BindInt64(5, 0), s.Exec())
	}
	return errors.Join(err, s.Close(), conn.Close())
}
