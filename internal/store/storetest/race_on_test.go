//go:build race

package storetest

// slowdown divides the counts of tests: with the race detector SQLite runs about
// ten times slower.
const slowdown = 10
