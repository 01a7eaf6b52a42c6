package store

import (
	"path/filepath"
	"testing"
	"time"

	"einlass/internal/catalog"
)

// BenchmarkFigures counts a sale with 66,000 numbers.
func BenchmarkFigures(b *testing.B) {
	const numbers, frozen = 66_000, 60_000
	s, err := Open(b.Context(), Options{Path: filepath.Join(b.TempDir(), "e.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	now := time.Date(2021, 4, 3, 6, 0, 0, 0, time.UTC)
	sale := catalog.Sale{Organizer: catalog.Organizer{ID: "amt"}, Event: catalog.Event{Slug: "fest"}, Opens: now, Closes: now.Add(time.Hour)}
	tx, err := s.Begin()
	if err != nil {
		b.Fatal(err)
	}
	id, _, err := tx.PutSale(&sale, nil)
	if err != nil {
		b.Fatal(err)
	}
	run := func(sql string) {
		if err := s.row(sql).int(int64(id)).int(numbers).exec("fill"); err != nil {
			b.Fatal(err)
		}
	}
	run("INSERT INTO room (sale, phase, version, opened_us, seed, entries, frozen, called) SELECT ?1, 3, 1, 1, zeroblob(32), ?2, 60000, 5000")
	run(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
		INSERT INTO entry (sale, no, alias, owner, size, channel, at_us, passes) SELECT ?1, i, randomblob(16), randomblob(16), 1, 1, i, i % 12 = 0 FROM n`)
	run(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5000 AND i < ?2)
		INSERT INTO audit (at_us, sale, verb, units, role, channel) SELECT i, ?1, 1 + i % 6, 1, 0, 1 FROM n`)
	if err := tx.finish(); err != nil {
		b.Fatal(err)
	}
	tx.End()
	for b.Loop() {
		if f, err := s.Figures(b.Context(), id); err != nil || len(f.Late) != numbers-frozen {
			b.Fatal(f, err)
		}
	}
}
