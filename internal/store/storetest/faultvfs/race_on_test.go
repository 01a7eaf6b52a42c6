//go:build race

package faultvfs_test

// slowdown is by how much counts are divided: under the race detector SQLite
// itself, being Go, runs about twenty times slower.
const slowdown = 10
