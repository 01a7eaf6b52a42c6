package store

import (
	"io"

	"einlass/internal/ident"

	"github.com/ncruces/go-sqlite3"
)

// MasterSecret is the name of the installation's one secret; every key is
// derived from it. It lies in the database, so copy and restore carry it.
const MasterSecret = "master.1"

// Secret returns the secret of that name, drawing it from r the first time.
func (s *Store) Secret(name string, r io.Reader) (ident.Secret, error) {
	fresh, err := ident.NewSecret(r)
	if err != nil {
		return ident.Secret{}, err
	}
	tx, err := s.Begin()
	if err != nil {
		return ident.Secret{}, err
	}
	defer tx.End()
	if err := s.row("INSERT INTO secret (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING").
		must(name).blob(fresh[:]).exec("insert secret"); err != nil {
		return ident.Secret{}, err
	}
	var out ident.Secret
	err = s.row("SELECT value FROM secret WHERE name = ?1").must(name).each("read secret", func(st *sqlite3.Stmt) error {
		copy(out[:], st.ColumnRawBlob(0))
		return nil
	})
	if err != nil {
		return ident.Secret{}, err
	}
	return out, tx.finish()
}
