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

// BenchmarkRaw replays a recorded round: what the disk and SQLite alone take.
func BenchmarkRaw(b *testing.B) {
	o := &options{dir: b.TempDir()}
	tape, err := record(o, 512, roundBookings)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		if _, err := rawRound(o, tape, roundBookings); err != nil {
			b.Fatal(err)
		}
	}
}
