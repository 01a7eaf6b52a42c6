package store

import (
	"context"
	"embed"
	"io/fs"

	"einlass/internal/fault"

	"github.com/ncruces/go-sqlite3/driver"
	"github.com/pressly/goose/v3"
)

//go:embed schema/*.sql
var schema embed.FS

// migrate brings the schema up to date: numbered, forward only, never edited
// once released.
func migrate(ctx context.Context, o Options) error {
	db, err := driver.Open(dsn(o, "rw", pragmas()...))
	if err != nil {
		return fault.New(fault.Unavailable, "open %s: %w", o.Path, err)
	}
	defer db.Close() //nolint:errcheck // reopened at once
	db.SetMaxOpenConns(1)
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return fault.New(fault.Internal, "schema: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fault.New(fault.Internal, "schema: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fault.New(fault.Unavailable, "%s: bring the schema up to date: %w", o.Path, err)
	}
	return nil
}
