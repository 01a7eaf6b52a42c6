package main

import (
	"fmt"
	"strings"
)

// cacheKiB is the page cache every driver gets.
const cacheKiB = 32 * 1024

// checkpointPages is SQLite's own default for wal_autocheckpoint.
const checkpointPages = 1000

// engine is one driver with an open database and its statements prepared.
type engine interface {
	// save writes one batch in one durable transaction.
	save(batch []booking, slots []key) error
	// text returns the first column of the first row of a query.
	text(query string) (string, error)
	close() error
}

// kind names a driver and how to open a database with it.
type kind struct {
	name      string
	checksums bool
	open      func(path string, checkpoint int) (engine, error)
}

// kinds are the drivers under test. The cgo reference adds itself when built in.
var kinds = []kind{
	{"ncruces database/sql", false, openNcrucesSQL},
	{"ncruces database/sql + checksums", true, openNcrucesSQL},
	{"ncruces native", false, openNative},
	{"ncruces native + checksums", true, openNative},
	{"modernc database/sql", false, openModerncSQL},
	{"zombiezen native", false, openZombie},
}

// pragmas are the settings of every connection, in the order they are applied.
func pragmas(checkpoint int) []string {
	return []string{
		"busy_timeout(5000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(on)",
		fmt.Sprintf("cache_size(-%d)", cacheKiB),
		fmt.Sprintf("wal_autocheckpoint(%d)", checkpoint),
	}
}

// uri returns path with the pragmas in the form ncruces and modernc read.
func uri(path string, checkpoint int) string {
	return "file:" + path + "?_pragma=" + strings.Join(pragmas(checkpoint), "&_pragma=")
}

// settings is what a connection says about itself.
type settings struct {
	version, journal, sync, checksums string
}

// readBack asks the connection for its settings and refuses any that would make
// the figures worthless. SQLite says 2 for synchronous=FULL.
func readBack(e engine, checksums bool) (settings, error) {
	var s settings
	for _, q := range []struct {
		query string
		into  *string
	}{
		{"SELECT sqlite_version()", &s.version},
		{"PRAGMA journal_mode", &s.journal},
		{"PRAGMA synchronous", &s.sync},
	} {
		v, err := e.text(q.query)
		if err != nil {
			return s, fmt.Errorf("%s: %w", q.query, err)
		}
		*q.into = v
	}
	s.checksums = "0"
	if checksums {
		v, err := e.text("PRAGMA checksum_verification")
		if err != nil {
			return s, err
		}
		s.checksums = v
	}
	if s.journal != "wal" || s.sync != "2" || (s.checksums == "1") != checksums {
		return s, fmt.Errorf("refused: journal_mode=%s synchronous=%s checksums=%s", s.journal, s.sync, s.checksums)
	}
	return s, nil
}
