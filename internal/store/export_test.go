package store

import (
	"context"
	"testing"
)

// ExecForTest changes the database behind the store's back, to plant damage.
func ExecForTest(t testing.TB, s *Store, sql string) {
	t.Helper()
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.write.Exec(sql); err != nil {
		t.Fatal(err)
	}
}

// TaskPlan says how SQLite looks for what people have to do.
func TaskPlan(t testing.TB, s *Store) (plan string) {
	t.Helper()
	var id, parent, unused int
	err := s.read.QueryRowContext(context.Background(), "EXPLAIN QUERY PLAN SELECT count(*) FROM outbox WHERE "+taskWhere, 0).Scan(&id, &parent, &unused, &plan)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}
