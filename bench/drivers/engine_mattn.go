//go:build mattn

package main

import (
	"database/sql"
	"fmt"

	_ "github.com/mattn/go-sqlite3" // registers "mattn" when linked as doc.go says
)

func init() {
	kinds = append(kinds, kind{"mattn database/sql (cgo)", false, openMattn})
}

// openMattn opens the cgo reference. It names its pragmas differently and sets
// synchronous=NORMAL by itself, hence the explicit FULL.
func openMattn(path string, checkpoint int) (engine, error) {
	dsn := fmt.Sprintf("file:%s?_busy_timeout=5000&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_cache_size=-%d",
		path, cacheKiB)
	db, err := sql.Open("mattn", dsn)
	e, err := wrapSQL(db, err)
	if err != nil {
		return nil, err
	}
	if _, err := e.text(fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", checkpoint)); err != nil {
		return nil, err
	}
	return e, nil
}
