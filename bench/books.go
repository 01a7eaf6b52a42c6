package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"einlass/internal/store"
)

// checkBooks is what `einlass verify` does, of the database of a house that has ended: a
// run whose books do not agree has no figure. Seen is how many bookings people saw
// confirmed: what was shown to somebody is in the books, also after the house was killed.
func checkBooks(db string, seen int64) (err error) {
	s, err := store.Open(context.Background(), store.Options{Path: db})
	if err != nil {
		return fmt.Errorf("books: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	v, err := s.Verify(context.Background())
	if err != nil {
		return fmt.Errorf("books: %w", err)
	}
	if n := len(v.Differences); n > 0 {
		return fmt.Errorf("books: %d differences: %s", n, strings.Join(v.Differences[:min(n, differencesShown)], "; "))
	}
	if int64(v.Bookings) < seen {
		return fmt.Errorf("books: %d bookings, people saw %d", v.Bookings, seen)
	}
	return nil
}

// differencesShown bounds a line; `einlass verify` names them all.
const differencesShown = 5
