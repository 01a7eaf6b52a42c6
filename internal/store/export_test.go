package store

import "testing"

// ExecForTest changes the database behind the store's back, to plant damage.
func ExecForTest(t testing.TB, s *Store, sql string) {
	t.Helper()
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.write.Exec(sql); err != nil {
		t.Fatal(err)
	}
}
