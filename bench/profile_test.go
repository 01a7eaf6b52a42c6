package main

import "testing"

// BenchmarkEngine is for `go test -bench Engine -cpuprofile`: where a booking's
// time goes.
func BenchmarkEngine(b *testing.B) {
	e, err := newEngine(&options{dir: b.TempDir()}, slotsSpread, placesEnough)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	if err := e.book(512, b.N, slotsSpread); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if err := e.close(b.N); err != nil {
		b.Fatal(err)
	}
}
